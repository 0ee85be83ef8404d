"""What the documents of a convention say: parties, phases, diagnostic, axes."""

import uuid
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from actions.models import (
    Axe,
    Convention,
    FicheAction,
    Highlight,
    Orientation,
    Phase,
    Signatory,
    SignatoryAct,
)
from ctg.accounts.models import User
from diagnostics.models import Diagnostic, Enjeu, KeyFigure, Need, Survey
from governance.importers.trial_files import ConventionFiles, Table, TrialError
from governance.importers.trial_history import Timeline, moment
from governance.importers.trial_people import Directory, found
from territories.models import Commune, Epci, Qpv, TerritorialLevel, Theme

NAMESPACE = uuid.UUID("6f0b2a0e-6c1d-5c57-9d0a-0c7f6d1c68aa")


def stable_uuid(*parts: object) -> uuid.UUID:
    """The same on every machine, so that addresses of the trial live through a new load."""
    return uuid.uuid5(NAMESPACE, "/".join(str(part) for part in parts))


@dataclass
class Load:
    """What is known while one convention is being loaded."""

    files: ConventionFiles
    directory: Directory
    timeline: Timeline
    convention: Convention
    coordinator: User
    # When the plan was entered: the signature, or the start of the period.
    since: date
    axes: dict[str, Axe] = field(default_factory=dict)
    orientations: dict[str, Orientation] = field(default_factory=dict)
    fiches: dict[str, FicheAction] = field(default_factory=dict)

    def themes(self, row: Table) -> list[Theme]:
        return [found(self.directory.themes, name, "thématique") for name in row.get("themes", [])]

    def uuid(self, *parts: object) -> uuid.UUID:
        return stable_uuid(self.files.slug, *parts)


def load_convention(
    files: ConventionFiles, directory: Directory, timeline: Timeline, diagnostics: dict[str, Diagnostic]
) -> Load:
    """The convention with its parties and what it rests on, its fiches apart."""
    table = files.plan["convention"]
    epci = Epci.objects.filter(pk=table.get("epci")).first()
    if table.get("epci") and epci is None:
        raise TrialError("Les EPCI manquent : lancez d’abord « manage.py load_reference ».")
    same_name = [
        "name",
        "territory_name",
        "period_start",
        "period_end",
        "status",
        "presentation",
        "source",
        "notice",
    ]
    same_name += ["fiche_name", "axe_name"]
    convention = Convention.objects.create(
        uuid=stable_uuid(files.slug),
        slug=files.slug,
        caf=directory.organisation(table["caf"]),
        carrier=directory.organisation(table["carrier"]),
        epci=epci,
        signed_on=table.get("signed_on"),
        previous=Convention.objects.filter(slug=table.get("previous", "")).first(),
        **{name: table[name] for name in same_name},
    )
    since = convention.signed_on or convention.period_start
    timeline.at(convention, since)
    perimeter = table["perimeter"]
    of_epci = Commune.objects.filter(epci=epci)
    convention.communes.set(of_epci if perimeter == "epci" else Commune.objects.filter(code__in=perimeter))
    coordinator = directory.coordinator(table["carrier"])
    load = Load(files, directory, timeline, convention, coordinator, since)
    load_levels(load)
    load_parties(load)
    load_axes(load)
    load_diagnostics(load, diagnostics)
    for key in table.get("diagnostics", []):
        convention.diagnostics.add(found(diagnostics, key, "diagnostic"))
    return load


def load_levels(load: Load) -> None:
    """Levels and QPV belong to the EPCI: kept from one convention to the next."""
    epci = load.convention.epci
    for rank, row in enumerate(load.files.plan.get("level", []), 1):
        TerritorialLevel.objects.update_or_create(epci=epci, name=row["name"], defaults={"position": rank})
    for row in load.files.plan.get("qpv", []):
        qpv, _ = Qpv.objects.get_or_create(epci=epci, name=row["name"])
        if row.get("communes"):
            qpv.communes.set(Commune.objects.filter(code__in=row["communes"]))


def load_parties(load: Load) -> None:
    """Phases of the elaboration, signatories and their acts."""
    for rank, row in enumerate(load.files.plan.get("phase", []), 1):
        Phase.objects.create(convention=load.convention, position=rank, **row)
    for rank, row in enumerate(load.files.plan.get("signatory", []), 1):
        organisation = load.directory.organisation(row["organisation"])
        signatory = Signatory.objects.create(
            convention=load.convention, organisation=organisation, position=rank
        )
        load.timeline.at(signatory, load.since)
        for act in row.get("act", []):
            load.timeline.at(SignatoryAct.objects.create(signatory=signatory, **act), act["date"])


