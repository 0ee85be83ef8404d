"""The history of a fiche, as a person may read it."""

import pytest
from django.urls import reverse

from actions.history import history, last_editor
from ctg.files.models import StoredFile
from tests.actions.test_fiche import section, started
from tests.factories import EvaluationFactory, MeasurementFactory, NoteFactory, ObjectiveFactory, StepFactory
from tests.factories.cast import make_cast

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


def test_a_long_text_is_told_in_words_without_marks(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    write(client, cast, "Peu de **lieux**\n\n- ouverts le *soir*\n- [adaptés](https://example.org/)")
    write(client, cast, "Peu de **lieux**\n\n- ouverts le *samedi*\n- [adaptés](https://example.org/)")
    change = last_change(cast).changes[0]
    words = "Peu de lieux\n\n• ouverts le {}\n• adaptés (https://example.org/)"
    assert (change.before, change.after) == (words.format("soir"), words.format("samedi"))
    assert [(p.kind, p.text) for p in change.pieces if p.kind != "same"] == [
        ("gone", "soir"),
        ("new", "samedi"),
    ]


def test_a_text_only_laid_out_otherwise_says_so(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    write(client, cast, "Peu de lieux")
    write(client, cast, "Peu de **lieux**")
    assert [p.text for p in last_change(cast).changes[0].pieces] == [
        "(les mêmes mots, mis en forme autrement)"
    ]


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
    assert names == ["Visites, 2025\u00a0: 148"]


def judged(cast):
    """What the history tells a reader of the objectives."""
    return [
        (entry.act, entry.name, [(change.before, change.after) for change in entry.changes])
        for entry in history(cast.fiche, cast.roles["reader"])
        if entry.what == "appréciation d’un objectif"
    ]


@pytest.mark.django_db(transaction=True)
def test_what_was_said_of_an_objective_is_known_since_its_evaluation_was_shared():
    cast = make_cast()
    evaluation = EvaluationFactory(fiche=cast.fiche)
    objective, dropped = (ObjectiveFactory(fiche=cast.fiche, text=text) for text in ("Ouvrir", "Fermer"))
    given = evaluation.appreciations.create(objective=objective, value="non")
    evaluation.appreciations.create(objective=dropped, value="atteint").delete()
    given.value = "partiel"
    given.save()
    assert judged(cast) == []
    evaluation.shared_on = "2026-01-15"
    evaluation.save()
    shared = ("ajout", "Ouvrir, évaluation 2025\u00a0: partiellement atteint", [])
    assert judged(cast) == [shared]
    given.value = "atteint"
    given.save()
    changed = "Ouvrir, évaluation 2025\u00a0: atteint"
    assert judged(cast) == [("modification", changed, [("partiellement atteint", "atteint")]), shared]


def test_other_ties_of_a_fiche_are_named(cast):
    cast.fiche.relations.create(other=cast.other)
    cast.fiche.frameworks.create(kind="pedt", words="du Sundgau")
    cast.fiche.frameworks.create(kind="other", words="Plan climat")
    cast.fiche.budget_lines.create(label="Commune", year=2026, planned=100)
    told = {(e.what, e.name) for e in history(cast.fiche, cast.roles["reader"]) if e.act == "ajout"}
    assert {name for what, name in told if what == "fiche liée"} == {str(cast.other)}
    assert {name for what, name in told if what == "autre cadre"} == {
        "projet éducatif de territoire (PEDT) : du Sundgau",
        "Plan climat",
    }
    assert {name for what, name in told if what == "ligne de budget"} == {"Commune"}


def test_a_confidential_document_behind_a_value_is_not_named(cast):
    value = MeasurementFactory(indicator__fiche=cast.fiche, value=148)
    stored = StoredFile.objects.create(sha256="0" * 64, size=1, media_type="application/pdf")
    value.evidence = cast.fiche.documents.create(title="Secret", stored=stored, is_confidential=True)
    value.save()
    assert "Secret" not in str(history(cast.fiche, cast.roles["reader"]))


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
    with django_assert_num_queries(27):
        assert page(client, cast).status_code == 200
