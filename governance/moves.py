"""What only governance can tell of what is to be done (ctg.todo)."""

from django.urls import reverse

from actions.access import EDIT, MemberRequest
from actions.rules.words import plural
from actions.services.contributions import waiting_count
from ctg.todo import Move

# Before anything else: a partner has written and waits for an answer.
CONTRIBUTIONS = 95


def contributions(request: MemberRequest) -> list[Move]:
    """What partners without an account sent in, to be read and accepted on its own page."""
    convention = request.space
    waiting = waiting_count(convention, request.user) if convention.allows(EDIT) else 0
    if not waiting:
        return []
    url = reverse("actions:contribution_list", args=[convention.slug])
    return [
        Move(
            key="contributions",
            effect=CONTRIBUTIONS,
            kind="Contributions à relire",
            title=plural(waiting, "contribution de partenaire", "contributions de partenaires"),
            why="Rien n’en est compté ni montré avant votre accord.",
            act="Relire",
            act_url=url,
            is_in_place=False,
        )
    ]
