"""Documents of the steering, made in the background."""

from actions.tasks import convention_for
from ctg.jobs.runner import JobError, Run, job_task
from governance.documents import YearRefusedError, bilan_pdf, read_bilan


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
