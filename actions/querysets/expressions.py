"""What the querysets build their columns from."""

from typing import Any

from django.apps import apps
from django.db.models import BooleanField, Case, Count, IntegerField, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce


def rows(name: str) -> QuerySet[Any]:
    """Every row of a model of this app, for subqueries."""
    return apps.get_model("actions", name)._default_manager.all()


def truth(condition: Q) -> Case:
    """A condition as a column."""
    return Case(When(condition, Value(True)), default=Value(False), output_field=BooleanField())


def count_of(queryset: QuerySet[Any]) -> Coalesce:
    """How many rows of a correlated queryset, as a subquery: no join, so nothing is counted twice."""
    counted = queryset.order_by().annotate(_one=Value(1)).values("_one").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
