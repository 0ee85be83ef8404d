"""The pack of a COPIL in the worker: CPU seconds, memory, pages and sizes, for the m2A trial and a plan of 40 fiches.

    make bench ARGS="-k test_pack"

Nothing is asserted about time. Each pack is made in a process of its own that has loaded everything and rendered
nothing, as a worker of documents that has just taken the task.
"""

import io
import os
import sys
from datetime import date, time
from pathlib import Path

import pypdfium2
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pptx import Presentation

from actions.models import Convention, FicheAction, Indicator, Measurement, Step
from governance.importers.trial import load_trial
from governance.models import Meeting, Pack
from governance.pack import make_pack
from governance.pack.build import default_since
from territories.importers import load_reference
from tests.factories import AxeFactory, FicheFactory, HighlightFactory
from tests.factories.cast import make_cast
from tests.factories.steering import (
    CommitteeFactory,
    DecisionFactory,
    HeldFactory,
    ItemFactory,
    MeetingFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)
FICHES, AXES, STEPS, INDICATORS, ITEMS = 40, 5, 8, 4, 8
STATUS = Path("/proc/self/status")
TEXT = "Une phrase du dossier, comme il y en a beaucoup. " * 6


def m2a() -> Meeting:
    """The trial's 15 fiches; its COPIL to come, with what it is asked to decide."""
    settings.TRIAL = True
    load_reference("68")
    load_trial()
    convention = Convention.objects.get(slug="m2a-2024-2026")
    committee = convention.committees.filter(kind="copil").first() or CommitteeFactory(convention=convention)
    meeting = MeetingFactory(
        convention=convention, committee=committee, date=date(2027, 1, 14), starts_at=time(14)
    )
    return asked(meeting, list(convention.fiches.all()))


def large() -> Meeting:
    """40 fiches with their steps, indicators, values and temps forts; a last meeting with 8 decisions."""
    convention = make_cast(period_start=date(2024, 1, 1)).convention
    axes = [AxeFactory(convention=convention) for _ in range(AXES)]
    fiches = [
        FicheFactory(
            convention=convention,
            axe=axes[n % AXES],
            status="bloquee" if n % 8 == 0 else "en_cours",
            status_reason=TEXT[:200] if n % 8 == 0 else "",
        )
        for n in range(FICHES - convention.fiches.count())
    ]
    for fiche in fiches:
        Step.objects.bulk_create(
            Step(fiche=fiche, title=f"Étape {n}", position=n, due_on=date(2026, 1 + n, 1))
            for n in range(STEPS)
        )
        for n in range(INDICATORS):
            one = Indicator.objects.create(
                fiche=fiche,
                label=f"Indicateur {n}",
                comparator="≥",
                target_value=200,
                target_mode="each_period",
            )
            Measurement.objects.create(
                indicator=one, value=100 + n, period_start=date(2025, 1, 1), period_end=date(2025, 12, 31)
            )
        HighlightFactory(fiche=fiche, date=timezone.localdate())
    committee = CommitteeFactory(convention=convention)
    last = HeldFactory(convention=convention, committee=committee)
    for _ in range(ITEMS):
        DecisionFactory(meeting=last, text=TEXT)
    meeting = MeetingFactory(convention=convention, committee=committee, date=date(2027, 1, 14))
    return asked(meeting, fiches)


def asked(meeting: Meeting, fiches: list[FicheAction]) -> Meeting:
    for n in range(ITEMS):
        item = ItemFactory(meeting=meeting, text=TEXT, minutes=10, asks_decision=n % 2 == 0)
        item.fiches.add(*fiches[n : n + 2])
        for option in range(2):
            item.options.create(title=f"Option {option}", consequences=TEXT)
    return meeting


def in_a_worker(meeting: Meeting) -> tuple[float, float, float]:
    """CPU seconds, MB before and MB at most, of a process that makes the pack of a meeting and ends."""
    connection.close()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        (STATUS.parent / "clear_refs").write_text("5")  # the peak of memory begins here
        before, started = memory("VmRSS"), os.times()
        found = Meeting.objects.select_related("committee", "convention__caf", "convention__carrier").get(
            pk=meeting.pk
        )
        make_pack(found, default_since(found), by=None, progress=lambda *_: None)
        done = os.times()
        spent = done.user + done.system - started.user - started.system
        os.write(writing, f"{spent} {before} {memory('VmHWM')}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    cpu, before, peak = os.read(reading, 200).split()
    return float(cpu), float(before), float(peak)


def memory(name: str) -> float:
    """MB, of what the system says of this process."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


@pytest.mark.parametrize("plan", [m2a, large])
def test_pack(plan):
    meeting = plan()
    cpu, before, peak = in_a_worker(meeting)
    pack = Pack.objects.select_related("pdf", "slides").get()
    with pack.pdf.file.open("rb") as pdf, pack.slides.file.open("rb") as slides:
        pages = len(pypdfium2.PdfDocument(pdf.read()))
        shown = len(Presentation(io.BytesIO(slides.read())).slides)
    fiches = meeting.convention.fiches.count()
    sys.stdout.write(
        f"\nPack of {fiches} fiches: {cpu:.1f} s CPU, {peak:.0f} MB at most (+{peak - before:.0f}); "
        f"PDF {pages} pages, {pack.pdf.size / 1000:.0f} kB; {shown} slides, {pack.slides.size / 1000:.0f} kB; "
        f"page {len(pack.html) / 1000:.0f} kB\n"
    )
