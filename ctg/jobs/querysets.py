from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from ctg.accounts.models import User
    from ctg.jobs.models import Job


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: "User | Any") -> "JobQuerySet":
        """Those the person asked for, and no other."""
        return self.filter(author_id=user.pk) if user.is_authenticated else self.none()

    def unfinished(self) -> "JobQuerySet":
        return self.filter(state__in=["queued", "running"])

    def awaiting_publication(self, now: datetime, again_after: timedelta) -> "JobQuerySet":
        """Never taken by the broker, or taken so long ago that it may have lost the message."""
        unpublished = Q(published_at=None, created_at__lte=now - timedelta(seconds=5))
        return self.filter(unpublished | Q(published_at__lte=now - again_after), state="queued")

    def finished_before(self, moment: datetime) -> "JobQuerySet":
        return self.filter(finished_at__lt=moment)
