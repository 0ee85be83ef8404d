"""The filters of the plan. They live in the URL, so that a view of the plan can be sent to somebody."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Case, F, IntegerField, QuerySet, Value, When

from actions.access import MemberRequest
from actions.models import FicheAction
from actions.search import search
from ctg.accounts.models import User

# The ties of a fiche by which it is found: the model that holds them and what it points to.
TIES = {
    "theme": ("FicheTheme", "theme"),
    "pilot": ("FichePilot", "contact"),
    "commune": ("FicheCommune", "commune"),
    "qpv": ("FicheQpv", "qpv"),
}
PARTIES = {"lead": "FicheLead", "partner": "FichePartner"}
# A porteur or partner that is no organisation is named by its label after this mark.
LABEL = ":"
MONTHS = [(1, "1 mois"), (3, "3 mois"), (6, "6 mois"), (12, "1 an")]
SORTS = [
    ("title", "titre"),
    ("status", "statut"),
    ("next", "prochaine échéance"),
    ("updated", "mise à jour récente"),
]
# What a tick leaves. Mine: those that the user pilots, or that the user's organisations carry or help.
TICKS: dict[str, Callable[[Any, User], Any]] = {
    "mine": lambda fiches, user: fiches.mine(user),
    "late": lambda fiches, _user: fiches.late(),
    "silent": lambda fiches, _user: fiches.silent(),
    "no_pilot": lambda fiches, _user: fiches.without("FichePilot"),
    "no_indicator": lambda fiches, _user: fiches.without("Indicator"),
    "no_value": lambda fiches, _user: fiches.unmeasured(),
}
LARGEST_KEY = 2**62


class KeyFilter(filters.Filter):
    """A row by its key. One that the plan does not use finds nothing; what is no key is ignored."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=LARGEST_KEY, **kwargs)


def tick(label: str) -> filters.BooleanFilter:
    return filters.BooleanFilter(label=label, method="only", widget=forms.CheckboxInput)


class FicheFilter(filters.FilterSet):
    """Filters and order of the fiches of a plan. `request.space` is their convention."""

    request: MemberRequest

    q = filters.CharFilter(label="Recherche", method="search")
    axe = KeyFilter(label="Axe")
    orientation = KeyFilter(label="Orientation")
    theme = KeyFilter(label="Thématique", method="tied")
    status = filters.ChoiceFilter(label="Statut", choices=FicheAction.Status.choices)
    lead = filters.CharFilter(label="Porteur", method="party")
    pilot = KeyFilter(label="Pilote", method="tied")
    partner = filters.CharFilter(label="Partenaire", method="party")
    commune = filters.CharFilter(label="Commune", method="tied")
    qpv = KeyFilter(label="QPV", method="tied")
    months = filters.TypedChoiceFilter(
        label="Sans mise à jour depuis", choices=MONTHS, coerce=int, method="untouched"
    )
    mine = tick("Mes fiches")
    late = tick("En retard")
    silent = tick("Sans nouvelle")
    no_pilot = tick("Sans pilote")
    no_indicator = tick("Sans indicateur")
    no_value = tick("Indicateur sans valeur")
    sort = filters.ChoiceFilter(label="Trier par", choices=SORTS, method="order")

    class Meta:
        model = FicheAction
        fields: list[str] = []

    def search(self, fiches: QuerySet[FicheAction], _name: str, words: str) -> QuerySet[FicheAction]:
        return search(fiches, words, self.request.user, [self.request.space.pk])

    def tied(self, fiches: Any, name: str, key: Any) -> QuerySet[FicheAction]:
        link, column = TIES[name]
        return fiches.tied_to(link, **{column: key})

    def party(self, fiches: Any, name: str, key: str) -> QuerySet[FicheAction]:
        """An organisation by its key, or a label after its mark."""
        if key.startswith(LABEL):
            return fiches.tied_to(PARTIES[name], label=key.removeprefix(LABEL))
        known = key.isdecimal() and int(key) <= LARGEST_KEY
        return fiches.tied_to(PARTIES[name], organisation=int(key)) if known else fiches.none()

    def untouched(self, fiches: Any, _name: str, months: int) -> QuerySet[FicheAction]:
        return fiches.untouched(months)

    def only(self, fiches: Any, name: str, wanted: bool) -> QuerySet[FicheAction]:
        return TICKS[name](fiches, self.request.user) if wanted else fiches

    def order(self, fiches: Any, _name: str, sort: str) -> QuerySet[FicheAction]:
        if sort == "status":
            ranks = [When(status=status, then=Value(rank)) for rank, status in enumerate(FicheAction.KINDS)]
            return fiches.order_by(Case(*ranks, output_field=IntegerField()), "sort_title", "pk")
        if sort == "next":
            return fiches.with_next_date().order_by(F("next_on").asc(nulls_last=True), "sort_title", "pk")
        return fiches.order_by("-updated_at" if sort == "updated" else "sort_title", "pk")


class Found:
    """The fiches of a convention that a query string asks for. A parameter that says nothing valid is left out."""

    def __init__(self, request: MemberRequest) -> None:
        self.request = request

    @cached_property
    def _asked(self) -> FicheFilter | None:
        """Nothing asked is not worth a form."""
        if not self.request.GET.keys() & FicheFilter.base_filters.keys():
            return None
        asked = FicheFilter(self.request.GET, queryset=self._all, request=self.request)
        asked.is_valid()  # fills in `cleaned_data` with what is valid
        return asked

    @property
    def _all(self) -> QuerySet[FicheAction]:
        return FicheAction.objects.visible_to(self.request.user).of(self.request.space)

    @cached_property
    def given(self) -> dict[str, Any]:
        """What is filtered on, in the order of the filters; not the sort."""
        if self._asked is None:
            return {}
        cleaned = self._asked.form.cleaned_data
        names = [name for name in FicheFilter.base_filters if name != "sort"]
        return {name: cleaned[name] for name in names if cleaned.get(name) not in (None, "", False)}

    @property
    def sorted_by(self) -> str:
        return (self._asked.form.cleaned_data.get("sort") or "") if self._asked else ""

    @property
    def is_whole(self) -> bool:
        """Whether the plan is shown as it is printed."""
        return not self.given and not self.sorted_by

    @property
    def keys(self) -> list[int]:
        """The keys of the fiches, in the order asked for: what every view and export shows."""
        fiches = self._asked.qs if self._asked else self._all
        return list(fiches.values_list("pk", flat=True))


def keys_shown(request: MemberRequest) -> list[int]:
    """The keys of the fiches that the plan shows for this query string, in its order."""
    return Found(request).keys
