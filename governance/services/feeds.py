"""Giving a person's agenda its private address, and taking it back."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from ctg.accounts.models import User
from ctg.links import services as links
from governance.models import CalendarFeed
from governance.querysets import CALENDAR

# An agenda is set once and forgotten: as long as a convention lasts.
LASTS = timedelta(days=5 * 366)
AT_MOST = 20


@transaction.atomic
def add_feed(feed: CalendarFeed, *, by: User) -> str:
    """Save a new feed of this person. Its token, told this once."""
    link, token = links.create_link(CALENDAR, expires_at=timezone.now() + LASTS, by=by)
    feed.user, feed.link = by, link
    feed.save()
    return token


@transaction.atomic
def remove_feed(feed: CalendarFeed) -> None:
    """Its address opens nothing any more."""
    links.revoke(feed.link)
    feed.delete()
