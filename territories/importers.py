"""Reference data of France (territories/data) and QPV of the ANCT: pure parse, then an idempotent load."""

import csv
import gzip
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Model

from territories.models import Commune, Departement, Epci, Qpv, Theme

DATA = Path(__file__).resolve().parent / "data"

# Names of the regions by their Insee code; the overseas collectivities belong to none.
REGIONS = {
    "01": "Guadeloupe",
    "02": "Martinique",
    "03": "Guyane",
    "04": "La Réunion",
    "06": "Mayotte",
    "11": "Île-de-France",
    "24": "Centre-Val de Loire",
    "27": "Bourgogne-Franche-Comté",
    "28": "Normandie",
    "32": "Hauts-de-France",
    "44": "Grand Est",
    "52": "Pays de la Loire",
    "53": "Bretagne",
    "75": "Nouvelle-Aquitaine",
    "76": "Occitanie",
    "84": "Auvergne-Rhône-Alpes",
    "93": "Provence-Alpes-Côte d’Azur",
    "94": "Corse",
}

# The nine priorities of the Cnaf, then two that conventions add.
THEMES = (
    "Parentalité",
    "Jeunesse",
    "Accès aux droits/numérique",
    "Logement",
    "Petite enfance",
    "Animation de la vie sociale",
    "Équité territoriale",
    "Familles fragilisées",
    "Handicap",
    "Enfance",
    "Transversal",
)

QPV_COLUMNS = ("code_qp", "lib_qp", "insee_com")


class UnreadableFileError(ValueError):
    """The file is not what was expected; the message says so in French."""


# --- France ---------------------------------------------------------------------------------------


def read_csv(path: Path) -> Iterable[dict[str, str]]:
    """Rows of a gzipped CSV file with a header."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def typeset(name: str) -> str:
    """The name with the apostrophe of French typography; files have the typewriter's."""
    return name.replace("'", "’")


def parse_departements(rows: Iterable[dict[str, str]]) -> list[Departement]:
    return [
        Departement(code=row["code"], name=typeset(row["nom"]), region=REGIONS.get(row["region"], ""))
        for row in rows
    ]


def parse_epci(rows: Iterable[dict[str, str]]) -> list[Epci]:
    return [Epci(siren=row["siren"], name=typeset(row["nom"]), kind=row["type"]) for row in rows]


def parse_communes(rows: Iterable[dict[str, str]]) -> list[Commune]:
    return [
        Commune(
            code=row["code_insee"],
            name=typeset(row["nom"]),
            departement_id=row["departement"],
            epci_id=row["siren_epci"] or None,
            siren=row["siren"],
            population=int(row["population_2022"]) if row["population_2022"] else None,
        )
        for row in rows
    ]


@transaction.atomic
def load_reference(departement: str | None = None) -> dict[str, int]:
    """Départements, EPCI, communes and themes; how many rows of each the files hold.

    Nothing is deleted: a commune that merged keeps its history. `departement` limits communes (for tests).
    """
    departements = parse_departements(read_csv(DATA / "departements.csv.gz"))
    epci = parse_epci(read_csv(DATA / "epci.csv.gz"))
    rows = read_csv(DATA / "communes.csv.gz")
    communes = parse_communes(row for row in rows if departement in (None, row["departement"]))
    upsert(departements, ["name", "region"])
    upsert(epci, ["name", "kind"])
    upsert(communes, ["name", "departement_id", "epci_id", "siren", "population"])
    load_themes()
    return {"départements": len(departements), "EPCI": len(epci), "communes": len(communes)}


def upsert(objects: Sequence[Model], columns: list[str]) -> int:
    """Create what is missing, update what differs, by primary key; how many rows were written."""
    model = type(objects[0])
    known = set(model._default_manager.values_list("pk", *columns))
    changed: list[Any] = [
        row for row in objects if (row.pk, *(getattr(row, column) for column in columns)) not in known
    ]
    assert model._meta.pk is not None
    fields = [model._meta.get_field(column.removesuffix("_id")).name for column in columns]
    model._default_manager.bulk_create(
        changed,
        batch_size=5000,
        update_conflicts=True,
        unique_fields=[model._meta.pk.name],
        update_fields=fields,
    )
    return len(changed)


def load_themes() -> None:
    """The first list of themes. An instance that has one keeps its own."""
    if not Theme.objects.exists():
        Theme.objects.bulk_create(Theme(name=name, position=rank) for rank, name in enumerate(THEMES, 1))


