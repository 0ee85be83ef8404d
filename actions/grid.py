"""The indicators of a convention, as lines to read and as cells to fill in: indicators × periods.

Read once, in a constant number of queries; what may be typed in a cell is decided here, for the page that shows it
and for the service that writes it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from actions.feeds import source_of
from actions.figures import (
    Aim,
    aim_of,
    counted_values,
    expected_periods,
    last_year_over,
    measurement_words,
    period_to_enter,
    plan_of,
    value_of,
    values_of,
)
from actions.models import Axe, ClosedYear, Convention, FicheAction, Indicator, Measurement
from actions.models.exchanges import Review
from actions.rules.cells import Content, write_cell
from actions.rules.periods import SHORT_MONTHS, Period, label
from actions.rules.values import Value, say_value
from ctg.accounts.models import User

LONG_TEXTS = (
    "constat",
    "enjeux",
    "objectif",
    "description",
    "points_de_vigilance",
    "moyens",
    "resultats_attendus",
)
TITLES = {
    "year": "Une valeur par an",
    "quarter": "Une valeur par trimestre",
    "month": "Une valeur par mois",
    "once": "Une seule valeur",
}

TO_COME, CLOSED, ELSEWHERE = "à venir", "année close", "saisi sur une autre période"
NOT_YOURS = "lecture seule"


@dataclass(frozen=True)
class Entry:
    """An indicator as a line: where it stands, and what is to be entered next."""

    aim: Aim
    to_enter: Period | None

    @property
    def indicator(self) -> Indicator:
        return self.aim.indicator

    @property
    def target(self) -> str:
        """« > 24 / an », or its words when no number was read in them."""
        return self.aim.target if self.indicator.has_target else self.indicator.target_words or "–"

    @property
    def has_aim(self) -> bool:
        return self.indicator.has_target or bool(self.indicator.target_words)

    @property
    def result(self) -> str:
        return self.aim.attainment.result.name.lower()

    @property
    def has_value(self) -> bool:
        return bool(values_of(self.indicator))


@dataclass(frozen=True)
class Branch:
    """An axe with the lines of its fiches."""

    title: str
    fiches: list[tuple[FicheAction, list[Any]]]

    @property
    def count(self) -> int:
        return sum(len(rows) for _, rows in self.fiches)


@dataclass
class Board:
    """All the indicators of a convention, in the order of its plan, with what this user may enter."""

    convention: Convention
    fiches: list[FicheAction]
    axes: list[Axe]
    indicators: list[Indicator]
    today: date

    @cached_property
    def entries(self) -> list[Entry]:
        year = last_year_over(self.convention, self.today)
        return [Entry(aim_of(one, year, self.today), self.to_enter(one)) for one in self.indicators]

    def to_enter(self, indicator: Indicator) -> Period | None:
        """Nothing more is asked of a fiche that was dropped."""
        if indicator.fiche.status == FicheAction.Status.ABANDONNEE:
            return None
        return period_to_enter(indicator, self.today)

    def branches(self, rows: Iterable[Any]) -> list[Branch]:
        """Lines (of an `indicator` each) under their fiche and axe."""
        by_fiche: dict[Any, list[Any]] = {}
        for row in rows:
            by_fiche.setdefault(row.indicator.fiche_id, []).append(row)
        groups = plan_of(self.fiches, self.axes).by_axe
        found = [
            Branch(group.label, [(one, by_fiche[one.pk]) for one in group.fiches if one.pk in by_fiche])
            for group in groups
        ]
        return [branch for branch in found if branch.fiches]


def read_board(convention: Convention, user: User, today: date) -> Board:
    """Four queries, and one a source that counts."""
    fiches = list(
        FicheAction.objects.visible_to(user)
        .of(convention)
        .with_rights(user)
        .with_mine(user)
        .select_related("axe")
        .defer(*LONG_TEXTS)
    )
    known = {fiche.pk: fiche for fiche in fiches}
    for fiche in fiches:
        fiche.convention = convention
    indicators = list(Indicator.objects.visible_to(user).of(convention).with_values().select_related(None))
    for indicator in indicators:
        indicator.fiche = known[indicator.fiche_id]
    order = {pk: place for place, pk in enumerate(known)}
    indicators.sort(key=lambda indicator: order[indicator.fiche_id])
    axes = list(Axe.objects.visible_to(user).of(convention))
    return Board(convention, fiches, axes, indicators, today)


# --- Cells ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Cell:
    """One period of one indicator, as it is typed. `locked`: why nothing can be typed in it; `hint`: what is known
    all the same.
    """

    indicator: Indicator
    period: Period
    column: str
    text: str = ""
    locked: str = ""
    hint: str = ""
    measurement: Measurement | None = None
    # What was sent for it and could not be saved, and why.
    typed: str = ""
    reason: str = ""

    @property
    def is_text(self) -> bool:
        return self.indicator.kind == Indicator.Kind.QUALITATIVE

    @property
    def note(self) -> str:
        """What stands under a cell that is locked."""
        return self.hint or ("" if self.locked == NOT_YOURS else self.locked)

    @property
    def shown(self) -> str:
        return self.typed if self.reason else self.text

    @property
    def key(self) -> str:
        """Its name in the form: the indicator and the two days."""
        return f"{self.indicator.uuid.hex}-{self.period.start:%Y%m%d}-{self.period.end:%Y%m%d}"

    @property
    def label(self) -> str:
        return f"{self.indicator.label}, {self.period.label}"

    def written(self, content: Content | None) -> str:
        """A content as this cell would say it."""
        if content is None:
            return ""
        value = Value(self.period.start, self.period.end, **vars(content))
        return write_cell(value, is_rate=self.indicator.kind == Indicator.Kind.RATE)


def closed_years(convention: Convention, user: User) -> set[int]:
    return set(ClosedYear.objects.visible_to(user).of(convention).values_list("year", flat=True))


def cells_of(indicator: Indicator, today: date, closed: set[int]) -> list[Cell]:
    """A cell for each period of its frequency, oldest first."""
    entered = [one for one in indicator.measurements.all() if one.status == Review.ACCEPTED]
    expected = expected_periods(indicator, [value.period for value in values_of(indicator)])
    counts = {one.period: one for one in counted_values(indicator, [value_of(one) for one in entered])}
    cells = (_cell(indicator, period, entered, expected, counts) for period in expected)
    return [replace(cell, locked=_lock(cell, today, closed)) for cell in cells]


def _cell(
    indicator: Indicator,
    period: Period,
    entered: Sequence[Measurement],
    expected: Sequence[Period],
    counts: dict[Period, Value],
) -> Cell:
    """A value entered over other days than those of the column is typed where it stands alone, read elsewhere."""
    empty = Cell(indicator, period, column_of(indicator.frequency, period))
    over = [one for one in entered if value_of(one).period.touches(period)]
    if not over:
        count = next((one for when, one in counts.items() if when.touches(period)), None)
        return replace(empty, hint=_counted(indicator, count)) if count else empty
    own = value_of(over[0]).period
    said = " ; ".join(
        f"{label(one.period_start, one.period_end)} : {measurement_words(indicator, one)}" for one in over
    )
    if len(over) > 1 or sum(own.touches(one) for one in expected) > 1:
        return replace(empty, locked=ELSEWHERE, hint=said)
    text = write_cell(value_of(over[0]), is_rate=indicator.kind == Indicator.Kind.RATE)
    hint = "" if own == period else own.label
    return replace(empty, period=own, text=text, hint=hint, measurement=over[0])


def _counted(indicator: Indicator, count: Value) -> str:
    source = source_of(indicator)
    return f"{count.period.label} : {say_value(count)} ({source.label})" if source else ""


def _lock(cell: Cell, today: date, closed: set[int]) -> str:
    if not getattr(cell.indicator.fiche, "can_report", False):
        return NOT_YOURS
    if cell.period.start > today:
        return TO_COME
    return CLOSED if cell.period.end.year in closed else cell.locked


def column_of(frequency: str, period: Period) -> str:
    """The key of the column in which a period stands: that of its end."""
    end = period.end
    return {
        "year": f"{end.year}",
        "quarter": f"{end.year}-T{(end.month + 2) // 3}",
        "month": f"{end.year}-{end.month:02}",
    }.get(frequency, "once")


# --- Tables -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Row:
    """An indicator with a cell for each column of its table, or none."""

    entry: Entry
    cells: list[Cell | None]

    @property
    def indicator(self) -> Indicator:
        return self.entry.indicator


@dataclass(frozen=True)
class Table:
    """The indicators of one frequency. `columns`: their keys and labels."""

    frequency: str
    columns: list[tuple[str, str]]
    branches: list[Branch]

    @property
    def title(self) -> str:
        return TITLES[self.frequency]

    @property
    def width(self) -> int:
        return len(self.columns) + 1

    @property
    def rows(self) -> list[Row]:
        return [row for branch in self.branches for _, rows in branch.fiches for row in rows]

    @property
    def is_of_one_year(self) -> bool:
        """Its columns are those of the year that was chosen."""
        return self.frequency in ("quarter", "month")


def tables_of(board: Board, entries: Sequence[Entry], year: int, closed: set[int]) -> list[Table]:
    """The grid: years side by side; quarters and months of one year."""
    tables = []
    for frequency in TITLES:
        rows, columns = [], columns_of(frequency, board, year)
        for entry in entries:
            if entry.indicator.frequency == frequency:
                found = {cell.column: cell for cell in cells_of(entry.indicator, board.today, closed)}
                rows.append(Row(entry, [found.get(key) for key, _ in columns]))
        if rows:
            tables.append(Table(frequency, columns, board.branches(rows)))
    return tables


def columns_of(frequency: str, board: Board, year: int) -> list[tuple[str, str]]:
    if frequency == "year":
        return [(f"{one}", f"{one}") for one in reversed(years_of(board.convention, board.today))]
    if frequency == "quarter":
        return [(f"{year}-T{quarter}", f"T{quarter} {year}") for quarter in range(1, 5)]
    if frequency == "month":
        return [(f"{year}-{place:02}", month) for place, month in enumerate(SHORT_MONTHS, 1)]
    return [("once", "Valeur")]


def years_of(convention: Convention, today: date) -> list[int]:
    """The years that have begun, newest first."""
    last = max(min(today.year, convention.period_end.year), convention.period_start.year)
    return list(range(last, convention.period_start.year - 1, -1))
