"""Two people on one row lose nothing.

A `MergeForm` sends, beside each field, the value it started from. On saving, a field that this person did not
touch is left as it is now; a field that only this person changed is saved; a field that someone else changed in
the meantime is a conflict: nothing is written, both values are shown, and sending again decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from ctg.dates import plausible
from ctg.textdiff import Piece, word_diff

BLANK = "---------"
AT_ONCE = "Quelqu’un d’autre vient d’enregistrer la même chose. Rechargez la page pour voir où elle en est."


@dataclass(frozen=True)
class Conflict:
    """A field changed by two people: what this one typed, and what is stored now."""

    field: forms.BoundField
    label: str
    yours: str
    theirs: str

    @property
    def pieces(self) -> list[Piece]:
        """The difference, word by word: what the stored text would lose and gain."""
        return word_diff(self.theirs, self.yours)


class FieldAlone(forms.BoundField):
    """A field whose starting value is printed with the others by `started_from`, not beside it."""

    def __str__(self) -> SafeString:
        return self.as_widget()

    __html__ = __str__


def one_line_end(data: Any) -> Any:
    """A browser sends CRLF or LF as it posts a form by itself or by a script: here a line ends by LF."""
    if not isinstance(data, QueryDict):
        return data
    data = data.copy()
    for name, values in data.lists():
        data.setlist(name, [value.replace("\r\n", "\n") for value in values if isinstance(value, str)])
    return data


def name_the_blank(field: forms.Field) -> None:
    """Django says « --------- » for no choice; a dash is enough."""
    if isinstance(field, forms.ModelChoiceField):
        if field.empty_label == BLANK:
            field.empty_label = "–"
    elif isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        field.choices = [(key, "–" if label == BLANK else label) for key, label in choices]


class MergeForm(forms.ModelForm):
    """A form that saves only what this person changed, unless someone else changed it first."""

    bound_field_class = FieldAlone
    conflicts: list[Conflict]
    # Who changed the row first, if the view knows.
    editor: str
    # Fields that are asked beside the row and not kept on it.
    beside: tuple[str, ...] = ()
    # Columns that say when what the row holds last changed.
    stamps: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.data = one_line_end(self.data)
        self.take_theirs()
        self.conflicts = []
        self.editor = ""
        for name, field in self.fields.items():
            name_the_blank(field)
            if isinstance(field, forms.DateField) and plausible not in field.validators:
                field.validators.append(plausible)
            if name not in self.beside:
                field.show_hidden_initial = True
                self.initial[name] = self.typed_form(field, self.get_initial_for_field(field, name))

    def take_theirs(self) -> None:
        """The button « Garder cette version » of a conflict: what is stored, which is now what this form started from."""
        data: Any = self.data
        if not isinstance(data, QueryDict):
            return
        for name in data.getlist("take"):
            if name in self.fields:
                data.setlist(name, data.getlist(f"initial-{name}"))
                data.pop(f"{name}-as", None)

    @staticmethod
    def typed_form(field: forms.Field, value: Any) -> Any:
        """A stored value as the field lets it be typed (a long text is typed without tags)."""
        as_typed = getattr(field, "as_typed", None)
        return as_typed(value) if as_typed else value

    @property
    def started_from(self) -> SafeString:
        """The hidden inputs that carry the starting values; a template prints them once inside the form."""
        parts = [self._started(bound) for bound in self if bound.field.show_hidden_initial]
        return mark_safe("".join(parts))  # noqa: S308 - each part is Django's own rendering

    def _started(self, bound: forms.BoundField) -> str:
        """As Django's own; but a list that started empty stays so when the form comes back with errors."""
        widget = bound.field.hidden_widget()
        if self.is_bound and isinstance(widget, forms.MultipleHiddenInput):
            return widget.render(
                bound.html_initial_name, self._base(bound.name), {"id": bound.html_initial_id}
            )
        return bound.as_hidden(only_initial=True)

    def read(self, row: Any, name: str) -> Any:
        """The stored value of a field, as the form holds it. Override for a field that is no column."""
        value = row._meta.get_field(name).value_from_object(row)
        return [related.pk for related in value] if isinstance(value, list) else value

    def write(self, row: Any, name: str, value: Any) -> str | None:
        """Put a value on the row; the column to save, if it is one. Override for a field that is no column."""
        if isinstance(row._meta.get_field(name), models.ManyToManyField):
            getattr(row, name).set(value)
            return None
        setattr(row, name, value)
        return name

    def _stored(self, row: Any, name: str) -> Any:
        return self.typed_form(self.fields[name], self.read(row, name))

    def _base(self, name: str) -> Any:
        field, bound = self.fields[name], self[name]
        widget = field.hidden_widget()
        if isinstance(widget, forms.MultipleHiddenInput):
            return sorted(widget.value_from_datadict(self.data, self.files, bound.html_initial_name))
        return str(widget.value_from_datadict(self.data, self.files, bound.html_initial_name) or "")

    def _as_sent(self, name: str, stored: Any) -> Any:
        """A stored value as its hidden input sends it: what is compared was written by the same hand."""
        if isinstance(stored, list):
            return sorted(str(item) for item in stored)
        prepared = self.fields[name].prepare_value(stored)
        return "" if prepared is None else self._localised(self[name], prepared)

    def sending(self, changes: Mapping[str, Any]) -> QueryDict:
        """What a browser would send if a person changed only these fields, given as they are stored."""
        data = QueryDict(mutable=True)
        for name in self.fields:
            if name in self.beside:
                continue
            stored = self._stored(self.instance, name)
            typed = self.typed_form(self.fields[name], changes[name]) if name in changes else stored
            for key, value in ((self[name].html_initial_name, stored), (name, typed)):
                sent = self._as_sent(name, value)
                data.setlist(key, sent if isinstance(sent, list) else [sent])
        return data

    @cached_property
    def changed_data(self) -> list[str]:
        """As Django's; a starting value that is no value (a tampered form) counts as changed."""
        changed = []
        for bound in self:
            try:
                differs = bound._has_changed()  # type: ignore[attr-defined]
            except (ArithmeticError, TypeError, ValueError):
                differs = True
            if differs:
                changed.append(bound.name)
        return changed

    def offer(self, name: str, rows: models.QuerySet[Any]) -> None:
        """Limit the choices of a field to these rows and to what is stored already, which is never lost."""
        stored = self.initial.get(name)
        keys = [
            getattr(item, "pk", item) for item in (stored if isinstance(stored, list | tuple) else [stored])
        ]
        field: Any = self.fields[name]
        kept = Q(pk__in=[key for key in keys if key is not None])
        field.queryset = rows.model._base_manager.filter(Q(pk__in=rows.order_by().values("pk")) | kept)

    @property
    def conflicting(self) -> list[str]:
        """The names of the fields in conflict."""
        return [conflict.field.name for conflict in self.conflicts]

    def changed_fields(self) -> list[str]:
        """What this person changed, among the fields kept on the row."""
        return [name for name in self.fields if name in self.changed_data and name not in self.beside]

    def create(self) -> bool:
        """Save a new row with the values beside it. False, and `errors` filled, if a rule of the table refuses.

        A form validates the rules of its own fields only: a new row must keep those of the whole row.
        """
        try:
            return self._create()
        except IntegrityError:
            self.add_error(None, AT_ONCE)
            return False

    def _create(self) -> bool:
        with transaction.atomic():
            try:
                self.instance.validate_constraints()
            except ValidationError as error:
                self.add_error(None, ValidationError(error.messages))
                return False
            row = self.save()
            columns = {field.name for field in (*row._meta.fields, *row._meta.many_to_many)}
            kept = [name for name in self.fields if name not in self.beside and name not in columns]
            written = [self.write(row, name, self.cleaned_data[name]) for name in kept]
            if changed := [column for column in written if column]:
                row.save(update_fields=changed)
        return True

    def merge(self) -> bool:
        """Save what this person changed. False, and `conflicts` filled, if someone else changed it first
        (409), or `errors` if the two changes together break a rule (422).

        The row is locked meanwhile. `self.instance` ends up as stored.
        """
        try:
            return self._merge()
        except self._meta.model.DoesNotExist:
            self.add_error(None, "Cet élément vient d’être supprimé par quelqu’un d’autre.")
        except IntegrityError:
            self.add_error(None, AT_ONCE)
        return False

    def _merge(self) -> bool:
        with transaction.atomic():
            row = self._meta.model._base_manager.select_for_update(of=("self",)).get(pk=self.instance.pk)
            changed = self.changed_fields()
            for name in changed:
                stored, field = self._stored(row, name), self.fields[name]
                touched = self._base(name) != self._as_sent(name, stored)
                same = not field.has_changed(stored, self[name].data)
                if touched and not same:
                    self.conflicts.append(self._conflict(name, stored))
            if self.conflicts:
                return False
            written = [self.write(row, name, self.cleaned_data[name]) for name in changed]
            if changed:
                written += [self.write(row, stamp, timezone.now()) for stamp in self.stamps]
            if columns := [column for column in written if column]:
                try:
                    # Fields that two people changed apart may not go together.
                    row.validate_constraints()
                except ValidationError as error:
                    transaction.set_rollback(True)
                    self.add_error(None, ValidationError(error.messages))
                    return False
                row.save(update_fields=columns)
        self.instance = row
        return True

    def _conflict(self, name: str, stored: Any) -> Conflict:
        """Show both, and let the next sending start from what is stored now."""
        bound = self[name]
        data: Any = self.data
        self.data = data = data.copy()
        if isinstance(stored, list):
            data.setlist(bound.html_initial_name, [str(item) for item in stored])
        else:
            data[bound.html_initial_name] = self._as_sent(name, stored)
        return Conflict(bound, str(bound.label), self.words(name, bound.data), self.words(name, stored))

    @staticmethod
    def _localised(bound: forms.BoundField, value: Any) -> str:
        # As the hidden input writes it: a <select> would make a list of it.
        widget: Any = bound.field.hidden_widget()
        widget.is_localized = bound.field.localize
        return str(widget.format_value(value) or "")

    def words(self, name: str, value: Any) -> str:
        """A value in words a person reads."""
        field = self.fields[name]
        if isinstance(field, forms.ModelMultipleChoiceField):
            chosen = {str(item) for item in value or []}
            return ", ".join(label for key, label in self._choices(field) if str(key) in chosen) or "aucun"
        if isinstance(field, forms.ChoiceField):
            return next((label for key, label in self._choices(field) if str(key) == str(value or "")), "–")
        if isinstance(field, forms.BooleanField):
            return "oui" if value in (True, "on", "True", "true") else "non"
        prepared = field.prepare_value(value)
        text = field.widget.format_value(prepared) if prepared not in (None, "") else ""
        return str(text or "") or "(vide)"

    @staticmethod
    def _choices(field: Any) -> list[tuple[Any, str]]:
        return [(getattr(key, "value", key), str(label)) for key, label in field.choices]


def merged(form: MergeForm) -> bool:
    """Save what this person changed; False with the errors or conflicts in the form."""
    return form.is_valid() and form.merge()
