"""The round trip of a plan of 300 fiches × 10 steps × 5 indicators × 3 values: seconds, and memory at most.

    make bench ARGS="-k workbook"

Every fiche, step, indicator and value is changed in one cell: 9 300 lines. Nothing is asserted about time. Memory is
that of the whole process, in MB, as it grows.
"""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pghistory
import pytest
from django.utils import timezone

from actions.importers.workbook import (
    compare,
    lock_plan,
    plan_workbook,
    read_book,
    read_plan,
    report_of,
    write_edits,
)
from actions.models import FicheAction, Indicator, Measurement, Operation, Step
from actions.services.undo import operating, undo
from ctg.sheets import to_xlsx
from tests.actions.spreadsheet import Opened
from tests.factories.cast import make_cast

FICHES, STEPS, INDICATORS, YEARS = 300, 10, 5, (2023, 2024, 2025)
TEXT = "<p>" + "Une phrase de la fiche, comme il y en a beaucoup. " * 12 + "</p>"


@pytest.fixture
def cast(db):
    cast = make_cast(status="elaboration", period_start=date(2023, 1, 1))
    texts = dict.fromkeys(("constat", "enjeux", "description", "moyens", "resultats_attendus"), TEXT)
    fiches = FicheAction.objects.bulk_create(
        FicheAction(convention=cast.convention, number=str(n), title=f"Une fiche {n}", position=n, **texts)
        for n in range(FICHES)
    )
    Step.objects.bulk_create(
        Step(fiche=fiche, title=f"Étape {n} de {fiche.number}", position=n)
        for fiche in fiches
        for n in range(STEPS)
    )
    indicators = Indicator.objects.bulk_create(
        Indicator(fiche=fiche, label=f"Indicateur {n}", position=n)
        for fiche in fiches
        for n in range(INDICATORS)
    )
    Measurement.objects.bulk_create(
        Measurement(
            indicator=indicator, value=year, period_start=date(year, 1, 1), period_end=date(year, 12, 31)
        )
        for indicator in indicators
        for year in YEARS
    )
    return cast


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def timed(what: str) -> Iterator[None]:
    before, start = memory(), time.perf_counter()
    yield
    spent, after = time.perf_counter() - start, memory()
    sys.stdout.write(f"  {what}: {spent:.1f} s, {after:.0f} MB at most (+{after - before:.0f})\n")


def changed(content: bytes) -> bytes:
    """One cell of each line."""
    book = Opened(content)
    for page, label, value in (
        ("Fiches", "Public cible", "Chacun"),
        ("Étapes", "Échéance", date(2026, 6, 30)),
        ("Indicateurs", "Unité", "personnes"),
        ("Valeurs", "Valeur", 42),
    ):
        place = book.place(page, label)
        for row in book.pages[page][1:]:
            row[place] = value
    return book.saved()


def test_workbook_round_trip(cast):
    user, convention = cast.roles["coordinator"], cast.convention
    sys.stdout.write(f"\n{FICHES} fiches × {STEPS} steps × {INDICATORS} indicators × {len(YEARS)} values\n")
    with timed("read the plan"):
        plan = read_plan(convention, user)
    with timed("write the workbook"):
        content = to_xlsx(plan_workbook(plan, timezone.now()))
    sys.stdout.write(f"  the file: {len(content) / 1e6:.1f} MB\n")
    back = changed(content)
    with timed("read the plan, lock it"):
        lock_plan(convention)
        plan = read_plan(convention, user)
    with timed("read what came back"):
        book = read_book(back, convention, plan.form)
    with timed("compare"):
        found = compare(plan, book)
    with timed("say it in words"):
        report = report_of(found, plan)
    lines = FICHES * (1 + STEPS + INDICATORS * (1 + len(YEARS)))
    assert (len(found.edits), report["faults"]) == (lines + 2, [])  # the two fiches of the cast
    with (
        timed(f"write {len(found.edits)} lines"),
        pghistory.context(),
        operating(convention, Operation.Kind.IMPORT, "Essai", by=user) as operation,
    ):
        write_edits(plan, found.edits, by=user)
    with timed("undo"), pghistory.context():
        undone = undo(operation, by=user)
    assert (undone.rows, undone.left) == (len(found.edits), [])
