"""Reads of what is known of a territory. A diagnostic is readable because a readable space refers to it."""

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.apps import apps
from django.db.models import Exists, Model, OuterRef, Prefetch, QuerySet

from ctg.access import granted

if TYPE_CHECKING:
    from ctg.accounts.models import User
    from diagnostics.models import Diagnostic, Enjeu, KeyFigure, Need, Survey

M = TypeVar("M", bound=Model)

TERRITORY = ("epci", "commune", "qpv", "departement")


def _rows_of(name: str) -> Any:
    return apps.get_model("diagnostics", name)._default_manager


class DiagnosticQuerySet(QuerySet["Diagnostic"]):
    def visible_to(self, user: "User") -> Self:
        return self.filter(granted("diagnostics.Diagnostic", user))

    def of(self, space: Any) -> Self:
        """Those a convention rests on; `is_shared`: another convention rests on it too."""
        uses: Any = self.model.conventions.through._default_manager  # type: ignore[attr-defined]
        others = uses.filter(diagnostic=OuterRef("pk")).exclude(convention=space.pk)
        return self.filter(conventions=space.pk).annotate(is_shared=Exists(others))

    def reusable_in(self, space: Any) -> Self:
        """Those of its kin that a convention may rest on too; `kin`: the conventions that do already."""
        kin = space.kin()
        found = self.filter(pk__in=kin.order_by().values("diagnostics")).exclude(conventions=space.pk)
        return found.prefetch_related(Prefetch("conventions", kin, to_attr="kin"))

    def with_contents(self) -> Self:
        """Figures, surveys with their needs, and enjeux, in a constant number of queries."""
        figures = _rows_of("KeyFigure").select_related(*TERRITORY)
        return self.prefetch_related(
            Prefetch("figures", figures.prefetch_related("themes")),
            Prefetch("surveys", _rows_of("Survey").all()),
            Prefetch("surveys__needs", _rows_of("Need").prefetch_related("themes")),
            Prefetch(
                "enjeux", _rows_of("Enjeu").prefetch_related("themes", "needs", Prefetch("figures", figures))
            ),
        )


class DiagnosticPartQuerySet(QuerySet[M]):
    """Rows that belong to a diagnostic, and are seen with it."""

    path = "diagnostic"

    def visible_to(self, user: "User") -> Self:
        seen = _rows_of("Diagnostic").filter(granted("diagnostics.Diagnostic", user))
        return self.filter(**{f"{self.path}__in": seen})

    def of(self, space: Any) -> Self:
        """Those of the diagnostics a convention rests on."""
        return self.filter(**{f"{self.path}__conventions": space.pk})


class KeyFigureQuerySet(DiagnosticPartQuerySet["KeyFigure"]):
    def with_territory(self) -> Self:
        return self.select_related(*TERRITORY)


class SurveyQuerySet(DiagnosticPartQuerySet["Survey"]):
    pass


class NeedQuerySet(DiagnosticPartQuerySet["Need"]):
    path = "survey__diagnostic"


class EnjeuQuerySet(DiagnosticPartQuerySet["Enjeu"]):
    pass
