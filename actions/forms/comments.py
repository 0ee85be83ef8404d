"""A word between members about a fiche."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone

from actions.forms.parts import PartForm
from actions.models import Comment


class CommentForm(PartForm):
    class Meta:
        model = Comment
        fields = ["text"]
        labels = {"text": "Commentaire"}
        help_texts = {"text": "« @ » suivi d’un nom prévient cette personne."}
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}

    def narrow(self) -> None:
        suggest = reverse("actions:mention_suggest", args=[self.convention.slug])
        self.fields["text"].widget.attrs["data-mentions"] = suggest

    def attach(self) -> None:
        self.instance.fiche, self.instance.author = self.fiche, self.user

    def write(self, row: Any, name: str, value: Any) -> str | None:
        row.edited_at = timezone.now()
        row.save(update_fields=["edited_at"])
        return super().write(row, name, value)
