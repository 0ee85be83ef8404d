"""Documents of the steering, made in the background."""

from datetime import date

from django.db import transaction

from actions.tasks import convention_for
from ctg.files.services import store_bytes
from ctg.jobs.runner import JobError, Run, job_task
from governance.documents import (
    Paper,
    YearRefusedError,
    bilan_pdf,
    minutes_pdf,
    offered,
    paper_docx,
    paper_pdf,
    read_bilan,
    read_meeting,
)
from governance.models import Meeting
from governance.notifications import Kind, listed, recipients, send
from governance.pack import make_pack


@job_task("governance.build_bilan_pdf")
def build_bilan_pdf(run: Run, convention_id: int, year: int) -> None:
    run.progress(5, "Lecture du plan")
    convention = convention_for(run.by, convention_id)
    assert run.by is not None
    try:
        bilan = read_bilan(convention, run.by, year)
    except YearRefusedError as error:
        raise JobError(f"L’année {year} n’est pas une année commencée de la convention.") from error
    pdf = bilan_pdf(bilan, run.between(10, 98))
    run.attach(f"{bilan.title}.pdf", pdf)


@job_task("governance.build_meeting_paper")
def build_meeting_paper(run: Run, convention_id: int, meeting_id: int, kind: str) -> None:
    """`kind`: one of `Paper.kinds`, « releve.docx »."""
    run.progress(5, "Lecture de la réunion")
    convention = convention_for(run.by, convention_id)
    assert run.by is not None
    seen = Meeting.objects.visible_to(run.by).of(convention).with_rights(run.by)
    meeting = seen.select_related("committee", "president").filter(pk=meeting_id).first()
    name, _, suffix = kind.partition(".")
    if meeting is None or name not in offered(meeting):
        raise JobError("Ce document n’est pas, ou plus, à votre disposition.")
    meeting.convention = convention
    asked, paper = Paper(name), read_meeting(meeting, run.by)
    built = paper_docx(asked, paper) if suffix == "docx" else paper_pdf(asked, paper, run.between(10, 98))
    run.attach(f"{paper.title(asked)}.{suffix}", built)


@job_task("governance.build_pack")
def build_pack(run: Run, meeting_id: int, since: str) -> None:
    """`since`: an ISO date. The pack is kept with its meeting; the job gives its PDF too."""
    assert run.by is not None
    seen = Meeting.objects.visible_to(run.by).with_rights(run.by).filter(pk=meeting_id)
    meeting = seen.select_related("committee", "convention__caf", "convention__carrier").first()
    if meeting is None or not meeting.can_run or not meeting.is_open:
        raise JobError("Cette réunion n’est plus ouverte, ou n’est plus de votre ressort.")
    pack = make_pack(meeting, date.fromisoformat(since), by=run.by, progress=run.progress)
    assert pack.pdf is not None
    with pack.pdf.file.open() as file:
        run.attach(f"Dossier de séance – {meeting}.pdf", file.read())


@job_task("governance.build_minutes")
def build_minutes(run: Run, meeting_id: int) -> None:
    """Make the document of minutes that are sent, once for all, and write to those on the list."""
    assert run.by is not None
    run.progress(5, "Lecture de la réunion")
    meetings = Meeting.objects.select_related("committee", "convention", "president")
    meeting = meetings.get(pk=meeting_id)
    if meeting.minutes_file_id is None:
        _, content = minutes_pdf(meeting, run.by)
        meeting.minutes_file = store_bytes("compte-rendu.pdf", content)
    run.progress(90, "Écriture aux participants")
    with transaction.atomic():
        meeting.save(update_fields=["minutes_file"])
        send(Kind.MINUTES, meeting, recipients(listed(meeting)).written, edition=0, by=run.by)
