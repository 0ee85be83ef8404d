"""What a browser sends of a form."""

from datetime import date
from decimal import Decimal

from django import forms


def written(value):
    """A value as its input holds it."""
    if value in (None, False):
        return ""
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    return value.isoformat() if isinstance(value, date) else value


def as_sent(form, **given):
    """The form as it was shown, with its starting values, changed as said. A file is not sent again by itself."""
    data = {}
    for bound in form:
        if isinstance(bound.field, forms.FileField):
            continue
        value = bound.value()
        if value is None and isinstance(bound.field, forms.ModelMultipleChoiceField):
            continue  # no box is ticked: nothing is sent
        data[bound.html_name] = written(value)
        if bound.field.show_hidden_initial:
            data[bound.html_initial_name] = str(value) if isinstance(value, bool) else written(value)
    return data | given
