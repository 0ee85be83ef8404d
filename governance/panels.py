"""What pages of actions show of governance: on a fiche, what was decided about it and where it is to be discussed;
in Paramètres, whether the public page is out.
"""

from actions.models import Convention, FicheAction
from ctg.accounts.models import User
from ctg.panels import Panel
from governance.models import AgendaItem, DecisionFiche, Meeting, PublicPage

# The others are one click below.
SHOWN = 4


def decisions_of_fiche(user: User, fiche: FicheAction) -> Panel | None:
    """The decisions of closed meetings, the newest first, and the agendas to come that name it; in two queries."""
    taken = (
        DecisionFiche.objects.visible_to(user)
        .filter(fiche=fiche, decision__meeting__state=Meeting.State.CLOSED)
        .select_related("decision__meeting__committee")
    )
    effects = sorted(taken, key=lambda one: place(one.decision.meeting), reverse=True)
    items = (
        AgendaItem.objects.visible_to(user)
        .filter(fiches=fiche, meeting__state__in=Meeting.OPEN)
        .select_related("meeting__committee")
    )
    ahead = {item.meeting: item for item in items.order_by("meeting__date", "meeting", "position")}
    if not effects and not ahead:
        return None
    values = {"fiche": fiche, "ahead": list(ahead), "newest": effects[:SHOWN], "older": effects[SHOWN:]}
    return Panel("governance/panel_decisions.html", values)


def place(meeting: Meeting) -> tuple[int, bool, int, int]:
    """The order of meetings in time; one of which only the year is known comes before those of that year."""
    day = meeting.date
    return (
        day.year if day else meeting.year or 0,
        day is not None,
        day.toordinal() if day else 0,
        meeting.pk,
    )


def public_page_of(user: User, convention: Convention) -> Panel:
    """Whether it is out; in one query."""
    page = PublicPage.objects.visible_to(user).of(convention).public().first()
    return Panel("governance/panel_public_page.html", {"page": page})
