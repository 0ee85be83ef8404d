"""The files of trial/, as Python values. Their format is told in trial/README.md."""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

TRIAL = settings.BASE_DIR / "trial"

# To be raised when the loader itself changes what it writes: a trial is then loaded again.
LOADER = 3

# One for all: it is printed on screen, and opens nothing but a trial.
PASSWORD = "demonstration-ctg-68"  # noqa: S105

Table = dict[str, Any]


class TrialError(Exception):
    """The trial cannot be loaded; the message says why in French."""


@dataclass(frozen=True)
class ConventionFiles:
    """What the documents say, and what is made up beside them."""

    slug: str
    plan: Table
    made_up: Table

    def fiches(self) -> Iterator[tuple[Table, Table]]:
        """Each fiche of the document with what is made up for it."""
        made_up = {entry["number"]: entry for entry in self.made_up.get("fiche", [])}
        fiches = self.plan.get("fiche", [])
        if unknown := made_up.keys() - {fiche["number"] for fiche in fiches}:
            raise TrialError(f"{self.slug}.fictif.toml : fiches inconnues : {', '.join(sorted(unknown))}.")
        for fiche in fiches:
            yield fiche, made_up.get(fiche["number"], {})


@dataclass(frozen=True)
class TrialFiles:
    organisations: list[Table]
    people: list[Table]
    conventions: list[ConventionFiles]
    digest: str


def read_files(folder: Path = TRIAL) -> TrialFiles:
    """Every file, and a digest that changes with any of them. Conventions come in the order of their dates."""
    paths = sorted(folder.glob("*.toml"))
    digest = hashlib.sha256(str(LOADER).encode())
    tables: dict[str, Table] = {}
    for path in paths:
        content = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + content)
        tables[path.name.removesuffix(".toml")] = tomllib.loads(content.decode())
    conventions = [
        ConventionFiles(name, table, tables.get(f"{name}.fictif", {}))
        for name, table in tables.items()
        if "convention" in table
    ]
    conventions.sort(key=lambda files: (files.plan["convention"]["period_start"], files.slug))
    return TrialFiles(
        organisations=[
            row for name in tables if name.startswith("organisations") for row in tables[name]["organisation"]
        ],
        people=tables["personnes"]["person"],
        conventions=conventions,
        digest=digest.hexdigest(),
    )
