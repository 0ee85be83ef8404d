"""Two people on one row: what is merged, what is a conflict, and how it is settled."""

import threading

import pytest
from django import forms
from django.db import connection
from django.http import QueryDict

from actions.models import FicheAction
from ctg.merge import MergeForm
from tests.factories import FicheFactory, ThemeFactory

pytestmark = pytest.mark.django_db


class FicheForm(MergeForm):
    class Meta:
        model = FicheAction
        fields = ["title", "constat", "starts_on", "ends_on", "status", "is_permanent", "themes"]


def sent(fiche, **typed):
    """The form as a browser sends it, from what the fiche is now, with what the person typed."""
    data = QueryDict(mutable=True)
    for bound in FicheForm(instance=fiche):
        value = bound.value()
        for name in (bound.html_name, bound.html_initial_name):
            if bound.name == "themes":
                data.setlist(name, [str(getattr(v, "pk", v)) for v in value or []])
            elif bound.name == "is_permanent":
                # A tick taken off is sent by nothing; its starting value is always sent.
                if value or name == bound.html_initial_name:
                    data[name] = str(value)
            elif value is not None and value is not False:
                shown = bound.field.widget.format_value(value)
                data[name] = shown[0] if isinstance(shown, list) else "on" if value is True else shown
    for name, value in typed.items():
        if isinstance(value, list):
            data.setlist(name, value)
        elif value is None:
            data.pop(name, None)
        else:
            data[name] = value
    return data


def bound_to(fiche, data):
    form = FicheForm(data, instance=FicheAction.objects.get(pk=fiche.pk))
    assert form.is_valid(), form.errors
    return form


def test_untouched_fields_are_left_as_others_made_them():
    fiche = FicheFactory(title="Avant")
    data = sent(fiche, title="Après")
    FicheAction.objects.update(constat="<p>D’un autre</p>", starts_on="2026-01-01")
    assert bound_to(fiche, data).merge()
    fiche.refresh_from_db()
    assert (fiche.title, fiche.constat, str(fiche.starts_on)) == ("Après", "<p>D’un autre</p>", "2026-01-01")


@pytest.mark.parametrize(
    ("field", "mine", "theirs", "shown"),
    [
        ("title", "Le mien", "Le leur", ("Le mien", "Le leur")),
        ("constat", "Le mien", "<p>Le leur</p>", ("Le mien", "Le leur")),
        ("starts_on", "2026-02-01", "2026-03-01", ("2026-02-01", "01/03/2026")),
        ("status", "realisee", "en_pause", ("réalisée", "en pause")),
    ],
)
def test_the_same_field_changed_twice_is_a_conflict(field, mine, theirs, shown):
    fiche = FicheFactory()
    data = sent(fiche, **{field: mine})
    FicheAction.objects.update(**{field: theirs})
    form = bound_to(fiche, data)
    assert not form.merge()
    assert [(c.yours, c.theirs) for c in form.conflicts] == [shown]
    before = FicheAction.objects.values(field).get()
    # Sent again as the page now stands, it is a choice and is saved.
    assert bound_to(fiche, form.data).merge()
    assert FicheAction.objects.values(field).get() != before


def test_the_same_change_made_twice_is_no_conflict():
    fiche = FicheFactory()
    data = sent(fiche, title="Pareil")
    FicheAction.objects.update(title="Pareil")
    assert bound_to(fiche, data).merge()


def test_a_tick_taken_off_is_a_change():
    fiche = FicheFactory(is_permanent=True)
    assert bound_to(fiche, sent(fiche, is_permanent=None)).merge()
    fiche.refresh_from_db()
    assert fiche.is_permanent is False


def test_a_relation_changed_twice_is_a_conflict():
    mine, theirs = ThemeFactory(), ThemeFactory()
    fiche = FicheFactory()
    data = sent(fiche, themes=[str(mine.pk)])
    fiche.themes.add(theirs)
    form = bound_to(fiche, data)
    assert not form.merge()
    assert [(c.yours, c.theirs) for c in form.conflicts] == [(mine.name, theirs.name)]
    assert list(fiche.themes.all()) == [theirs]


def test_nothing_is_written_when_one_field_of_two_conflicts():
    fiche = FicheFactory(title="Avant", status="en_cours")
    data = sent(fiche, title="Mien", status="realisee")
    FicheAction.objects.update(title="Leur")
    assert not bound_to(fiche, data).merge()
    fiche.refresh_from_db()
    assert (fiche.title, fiche.status) == ("Leur", "en_cours")


def test_two_changes_that_break_a_rule_together_are_refused():
    fiche = FicheFactory()
    data = sent(fiche, ends_on="2026-01-01")
    FicheAction.objects.update(starts_on="2027-01-01")
    form = bound_to(fiche, data)
    assert not form.merge()
    assert form.non_field_errors() == ["La fiche doit finir après son début."]
    fiche.refresh_from_db()
    assert fiche.ends_on is None


def test_line_ends_of_a_browser_are_no_change():
    fiche = FicheFactory(constat="<p>Un</p><p>Deux</p>")
    data = sent(fiche, constat="Un\r\n\r\nDeux")
    assert bound_to(fiche, data).changed_fields() == []


@pytest.mark.django_db(transaction=True)
def test_two_at_once_one_wins_and_the_other_is_told():
    fiche = FicheFactory(title="Avant")
    both = [sent(fiche, title=title) for title in ("Premier", "Second")]
    start, results = threading.Barrier(2), []

    def save(data):
        try:
            form = bound_to(fiche, data)
            start.wait()
            results.append(form.merge())
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=[data]) for data in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, True]


def test_fields_beside_the_row_are_not_kept():
    class Form(FicheForm):
        extra = forms.CharField()
        beside = ("extra",)

    fiche = FicheFactory()
    form = Form(sent(fiche, extra="x"), instance=fiche)
    assert form.is_valid()
    assert form.merge()
