"""The annual bilan on paper: what the year says, axe by axe and fiche by fiche.

Values, attainment, evaluations and highlights are those of the year; statuses and steps are those of the day the
document is made, as its first page of text says. A fiche that came after the year has no page in it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db.models import Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from actions.documents import FichePaper, as_of, paper_fiches, papers_of
from actions.figures import Group, Plan, plan_of
from actions.models import Axe, Convention, FicheAction, FicheEvaluation, Highlight
from actions.rules.progress import Piece
from ctg.accounts.models import User
from ctg.charts import Chart
from ctg.pdf import Progress, render_pdf
from ctg.templatetags.ui import date_long, join_fr, plural
from governance.figures import Aims, Concern, blocked_fiches, status_table, years_begun

TEMPLATE = "governance/bilan.pdf.html"
LOGO = "logo-convention"


class YearRefusedError(ValueError):
    """The year is not one of the convention, or has not begun."""


@dataclass(frozen=True)
class Section:
    """An axe with the papers of its fiches."""

    group: Group
    papers: list[FichePaper]
    anchor: str

    @cached_property
    def chart(self) -> Chart:
        return self.group.chart(legend=False)


@dataclass(frozen=True)
class BilanPaper:
    """All that the document says, read once."""

    convention: Convention
    year: int
    today: date
    plan: Plan
    papers: list[FichePaper]
    later: list[FicheAction]
    highlights: list[Highlight]
    undated: list[Highlight]

    @property
    def title(self) -> str:
        return f"Bilan {self.year} – {self.convention.territory_name}"

    @cached_property
    def sections(self) -> list[Section]:
        by_fiche = {paper.fiche.pk: paper for paper in self.papers}
        return [
            Section(
                group,
                [by_fiche[fiche.pk] for fiche in group.fiches if fiche.pk in by_fiche],
                f"axe-{place}",
            )
            for place, group in enumerate(self.plan.by_axe, 1)
        ]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The state of the plan, with the day it speaks of: statuses are not those of the year."""
        return self.plan.counts.dated(date_long(self.today))

    @cached_property
    def chart(self) -> Chart:
        return self.plan.chart(legend=False)

    @cached_property
    def statuses(self) -> list[Any]:
        return self.plan.segments

    @cached_property
    def table(self) -> list[tuple[str, list[int]]]:
        return status_table(self.plan)

    @cached_property
    def aims(self) -> Aims:
        indicators = [one for paper in self.papers for one in paper.fiche.indicators.all()]
        return Aims(indicators, self.year, as_of(self.year, self.today))

    @property
    def later_words(self) -> str:
        """Why some fiches of the plan have no page."""
        one = len(self.later) < 2
        said = "commence ou a été ajoutée" if one else "commencent ou ont été ajoutées"
        return f"{plural(len(self.later), 'fiche')} {said} après {self.year} et n’{'a' if one else 'ont'} pas de page ici"

    @cached_property
    def blocked(self) -> list[Concern]:
        return blocked_fiches(self.plan)

    @cached_property
    def evaluated(self) -> list[FichePaper]:
        return [paper for paper in self.papers if paper.evaluation]

    @cached_property
    def not_evaluated(self) -> list[FichePaper]:
        return [paper for paper in self.papers if not paper.evaluation]

    @cached_property
    def recommendations(self) -> str:
        """« 8 à reconduire, 3 à ajuster et 1 à arrêter », as the evaluations propose."""
        found = Counter(paper.evaluation.recommendation for paper in self.evaluated if paper.evaluation)
        return join_fr(f"{found[one]} à {one.label}" for one in FicheEvaluation.Recommendation if found[one])

    @property
    def is_over(self) -> bool:
        return as_of(self.year, self.today) == date(self.year + 1, 1, 1)

    @property
    def is_fictitious(self) -> bool:
        return any(paper.is_fictitious for paper in self.papers) or any(
            highlight.is_fictitious for highlight in (*self.highlights, *self.undated)
        )

    @cached_property
    def images(self) -> Mapping[str, bytes]:
        return logo_of(self.convention)

    @property
    def theme(self) -> str:
        return theme_of(self.convention)

    @property
    def context(self) -> dict[str, Any]:
        return {"bilan": self, "convention": self.convention, "plan": self.plan, "logo": LOGO}


def logo_of(convention: Convention) -> Mapping[str, bytes]:
    """The logo, when there is one and its file is still there."""
    logo = convention.logo
    if not logo.name or not logo.storage.exists(logo.name):
        return {}
    with logo.open("rb") as file:
        return {LOGO: file.read()}


def theme_of(convention: Convention) -> str:
    """The convention's own colour, dark enough for white text (`validate_colour`), on cover and headings."""
    colour = convention.brand_colour
    return f".cover {{ background: {colour} }} h2, h4, .lab, dt {{ color: {colour} }}" if colour else ""


def read_bilan(convention: Convention, user: User, year: int, today: date | None = None) -> BilanPaper:
    """A constant number of queries. Raises YearRefusedError."""
    today = today or timezone.localdate()
    if year not in years_begun(convention, today):
        raise YearRefusedError(year)
    fiches = list(with_added_on(paper_fiches(convention, user, year, today)))
    later = came_later(fiches, year)
    axes = Axe.objects.visible_to(user).of(convention).filter(ended_on__isnull=True)
    # Accepted ones only: one's own proposals are seen on screen, not filed.
    highlights = Highlight.objects.visible_to(user).of(convention).filter(status="accepted")
    of_year = Q(date__year=year) | Q(date=None, year=year)
    undated = Q(date=None, year=None) & ~Q(period="")
    told = list(
        highlights.filter(of_year | undated).select_related("commune", "fiche").order_by("date", "pk")
    )
    return BilanPaper(
        convention=convention,
        year=year,
        today=today,
        plan=plan_of(fiches, list(axes)),
        papers=papers_of(convention, [one for one in fiches if one not in later], year, today),
        later=later,
        highlights=[one for one in told if one.date or one.year],
        undated=[one for one in told if not one.date and not one.year],
    )


def with_added_on(fiches: QuerySet[FicheAction]) -> QuerySet[FicheAction]:
    """`added_at`: when the history of each begins."""
    events = apps.get_model("actions", "FicheActionEvent")._default_manager.filter(pgh_obj=OuterRef("pk"))
    first = events.order_by().values("pgh_obj").annotate(at=Min("pgh_created_at")).values("at")
    return fiches.annotate(added_at=Subquery(first))


def came_later(fiches: Sequence[FicheAction], year: int) -> list[FicheAction]:
    """The fiches that were not there in a year: they begin after it, or without a date were added after it.

    When the whole plan was entered after the year, the day of entry says nothing. One evaluated for the year,
    as read by `paper_fiches`, was there.
    """
    added = {fiche: getattr(fiche, "added_at", None) for fiche in fiches}
    years = {fiche: timezone.localtime(at).year for fiche, at in added.items() if at}
    was_kept = any(known <= year for known in years.values())
    return [
        fiche
        for fiche in fiches
        if not fiche.evaluations.all()
        and (fiche.starts_on.year > year if fiche.starts_on else was_kept and years.get(fiche, year) > year)
    ]


def bilan_pdf(bilan: BilanPaper, progress: Progress | None = None) -> bytes:
    pages = 5 + len(bilan.papers)
    return render_pdf(
        TEMPLATE,
        bilan.context,
        title=bilan.title,
        images=bilan.images,
        progress=progress,
        pages_expected=pages,
        theme=bilan.theme,
    )
