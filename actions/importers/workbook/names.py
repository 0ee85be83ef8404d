"""Finding what a line that is added hangs on, by the name that a person wrote."""

from collections import defaultdict
from collections.abc import Iterable

from actions.importers.workbook.cells import Fault, spelled
from actions.importers.workbook.edits import Edit
from actions.importers.workbook.plan import Plan
from actions.models import FicheAction, Indicator
from actions.models.plan import numbered

Fiche = Edit | FicheAction
Aim = Edit | Indicator


NEEDED = "À écrire pour une ligne que vous ajoutez."


class Names:
    """The fiches and indicators of the plan and of the file, by each of their names."""

    def __init__(self, plan: Plan) -> None:
        self._whole: dict[str, list[Fiche]] = defaultdict(list)
        self._short: dict[str, list[Fiche]] = defaultdict(list)
        self._aims: dict[tuple[int, str], list[Aim]] = defaultdict(list)
        for fiche in plan.fiches:
            self._name_fiche(fiche, fiche.number, fiche.title)
            for indicator in fiche.indicators.all():  # type: ignore[attr-defined]
                self._name_aim(fiche, indicator, indicator.label)

    def learn(self, edits: Iterable[Edit]) -> None:
        """The names that the file gives, besides those of before."""
        for edit in edits:
            if isinstance(edit.row, FicheAction):
                self._name_fiche(edit.fiche, str(edit.says("number") or ""), str(edit.says("title") or ""))
            elif isinstance(edit.row, Indicator):
                self._name_aim(edit.fiche, edit if edit.is_new else edit.row, str(edit.says("label") or ""))

    def fiche(self, typed: str) -> Fiche:
        """Raises Fault."""
        if not typed:
            raise Fault(NEEDED)
        found = self._whole.get(spelled(typed)) or self._short.get(spelled(typed)) or []
        if len(found) == 1:
            return found[0]
        if found:
            raise Fault(f"Plusieurs fiches répondent à « {typed[:80]} » : écrivez le numéro et le titre.")
        raise Fault(f"Aucune fiche ne s’appelle « {typed[:80]} ».")

    def aim(self, fiche: Fiche, typed: str) -> Aim:
        """An indicator of a fiche. Raises Fault."""
        if not typed:
            raise Fault(NEEDED)
        found = self._aims.get((id(fiche), spelled(typed)), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise Fault(f"Cette fiche a plusieurs indicateurs « {typed[:80]} » : renommez-en un d’abord.")
        raise Fault(f"Cette fiche n’a pas d’indicateur « {typed[:80]} ».")

    def _name_fiche(self, fiche: Fiche, number: str, title: str) -> None:
        add(self._whole[spelled(numbered(number, title))], fiche)
        for name in filter(None, (number, title)):
            add(self._short[spelled(name)], fiche)

    def _name_aim(self, fiche: Fiche, indicator: Aim, label: str) -> None:
        add(self._aims[id(fiche), spelled(label)], indicator)


def add(found: list, one: object) -> None:  # type: ignore[type-arg]
    if not any(known is one for known in found):
        found.append(one)