# --- QPV ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QpvRow:
    """A line of the ANCT's file. A QPV may span communes."""

    code: str
    name: str
    communes: tuple[str, ...]


@dataclass
class QpvReport:
    """What a load did; `unknown` are codes of communes that are not in the reference data."""

    created: int = 0
    updated: int = 0
    unknown: set[str] = field(default_factory=set)


def parse_qpv(content: bytes) -> list[QpvRow]:
    """Read the ANCT's CSV, whatever its separator and encoding. Raises UnreadableFileError."""
    text = decode(content)
    header = text.partition("\n")[0]
    reader = csv.DictReader(StringIO(text, newline=""), delimiter=";" if ";" in header else ",")
    names = {name.strip().lower(): name for name in reader.fieldnames or ()}
    if missing := [column for column in QPV_COLUMNS if column not in names]:
        raise UnreadableFileError(f"Colonnes absentes du fichier : {', '.join(missing)}.")
    rows = {}
    for line in reader:
        code, name, communes = ((line[names[column]] or "").strip() for column in QPV_COLUMNS)
        if not code:
            continue
        if len(code) > 8 or not name:
            raise UnreadableFileError(f"Ligne {reader.line_num} : code ou nom de quartier illisible.")
        codes = tuple(code for code in re.split(r"[;,\s]+", communes) if code)
        rows[code] = QpvRow(code, name, codes)
    return list(rows.values())


def decode(content: bytes) -> str:
    """UTF-8 with or without mark, else the Windows encoding that spreadsheets write."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return text.replace("\x00", "")


@transaction.atomic
def load_qpv(rows: Sequence[QpvRow]) -> QpvReport:
    """Create or update by code. A QPV known by its name alone in the same EPCI receives its code."""
    report = QpvReport()
    communes = Commune.objects.in_bulk({code for row in rows for code in row.communes})
    known = list(Qpv.objects.all())
    by_code = {qpv.code: qpv for qpv in known if qpv.code}
    without_code = {(qpv.epci_id, plain(qpv.name)): qpv for qpv in known if not qpv.code}
    taken = {(qpv.epci_id, qpv.name): qpv.code for qpv in known if qpv.code}
    kept: list[tuple[Qpv, list[str]]] = []
    for row in rows:
        here = [communes[code] for code in row.communes if code in communes]
        report.unknown.update(code for code in row.communes if code not in communes)
        epci = {commune.epci_id for commune in here}
        epci_id = epci.pop() if len(epci) == 1 else None
        qpv = by_code.get(row.code) or without_code.pop((epci_id, plain(row.name)), None) or Qpv()
        qpv.code, qpv.epci_id = row.code, epci_id
        qpv.name = free_name(row, here, epci_id, taken)
        taken[epci_id, qpv.name] = row.code
        kept.append((qpv, [commune.code for commune in here]))
    new = [qpv for qpv, _ in kept if qpv.pk is None]
    old = [qpv for qpv, _ in kept if qpv.pk is not None]
    report.created, report.updated = len(new), len(old)
    Qpv.objects.bulk_update(old, ["code", "epci", "name"], batch_size=500)
    Qpv.objects.bulk_create(new, batch_size=500)
    link_communes(kept)
    return report


def link_communes(kept: Iterable[tuple[Qpv, list[str]]]) -> None:
    """The communes of each QPV, exactly."""
    through = Qpv.communes.through
    wanted = {(qpv.pk, code) for qpv, codes in kept for code in codes}
    rows = through._default_manager.filter(qpv__in=[qpv.pk for qpv, _ in kept])
    found = {(qpv_id, code): pk for pk, qpv_id, code in rows.values_list("pk", "qpv_id", "commune_id")}
    rows.filter(pk__in=[pk for pair, pk in found.items() if pair not in wanted]).delete()
    through._default_manager.bulk_create(
        through(qpv_id=qpv_id, commune_id=code) for qpv_id, code in sorted(wanted - found.keys())
    )


def free_name(
    row: QpvRow, here: Sequence[Commune], epci_id: str | None, taken: dict[tuple[str | None, str], str]
) -> str:
    """The name of the file; with its communes, or its code, when another QPV of the EPCI bears it already."""
    communes = ", ".join(commune.name for commune in here)
    for name in (row.name, f"{row.name} ({communes})", f"{row.name} ({row.code})"):
        if len(name) <= 160 and taken.get((epci_id, name), row.code) == row.code:
            return name
    return f"{row.name[:140]} ({row.code})"


def plain(name: str) -> str:
    """Without accents, case nor punctuation: to recognise the same name."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in letters if not unicodedata.combining(c))))
