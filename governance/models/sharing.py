"""What leaves the meetings: the pack of a committee, and the calendars that people subscribe to."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from actions.models import Convention
from ctg.files.models import StoredFile
from ctg.links.models import SignedLink
from governance.models.meetings import Meeting
from governance.querysets import CalendarFeedQuerySet, PackQuerySet


class Pack(models.Model):
    """The file of a meeting as it was on a day: the same content as a page, a PDF and slides.

    `html` is the body of the page, made by our own templates. Members read it once it is shared.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="packs")
    since = models.DateField("changements depuis le")
    html = models.TextField(editable=False)
    pdf = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+", verbose_name="PDF")
    slides = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, related_name="+", verbose_name="diaporama"
    )
    made_at = models.DateTimeField("fait le", default=timezone.now)
    shared_at = models.DateTimeField("partagé le", null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = PackQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier de séance"
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"Dossier de {self.meeting}"


class CalendarFeed(models.Model):
    """A calendar of one person, read by their agenda at a private address; of one convention, or of all."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feeds")
    convention = models.ForeignKey(
        Convention, models.CASCADE, null=True, blank=True, related_name="+", verbose_name="convention"
    )
    link = models.OneToOneField(SignedLink, models.CASCADE, related_name="calendar_feed")
    has_meetings = models.BooleanField("les réunions", default=True)
    has_fiches = models.BooleanField("les échéances des fiches", default=True)
    has_steps = models.BooleanField("les échéances des étapes", default=True)
    only_mine = models.BooleanField("de mes fiches seulement", default=False)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = "agenda"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return str(self.convention or "toutes mes conventions")
