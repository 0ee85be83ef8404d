"""A former value, or a part that was removed, brought back: one operation, which can be undone."""

from typing import Any

from django.core.exceptions import ValidationError

from actions.models import Basis, FicheAction, Operation
from actions.services.plan import next_position, touch
from actions.services.undo import operating
from ctg.accounts.models import User
from ctg.refusal import Refused


class NotSavedError(Exception):
    """The form says why."""


def restore_value(form: Any, fiche: FicheAction, title: str, *, by: User) -> bool:
    """Save a form that holds a former value. False with the errors or conflicts in the form."""
    basis = form.build_basis()
    try:
        with operating(fiche.convention, Operation.Kind.RESTORE, title, by=by, basis=basis):
            write(form, fiche)
    except NotSavedError:
        return False
    return True


def write(form: Any, fiche: FicheAction) -> None:
    """Raises NotSavedError."""
    if not form.merge():
        raise NotSavedError
    if isinstance(form.instance, FicheAction) and "status" in form.changed_data:
        form.instance.save(update_fields=form.instance.forget_former_status())
    touch(fiche)


def bring_back(row: Any, fiche: FicheAction, title: str, *, by: User, basis: Basis | None) -> None:
    """Put a removed part back on its fiche, last in its list. Raises Refused."""
    with operating(fiche.convention, Operation.Kind.RESTORE, title, by=by, basis=basis):
        for column in row._meta.concrete_fields:
            if column.is_relation and column.null and not exists(column, row):
                setattr(row, column.attname, None)
        if hasattr(row, "position"):
            row.position = next_position(type(row)._default_manager.filter(fiche=fiche))
        try:
            row.full_clean()
        except ValidationError as error:
            raise Refused(" ".join(error.messages)) from error
        row.save(force_insert=True)
        touch(fiche)


def exists(column: Any, row: Any) -> bool:
    """Whether what a column points to is still there."""
    key = getattr(row, column.attname)
    return key is None or column.related_model._default_manager.filter(pk=key).exists()
