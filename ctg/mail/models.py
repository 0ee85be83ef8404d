"""One letter to one person, and what became of it: the table by which nobody receives it twice."""

import uuid
from email.utils import formataddr

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.encoding import punycode

from ctg.mail.querysets import EnvelopeQuerySet


class State(models.TextChoices):
    WAITING = "waiting", "en attente"
    SENDING = "sending", "en cours d’envoi"
    SENT = "sent", "envoyé"
    REFUSED = "refused", "refusé"
    UNCERTAIN = "uncertain", "incertain"
    CANCELLED = "cancelled", "annulé"


UNSETTLED = (State.WAITING, State.SENDING)
# What a person may decide to send again.
RESENDABLE = (State.REFUSED, State.UNCERTAIN, State.CANCELLED)
# How a screen marks each state: kind and icon.
MARKS = {
    State.WAITING: ("engager", "hourglass"),
    State.SENDING: ("cours", "send"),
    State.SENT: ("faite", "check-circle"),
    State.REFUSED: ("difficulte", "exclamation-triangle"),
    State.UNCERTAIN: ("reportee", "question-circle"),
    State.CANCELLED: ("fin", "x-circle"),
}


class Envelope(models.Model):
    """One recipient of a mailing. `kind` names who in an upper app writes the letter, from the row `object_id`.

    The row is committed `sending` before the server hears of the message. If its worker dies, nobody knows
    whether the message left: the row becomes `uncertain`, and only a person sends it again. A worker is alive
    as long as it holds the lock of its job, `job_key` (`ctg.jobs.locks`).
    """

    State = State

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("nature", max_length=40)
    object_id = models.BigIntegerField("objet")
    # The same letter written again on purpose: a meeting that moves, an issue of a newsletter.
    edition = models.PositiveIntegerField("édition", default=0)
    batch = models.CharField("envoi", max_length=120)
    name = models.CharField("nom", max_length=200, blank=True)
    address = models.CharField("adresse", max_length=320, blank=True)
    subject = models.CharField("objet du courriel", max_length=250, blank=True)

    state = models.CharField("état", max_length=12, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    detail = models.CharField("précision", max_length=300, blank=True)
    job_key = models.BigIntegerField("travail en cours", null=True, blank=True)
    next_try_at = models.DateTimeField("prochain essai le", null=True, blank=True, default=timezone.now)
    created_at = models.DateTimeField("créé le", default=timezone.now)
    sending_at = models.DateTimeField("remis au serveur le", null=True, blank=True)
    settled_at = models.DateTimeField("réglé le", null=True, blank=True)

    objects = EnvelopeQuerySet.as_manager()

    class Meta:
        verbose_name = "courriel"
        verbose_name_plural = "courriels"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="envelope_once", fields=["kind", "object_id", "edition"]),
            models.CheckConstraint(name="envelope_state_valid", condition=Q(state__in=State.values)),
            models.CheckConstraint(
                name="envelope_waiting_dated",
                condition=Q(state=State.WAITING, next_try_at__isnull=False)
                | (~Q(state=State.WAITING) & Q(next_try_at=None)),
            ),
            models.CheckConstraint(
                name="envelope_sending_held",
                condition=Q(state=State.SENDING, job_key__isnull=False)
                | (~Q(state=State.SENDING) & Q(job_key=None)),
            ),
            models.CheckConstraint(
                name="envelope_settled_dated",
                condition=Q(state__in=UNSETTLED, settled_at=None)
                | (~Q(state__in=UNSETTLED) & Q(settled_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="envelope_sent_begun",
                condition=~Q(state__in=[State.SENDING, State.SENT, State.UNCERTAIN])
                | Q(sending_at__isnull=False, attempts__gt=0),
            ),
            models.CheckConstraint(
                name="envelope_trouble_explained",
                condition=~Q(state__in=[State.REFUSED, State.UNCERTAIN]) | ~Q(detail=""),
            ),
        ]
        indexes = [
            # The only one that knows the batch: right after a large one is written, with no statistics of it yet,
            # PostgreSQL would take a plainer one and read the whole batch for each letter.
            models.Index(name="envelope_due", fields=["batch", "state", "next_try_at", "id"]),
            models.Index(name="envelope_sending", fields=["job_key"], condition=Q(state="sending")),
        ]

    def __str__(self) -> str:
        return self.name or self.address

    @property
    def recipient(self) -> str:
        """Name and address as a header gives them; the address is one that `validate_email` accepts."""
        local, _, domain = self.address.rpartition("@")
        return formataddr((self.name, f"{local}@{punycode(domain)}"))

    @property
    def mark(self) -> tuple[str, str]:
        return MARKS[State(self.state)]

    @property
    def can_be_resent(self) -> bool:
        return self.state in RESENDABLE


class Host(models.Model):
    """Where mails are received: until when its pace is taken by the letters already planned (`EMAIL_PACE`)."""

    name = models.CharField("messagerie", max_length=255, primary_key=True)
    taken_until = models.DateTimeField("occupée jusqu’à")

    class Meta:
        verbose_name = "messagerie"

    def __str__(self) -> str:
        return self.name
