"""The search of places. It lives in the URL, so that it can be sent to somebody."""

from typing import TYPE_CHECKING

from django import forms
from django.db.models import F

from territories.models import Commune, Epci

if TYPE_CHECKING:
    from ctg.accounts.models import User


class PlaceSearch(forms.Form):
    """Communes and EPCI by name or code."""

    LIMIT = 50

    q = forms.CharField(
        label="Nom ou code d’une commune ou d’un EPCI",
        max_length=100,
        required=False,
        help_text="Par exemple « altkirch », « val d argent », 68224 ou 200066009. Les accents ne comptent pas.",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

    @property
    def words(self) -> str:
        return str(self.cleaned_data.get("q", "")) if self.is_valid() else ""

    def results(self, user: "User") -> list[Epci | Commune]:
        """The nearest first, then the most populated; one more than the limit says that there are others."""
        if not self.words:
            return []
        asked = self.LIMIT + 1
        epci = Epci.objects.visible_to(user).named(self.words).with_population()
        communes = Commune.objects.visible_to(user).named(self.words).select_related("epci", "departement")
        order = ("rank", F("population").desc(nulls_last=True), "pk")
        found = [*epci.order_by(*order)[:asked], *communes.order_by(*order)[:asked]]
        found.sort(key=lambda place: (place.rank, -(place.population or 0)))
        return found[:asked]
