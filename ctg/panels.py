"""Parts of a page that upper apps provide: the lower page shows them without knowing what they are.

A panel costs a constant number of queries of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctg.accounts.models import User


@dataclass(frozen=True)
class Panel:
    """A template, shown by `{% include panel.template with panel=panel.values %}`."""

    template: str
    values: Mapping[str, Any]


Maker = Callable[["User", Any], Panel | None]

_makers: dict[str, list[Maker]] = defaultdict(list)


def register_panel(model: str, make: Maker) -> None:
    """Add a panel to the page of each row of `model` ("app.Model"). `make` returns None for nothing to show."""
    _makers[model].append(make)


def panels_of(row: Any, user: "User") -> list[Panel]:
    """The panels of a row, for this user, in the order of the apps."""
    made = (make(user, row) for make in _makers[row._meta.label])
    return [panel for panel in made if panel is not None]
