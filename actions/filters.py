"""The filters of the plan. They live in the URL, so that a view of the plan can be sent to somebody."""

from collections.abc import Iterable
from typing import Any

import django_filters as filters
from django import forms
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Func, Q, QuerySet, TextField, Value

from actions.access import MemberRequest
from actions.models import Axe, FicheAction
from territories.models import Theme

SEARCHED = (
    "number",
    "title",
    "public_cible",
    "constat",
    "enjeux",
    "objectif",
    "description",
    "resultats_attendus",
)
FRENCH = "french_unaccent"


def themes(request: MemberRequest) -> QuerySet[Theme]:
    """Only the themes that the plan uses."""
    return (
        Theme.objects.visible_to(request.user).filter(fiche_links__fiche__convention=request.space).distinct()
    )


class FicheFilter(filters.FilterSet):
    """Filters of a list of fiches, annotated by `for_list`. `request.space` narrows the choices."""

    request: MemberRequest

    q = filters.CharFilter(label="Chercher dans le plan", method="search")
    axe = filters.ChoiceFilter(label="Axe", empty_label="Axe", choices=[])
    theme = filters.ModelChoiceFilter(
        label="Thématique",
        field_name="theme_links__theme",
        queryset=themes,
        empty_label="Thématique",
    )
    status = filters.ChoiceFilter(label="Statut", choices=FicheAction.Status.choices, empty_label="Statut")
    mine = filters.BooleanFilter(label="Mes fiches", method="only_mine", widget=forms.CheckboxInput)
    late = filters.BooleanFilter(label="En retard", method="only", widget=forms.CheckboxInput)
    silent = filters.BooleanFilter(label="Sans nouvelle", method="only", widget=forms.CheckboxInput)

    class Meta:
        model = FicheAction
        fields: list[str] = []

    def __init__(self, *args: Any, axes: Iterable[Axe], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page has its axes already: they are not asked for twice.
        self.filters["axe"].extra["choices"] = [(str(axe.pk), str(axe)) for axe in axes]

    def search(self, fiches: QuerySet[FicheAction], _name: str, words: str) -> QuerySet[FicheAction]:
        """French full text without accents, or a piece of the title as it is typed."""
        vector = SearchVector(*SEARCHED, config=FRENCH)
        query = SearchQuery(words, config=FRENCH, search_type="websearch")
        plain = Func(Value(words[:200]), function="sort_key", output_field=TextField())
        return fiches.annotate(searched=vector).filter(Q(searched=query) | Q(sort_title__contains=plain))

    def only(self, fiches: QuerySet[FicheAction], name: str, wanted: bool) -> QuerySet[FicheAction]:
        return fiches.filter(**{f"is_{name}": True}) if wanted else fiches

    def only_mine(self, fiches: QuerySet[FicheAction], _name: str, wanted: bool) -> QuerySet[FicheAction]:
        """Those that the user pilots, or that the user's organisations carry."""
        if not wanted:
            return fiches
        mine = FicheAction.objects.visible_to(self.request.user).mine(self.request.user)
        return fiches.filter(pk__in=mine.values("pk"))

    @property
    def is_active(self) -> bool:
        """Whether anything is filtered out."""
        return any(value not in (None, "", False) for value in self.form.cleaned_data.values())
