"""What people are told of the plan (ctg.notices)."""

from collections.abc import Sequence

from django.urls import reverse

from actions.models import Comment, ContributionLink, FicheAction, FichePilot
from ctg.accounts.models import User
from ctg.notices.services import Told
from ctg.numbers import NO_BREAK

MENTION, CONTRIBUTION, PILOT = "mention", "contribution", "pilot"


def mentions(user: User, comment_ids: Sequence[int]) -> dict[int, Told]:
    """The comments that still name this person, and that they may read."""
    found = Comment.objects.visible_to(user).filter(pk__in=comment_ids, mentions__user=user)
    return {
        comment.pk: Told(
            f"{comment.author or 'Quelqu’un'} s’adresse à vous à propos de «{NO_BREAK}{comment.fiche.title}{NO_BREAK}»",
            comment.text,
            f"{comment.fiche.get_absolute_url()}#discussion",
        )
        for comment in found.select_related("author", "fiche__convention")
    }


def contributions(user: User, link_ids: Sequence[int]) -> dict[int, Told]:
    """The links through which something still waits for this person's reading."""
    found = ContributionLink.objects.visible_to(user).unread().filter(pk__in=link_ids)
    return {
        link.pk: Told(
            f"{link.contact} a répondu à votre demande",
            "Ce qui a été transmis attend votre relecture.",
            reverse("actions:contribution_list", args=[link.convention.slug]),
        )
        for link in found.select_related("convention", "contact")
    }


def pilots(user: User, link_ids: Sequence[int]) -> dict[int, Told]:
    """The fiches that this person still runs, and sees."""
    seen = FicheAction.objects.visible_to(user).values("pk")
    found = FichePilot.objects.filter(pk__in=link_ids, contact__user=user, fiche__in=seen)
    return {
        link.pk: Told(
            f"Vous pilotez maintenant «{NO_BREAK}{link.fiche.title}{NO_BREAK}»",
            link.fiche.convention.name,
            link.fiche.get_absolute_url(),
        )
        for link in found.select_related("fiche__convention")
    }
