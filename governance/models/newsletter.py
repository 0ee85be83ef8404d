"""The newsletter of a convention: its issues, and the blocks that they are made of."""

import uuid
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from actions.models import Convention
from ctg.files.models import StoredFile
from governance.querysets import NewsletterBlockQuerySet, NewsletterQuerySet


def no_segments() -> dict[str, list[Any]]:
    """Which people an issue goes to, as its form has them: see `governance.newsletter.segments`."""
    return {"kinds": [], "roles": [], "themes": [], "committees": []}


class Newsletter(models.Model):
    """One issue. It is written while a draft; from `sending` on nothing of it changes, and anyone may read it at its
    permanent address. The moves from one state to another are those of `services.newsletters`.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "en préparation"
        SCHEDULED = "scheduled", "programmée"
        SENDING = "sending", "en cours d’envoi"
        SENT = "sent", "envoyée"
        CANCELLED = "cancelled", "abandonnée"

    # What anyone may read.
    OUT = (State.SENDING, State.SENT)
    KINDS = {
        State.DRAFT: "engager",
        State.SCHEDULED: "pause",
        State.SENDING: "cours",
        State.SENT: "faite",
        State.CANCELLED: "fin",
    }

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="newsletters")
    number = models.PositiveSmallIntegerField("numéro")
    title = models.CharField("titre", max_length=160, help_text="En grand, en haut de la lettre.")
    subject = models.CharField(
        "objet du courriel", max_length=160, help_text="Ce que l’on voit dans une boîte de réception."
    )
    period_start = models.DateField("faits du")
    period_end = models.DateField("au")
    intro = models.TextField("introduction", max_length=3000, blank=True)
    segments = models.JSONField("destinataires", default=no_segments)
    state = models.CharField("état", max_length=12, choices=State, default=State.DRAFT)
    scheduled_at = models.DateTimeField("envoi prévu le", null=True, blank=True)
    sent_at = models.DateTimeField("partie le", null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("créée le", default=timezone.now)

    objects = NewsletterQuerySet.as_manager()

    class Meta:
        verbose_name = "lettre"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(name="newsletter_number_once", fields=["convention", "number"]),
            models.CheckConstraint(
                name="newsletter_state_valid",
                condition=Q(state__in=["draft", "scheduled", "sending", "sent", "cancelled"]),
            ),
            models.CheckConstraint(
                name="newsletter_period_ordered",
                condition=Q(period_end__gte=F("period_start")),
                violation_error_message="La période doit finir après son début.",
            ),
            models.CheckConstraint(
                name="newsletter_scheduled_dated",
                condition=Q(state="scheduled", scheduled_at__isnull=False)
                | (~Q(state="scheduled") & Q(scheduled_at=None)),
            ),
            models.CheckConstraint(
                name="newsletter_out_dated",
                condition=Q(state__in=["sending", "sent"], sent_at__isnull=False)
                | (~Q(state__in=["sending", "sent"]) & Q(sent_at=None)),
            ),
        ]
        indexes = [
            models.Index(
                name="newsletter_pending", fields=["state"], condition=Q(state__in=["scheduled", "sending"])
            )
        ]

    def __str__(self) -> str:
        return f"Lettre n°\u00a0{self.number}"

    def get_absolute_url(self) -> str:
        """For whoever writes it."""
        return reverse("governance:newsletter_detail", args=[self.convention.slug, self.uuid])

    @property
    def read_url(self) -> str:
        """For anyone, for ever."""
        return reverse("governance:newsletter_read", args=[self.uuid])

    @property
    def look(self) -> str:
        """How the design system names its state."""
        return self.KINDS[self.State(self.state)]

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_out(self) -> bool:
        return self.state in self.OUT

    @property
    def day(self) -> date:
        """The one it bears: that of its sending, or today."""
        return timezone.localdate(self.sent_at) if self.sent_at else timezone.localdate()

    @property
    def batch(self) -> str:
        """That of its mails in `ctg.mail`."""
        return f"governance.newsletter:{self.pk}"


class NewsletterBlock(models.Model):
    """A part of an issue: words as they are typed, and a picture if it has one.

    `source` names the fact that it was drafted from, so that drafting again does not double it.
    """

    class Kind(models.TextChoices):
        INTRO = "intro", "introduction"
        FACTS = "facts", "ce qui avance"
        HIGHLIGHT = "highlight", "temps fort"
        DECISION = "decision", "décisions"
        FIGURE = "figure", "chiffres"
        DATES = "dates", "dates à venir"
        DOCUMENTS = "documents", "documents"
        FUNDING = "funding", "financements"
        TEXT = "text", "texte"
        IMAGE = "image", "image"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    newsletter = models.ForeignKey(Newsletter, models.CASCADE, related_name="blocks")
    position = models.PositiveSmallIntegerField("rang", default=0)
    kind = models.CharField("nature", max_length=12, choices=Kind, default=Kind.TEXT)
    source = models.CharField("fait d’origine", max_length=80, blank=True)
    title = models.CharField("titre", max_length=200, blank=True)
    text = models.TextField("texte", max_length=6000, blank=True)
    link = models.URLField("lien", max_length=500, blank=True)
    link_label = models.CharField("mots du lien", max_length=80, blank=True)
    image = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="image"
    )
    image_alt = models.CharField("ce que montre l’image", max_length=200, blank=True)

    objects = NewsletterBlockQuerySet.as_manager()

    # Its text without its marks, for a mail of plain text.
    words: str

    class Meta:
        verbose_name = "partie de la lettre"
        verbose_name_plural = "parties de la lettre"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="newsletterblock_source_once", fields=["newsletter", "source"], condition=~Q(source="")
            ),
            models.CheckConstraint(
                name="newsletterblock_kind_valid",
                condition=Q(
                    kind__in=[
                        "intro",
                        "facts",
                        "highlight",
                        "decision",
                        "figure",
                        "dates",
                        "documents",
                        "funding",
                        "text",
                        "image",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="newsletterblock_image_described",
                condition=Q(image=None) | ~Q(image_alt=""),
                violation_error_message="Décrivez l’image en quelques mots, pour qui ne la voit pas.",
            ),
            models.CheckConstraint(
                name="newsletterblock_link_safe",
                condition=Q(link="") | Q(link__startswith="https://") | Q(link__startswith="http://"),
                violation_error_message="Un lien commence par https://.",
            ),
            models.CheckConstraint(
                name="newsletterblock_says_something",
                condition=~Q(title="") | ~Q(text="") | Q(image__isnull=False),
                violation_error_message="Écrivez un titre ou un texte, ou choisissez une image.",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.text[:60] or self.image_alt
