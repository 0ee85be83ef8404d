"""A comment tells those it names."""

import re

from django.db.models import Q, QuerySet

from actions.models import Comment, Convention, Mention
from actions.notices import MENTION
from actions.querysets import COMMENTING
from actions.services.members import parties
from ctg.accounts.models import User
from ctg.notices.services import notify
from territories.models import Membership, Organisation


def mentionable(convention: Convention) -> QuerySet[User]:
    """The members of a convention who may read and write comments."""
    organisations = Organisation.objects.filter(parties(convention)).values("pk")
    members = Membership.objects.active().filter(organisation__in=organisations, role__in=COMMENTING)
    return User.objects.filter(Q(pk__in=members.values("user")), is_active=True).order_by("name")


def mention(comment: Comment, *, by: User) -> None:
    """Keep who a comment names, and tell those who did not know; never its own author."""
    members = list(mentionable(comment.fiche.convention).exclude(pk=by.pk))
    named = named_in(comment.text, members)
    comment.mentions.exclude(user__in=named).delete()
    Mention.objects.bulk_create(
        [Mention(comment=comment, user=user) for user in named], ignore_conflicts=True
    )
    notify(MENTION, comment.pk, named)


def named_in(text: str, members: list[User]) -> list[User]:
    """The members whose name follows an « @ »: the longest name first, so that « @Anne Le » is not « @Anne Le Goff »."""
    found = []
    for member in sorted(members, key=lambda one: -len(one.name)):
        if not member.name:
            continue
        # A name ends where its letters do.
        pattern = re.compile(rf"@{re.escape(member.name)}(?!\w)", re.IGNORECASE)
        if pattern.search(text):
            found.append(member)
            text = pattern.sub(" ", text)
    return found
