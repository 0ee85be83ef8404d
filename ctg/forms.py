"""What every form view asks first."""

from typing import Any

from django.http import HttpRequest, QueryDict

# Said alike wherever a password is chosen: an invitation, a reset, a change.
PASSWORD_HELP = "12 caractères au moins : quelques mots mis bout à bout se retiennent bien."  # noqa: S105 - words about one


def posted(request: HttpRequest) -> QueryDict | None:
    """What a POST carried, even if it is nothing: an empty answer has errors, a form merely shown has none."""
    return request.POST if request.method == "POST" else None


def status_of(form: Any) -> int:
    """200 for a form that is shown, 409 when somebody else changed the same field, 422 when it has errors."""
    if not form.is_bound:
        return 200
    return 409 if getattr(form, "conflicts", None) else 422
