"""Telling those who are to carry out a decision, once its meeting is closed; and no longer, when it is somebody else."""

from django.db.models import Exists, F, OuterRef, Q, Subquery

from actions.services.notices import events_of, lately
from ctg.notices.models import Notice
from ctg.notices.services import notify_each, withdraw_untrue
from governance.models import Decision
from governance.notices import DECISION


def refresh_notices() -> None:
    held = Decision.objects.taken().filter(pk=OuterRef("object_id"), responsible__user=OuterRef("user"))
    withdraw_untrue(DECISION, held)
    tell_responsibles()


def tell_responsibles() -> None:
    """Of what was closed or changed lately: who was named by somebody else, and was not told."""
    since, events = lately(), events_of(Decision)
    changed = Q(meeting__closed_at__gte=since)
    changed |= Q(pk__in=events.filter(pgh_created_at__gte=since).values("pgh_obj"))
    named = events.filter(pgh_obj=OuterRef("pk"), responsible=OuterRef("responsible")).order_by("pgh_id")
    told = Notice.objects.filter(kind=DECISION, object_id=OuterRef("pk"), user=OuterRef("responsible__user"))
    followed = Decision.objects.followed().filter(changed, ~Exists(told), responsible__user__is_active=True)
    due = followed.annotate(named_by=Subquery(named.values("by")[:1])).filter(
        ~Q(named_by=F("responsible__user")), named_by__isnull=False
    )
    notify_each(DECISION, due.values_list("pk", "responsible__user"))
