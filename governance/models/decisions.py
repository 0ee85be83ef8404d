"""What a meeting decides, what that changes in the plan, and what becomes of it."""

import uuid

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from actions.models import Convention, FicheAction
from governance.models.agenda import AgendaItem, AgendaOption
from governance.models.meetings import Meeting
from governance.querysets import DecisionPartQuerySet, DecisionQuerySet
from territories.models import Contact


@pghistory.track(exclude=["created_at"])
class Decision(models.Model):
    """Something decided in a meeting. It is looked at again at each next one until it is done or dropped."""

    class Kind(models.TextChoices):
        VALIDATION = "validation", "validation"
        ORIENTATION = "orientation", "orientation"
        ARBITRAGE = "arbitrage", "arbitrage"
        INFORMATION = "information", "information"

    class State(models.TextChoices):
        TO_DO = "to_do", "à faire"
        DOING = "doing", "en cours"
        DONE = "done", "faite"
        DROPPED = "dropped", "abandonnée"
        NONE = "none", "sans suite à donner"

    FOLLOWED = (State.TO_DO, State.DOING)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="decisions")
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="decisions")
    item = models.ForeignKey(
        AgendaItem, models.SET_NULL, null=True, blank=True, related_name="decisions", verbose_name="point"
    )
    text = models.TextField("décision", max_length=3000)
    kind = models.CharField("nature", max_length=12, choices=Kind, default=Kind.VALIDATION)
    option = models.ForeignKey(
        AgendaOption,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="decisions",
        verbose_name="option retenue",
    )
    responsible = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="decisions", verbose_name="responsable"
    )
    due_on = models.DateField("pour le", null=True, blank=True)
    state = models.CharField("suite", max_length=8, choices=State, default=State.TO_DO)
    state_words = models.CharField("où elle en est", max_length=500, blank=True)
    done_on = models.DateField("faite le", null=True, blank=True)
    position = models.PositiveSmallIntegerField("rang", default=0)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("prise le", default=timezone.now)
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = DecisionQuerySet.as_manager()

    # Annotated by `with_rights`.
    can_run: bool

    class Meta:
        verbose_name = "décision"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="decision_kind_valid",
                condition=Q(kind__in=["validation", "orientation", "arbitrage", "information"]),
            ),
            models.CheckConstraint(
                name="decision_state_valid",
                condition=Q(state__in=["to_do", "doing", "done", "dropped", "none"]),
            ),
            models.CheckConstraint(
                name="decision_done_dated",
                condition=Q(state="done", done_on__isnull=False) | ~Q(state="done") & Q(done_on__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    KINDS = {
        State.TO_DO: "engager",
        State.DOING: "cours",
        State.DONE: "faite",
        State.DROPPED: "fin",
        State.NONE: "etude",
    }

    @property
    def look(self) -> str:
        """How the design system names its state."""
        return self.KINDS[self.State(self.state)]

    @property
    def is_followed(self) -> bool:
        return self.state in self.FOLLOWED

    @property
    def is_late(self) -> bool:
        return self.is_followed and self.due_on is not None and self.due_on < timezone.localdate()


@pghistory.track()
class DecisionFiche(models.Model):
    """A fiche that a decision is about, and what it makes of it once the meeting is closed."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="effects")
    fiche = models.ForeignKey(
        FicheAction, models.CASCADE, related_name="decision_effects", verbose_name="fiche"
    )
    status = models.CharField("nouveau statut", max_length=16, choices=FicheAction.Status, blank=True)
    reason = models.CharField("motif", max_length=300, blank=True)
    # Of a postponed fiche, when it is taken up again; otherwise when it ends.
    new_date = models.DateField("nouvelle date", null=True, blank=True)
    applied_at = models.DateTimeField("appliquée le", null=True, blank=True)

    objects = DecisionPartQuerySet.as_manager()

    class Meta:
        verbose_name = "fiche concernée"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "fiche"],
                name="decisionfiche_unique",
                violation_error_message="Cette fiche est déjà concernée par la décision.",
            ),
            models.CheckConstraint(
                name="decisionfiche_reason_said",
                condition=~Q(status__in=["reportee", "bloquee", "abandonnee"]) | ~Q(reason=""),
                violation_error_message="Ce statut demande un motif.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.fiche)

    @property
    def changes(self) -> bool:
        return bool(self.status or self.new_date)


class DecisionReview(models.Model):
    """Where a decision stood when a later meeting looked at it."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="reviews")
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="reviews")
    state = models.CharField("suite", max_length=8, choices=Decision.State)
    words = models.CharField("où elle en est", max_length=500, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField("revue le", default=timezone.now)

    objects = DecisionPartQuerySet.as_manager()

    class Meta:
        verbose_name = "revue d’une décision"
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "meeting"], name="decisionreview_once"),
        ]

    def __str__(self) -> str:
        return self.get_state_display()
