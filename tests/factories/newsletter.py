"""Issues of a newsletter."""

from datetime import date

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from actions.models import Convention
from governance import models
from governance.importers.subscribers import Line
from governance.services.subscriptions import import_lines
from tests.factories import ConventionFactory, UserFactory


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


def issue_to(number: int, parts: int = 1, text: str = "Un texte.") -> models.Newsletter:
    """A draft, to so many subscribers of a new convention."""
    convention = ConventionFactory()
    day = timezone.localdate().isoformat()
    lines = [
        Line(n, f"p{n:04}@{convention.slug}.example", f"Personne {n}", day, "Forum") for n in range(number)
    ]
    import_lines(convention, lines, by=UserFactory())
    return next_issue(convention, parts, text)


def next_issue(convention: Convention, parts: int = 1, text: str = "Un texte.") -> models.Newsletter:
    """To its subscribers only."""
    issue = NewsletterFactory(convention=convention, intro=text)
    for _ in range(parts):
        NewsletterBlockFactory(newsletter=issue, text=text)
    issue.segments["kinds"] = ["subscribers"]
    issue.save()
    return issue


class NewsletterBlockFactory(DjangoModelFactory):
    class Meta:
        model = models.NewsletterBlock

    newsletter = factory.SubFactory(NewsletterFactory)
    title = factory.Sequence(lambda n: f"Partie {n}")
    text = "Un texte."
    position = factory.Sequence(lambda n: n)
