"""What people are told of the plan (ctg.notices)."""

from collections.abc import Sequence

from django.urls import reverse

from actions.models import Comment, ContributionLink
from ctg.accounts.models import User
from ctg.notices.services import Told


def mentions(user: User, comment_ids: Sequence[int]) -> dict[int, Told]:
    """The comments that still name this person, and that they may read."""
    found = Comment.objects.visible_to(user).filter(pk__in=comment_ids, mentions__user=user)
    return {
        comment.pk: Told(
            f"{comment.author or 'Quelqu’un'} s’adresse à vous à propos de « {comment.fiche.title} »",
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
