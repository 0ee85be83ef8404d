"""What the views of Paramètres share: find a row, save a form."""

from typing import TypeVar

from django import forms
from django.db.models import Model, QuerySet
from django.http import Http404

from ctg.refusal import Refused

M = TypeVar("M", bound=Model)


def find(rows: QuerySet[M], pk: int) -> M:
    """The row of that number among those a page may show. Raises Http404."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404("Élément inconnu")
    return row


def refuse(form: forms.BaseForm, refused: Refused) -> None:
    """Say what the service refused beside the field it is about, if the form has it."""
    form.add_error(refused.field if refused.field in form.fields else None, str(refused))
