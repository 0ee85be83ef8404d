"""What a partner fills in, and what the coordination answers."""

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser

from actions.forms.indicators import MeasurementForm
from actions.forms.parts import told_on
from actions.models import ContributionLink, Indicator, ProgressNote, Review
from ctg.dates import DATE
from ctg.merge import MergeForm


class ProposedValueForm(MeasurementForm):
    """A value sent through a link; left as it came, it is not sent."""

    DETAILS = ("state", "period_start", "period_end", "note")

    def __init__(self, *args: Any, link: ContributionLink, indicator: Indicator, **kwargs: Any) -> None:
        self.link = link
        whose = {"convention": link.convention, "fiche": indicator.fiche, "user": AnonymousUser()}
        super().__init__(*args, indicator=indicator, **whose, **kwargs)

    def attach(self) -> None:
        self.instance.indicator, self.instance.via = self.indicator, self.link
        self.instance.status = Review.PROPOSED

    def narrow(self) -> None:
        del self.fields["evidence"], self.fields["upload"]  # the documents of a fiche are for its members

    @property
    def content_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.contents()]

    @property
    def details(self) -> list[forms.BoundField]:
        """What is folded away: why there is no value, another period, a remark."""
        return [self[name] for name in self.DETAILS]

    @property
    def is_detailed(self) -> bool:
        return any(bound.errors for bound in self.details)


class ProposedNoteForm(MergeForm):
    class Meta:
        model = ProgressNote
        fields = ["text", "date"]
        widgets = {"date": DATE, "text": forms.Textarea(attrs={"rows": 4})}
        labels = {"text": "Ce qui s’est passé, ce qui bloque, la suite", "date": "À la date du"}

    def clean_date(self) -> date:
        return told_on(self, self.instance.fiche.convention)


class ReviewedNoteForm(ProposedNoteForm):
    """As the coordination reads it before it counts."""

    class Meta(ProposedNoteForm.Meta):
        fields = ["text", "date", "visibility"]
        labels = {"text": "Point d’étape"}


class ReturnForm(forms.Form):
    reason = forms.CharField(
        label="Ce qui est à revoir",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="La personne lit ce motif en ouvrant son lien.",
        error_messages={"required": "Dites ce qui est à revoir : la personne saura quoi corriger."},
    )
