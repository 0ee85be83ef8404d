"""What the public page of a convention shows, and what may be told there."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.db import transaction
from django.http import QueryDict

from ctg.accounts.models import User
from ctg.merge import MergeForm
from governance.models import PublicPage
from governance.services import public_page as services

TICKS = [f"has_{name}" for name in PublicPage.SECTIONS]


class PublicPageForm(MergeForm):
    """`filled`: the sections that have something to show."""

    class Meta:
        model = PublicPage
        fields = [*TICKS, "intro"]
        widgets = {"intro": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "intro": "Vos mots, à la place du texte ci-dessous. Un lien s’écrit [ses mots](https://son-adresse)."
        }

    def __init__(self, *args: Any, filled: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in PublicPage.SECTIONS:
            if name not in filled:
                self.fields[f"has_{name}"].help_text = "Rien à montrer pour l’instant."

    def keep(self, kinds: Collection[services.Kind], *, by: User) -> bool:
        """Save the page and the marks, both or none: a conflict or an error leaves all as it was."""
        if not self.is_valid():
            return False
        with transaction.atomic():
            saved = self.merge() if self.instance.pk else self.create()
            if saved:
                services.mark(kinds, before=self.before(kinds), after=self.after(kinds), by=by)
        return saved

    def before(self, kinds: Collection[services.Kind]) -> set[str]:
        """What was marked when the page was shown."""
        return self._sent("before", kinds)

    def after(self, kinds: Collection[services.Kind]) -> set[str]:
        """What this person wants marked."""
        return self._sent("told", kinds)

    def _sent(self, name: str, kinds: Collection[services.Kind]) -> set[str]:
        if isinstance(self.data, QueryDict):
            return set(self.data.getlist(name))
        return {row.uuid for kind in kinds for row in kind.rows if row.is_marked}

    @property
    def ticks(self) -> list[forms.BoundField]:
        return [self[name] for name in TICKS]
