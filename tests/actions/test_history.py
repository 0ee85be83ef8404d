"""The history of a fiche, as a person may read it."""

import pytest
from django.urls import reverse

from actions.history import history, last_editor
from tests.actions.test_fiche import section, started
from tests.factories import MeasurementFactory, NoteFactory, StepFactory

pytestmark = pytest.mark.django_db

LONG = "Les jeunes savent mal à qui s’adresser, surtout quand ils ne sont pas suivis par un service du territoire."


def page(client, cast):
    return client.get(reverse("actions:fiche_history", args=[cast.convention.slug, cast.fiche.uuid]))


def last_change(cast):
    return next(e for e in history(cast.fiche, cast.roles["coordinator"]) if e.act == "modification")


def write(client, cast, text):
    url = section(cast, "constat")
    assert client.post(url, started(client, url) | {"constat": text}).status_code == 302


def test_a_sentence_added_to_a_long_text_is_seen(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    write(client, cast, LONG)
    write(client, cast, f"{LONG} Et les parents non plus.")
    entry = last_change(cast)
    assert (entry.who, entry.what, entry.act) == (
        str(cast.roles["coordinator"]),
        "fiche action",
        "modification",
    )
    assert [(p.kind, p.text) for p in entry.changes[0].pieces][-1] == ("new", "Et les parents non plus.")
    assert "<ins>Et les parents non plus.</ins>" in page(client, cast).content.decode()


def test_what_was_empty_is_not_struck_through(cast, sign_in):
    write(sign_in(cast.roles["coordinator"]), cast, "Premier constat")
    pieces = last_change(cast).changes[0].pieces
    assert [(p.kind, p.text) for p in pieces] == [("new", "Premier constat")]


def test_notes_are_part_of_it_and_confidential_ones_only_for_some(cast):
    NoteFactory(fiche=cast.fiche, text="Pour tous")
    NoteFactory(fiche=cast.fiche, text="Entre nous", visibility="confidential")
    told = {
        role: {entry.name for entry in history(cast.fiche, cast.roles[role]) if entry.what == "point d’étape"}
        for role in ("coordinator", "reader")
    }
    assert told == {"coordinator": {"Pour tous", "Entre nous"}, "reader": {"Pour tous"}}


def test_a_value_says_its_period_and_number(cast):
    MeasurementFactory(indicator__fiche=cast.fiche, indicator__label="Visites", value=148)
    names = [entry.name for entry in history(cast.fiche, cast.roles["reader"]) if entry.what == "valeur"]
    assert names == ["Visites, 2025 : 148"]


def test_a_deleted_step_leaves_its_name(cast):
    step = StepFactory(fiche=cast.fiche, title="Ouvrir un lieu")
    step.delete()
    told = [(e.what, e.act, e.name) for e in history(cast.fiche, cast.roles["reader"]) if e.what == "étape"]
    assert told == [("étape", "suppression", "Ouvrir un lieu"), ("étape", "ajout", "Ouvrir un lieu")]


def test_last_editor_is_who_changed_it_last(cast, sign_in):
    assert last_editor(cast.fiche, ["constat"]) == ""
    write(sign_in(cast.roles["thematic"]), cast, "Par la jeunesse")
    assert last_editor(cast.fiche, ["lines"]) == ""
    assert last_editor(cast.fiche, ["constat"]).startswith(f"{cast.roles['thematic']}, à ")


def test_conflict_names_the_other(cast, sign_in):
    mine = sign_in(cast.roles["coordinator"])
    url = section(cast, "constat")
    data = started(mine, url)
    write(sign_in(cast.roles["thematic"]), cast, "Le leur")
    response = sign_in(cast.roles["coordinator"]).post(url, data | {"constat": "Le mien"})
    assert response.status_code == 409
    assert f"{cast.roles['thematic']}, à " in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_history_costs_the_same(cast, sign_in, django_assert_num_queries, count):
    for _ in range(count):
        MeasurementFactory(indicator__fiche=cast.fiche)
        StepFactory(fiche=cast.fiche)
    client = sign_in(cast.roles["coordinator"])
    with django_assert_num_queries(24):
        assert page(client, cast).status_code == 200
