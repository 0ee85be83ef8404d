"""What every form view asks first."""

from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict

# Said alike wherever a password is chosen: an invitation, a reset, a change.
PASSWORD_HELP = "12 caractères au moins : quelques mots mis bout à bout se retiennent bien."  # noqa: S105 - words about one


class NumberField(forms.DecimalField):
    """A number as it is written in French or copied from a spreadsheet: « 12 000,50 », « 12000.5 »."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"localize": True})

    def to_python(self, value: Any) -> Any:
        # No-break spaces too; Django puts the decimal comma right.
        return super().to_python("".join(value.split()) if isinstance(value, str) else value)


def posted(request: HttpRequest) -> QueryDict | None:
    """What a POST carried, even if it is nothing: an empty answer has errors, a form merely shown has none."""
    return request.POST if request.method == "POST" else None


def sent_files(request: HttpRequest) -> Any:
    """The files of a POST."""
    return request.FILES if request.method == "POST" else None


def status_of(form: Any) -> int:
    """200 for a form that is shown, 409 when somebody else changed the same field, 422 when it has errors."""
    if not form.is_bound:
        return 200
    return 409 if getattr(form, "conflicts", None) else 422
