"""Issues of a newsletter."""

from datetime import date

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from governance import models
from tests.factories import ConventionFactory


class NewsletterFactory(DjangoModelFactory):
    """A draft, to the members and the subscribers; `out=True` for one that has left."""

    class Meta:
        model = models.Newsletter

    class Params:
        out = factory.Trait(state="sent", sent_at=factory.LazyFunction(timezone.now))

    convention = factory.SubFactory(ConventionFactory)
    number = factory.Sequence(lambda n: n + 1)
    title = factory.Sequence(lambda n: f"La lettre {n}")
    subject = factory.Sequence(lambda n: f"La lettre {n}")
    period_start = date(2026, 1, 1)
    period_end = date(2026, 6, 30)
    segments = factory.LazyFunction(
        lambda: {"kinds": ["members", "subscribers"], "roles": [], "themes": [], "committees": []}
    )


class NewsletterBlockFactory(DjangoModelFactory):
    class Meta:
        model = models.NewsletterBlock

    newsletter = factory.SubFactory(NewsletterFactory)
    title = factory.Sequence(lambda n: f"Partie {n}")
    text = "Un texte."
    position = factory.Sequence(lambda n: n)