def load_axes(load: Load) -> None:
    for rank, row in enumerate(load.files.plan.get("axe", []), 1):
        axe = Axe.objects.create(
            uuid=load.uuid("axe", row["key"]),
            convention=load.convention,
            number=row["number"],
            title=row["title"],
            former_title=row.get("former_title", ""),
            position=rank,
        )
        load.axes[row["key"]] = axe
        load.timeline.at(axe, load.since)
        for place, line in enumerate(row.get("orientation", []), 1):
            orientation = Orientation.objects.create(
                uuid=load.uuid("orientation", line["key"]),
                axe=axe,
                number=line["number"],
                title=line["title"],
                position=place,
            )
            load.orientations[line["key"]] = orientation
            load.timeline.at(orientation, load.since)


def load_highlights(load: Load) -> None:
    """Those the documents tell of. Without a day, they were entered when their year, or the convention, ended."""
    for rank, row in enumerate(load.files.plan.get("highlight", []), 1):
        year = row.get("year")
        day = row.get("date") or (date(year, 12, 31) if year else load.convention.period_end)
        highlight = Highlight.objects.create(
            uuid=load.uuid("highlight", rank),
            convention=load.convention,
            fiche=found(load.fiches, row["fiche"], "fiche") if "fiche" in row else None,
            axe=found(load.axes, row["axe"], "axe") if "axe" in row else None,
            title=row["title"],
            date=row.get("date"),
            year=year,
            period=row.get("period", ""),
            people=row.get("people"),
            author=load.coordinator,
            created_at=moment(day),
        )
        highlight.themes.set(load.themes(row))
        load.timeline.at(highlight, day)


# --- Diagnostic -----------------------------------------------------------------------------------


def load_diagnostics(load: Load, diagnostics: dict[str, Diagnostic]) -> None:
    """Those of the file, by « slug:key »: the next convention may rest on them too."""
    for row in load.files.plan.get("diagnostic", []):
        diagnostic = Diagnostic.objects.create(
            uuid=load.uuid("diagnostic", row["key"]),
            title=row["title"],
            year=row.get("year"),
            source=row.get("source", ""),
            summary=row.get("summary", ""),
        )
        diagnostics[f"{load.files.slug}:{row['key']}"] = diagnostic
        load.convention.diagnostics.add(diagnostic)
        load.timeline.at(diagnostic, load.since)
        load_figures(load, diagnostic, row.get("figure", []))
        load_surveys(load, diagnostic, row.get("survey", []))
        for rank, line in enumerate(row.get("enjeu", []), 1):
            enjeu = Enjeu.objects.create(diagnostic=diagnostic, text=line["text"], position=rank)
            enjeu.themes.set(load.themes(line))
            load.timeline.at(enjeu, load.since)


def load_figures(load: Load, diagnostic: Diagnostic, rows: list[Table]) -> None:
    for rank, row in enumerate(rows, 1):
        figure = KeyFigure.objects.create(
            uuid=load.uuid("figure", rank),
            diagnostic=diagnostic,
            label=row["label"],
            state=row["state"],
            value=Decimal(str(row["value"])) if "value" in row else None,
            unit=row["unit"],
            words=row["words"],
            year=row.get("year"),
            source=row["source"],
            position=rank,
            **territory(load, row["territory"]),
        )
        figure.themes.set(load.themes(row))
        load.timeline.at(figure, load.since)


def territory(load: Load, words: str) -> dict[str, object]:
    """The one territory a figure describes: `epci`, `commune:68224`, `departement:68`, `france`, `qpv:<nom>`."""
    kind, _, code = words.partition(":")
    match kind:
        case "epci":
            return {"epci": load.convention.epci}
        case "commune":
            return {"commune_id": code}
        case "departement":
            return {"departement_id": code}
        case "france":
            return {"is_national": True}
        case "qpv":
            return {"qpv": Qpv.objects.get(epci=load.convention.epci, name=code)}
    raise TrialError(f"{load.files.slug}.toml : territoire inconnu : « {words} ».")


def load_surveys(load: Load, diagnostic: Diagnostic, rows: list[Table]) -> None:
    for rank, row in enumerate(rows, 1):
        values = {name: value for name, value in row.items() if name != "need"}
        uid = load.uuid("survey", rank)
        survey = Survey.objects.create(uuid=uid, diagnostic=diagnostic, position=rank, **values)
        load.timeline.at(survey, load.since)
        for place, line in enumerate(row.get("need", []), 1):
            share = Decimal(str(line["share"])) if "share" in line else None
            need = Need.objects.create(survey=survey, text=line["text"], share=share, position=place)
            need.themes.set(load.themes(line))
            load.timeline.at(need, load.since)
