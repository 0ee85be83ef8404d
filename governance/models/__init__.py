"""How we steer: bodies, posts, meetings, decisions, weather."""

from governance.models.agenda import AgendaDocument, AgendaItem, AgendaOption
from governance.models.audience import NewsletterSettings, Subscriber, Suppression
from governance.models.bodies import Committee, CooperationPost, Seat
from governance.models.decisions import Decision, DecisionFiche, DecisionReview
from governance.models.meetings import Attendance, Meeting
from governance.models.newsletter import Newsletter, NewsletterBlock
from governance.models.public import PublicPage
from governance.models.sharing import CalendarFeed, Pack
from governance.models.weather import Weather

__all__ = [
    "AgendaDocument",
    "AgendaItem",
    "AgendaOption",
    "Attendance",
    "CalendarFeed",
    "Committee",
    "CooperationPost",
    "Decision",
    "DecisionFiche",
    "DecisionReview",
    "Meeting",
    "Newsletter",
    "NewsletterBlock",
    "NewsletterSettings",
    "Pack",
    "PublicPage",
    "Seat",
    "Subscriber",
    "Suppression",
    "Weather",
]
