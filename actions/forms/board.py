"""What is shown of the indicators of a plan: filters that live in the URL, and what was typed in the grid."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from actions.grid import Board, Entry
from actions.rules.attainment import Result
from actions.services.values import Typed

CELL = "c-"
NO_AXE = [("transversale", "Fiches transversales"), ("aucun", "À classer")]


class BoardFilter(forms.Form):
    """Filters of the indicators of a plan: each narrows the others."""

    axe = forms.ChoiceField(label="Axe", required=False)
    result = forms.ChoiceField(
        label="Résultat",
        required=False,
        choices=[("", "Résultat"), *((one.name.lower(), one.label) for one in Result)],
    )
    mine = forms.BooleanField(label="Mes fiches", required=False)
    to_enter = forms.BooleanField(label="À saisir", required=False)
    no_value = forms.BooleanField(label="Sans valeur", required=False)
    no_target = forms.BooleanField(label="Sans cible", required=False)

    def __init__(self, data: QueryDict, board: Board) -> None:
        super().__init__(data)
        axes = [(str(axe.pk), str(axe)) for axe in board.axes]
        self.fields["axe"].choices = [("", "Axe"), *axes, *NO_AXE]  # type: ignore[attr-defined]
        for name in ("axe", "result"):
            self.fields[name].widget.attrs["class"] = "form-select"
        self.board = board

    @property
    def given(self) -> dict[str, Any]:
        """What narrows the list; a choice that no longer exists does not."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def selects(self) -> list[forms.BoundField]:
        return [self["axe"], self["result"]]

    @property
    def ticks(self) -> list[forms.BoundField]:
        return [self[name] for name in ("mine", "to_enter", "no_value", "no_target")]

    def entries(self) -> list[Entry]:
        given = self.given
        tests: dict[str, Callable[[Entry], bool]] = {
            "axe": lambda entry: self._place(entry) == given["axe"],
            "result": lambda entry: entry.result == given["result"],
            "mine": lambda entry: getattr(entry.indicator.fiche, "is_mine", False),
            "to_enter": lambda entry: entry.to_enter is not None,
            "no_value": lambda entry: not entry.has_value,
            "no_target": lambda entry: entry.result == Result.SANS_CIBLE.name.lower(),
        }
        asked = [tests[name] for name in given]
        return [entry for entry in self.board.entries if all(test(entry) for test in asked)]

    @staticmethod
    def _place(entry: Entry) -> str:
        fiche = entry.indicator.fiche
        return str(fiche.axe_id or ("transversale" if fiche.is_transversale else "aucun"))


def typed_cells(data: Mapping[str, str]) -> Sequence[Typed]:
    """The cells of a form whose text is no longer the one that it was shown with."""
    try:
        started = json.loads(data.get("started", ""))
    except ValueError:
        started = {}
    bases = started if isinstance(started, dict) else {}
    cells = {name.removeprefix(CELL): text for name, text in data.items() if name.startswith(CELL)}
    typed = [Typed(key, text, str(bases.get(key, ""))) for key, text in cells.items()]
    return [one for one in typed if one.text.strip() != one.base]
