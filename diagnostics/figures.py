"""What the page of a diagnostic shows: figures gathered by theme, texts under their common words, totals."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.safestring import SafeString

from ctg.richtext import to_safe
from diagnostics.models import Diagnostic, KeyFigure, Need, Survey
from territories.models import Theme


@dataclass(frozen=True)
class FigureRow:
    """A figure as its row shows it."""

    figure: KeyFigure
    # The row above bears the same name: the same measure for another territory.
    again: bool
    also: list[Theme]
    # What the source prints, when it says more than the row.
    printed: str
    # As a share of a whole, to be drawn; None when it is not one.
    share: Decimal | None

    @property
    def anchor(self) -> str:
        return f"chiffres-{self.figure.uuid}"


@dataclass(frozen=True)
class Shelf:
    """The figures of one theme. `source` is the one they share, if they do."""

    theme: Theme | None
    rows: list[FigureRow]
    source: str

    @property
    def anchor(self) -> str:
        return f"theme-{self.theme.pk if self.theme else 0}"

    @property
    def name(self) -> str:
        return str(self.theme) if self.theme else "Données générales"


@dataclass(frozen=True)
class Line:
    """A need or an enjeu, and what its line says."""

    text: str
    row: Any
    anchor: str

    @property
    def themes(self) -> list[Theme]:
        return list(self.row.themes.all())

    @property
    def needs(self) -> list[Need]:
        return list(self.row.needs.all())

    @property
    def figures(self) -> list[KeyFigure]:
        return list(self.row.figures.all())


@dataclass(frozen=True)
class Bundle:
    """Texts that begin with the same words before a colon, under these words."""

    head: str
    lines: list[Line]


@dataclass(frozen=True)
class SurveyPart:
    survey: Survey
    bundles: list[Bundle]
    count: int

    @property
    def key(self) -> str:
        return str(self.survey.uuid)

    @property
    def anchor(self) -> str:
        return f"enquetes-{self.survey.uuid}"


@dataclass(frozen=True)
class Content:
    """A diagnostic with what it holds."""

    diagnostic: Diagnostic
    shelves: list[Shelf]
    surveys: list[SurveyPart]
    enjeux: list[Bundle]
    figure_count: int
    enjeu_count: int

    @property
    def key(self) -> str:
        return str(self.diagnostic.uuid)

    @property
    def anchor(self) -> str:
        return f"diagnostic-{self.diagnostic.uuid}"

    @property
    def summary(self) -> SafeString:
        return to_safe(self.diagnostic.summary)


@dataclass(frozen=True)
class Totals:
    figures: int
    undated: int
    without_value: int
    surveys: int
    # Answers to the surveys that say how many they had; None when none does.
    answers: int | None
    answers_partial: bool
    enjeux: int


def content_of(diagnostic: Diagnostic) -> Content:
    """Reads only what `with_contents` has fetched."""
    figures, enjeux = list(diagnostic.figures.all()), list(diagnostic.enjeux.all())
    surveys = [(survey, list(survey.needs.all())) for survey in diagnostic.surveys.all()]
    return Content(
        diagnostic=diagnostic,
        shelves=shelves_of(figures),
        surveys=[SurveyPart(survey, bundles_of("besoins", needs), len(needs)) for survey, needs in surveys],
        enjeux=bundles_of("enjeux", enjeux),
        figure_count=len(figures),
        enjeu_count=len(enjeux),
    )


def totals_of(diagnostics: Iterable[Diagnostic]) -> Totals:
    """Of all the diagnostics of a convention together."""
    diagnostics = list(diagnostics)
    figures = [figure for diagnostic in diagnostics for figure in diagnostic.figures.all()]
    surveys = [survey for diagnostic in diagnostics for survey in diagnostic.surveys.all()]
    answers = [survey.respondents for survey in surveys if survey.respondents is not None]
    return Totals(
        figures=len(figures),
        undated=sum(figure.year is None for figure in figures),
        without_value=sum(not figure.has_value for figure in figures),
        surveys=len(surveys),
        answers=sum(answers) if answers else None,
        answers_partial=0 < len(answers) < len(surveys),
        enjeux=sum(len(diagnostic.enjeux.all()) for diagnostic in diagnostics),
    )


def shelves_of(figures: Sequence[KeyFigure]) -> list[Shelf]:
    """General figures first, then theme by theme, each figure once: under the first of its themes."""
    by_theme: dict[Theme | None, list[KeyFigure]] = {}
    for figure in figures:
        by_theme.setdefault(figure.leading_theme, []).append(figure)
    themes = sorted(by_theme, key=lambda theme: (theme.position, theme.name) if theme else (-1, ""))
    return [_shelf(theme, by_theme[theme]) for theme in themes]


def _shelf(theme: Theme | None, figures: list[KeyFigure]) -> Shelf:
    sources = {figure.source for figure in figures}
    previous = ""
    rows = []
    for figure in figures:
        rows.append(
            FigureRow(
                figure=figure,
                again=figure.label == previous,
                also=list(figure.themes.all())[1:],
                printed=figure.words if says_more(figure) else "",
                share=share_of(figure),
            )
        )
        previous = figure.label
    return Shelf(theme, rows, sources.pop() if len(sources) == 1 else "")


def share_of(figure: KeyFigure) -> Decimal | None:
    """A percentage between 0 and 100."""
    if figure.unit.strip() != "%" or figure.value is None or not 0 <= figure.value <= 100:
        return None
    return figure.value


NUMBER = re.compile(
    r"(?P<about>(?:environ|près de|presque|quelque|plus de|moins de|au moins)\s+)?"
    # Not the digits of a name: « m2A », « QPV2 ».
    r"(?<![\w,])(?P<number>\d+(?:[ \u00a0\u202f]\d{3})*(?:,\d+)?)(?!\w)",
    re.IGNORECASE,
)


def says_more(figure: KeyFigure) -> bool:
    """Whether the printed words hold another number than the row's, or call the value approximate."""
    if not figure.words:
        return False
    if figure.value is None:
        return True
    known = {match["number"] for match in NUMBER.finditer(figure.label)} | {str(figure.year)}
    found = False
    for match in NUMBER.finditer(figure.words):
        if _number(match["number"]) == figure.value:
            found = True
            if match["about"]:
                return True
        elif match["number"] not in known:
            return True
    return not found


def _number(text: str) -> Decimal:
    return Decimal(re.sub(r"\s", "", text).replace(",", "."))


def bundles_of(kind: str, rows: Sequence[Any]) -> list[Bundle]:
    """« Offre de garde : … » and « Offre de garde : … » become two lines under « Offre de garde ».

    Only where a list is written so: some words must come twice. `kind` begins the anchors.
    """
    gathered = [(head, list(group)) for head, group in groupby(rows, key=lambda row: _head(row.text))]
    written_so = any(head and len(group) > 1 for head, group in gathered)
    if not written_so:
        gathered = [("", list(rows))] if rows else []
    return [
        Bundle(head, [Line(_after(head, row.text), row, f"{kind}-{row.uuid}") for row in group])
        for head, group in gathered
    ]


def _head(text: str) -> str:
    """The words before « : », when something follows."""
    head, _, rest = text.replace("\u00a0:", " :").partition(" : ")
    return head.strip() if rest.strip() else ""


def _after(head: str, text: str) -> str:
    said = text[len(head) :].lstrip(" \u00a0:") if head else text
    return said[:1].upper() + said[1:] if head else text
