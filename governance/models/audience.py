"""Who receives the newsletter of a convention: those who asked for it, and those who want none."""

import uuid
from datetime import date, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from actions.models import Convention
from ctg.links.models import SignedLink
from governance.querysets import NewsletterSettingsQuerySet, SubscriberQuerySet
from territories.models import Theme

MARKS = {"pending": "engager", "active": "faite", "unsubscribed": "fin", "bounced": "difficulte"}


class NewsletterSettings(models.Model):
    """How the newsletter of a convention presents itself, and whether anyone may subscribe: off by default."""

    convention = models.OneToOneField(Convention, models.CASCADE, related_name="newsletter_settings")
    is_open = models.BooleanField(
        "ouvrir l’abonnement au public",
        default=False,
        help_text="La page d’abonnement est alors à l’adresse ci-dessous, pour tous.",
    )
    intro = models.TextField(
        "présentation",
        max_length=1000,
        blank=True,
        help_text="En tête de la page d’abonnement : ce que la lettre raconte, et à quel rythme.",
    )
    signature = models.TextField(
        "signature", max_length=500, blank=True, help_text="Au pied de chaque lettre : qui l’envoie."
    )

    objects = NewsletterSettingsQuerySet.as_manager()

    class Meta:
        verbose_name = "réglages de la lettre"

    def __str__(self) -> str:
        return f"Lettre de {self.convention}"


class Subscriber(models.Model):
    """An address, what it is to receive, and the proof that its person agreed.

    `link` opens the page of its preferences. A member of the convention has a row from the first letter on, so as
    to be able to leave. There is no history: what is erased is gone.
    """

    class State(models.TextChoices):
        PENDING = "pending", "à confirmer"
        ACTIVE = "active", "abonné"
        UNSUBSCRIBED = "unsubscribed", "désabonné"
        BOUNCED = "bounced", "adresse refusée"

    class Source(models.TextChoices):
        FORM = "form", "page d’abonnement"
        IMPORT = "import", "import"
        MEMBER = "member", "membre"

    class Frequency(models.TextChoices):
        EACH = "each", "chaque numéro"
        MONTHLY = "monthly", "au plus une fois par mois"

    # Without a sign of its person for so long, an address is forgotten; before that, they are asked.
    KEPT_FOR = timedelta(days=3 * 365 + 1)
    ASKED_BEFORE = timedelta(weeks=6)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="subscribers")
    link = models.OneToOneField(SignedLink, models.CASCADE, related_name="subscription")
    address = models.EmailField("adresse électronique", max_length=254)
    name = models.CharField("nom", max_length=120, blank=True)
    themes = models.ManyToManyField(Theme, blank=True, related_name="+", verbose_name="thématiques")
    frequency = models.CharField("rythme", max_length=8, choices=Frequency, default=Frequency.EACH)
    state = models.CharField("état", max_length=12, choices=State, default=State.PENDING)
    source = models.CharField("origine", max_length=8, choices=Source, default=Source.FORM)

    asked_at = models.DateTimeField("demandé le", default=timezone.now)
    confirmed_at = models.DateTimeField("confirmé le", null=True, blank=True)
    unsubscribed_at = models.DateTimeField("désabonné le", null=True, blank=True)
    bounced_at = models.DateTimeField("refusée le", null=True, blank=True)
    # Of its person: what is sent to them does not count.
    last_contact_at = models.DateTimeField("dernier contact", default=timezone.now)
    last_sent_at = models.DateTimeField("dernier numéro envoyé le", null=True, blank=True)

    # The proof: the day, what was read and agreed to (or how the coordination knows), a hash of the IP address.
    consent_on = models.DateField("consentement du", default=timezone.localdate)
    consent_words = models.CharField("preuve du consentement", max_length=500)
    consent_ip = models.CharField("empreinte de l’adresse IP", max_length=64, blank=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = "abonné"
        ordering = ["address"]
        constraints = [
            models.UniqueConstraint(name="subscriber_once", fields=["convention", "address"]),
            models.CheckConstraint(
                name="subscriber_address_lower_case", condition=Q(address=Lower("address")) & ~Q(address="")
            ),
            models.CheckConstraint(
                name="subscriber_state_valid",
                condition=Q(state__in=["pending", "active", "unsubscribed", "bounced"]),
            ),
            models.CheckConstraint(
                name="subscriber_source_valid", condition=Q(source__in=["form", "import", "member"])
            ),
            models.CheckConstraint(
                name="subscriber_frequency_valid", condition=Q(frequency__in=["each", "monthly"])
            ),
            models.CheckConstraint(
                name="subscriber_confirmed_dated",
                condition=Q(state="pending", confirmed_at=None)
                | Q(state="active", confirmed_at__isnull=False)
                | Q(state__in=["unsubscribed", "bounced"]),
            ),
            models.CheckConstraint(
                name="subscriber_unsubscribed_dated",
                condition=Q(state="unsubscribed", unsubscribed_at__isnull=False)
                | (~Q(state="unsubscribed") & Q(unsubscribed_at=None)),
            ),
            models.CheckConstraint(
                name="subscriber_bounced_dated",
                condition=Q(state="bounced", bounced_at__isnull=False)
                | (~Q(state="bounced") & Q(bounced_at=None)),
            ),
            models.CheckConstraint(name="subscriber_consent_proven", condition=~Q(consent_words="")),
        ]
        indexes = [models.Index(name="subscriber_last_contact", fields=["last_contact_at"])]

    def __str__(self) -> str:
        return self.name or self.address

    @property
    def mark(self) -> str:
        """The kind of chip that says its state."""
        return MARKS[self.state]

    @property
    def forgotten_on(self) -> date:
        """The day when it is, unless its person shows up."""
        return timezone.localdate(self.last_contact_at + self.KEPT_FOR)

    @property
    def is_expiring(self) -> bool:
        return self.last_contact_at < timezone.now() - self.KEPT_FOR + self.ASKED_BEFORE


class Suppression(models.Model):
    """An address that wants nothing more of a convention, known by its hash only: it outlives the erasure of the
    person's data and keeps a later import from bringing them back.
    """

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="suppressions")
    address_hash = models.CharField("empreinte de l’adresse", max_length=64)
    made_at = models.DateTimeField("depuis le", default=timezone.now)

    class Meta:
        verbose_name = "adresse à ne plus écrire"
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(name="suppression_once", fields=["convention", "address_hash"]),
        ]

    def __str__(self) -> str:
        return self.address_hash[:12]
