"""Who receives a newsletter."""

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from ctg.links.models import SignedLink
from governance import models
from governance.querysets import SUBSCRIPTION
from governance.services.subscriptions import LASTS
from tests.factories import ConventionFactory


class LinkFactory(DjangoModelFactory):
    class Meta:
        model = SignedLink

    purpose = SUBSCRIPTION
    expires_at = factory.LazyFunction(lambda: timezone.now() + LASTS)


class SubscriberFactory(DjangoModelFactory):
    """An active one; `pending=True` for one that nobody has confirmed."""

    class Meta:
        model = models.Subscriber

    class Params:
        pending = factory.Trait(state="pending", confirmed_at=None)

    convention = factory.SubFactory(ConventionFactory)
    link = factory.SubFactory(LinkFactory)
    address = factory.Sequence(lambda n: f"abonne{n}@example.org")
    state = "active"
    confirmed_at = factory.LazyFunction(timezone.now)
    consent_words = "Feuille d’émargement du forum"
