"""The fiches of a convention: what the documents say, then the life made up for them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model

from actions.models import (
    FicheAction,
    FicheEvaluation,
    FicheLead,
    FichePartner,
    FichePilot,
    FicheTheme,
    Highlight,
    Indicator,
    Measurement,
    Objective,
    ObjectiveAppreciation,
    ProgressNote,
    Step,
)
from governance.importers.trial_files import Table, TrialError
from governance.importers.trial_history import moment
from governance.importers.trial_plan import Load

Visibility = ProgressNote.Visibility
TEXTS = [
    "public_cible",
    "constat",
    "enjeux",
    "objectif",
    "description",
    "points_de_vigilance",
    "moyens",
    "resultats_attendus",
    "echeancier",
]


def load_fiches(load: Load) -> None:
    """Fiches as first entered, what hangs on them, then each later change, so that events tell the story."""
    for rank, (row, made_up) in enumerate(load.files.fiches(), 1):
        history = story(load, made_up)
        fiche = create_fiche(load, row, made_up, rank)
        load.fiches[row["number"]] = fiche
        born = history[0]["on"]
        load.timeline.at(fiche, born)
        load_links(load, fiche, row, made_up, born)
        objectives = load_objectives(load, fiche, row, born)
        load_steps(load, fiche, row, made_up, history)
        indicators = load_indicators(load, fiche, row, born)
        load_measurements(load, fiche, indicators, made_up)
        load_notes(load, fiche, made_up)
        load_evaluations(load, fiche, objectives, made_up)
        for step in history[1:]:
            change_status(load, fiche, made_up, step)


def story(load: Load, made_up: Table) -> list[Table]:
    """The statuses of a fiche with their dates, oldest first; at least the one it was entered with."""
    entered = [{"on": load.since, "status": FicheAction.Status.NON_DEMARREE}]
    history: list[Table] = made_up.get("status_history") or entered
    days = [step["on"] for step in history]
    if days != sorted(days) or history[-1]["status"] != made_up.get("status", history[-1]["status"]):
        raise TrialError(f"{load.files.slug}.fictif.toml, fiche {made_up['number']} : histoire incohérente.")
    return history


def last_activity(load: Load, made_up: Table) -> date:
    """The last day anything happened: status, note, value, step done, evaluation, highlight."""
    days = [step["on"] for step in story(load, made_up)]
    dated = {"note": "date", "measurement": "entered_on", "step": "done_on", "evaluation": "shared_on"}
    for name, column in (dated | {"highlight": "date"}).items():
        days += [row[column] for row in made_up.get(name, []) if column in row]
    return max(days)


def create_fiche(load: Load, row: Table, made_up: Table, rank: int) -> FicheAction:
    """As it was first entered, with its first status."""
    return FicheAction.objects.create(
        uuid=load.uuid("fiche", row["number"]),
        convention=load.convention,
        axe=load.axes[row["axe"]] if "axe" in row else None,
        orientation=load.orientations[row["orientation"]] if "orientation" in row else None,
        is_transversale=row.get("transversale", False),
        position=rank,
        number=row["number"],
        title=row["title"],
        starts_on=row.get("starts_on"),
        ends_on=row.get("ends_on"),
        is_permanent=made_up.get("permanent", False),
        updated_at=moment(last_activity(load, made_up)),
        **status_values(made_up, story(load, made_up)[0]),
        **{name: row.get(name, "") for name in TEXTS},
    )


def status_values(made_up: Table, step: Table) -> dict[str, Any]:
    """Reason and new date belong to the last status of the story."""
    last = step is made_up.get("status_history", [step])[-1]
    return {
        "status": step["status"],
        "status_reason": made_up.get("status_reason", "") if last else "",
        "postponed_to": made_up.get("postponed_to") if last else None,
    }


def change_status(load: Load, fiche: FicheAction, made_up: Table, step: Table) -> None:
    values = status_values(made_up, step)
    for name, value in values.items():
        setattr(fiche, name, value)
    fiche.save(update_fields=list(values))
    load.timeline.at(fiche, step["on"])


def create_all(load: Load, model: type[Any], rows: list[Any], when: Callable[[Any], date]) -> list[Any]:
    """Insert rows of one model, each with its date in the history."""
    made = model._default_manager.bulk_create(rows)
    for row in made:
        load.timeline.at(row, when(row))
    return made


def load_links(load: Load, fiche: FicheAction, row: Table, made_up: Table, born: date) -> None:
    """Themes, pilots, porteurs and partners."""

    def party(line: Table) -> Table:
        if "organisation" in line:
            return {"organisation": load.directory.organisation(line["organisation"])}
        return {"label": line["label"]}

    pilots = [load.directory.contact(key) for key in made_up.get("pilots", [])]
    links: list[tuple[type[Model], list[Table]]] = [
        (FicheTheme, [{"theme": theme} for theme in load.themes(row)]),
        (FichePilot, [{"contact": contact} for contact in pilots]),
        (FicheLead, [party(line) for line in row.get("leads", [])]),
        (FichePartner, [party(line) for line in row.get("partners", [])]),
    ]
    for model, values in links:
        rows = [model(fiche=fiche, position=rank, **value) for rank, value in enumerate(values, 1)]
        create_all(load, model, rows, lambda _: born)


def as_list(lines: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>" if lines else ""


def load_objectives(load: Load, fiche: FicheAction, row: Table, born: date) -> list[Objective]:
    rows = [
        Objective(
            uuid=load.uuid("fiche", fiche.number, "objective", rank),
            fiche=fiche,
            text=line["text"],
            details=as_list(line.get("details", [])),
            position=rank,
        )
        for rank, line in enumerate(row.get("objective", []), 1)
    ]
    return create_all(load, Objective, rows, lambda _: born)


def load_steps(load: Load, fiche: FicheAction, row: Table, made_up: Table, history: list[Table]) -> None:
    """Steps as first entered, then begun with the fiche, or done on their day."""
    known = {entry["step"]: entry for entry in made_up.get("step", [])}
    steps: list[Step] = create_all(
        load,
        Step,
        [
            Step(
                uuid=load.uuid("fiche", fiche.number, "step", rank),
                fiche=fiche,
                number=line["number"],
                title=line["title"],
                details=as_list(line.get("bullets", [])),
                due_on=known.get(rank, {}).get("due_on"),
                position=rank,
            )
            for rank, line in enumerate(row.get("step", []), 1)
        ],
        lambda _: history[0]["on"],
    )
    begun = next((step["on"] for step in history if step["status"] == "en_cours"), history[0]["on"])
    changed = []
    for step in steps:
        entry = known.get(step.position, {})
        if entry.get("state", Step.State.TO_DO) == Step.State.TO_DO:
            continue
        step.state, step.done_on = entry["state"], entry.get("done_on")
        changed.append(step)
        load.timeline.at(step, step.done_on or begun)
    Step.objects.bulk_update(changed, ["state", "done_on"])


def load_indicators(load: Load, fiche: FicheAction, row: Table, born: date) -> list[Indicator]:
    """Those of the document, then those made up where it gives none."""
    printed = [(line, False) for line in row.get("indicator", [])]
    added = [
        (line, True) for line in load.files.made_up.get("add_indicator", []) if line["fiche"] == fiche.number
    ]
    rows = [
        Indicator(
            uuid=load.uuid("fiche", fiche.number, "indicator", rank),
            fiche=fiche,
            comparator=line.get("comparator", ""),
            target_value=line.get("target_value"),
            target_per=line.get("per", ""),
            target_mode=line.get("target_mode", ""),
            position=rank,
            is_fictitious=is_fictitious,
            **{
                name: line[name]
                for name in ("label", "kind", "unit", "direction", "aggregation", "frequency", "target_words")
            },
        )
        for rank, (line, is_fictitious) in enumerate(printed + added, 1)
    ]
    return create_all(load, Indicator, rows, lambda _: born)


# --- Made up --------------------------------------------------------------------------------------


def ranked(load: Load, fiche: FicheAction, rows: list[Any], rank: int, what: str) -> Any:
    if not 0 < rank <= len(rows):
        raise TrialError(f"{load.files.slug}.fictif.toml, fiche {fiche.number} : pas de {what} n° {rank}.")
    return rows[rank - 1]


def load_measurements(load: Load, fiche: FicheAction, indicators: list[Indicator], made_up: Table) -> None:
    rows = []
    for line in made_up.get("measurement", []):
        indicator = ranked(load, fiche, indicators, line["indicator"], "indicateur")
        numbers = {
            name: Decimal(str(line[name])) for name in ("value", "numerator", "denominator") if name in line
        }
        rows.append(
            Measurement(
                uuid=load.uuid("fiche", fiche.number, "value", line["indicator"], line["period_start"]),
                indicator=indicator,
                period_start=line["period_start"],
                period_end=line["period_end"],
                state=line["state"],
                done=line.get("done"),
                text=line.get("text", ""),
                note=line.get("note", ""),
                author=load.coordinator,
                entered_at=moment(line["entered_on"]),
                is_fictitious=True,
                **numbers,
            )
        )
    create_all(load, Measurement, rows, lambda value: value.entered_at.date())


def load_notes(load: Load, fiche: FicheAction, made_up: Table) -> None:
    """Points d’étape and highlights."""
    ours: dict[str, Any] = {"fiche": fiche, "author": load.coordinator, "is_fictitious": True}
    ProgressNote.objects.bulk_create(
        ProgressNote(
            uuid=load.uuid("fiche", fiche.number, "note", rank),
            date=line["date"],
            text=line["text"],
            created_at=moment(line["date"]),
            visibility=Visibility.PUBLISH if line.get("publish") else Visibility.VISIBLE,
            **ours,
        )
        for rank, line in enumerate(made_up.get("note", []), 1)
    )
    highlights = [
        Highlight(
            uuid=load.uuid("fiche", fiche.number, "highlight", rank),
            convention=load.convention,
            axe=fiche.axe,
            title=line["title"],
            date=line["date"],
            commune_id=line.get("commune"),
            people=line.get("people"),
            is_publishable=line.get("publish", False),
            created_at=moment(line["date"]),
            **ours,
        )
        for rank, line in enumerate(made_up.get("highlight", []), 1)
    ]
    create_all(load, Highlight, highlights, lambda highlight: highlight.date)


def load_evaluations(load: Load, fiche: FicheAction, objectives: list[Objective], made_up: Table) -> None:
    for line in made_up.get("evaluation", []):
        day = line["shared_on"]
        texts = (
            "year",
            "done",
            "difficulties",
            "perspectives",
            "appreciation",
            "recommendation",
            "shared_on",
        )
        evaluation = FicheEvaluation.objects.create(
            uuid=load.uuid("fiche", fiche.number, "evaluation", line["year"]),
            fiche=fiche,
            author=load.coordinator,
            updated_at=moment(day),
            is_fictitious=True,
            **{name: line[name] for name in texts},
        )
        load.timeline.at(evaluation, day)
        judged = [
            ObjectiveAppreciation(
                evaluation=evaluation,
                objective=ranked(load, fiche, objectives, entry["objective"], "objectif"),
                value=entry["value"],
            )
            for entry in line.get("appreciations", [])
        ]
        create_all(load, ObjectiveAppreciation, judged, lambda row: row.evaluation.shared_on)
