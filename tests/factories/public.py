"""The public page of a convention."""

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from governance import models
from tests.factories import ConventionFactory


class PublicPageFactory(DjangoModelFactory):
    """A published one, with every section; `out=False` for one in preparation."""

    class Meta:
        model = models.PublicPage

    class Params:
        out = True

    convention = factory.SubFactory(ConventionFactory)
    is_published = factory.SelfAttribute("out")
    published_at = factory.LazyAttribute(lambda page: timezone.now() if page.out else None)
    has_steps = True
