"""Telling people what is asked of them on the plan, and no longer telling what was undone.

A pilot is named by forms, bulk changes, workbooks, restores: what tells them is the history, which sees them all.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from actions.models import ContributionLink, FichePilot, Mention
from actions.notices import CONTRIBUTION, MENTION, PILOT
from ctg.accounts.models import User
from ctg.notices.models import Notice
from ctg.notices.services import notify_each, seen, withdraw_untrue

# A worker that was down longer tells nobody of what everybody knows by then.
LOOKED_BACK = timedelta(days=2)


def refresh() -> None:
    """Tell the pilots that somebody else named; forget what was undone."""
    withdraw_untrue(MENTION, Mention.objects.filter(comment=OuterRef("object_id"), user=OuterRef("user")))
    withdraw_untrue(CONTRIBUTION, ContributionLink.objects.unread().filter(pk=OuterRef("object_id")))
    withdraw_untrue(
        PILOT, FichePilot.objects.filter(pk=OuterRef("object_id"), contact__user=OuterRef("user"))
    )
    tell_pilots()


def tell_pilots() -> None:
    """One notice for each tie made lately by somebody else: to be named again is another tie; one that an undo
    brings back is not.
    """
    events = events_of(FichePilot).filter(pgh_obj=OuterRef("pk"))
    named = by_another(events.filter(pgh_label="insert"), "contact__user")
    former = events.filter(pgh_created_at__lt=lately())
    told = Notice.objects.filter(kind=PILOT, object_id=OuterRef("pk"), user=OuterRef("contact__user"))
    links = FichePilot.objects.filter(
        Exists(named), ~Exists(former), ~Exists(told), contact__user__is_active=True
    )
    notify_each(PILOT, links.values_list("pk", "contact__user"))


def lately() -> datetime:
    return timezone.now() - LOOKED_BACK


def events_of(model: Any) -> "QuerySet[Any]":
    """The history of all rows of a model, with its author: `by`, the key of a user."""
    author = Cast(KeyTextTransform("user", "pgh_context__metadata"), BigIntegerField())
    return model.pgh_event_model.objects.annotate(by=author)


def by_another(events: "QuerySet[Any]", person: str) -> "QuerySet[Any]":
    """The late ones that somebody made, other than the `person` of the row at hand."""
    return events.filter(~Q(by=OuterRef(person)), by__isnull=False, pgh_created_at__gte=lately())


def fiche_seen(user: User, fiche: UUID) -> None:
    """The person reads the fiche of that uuid: what was said to them of it needs no mail any more."""
    said = Mention.objects.filter(comment__fiche__uuid=fiche, user=user)
    tied = FichePilot.objects.filter(fiche__uuid=fiche, contact__user=user)
    seen(user, {MENTION: said.values("comment"), PILOT: tied.values("pk")})
