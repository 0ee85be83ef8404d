"""Fiches as a Word document, for whoever goes on writing there: the same facts as on paper, under real headings."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from actions.documents.paper import FichePaper, fiche_title, fiches_title
from actions.models import Convention, FicheAction, Step
from ctg.numbers import amount
from ctg.pdf import Progress
from ctg.templatetags.ui import date_long, date_short, period, plural
from ctg.word import Rich, WordDocument

# The long texts with their headings, in the order of the printed fiche, around its objectives and its steps.
BEFORE = {"constat": "Constat", "enjeux": "Enjeux"}
AFTER = {
    "points_de_vigilance": "Points de vigilance",
    "moyens": "Moyens",
    "resultats_attendus": "Résultats attendus",
}
EVALUATED = {"done": "Ce qui a été fait", "difficulties": "Difficultés", "perspectives": "Perspectives"}


def fiches_docx(
    convention: Convention, papers: Sequence[FichePaper], progress: Progress | None = None
) -> bytes:
    """One fiche, or several after their contents, each on a page of its own."""
    alone = len(papers) == 1
    title = fiches_title(convention)
    document = WordDocument(
        fiche_title(papers[0].fiche) if alone else title,
        head=f"{convention.territory_name} – CTG {convention.years}",
        foot=f"Édité le {date_long(timezone.localdate())}{fictitious(papers)}",
    )
    if not alone:
        document.title(title, f"{convention.name} · {plural(len(papers), 'fiche')}")
        document.contents([str(paper.fiche) for paper in papers])
    for place, paper in enumerate(papers):
        if progress:
            progress(100 * place // len(papers), f"Fiche {place + 1} sur {len(papers)}")
        write_fiche(document, paper, new_page=not alone)
    return document.to_bytes()


def fictitious(papers: Sequence[FichePaper]) -> str:
    return " · données fictives" if any(paper.is_fictitious for paper in papers) else ""


def write_fiche(document: WordDocument, paper: FichePaper, *, new_page: bool) -> None:
    fiche = paper.fiche
    document.heading(str(fiche), new_page=new_page)
    document.facts(facts_of(paper))
    for contradiction in paper.contradictions:
        document.paragraph(contradiction, quiet=True)
    write_texts(document, fiche, BEFORE)
    if fiche.objectif or paper.objectives:
        write_objectives(document, paper)
    steps = list(fiche.steps.all())
    if fiche.description or steps:
        document.heading("Description de l’action", 2)
        document.rich(fiche.description)
        if steps:
            rows = [step_row(step) for step in steps]
            document.table(["Étape", "État", "Date"], rows, widths=[11, 2.6, 3.4])
    write_texts(document, fiche, AFTER)
    if paper.budget:
        document.heading("Budget", 2)
        titles = ["Financeur", "Année", "Nature", "Prévu", "Réalisé"]
        document.table(titles, budget_rows(paper), widths=[4.8, 2, 4, 3.1, 3.1], right={3, 4})
    if paper.lines:
        document.heading("Indicateurs d’évaluation", 2)
        titles = ["Indicateur", "Cible", "Dernière valeur", "Où l’on en est"]
        document.table(titles, indicator_rows(paper), widths=[6, 2.6, 3.6, 4.8])
    if paper.evaluation:
        write_evaluation(document, paper)


def write_texts(document: WordDocument, row: Any, texts: dict[str, str], level: int = 2) -> None:
    """Those that are not empty, each under its heading."""
    for name, label in texts.items():
        if html := getattr(row, name):
            document.heading(label, level)
            document.rich(html)


def facts_of(paper: FichePaper) -> list[tuple[str, str]]:
    fiche = paper.fiche
    place = "fiche transversale" if fiche.is_transversale else str(fiche.axe or "")
    return [
        ("Axe", place),
        ("Orientation", str(fiche.orientation or "")),
        ("Statut", state_of(fiche)),
        ("Thématiques", joined(fiche.themes.all())),
        ("Public cible", fiche.public_cible),
        ("Porteurs", joined(lead.full_name for lead in fiche.leads.all())),
        ("Pilotes", joined(link.contact for link in fiche.pilot_links.all())),
        ("Élu référent", str(fiche.elu_referent or "")),
        ("Échéancier", fiche.echeancier or schedule_of(fiche)),
        ("Partenaires", joined(partner.full_name for partner in fiche.partners.all())),
        ("Territoire", joined([*fiche.communes.all(), *fiche.qpvs.all()]) or "tout le territoire"),
        ("Participation", participation_of(fiche)),
        ("Autres cadres", " ; ".join(map(str, fiche.frameworks.all()))),
    ]


def joined(items: Any) -> str:
    return ", ".join(str(item) for item in items)


def schedule_of(fiche: FicheAction) -> str:
    return period(fiche.starts_on, fiche.ends_on) if fiche.starts_on or fiche.ends_on else ""


def participation_of(fiche: FicheAction) -> str:
    if not fiche.participation:
        return fiche.participation_words
    return " : ".join(filter(None, [fiche.get_participation_display(), fiche.participation_words]))


def state_of(fiche: FicheAction) -> str:
    said = [fiche.get_status_display()]
    if fiche.postponed_to:
        said[0] += f" au {date_long(fiche.postponed_to)}"
    elif fiche.is_postponed_without_date:
        said[0] += " sans date"
    if fiche.status_reason:
        said[0] += f" ({fiche.status_reason})"
    said += ["en retard"] if fiche.is_late else []
    said += ["action permanente"] if fiche.is_permanent else []
    if fiche.step_count:
        said.append(f"{plural(fiche.steps_done, 'étape faite')} sur {fiche.step_count}")
    return ", ".join(said)


def write_objectives(document: WordDocument, paper: FichePaper) -> None:
    document.heading("Objectifs" if len(paper.objectives) > 1 else "Objectif", 2)
    document.rich(paper.fiche.objectif)
    if paper.is_appreciated:
        rows = [[objective.text, words or "–"] for objective, _, words in paper.objectives]
        document.table(["Objectif", f"En {paper.year}"], rows, widths=[12.5, 4.5])
    else:
        document.bullets([objective.text for objective, _, _ in paper.objectives])


def step_row(step: Step) -> list[str | Rich]:
    done = step.state == Step.State.DONE
    when = date_short(step.done_on) if done else step.due_words or date_short(step.due_on)
    title = f"{step.number}. {step.title}" if step.number else step.title
    return [
        Rich(title, step.details),
        step.get_state_display(),
        f"{when} (dépassée)" if step.is_late else when,
    ]


def budget_rows(paper: FichePaper) -> list[list[str]]:
    lines = [
        [
            f"{line.funder} ({line.note})" if line.note else line.funder,
            str(line.year),
            line.get_nature_display(),
            amount(line.planned, line.get_unit_display()),
            amount(line.actual, line.get_unit_display()),
        ]
        for line in paper.budget
    ]
    return lines + [
        [words, "", "", amount(total.planned, total.sign), amount(total.actual, total.sign)]
        for words, total in paper.budget_totals
    ]


def indicator_rows(paper: FichePaper) -> list[list[str | Rich]]:
    rows: list[list[str | Rich]] = []
    for line in paper.lines:
        value = f"{line.value} ({line.when})" if line.when else line.value
        result = line.aim.attainment.result.label if line.aim.indicator.has_target else "sans cible"
        said = f"{result} ({line.why})" if line.why else result
        rows.append([line.aim.indicator.label, line.aim.target, value, said])
    return rows


def write_evaluation(document: WordDocument, paper: FichePaper) -> None:
    evaluation = paper.evaluation
    assert evaluation is not None
    document.heading(f"Évaluation {paper.year}", 2)
    document.facts(
        [
            ("Objectif de la fiche", evaluation.get_appreciation_display()),
            ("Suite proposée", evaluation.get_recommendation_display()),
        ]
    )
    write_texts(document, evaluation, EVALUATED, level=3)
