"""The rules of dates of a fiche: late, silent, and what it waits for."""

from datetime import date, datetime, time, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Case, DateField, F, Q, Value, When
from django.db.models.functions import Least
from django.utils import timezone

# « Sans nouvelle »: nothing for that many months.
SILENT_AFTER_MONTHS = 6
ONE_DAY = timedelta(days=1)


def held_to_dates(on: date, fiche: str = "") -> Q:
    """A fiche that is neither finished nor dropped, in a convention in force. `fiche`: the path that leads to it."""
    running = {
        f"{fiche}convention__status__in": ["en_vigueur", "prolongee"],
        f"{fiche}convention__period_start__lte": on,
        f"{fiche}convention__period_end__gte": on,
    }
    return Q(**running) & ~Q(**{f"{fiche}status__in": ["realisee", "abandonnee"]})


def late_when(on: date, late_step: Q) -> Q:
    """The rule of `late`. `late_step`: an open step of the fiche is past its date."""
    past = Q(status="reportee", postponed_to__lt=on) | (
        ~Q(status="reportee") & (Q(ends_on__lt=on) | late_step)
    )
    return held_to_dates(on) & past


def silent_when(on: date) -> Q:
    """The rule of `silent`."""
    last_day = on - relativedelta(months=SILENT_AFTER_MONTHS)
    since = timezone.make_aware(datetime.combine(last_day + ONE_DAY, time()))
    return held_to_dates(on) & ~Q(status="reportee") & Q(updated_at__lt=since)


def next_date(step: Any) -> Case:
    """The date that a fiche waits for: that of its return, or the first of its end and its next `step`."""
    return Case(
        When(status__in=["realisee", "abandonnee"], then=Value(None)),
        When(status="reportee", then=F("postponed_to")),
        default=Least(step, F("ends_on")),
        output_field=DateField(),
    )
