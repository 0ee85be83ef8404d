"""Rows of the steering: bodies, meetings, decisions."""

from datetime import date, time

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from ctg.files.services import store_bytes
from ctg.slides import Deck
from governance import models
from tests.factories import AxeFactory, ContactFactory, ConventionFactory, FicheFactory


class CommitteeFactory(DjangoModelFactory):
    class Meta:
        model = models.Committee

    convention = factory.SubFactory(ConventionFactory)
    kind = "copil"
    name = factory.Sequence(lambda n: f"Comité {n}")


class SeatFactory(DjangoModelFactory):
    class Meta:
        model = models.Seat

    committee = factory.SubFactory(CommitteeFactory)
    contact = factory.SubFactory(ContactFactory, email=factory.Sequence(lambda n: f"siege{n}@example.org"))
    quality = "elu"


class PostFactory(DjangoModelFactory):
    class Meta:
        model = models.CooperationPost

    convention = factory.SubFactory(ConventionFactory)
    title = factory.Sequence(lambda n: f"Poste {n}")
    scope = "globale"
    state = "pourvu"


class MeetingFactory(DjangoModelFactory):
    """In preparation, with a date; `HeldFactory` for a closed one."""

    class Meta:
        model = models.Meeting

    convention = factory.SubFactory(ConventionFactory)
    committee = factory.SubFactory(CommitteeFactory, convention=factory.SelfAttribute("..convention"))
    date = date(2027, 3, 11)
    starts_at = time(14)
    ends_at = time(16)


class HeldFactory(MeetingFactory):
    state = "closed"
    date = date(2026, 3, 12)
    closed_at = factory.LazyFunction(timezone.now)


class ItemFactory(DjangoModelFactory):
    class Meta:
        model = models.AgendaItem

    meeting = factory.SubFactory(MeetingFactory)
    convention = factory.SelfAttribute("meeting.convention")
    title = factory.Sequence(lambda n: f"Sujet {n}")
    position = factory.Sequence(lambda n: n)


class SubjectFactory(DjangoModelFactory):
    """A subject that waits for a meeting."""

    class Meta:
        model = models.AgendaItem

    convention = factory.SubFactory(ConventionFactory)
    title = factory.Sequence(lambda n: f"Sujet {n}")


class AttendanceFactory(DjangoModelFactory):
    class Meta:
        model = models.Attendance

    meeting = factory.SubFactory(MeetingFactory)
    contact = factory.SubFactory(ContactFactory, email=factory.Sequence(lambda n: f"invite{n}@example.org"))


class DecisionFactory(DjangoModelFactory):
    class Meta:
        model = models.Decision

    meeting = factory.SubFactory(HeldFactory)
    convention = factory.SelfAttribute("meeting.convention")
    text = factory.Sequence(lambda n: f"Décision {n}")


class EffectFactory(DjangoModelFactory):
    class Meta:
        model = models.DecisionFiche

    decision = factory.SubFactory(DecisionFactory)
    fiche = factory.SubFactory(FicheFactory, convention=factory.SelfAttribute("..decision.convention"))


class WeatherFactory(DjangoModelFactory):
    class Meta:
        model = models.Weather

    axe = factory.SubFactory(AxeFactory)
    convention = factory.SelfAttribute("axe.convention")
    level = 3


class PackFactory(DjangoModelFactory):
    """A pack that was made and is not shared."""

    class Meta:
        model = models.Pack

    meeting = factory.SubFactory(MeetingFactory)
    since = date(2026, 3, 12)
    html = "<h2>En bref</h2>"
    pdf = factory.LazyFunction(lambda: store_bytes("dossier.pdf", b"%PDF-1.7 essai"))
    slides = factory.LazyFunction(lambda: store_bytes("dossier.pptx", Deck("Dossier").to_bytes()))
