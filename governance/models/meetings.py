"""Meetings, and who is asked to come."""

import uuid
from datetime import datetime, time, timedelta

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from actions.models import Basis, Convention
from ctg.files.models import StoredFile
from ctg.links.models import SignedLink
from ctg.templatetags.ui import date_long
from governance.models.bodies import Committee, Seat
from governance.querysets import AttendanceQuerySet, MeetingQuerySet
from territories.models import Contact


@pghistory.track(exclude=["created_at"])
class Meeting(models.Model):
    """A meeting of a committee, or of no committee: launch day, workshop, forum, tour of the communes.

    A past one may be known by a year or by words only. « Held » means closed. The moves from one state to another
    are those of `services.meetings`.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "en préparation"
        CONVENED = "convened", "convoquée"
        IN_PROGRESS = "in_progress", "en séance"
        CLOSED = "closed", "tenue"
        CANCELLED = "cancelled", "annulée"

    class Kind(models.TextChoices):
        LANCEMENT = "lancement", "lancement"
        ATELIER = "atelier", "atelier"
        JOURNEE = "journee", "journée collaborative"
        FORUM = "forum", "forum"
        TOURNEE = "tournee", "tournée des communes"
        AUTRE = "autre", "réunion"

    class Minutes(models.TextChoices):
        DRAFT = "draft", "projet"
        SENT = "sent", "envoyé"
        APPROVED = "approved", "approuvé"

    # Its date, its agenda and those who are asked may still change.
    OPEN = (State.DRAFT, State.CONVENED, State.IN_PROGRESS)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="meetings")
    committee = models.ForeignKey(
        Committee, models.PROTECT, null=True, blank=True, related_name="meetings", verbose_name="instance"
    )
    kind = models.CharField("nature", max_length=12, choices=Kind, blank=True)
    title = models.CharField("intitulé", max_length=200, blank=True)
    date = models.DateField("date", null=True, blank=True)
    year = models.PositiveSmallIntegerField("ou seulement l’année", null=True, blank=True)
    date_words = models.CharField("ou la période en mots", max_length=60, blank=True)
    starts_at = models.TimeField("de", null=True, blank=True)
    ends_at = models.TimeField("à", null=True, blank=True)
    place = models.CharField("lieu", max_length=200, blank=True)
    video_url = models.URLField("lien de visioconférence", blank=True)
    message = models.TextField("mot d’accompagnement", max_length=2000, blank=True)
    president = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="présidée par"
    )
    state = models.CharField("état", max_length=12, choices=State, default=State.DRAFT)
    cancel_reason = models.CharField("motif de l’annulation", max_length=300, blank=True)
    convened_at = models.DateTimeField("convoquée le", null=True, blank=True)
    opened_at = models.DateTimeField("ouverte le", null=True, blank=True)
    closed_at = models.DateTimeField("close le", null=True, blank=True)
    cancelled_at = models.DateTimeField("annulée le", null=True, blank=True)
    remind_on = models.DateField("rappel le", null=True, blank=True)
    reminded_on = models.DateField("relancée le", null=True, blank=True)
    # What was told before the last change, in words.
    was = models.CharField(max_length=400, blank=True, editable=False)
    # How often the invitation has changed since it was sent: SEQUENCE of its .ics.
    sequence = models.PositiveSmallIntegerField(default=0)
    people = models.PositiveSmallIntegerField("participants (nombre)", null=True, blank=True)
    notes = models.TextField("en ouverture, hors ordre du jour", max_length=20000, blank=True)
    minutes_state = models.CharField("compte rendu", max_length=8, choices=Minutes, default=Minutes.DRAFT)
    minutes_sent_at = models.DateTimeField("compte rendu envoyé le", null=True, blank=True)
    minutes_approved_at = models.DateTimeField("compte rendu approuvé le", null=True, blank=True)
    # The document as it was sent.
    minutes_file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="compte rendu (PDF)"
    )
    # On which the decisions changed the plan of a signed convention.
    basis = models.ForeignKey(Basis, models.SET_NULL, null=True, blank=True, related_name="meetings")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("créée le", default=timezone.now)
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = MeetingQuerySet.as_manager()

    # Annotated by `with_rights`.
    can_run: bool
    # Annotated by `with_answers`.
    asked: int
    answered: int
    my_answer: str | None

    class Meta:
        verbose_name = "réunion"
        ordering = ["-date", "-year", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="meeting_state_valid",
                condition=Q(state__in=["draft", "convened", "in_progress", "closed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="meeting_named",
                condition=Q(committee__isnull=False) | ~Q(title=""),
                violation_error_message="Donnez un intitulé à une réunion sans instance.",
            ),
            models.CheckConstraint(
                name="meeting_convened_dated",
                condition=~Q(state="convened")
                | Q(date__isnull=False, starts_at__isnull=False, convened_at__isnull=False),
            ),
            models.CheckConstraint(
                name="meeting_in_progress_opened",
                condition=~Q(state="in_progress") | Q(date__isnull=False, opened_at__isnull=False),
            ),
            models.CheckConstraint(
                name="meeting_closed_dated",
                condition=Q(state="closed", closed_at__isnull=False)
                & (Q(date__isnull=False) | Q(year__isnull=False) | ~Q(date_words=""))
                | ~Q(state="closed") & Q(closed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="meeting_cancelled_said",
                condition=Q(state="cancelled", cancelled_at__isnull=False) & ~Q(cancel_reason="")
                | ~Q(state="cancelled") & Q(cancelled_at__isnull=True),
            ),
            models.CheckConstraint(
                name="meeting_minutes_dated",
                condition=Q(minutes_state="draft", minutes_sent_at__isnull=True)
                | Q(minutes_state="sent", minutes_sent_at__isnull=False)
                | Q(minutes_state="approved", minutes_approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="meeting_minutes_after",
                condition=Q(minutes_state="draft") | Q(state="closed"),
                violation_error_message="Le compte rendu part une fois la réunion close.",
            ),
            models.CheckConstraint(
                name="meeting_hours_ordered",
                condition=Q(ends_at__isnull=True) | Q(starts_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                violation_error_message="La réunion doit finir après son début.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.when}"

    # How the design system names each state.
    KINDS = {
        State.DRAFT: "etude",
        State.CONVENED: "engager",
        State.IN_PROGRESS: "cours",
        State.CLOSED: "faite",
        State.CANCELLED: "fin",
    }
    ICONS = {State.DRAFT: "pencil", State.CONVENED: "send"}

    @property
    def look(self) -> tuple[str, str]:
        """Kind and icon of its state."""
        state = self.State(self.state)
        return self.KINDS[state], self.ICONS.get(state, "")

    @property
    def name(self) -> str:
        """« COPIL », or the title that it was given."""
        return self.title or str(self.committee)

    @property
    def when(self) -> str:
        """« 12 mars 2026 », « 2024 », « printemps 2025 », or « date à fixer »."""
        if self.date:
            return date_long(self.date)
        return self.date_words or str(self.year or "date à fixer")

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def begins(self) -> datetime | None:
        """When it begins in Paris, for whoever needs an instant."""
        if self.date is None or self.starts_at is None:
            return None
        return timezone.make_aware(datetime.combine(self.date, self.starts_at))

    @property
    def ends(self) -> datetime | None:
        """When it ends: two hours after it begins, when nobody has said."""
        begins = self.begins
        if begins is None or self.date is None:
            return None
        if self.ends_at is None:
            return begins + timedelta(hours=2)
        return timezone.make_aware(datetime.combine(self.date, self.ends_at))

    @property
    def slot(self) -> int | None:
        """Its planned length in minutes."""
        if self.starts_at is None or self.ends_at is None:
            return None
        return minutes_of(self.ends_at) - minutes_of(self.starts_at)


def minutes_of(at: time) -> int:
    """Since midnight."""
    return at.hour * 60 + at.minute


@pghistory.track()
class Attendance(models.Model):
    """Somebody asked to a meeting: what they answered, and whether they came.

    Whoever is taken off after the convocation stays here with a date, and is told.
    """

    class Answer(models.TextChoices):
        NONE = "", "sans réponse"
        PRESENT = "present", "présent"
        EXCUSED = "excused", "excusé"
        REPRESENTED = "represented", "représenté"

    class Presence(models.TextChoices):
        UNKNOWN = "", "non pointé"
        PRESENT = "present", "présent"
        EXCUSED = "excused", "excusé"
        REPRESENTED = "represented", "représenté"
        ABSENT = "absent", "absent"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendances")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="attendances", verbose_name="personne")
    quality = models.CharField("qualité", max_length=16, choices=Seat.Quality, blank=True)
    answer = models.CharField("réponse", max_length=12, choices=Answer, blank=True, default=Answer.NONE)
    represented_by = models.CharField("représenté par", max_length=160, blank=True)
    words = models.CharField("message", max_length=500, blank=True)
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)
    presence = models.CharField(
        "présence", max_length=12, choices=Presence, blank=True, default=Presence.UNKNOWN
    )
    link = models.OneToOneField(
        SignedLink, models.SET_NULL, null=True, blank=True, related_name="attendance", editable=False
    )
    removed_at = models.DateTimeField("retiré le", null=True, blank=True)
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = "participant"
        ordering = ["contact__name", "contact__function", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "contact"],
                name="attendance_unique",
                violation_error_message="Cette personne est déjà dans la liste.",
            ),
            models.CheckConstraint(
                name="attendance_answer_valid",
                condition=Q(answer__in=["", "present", "excused", "represented"]),
            ),
            models.CheckConstraint(
                name="attendance_presence_valid",
                condition=Q(presence__in=["", "present", "excused", "represented", "absent"]),
            ),
            models.CheckConstraint(
                name="attendance_answer_dated",
                condition=Q(answer="", answered_at__isnull=True)
                | ~Q(answer="") & Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="attendance_represented_by_somebody",
                condition=~Q(answer="represented") | ~Q(represented_by=""),
                violation_error_message="Dites par qui.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.contact)

    @property
    def given(self) -> dict[str, str]:
        """What was answered, as a form takes it."""
        return {"answer": self.answer, "represented_by": self.represented_by, "words": self.words}
