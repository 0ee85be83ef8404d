"""Whom an issue goes to, as its form has them."""

from governance.audience import Kind, Segment
from governance.models import Newsletter


def segments_of(newsletter: Newsletter) -> list[Segment]:
    """Roles narrow the members, committees those who sit on one; themes narrow all but them."""
    chosen = newsletter.segments
    roles, themes = tuple(chosen.get("roles", ())), tuple(chosen.get("themes", ()))
    narrowed = {
        Kind.MEMBERS: {"roles": roles, "themes": themes},
        Kind.COMMITTEES: {"committees": tuple(chosen.get("committees", ()))},
        Kind.PARTNERS: {"themes": themes},
        Kind.SUBSCRIBERS: {"themes": themes},
    }
    return [Segment(kind, **narrowed[kind]) for kind in Kind if kind in chosen.get("kinds", ())]
