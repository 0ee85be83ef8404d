"""Making a pack: read once, written three ways, kept together."""

from datetime import date

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.utils import timezone

from ctg.accounts.models import User
from ctg.files.services import store_bytes
from ctg.jobs.runner import Progress
from governance.models import Meeting, Pack
from governance.pack.document import pack_html, pack_pdf
from governance.pack.reading import previous_meeting, read_pack
from governance.pack.slides import pack_slides

# Of each meeting. Those that were shared stay.
KEPT = 5
A_YEAR = relativedelta(years=1)


def default_since(meeting: Meeting, today: date | None = None) -> date:
    """The last meeting of its committee; before the first one, the start of the convention, a year back at most."""
    today = today or timezone.localdate()
    previous = previous_meeting(meeting)
    if previous and previous.date:
        return min(previous.date, today)
    start, a_year_ago = meeting.convention.period_start, today - A_YEAR
    return max(start, a_year_ago) if start <= today else a_year_ago


def make_pack(meeting: Meeting, since: date, *, by: User | None, progress: Progress) -> Pack:
    progress(5, "Lecture du plan et des décisions")
    paper = read_pack(meeting, since, timezone.localdate())

    def between(percent: int, said: str = "") -> None:
        progress(20 + 55 * percent // 100, said)

    progress(15, "Écriture de la page")
    body = pack_html(paper)
    pdf = pack_pdf(paper, body, between)
    progress(80, "Écriture du diaporama")
    slides = pack_slides(paper)
    progress(95, "Rangement")
    with transaction.atomic():
        pack = Pack.objects.create(
            meeting=meeting,
            since=since,
            html=body,
            pdf=store_bytes("dossier.pdf", pdf),
            slides=store_bytes("dossier.pptx", slides),
            author=by,
        )
        forget_old(meeting)
    return pack


def forget_old(meeting: Meeting) -> None:
    """Only the last ones stay, and those that were shared; their files go with `ctg.files.services.purge`."""
    kept = Pack.objects.filter(meeting=meeting).values_list("pk", flat=True)[:KEPT]
    Pack.objects.filter(meeting=meeting, shared_at=None).exclude(pk__in=list(kept)).delete()
