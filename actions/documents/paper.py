"""Fiches on paper: laid out as their printed form, one alone or several, and the compact page of a bilan.

A document is shown to people who may read less than its author: only shared evaluations and accepted values go
in, and no note of the follow-up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from actions.charts import chart_of
from actions.figures import Aim, aim_of, contradictions_of, last_year_over
from actions.models import (
    BudgetLine,
    Convention,
    FicheAction,
    FicheEvaluation,
    FicheLead,
    FichePartner,
    FichePilot,
    Indicator,
    Objective,
    Step,
)
from actions.rules.budget import Total, totals
from ctg.accounts.models import User
from ctg.charts import Chart
from ctg.pdf import Progress, render_pdf
from ctg.templatetags.ui import plural

# In the units of its drawing: at the width of its column, its smallest words are of 8 points.
CHART = (230, 120)
APPRECIATION_KINDS = {"atteint": "faite", "partiel": "reportee", "non": "fin"}


def as_of(year: int, today: date) -> date:
    """The day on which a year is looked at: the one after its end, or today while it runs."""
    return min(today, date(year + 1, 1, 1))


def paper_fiches(
    convention: Convention, user: User, year: int, today: date, *, of_year: bool = True
) -> QuerySet[FicheAction]:
    """All that a paper says of the fiches a user sees, in a constant number of queries.

    With `of_year` the values stop at the end of the year; else they are all there, as on screen.
    """
    indicators = Indicator.objects.with_values(until=year if of_year else None).select_related(None)
    evaluations = FicheEvaluation.objects.shared().filter(year=year)
    return (
        FicheAction.objects.visible_to(user)
        .of(convention)
        .with_progress(today)
        .select_related("axe", "orientation", "elu_referent")
        .prefetch_related(
            "themes",
            "communes",
            "qpvs",
            "objectives",
            Prefetch("steps", Step.objects.with_late(today)),
            Prefetch("leads", FicheLead.objects.select_related("organisation")),
            Prefetch("partners", FichePartner.objects.select_related("organisation")),
            Prefetch("pilot_links", FichePilot._default_manager.select_related("contact__organisation")),
            Prefetch("indicators", indicators),
            Prefetch("evaluations", evaluations.prefetch_related("appreciations")),
        )
    )


@dataclass(frozen=True)
class Line:
    """An indicator with its small chart, when it has several values: one alone is said by its number."""

    aim: Aim
    chart: Chart | None
    of_year: bool = True

    @property
    def value(self) -> str:
        return self.aim.value if self.of_year else self.aim.latest.value

    @property
    def when(self) -> str:
        """The period of the value, where the head of the column does not say it."""
        return "" if self.of_year else self.aim.latest.when

    @property
    def why(self) -> str:
        return self.aim.verdict if self.of_year else self.aim.basis

    @property
    def is_text(self) -> bool:
        """Its value is a sentence: it takes the place of the result too."""
        return self.aim.indicator.kind == Indicator.Kind.QUALITATIVE and not self.aim.indicator.has_target


def line_of(indicator: Indicator, year: int, on: date, *, of_year: bool = True) -> Line:
    chart = chart_of(indicator, on, size=CHART)
    shown = chart if chart and len(chart.rows) > 1 else None
    return Line(aim_of(indicator, year, on), shown, of_year)


@dataclass(frozen=True)
class FichePaper:
    """A fiche as its documents show it: its values at the end of a year (`of_year`), or as of today."""

    fiche: FicheAction
    year: int
    today: date
    of_year: bool = True

    @cached_property
    def lines(self) -> list[Line]:
        on = as_of(self.year, self.today) if self.of_year else self.today
        return [line_of(one, self.year, on, of_year=self.of_year) for one in self.fiche.indicators.all()]

    @property
    def has_chart(self) -> bool:
        return any(line.chart for line in self.lines)

    @cached_property
    def evaluation(self) -> FicheEvaluation | None:
        """The shared one of the year."""
        return next(iter(self.fiche.evaluations.all()), None)

    @cached_property
    def objectives(self) -> list[tuple[Objective, str, str]]:
        """Each with the appreciation of the year, if any: kind and words."""
        given = self.evaluation.appreciations.all() if self.evaluation else []
        said = {one.objective_id: (APPRECIATION_KINDS[one.value], one.get_value_display()) for one in given}
        return [(one, *said.get(one.pk, ("", ""))) for one in self.fiche.objectives.all()]

    @property
    def is_appreciated(self) -> bool:
        """Whether any objective was judged this year."""
        return any(words for _, _, words in self.objectives)

    @property
    def appreciation_kind(self) -> str:
        """How the appreciation of the whole fiche is drawn."""
        return APPRECIATION_KINDS.get(self.evaluation.appreciation if self.evaluation else "", "neutre")

    @cached_property
    def budget(self) -> list[BudgetLine]:
        """Its lines as of today; a bilan says nothing of them."""
        return [] if self.of_year else list(self.fiche.budget_lines.all())

    @property
    def budget_totals(self) -> list[tuple[str, Total]]:
        """What several lines of one unit add up to, with its words."""
        return [(total_words(total), total) for total in totals(self.budget) if total.lines > 1]

    @cached_property
    def contradictions(self) -> list[str]:
        return contradictions_of(self.fiche)

    @property
    def is_fictitious(self) -> bool:
        """Whether anything said here was made up."""
        indicators = list(self.fiche.indicators.all())
        values = (value for one in indicators for value in one.measurements.all())
        rows: list[Any] = [*indicators, *values, *self.budget]
        rows += [self.evaluation] if self.evaluation else []
        return any(row.is_fictitious for row in rows)


def total_words(total: Total) -> str:
    """« Total des postes (réalisé connu pour 1 ligne sur 3) »."""
    said = "Total des postes" if total.unit == BudgetLine.Unit.ETP else "Total"
    known = f" (réalisé connu pour {plural(total.actual_lines, 'ligne')} sur {total.lines})"
    return said + known if total.is_partial else said


def papers_of(
    convention: Convention, fiches: Sequence[FicheAction], year: int, today: date, *, of_year: bool = True
) -> list[FichePaper]:
    for fiche in fiches:
        fiche.convention = convention
        for indicator in fiche.indicators.all():
            indicator.fiche = fiche  # the rules read its convention
    return [FichePaper(fiche, year, today, of_year) for fiche in fiches]


def read_papers(convention: Convention, user: User, keys: Sequence[int]) -> list[FichePaper]:
    """These fiches as they stand today, with the evaluation of the last year over; those the user still sees."""
    today = timezone.localdate()
    year = last_year_over(convention, today)
    place = {key: number for number, key in enumerate(keys)}
    budget = Prefetch("budget_lines", BudgetLine.objects.select_related("organisation"))
    found = paper_fiches(convention, user, year, today, of_year=False).filter(pk__in=place)
    ordered = sorted(found.prefetch_related("frameworks", budget), key=lambda fiche: place[fiche.pk])
    return papers_of(convention, ordered, year, today, of_year=False)


def read_fiche_paper(convention: Convention, user: User, fiche_id: int) -> FichePaper | None:
    """One of them. None when the user no longer sees it."""
    return next(iter(read_papers(convention, user, [fiche_id])), None)


def fiche_title(fiche: FicheAction) -> str:
    """« Fiche action 7 – Guider et soutenir les jeunes »."""
    name = fiche.convention.fiche_name.capitalize()
    return f"{name} {fiche.number} – {fiche.title}" if fiche.number else f"{name} – {fiche.title}"


def fiche_pdf(paper: FichePaper, progress: Progress | None = None) -> bytes:
    """One or two pages."""
    context = {"paper": paper, "fiche": paper.fiche, "convention": paper.fiche.convention}
    title = fiche_title(paper.fiche)
    return render_pdf("actions/fiche.pdf.html", context, title=title, progress=progress, pages_expected=2)


def fiches_title(convention: Convention) -> str:
    return f"Plan d’actions – {convention.territory_name} {convention.years}"


def fiches_pdf(
    convention: Convention, papers: Sequence[FichePaper], progress: Progress | None = None
) -> bytes:
    """The same pages of several fiches, after their contents."""
    context = {
        "papers": papers,
        "convention": convention,
        "today": timezone.localdate(),
        "is_fictitious": any(paper.is_fictitious for paper in papers),
    }
    return render_pdf(
        "actions/fiches.pdf.html",
        context,
        title=fiches_title(convention),
        progress=progress,
        pages_expected=2 * len(papers),
    )
