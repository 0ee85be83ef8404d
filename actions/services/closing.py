"""A year of a convention, closed and reopened. A campaign calls them when the COPIL has validated its bilan."""

from django.db import transaction
from django.utils import timezone

from actions.models import ClosedYear, Convention
from ctg.accounts.models import User
from ctg.refusal import Refused


@transaction.atomic
def close_year(convention: Convention, year: int, *, by: User) -> ClosedYear:
    """Lock the accepted values that end in a year that is over. Twice closes once. Raises Refused."""
    convention = hold(convention)
    if not convention.period_start.year <= year <= convention.period_end.year:
        raise Refused(f"L’année {year} n’est pas dans la convention.")
    if year >= timezone.localdate().year:
        raise Refused(f"L’année {year} n’est pas finie.")
    return ClosedYear.objects.get_or_create(convention=convention, year=year, defaults={"closed_by": by})[0]


@transaction.atomic
def reopen_year(convention: Convention, year: int) -> None:
    """Let the values of a year change again."""
    ClosedYear.objects.filter(convention=hold(convention), year=year).delete()


def hold(convention: Convention) -> Convention:
    """Wait for the values being written, whose trigger holds the same row; they wait for us."""
    return Convention.objects.select_for_update(of=("self",)).get(pk=convention.pk)
