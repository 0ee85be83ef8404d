"""What people are told of the steering (ctg.notices)."""

from collections.abc import Sequence

from django.urls import reverse

from ctg.accounts.models import User
from ctg.notices.services import Told
from ctg.templatetags.ui import date_long
from governance.models import Decision

DECISION = "decision"


def decisions(user: User, decision_ids: Sequence[int]) -> dict[int, Told]:
    """The decisions that this person is still to carry out, and sees."""
    mine = Decision.objects.visible_to(user).taken().filter(pk__in=decision_ids, responsible__user=user)
    return {one.pk: told(one) for one in mine.select_related("meeting__committee", "convention")}


def told(decision: Decision) -> Told:
    due = f", pour le {date_long(decision.due_on)}" if decision.due_on else ""
    page = reverse("governance:meeting_detail", args=[decision.convention.slug, decision.meeting.uuid])
    return Told(
        f"Une décision vous est confiée{due} ({decision.meeting})",
        decision.text,
        f"{page}#decision-{decision.uuid}",
    )
