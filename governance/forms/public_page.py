"""What the public page of a convention shows."""

from collections.abc import Collection
from typing import Any

from django import forms

from ctg.merge import MergeForm
from governance.models import PublicPage

TICKS = [f"has_{name}" for name in PublicPage.SECTIONS]


class PublicPageForm(MergeForm):
    """`filled`: the sections that have something to show."""

    class Meta:
        model = PublicPage
        fields = [*TICKS, "intro"]
        widgets = {"intro": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, filled: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in PublicPage.SECTIONS:
            if name not in filled:
                self.fields[f"has_{name}"].help_text = "Rien à montrer pour l’instant."

    @property
    def ticks(self) -> list[forms.BoundField]:
        return [self[name] for name in TICKS]
