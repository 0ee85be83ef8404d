"""What hangs on a fiche: steps, objectives, indicators and values, notes, highlights, evaluations."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from actions.models import FicheEvaluation, Indicator, Measurement, Objective, ProgressNote, Step
from tests.actions.test_fiche import started
from tests.factories import (
    EvaluationFactory,
    HighlightFactory,
    IndicatorFactory,
    MeasurementFactory,
    NoteFactory,
    ObjectiveFactory,
    StepFactory,
)

pytestmark = pytest.mark.django_db


def url(cast, view, *args, fiche=None):
    return reverse(f"actions:{view}", args=[cast.convention.slug, (fiche or cast.fiche).uuid, *args])


def test_step_add_a_year_alone_ends_on_31_december(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_add", "etapes")
    data = started(client, address) | {"title": "Ouvrir", "due_words": "2027"}
    assert client.post(address, data).status_code == 302
    step = Step.objects.get()
    assert (str(step.due_on), step.due_words) == ("2027-12-31", "2027")


def test_step_add_a_date_of_doing_belongs_to_a_step_that_is_done(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_add", "etapes")
    data = started(client, address) | {"title": "Ouvrir", "done_on": "2026-01-01"}
    response = client.post(address, data)
    assert response.status_code == 422
    assert 'value="Ouvrir"' in response.content.decode()


def test_step_state_is_ticked_by_the_contributor_and_dates_it(cast, sign_in):
    step = StepFactory(fiche=cast.fiche)
    client = sign_in(cast.roles["contributor"])
    address = url(cast, "step_state", step.uuid)
    assert client.post(address, {"state": "done"}).status_code == 302
    step.refresh_from_db()
    assert step.done_on is not None
    client.post(address, {"state": "to_do"})
    step.refresh_from_db()
    assert (step.state, step.done_on) == ("to_do", None)
    assert client.post(address, {"state": "n’importe"}).status_code == 404


def test_step_state_of_another_fiche_is_unknown(cast, sign_in):
    step = StepFactory(fiche=cast.other)
    address = url(cast, "step_state", step.uuid)
    assert sign_in(cast.roles["coordinator"]).post(address, {"state": "done"}).status_code == 404


def test_step_htmx_answers_with_the_block_and_the_head(cast, sign_in):
    step = StepFactory(fiche=cast.fiche)
    client = sign_in(cast.roles["coordinator"])
    response = client.post(
        url(cast, "step_state", step.uuid), {"state": "done"}, headers={"HX-Request": "true"}
    )
    body = response.content.decode()
    assert response.status_code == 200
    assert body.count('<section id="etapes"') == 1
    assert 'hx-swap-oob="true"' in body
    assert "<html" not in body


def test_part_move_changes_places_and_stays_at_the_edges(draft_cast, sign_in):
    cast = draft_cast
    steps = [StepFactory(fiche=cast.fiche, title=title, position=n) for n, title in enumerate("abc")]
    client = sign_in(cast.roles["coordinator"])
    client.post(url(cast, "part_move", "etapes", steps[2].uuid), {"monter": "1"})
    assert [s.title for s in cast.fiche.steps.all()] == ["a", "c", "b"]
    client.post(url(cast, "part_move", "etapes", steps[0].uuid), {"monter": "1"})
    client.post(url(cast, "part_move", "etapes", steps[1].uuid), {"descendre": "1"})
    assert [s.title for s in cast.fiche.steps.all()] == ["a", "c", "b"]


@pytest.mark.parametrize(("before", "order"), [("a", "cab"), ("c", "abc"), ("", "abc"), ("x", "abc")])
def test_part_move_before_another(draft_cast, sign_in, before, order):
    """Dragged: before that row, or last when it is none of the fiche."""
    cast = draft_cast
    steps = {t: StepFactory(fiche=cast.fiche, title=t, position=n) for n, t in enumerate("abc")}
    foreign = StepFactory(fiche=cast.other)
    target = {"x": foreign.uuid, "": ""} | {title: step.uuid for title, step in steps.items()}
    client = sign_in(cast.roles["coordinator"])
    client.post(url(cast, "part_move", "etapes", steps["c"].uuid), {"avant": target[before]})
    assert "".join(step.title for step in cast.fiche.steps.all()) == order


def test_objective_of_a_contract_asks_for_its_basis(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_add", "objectifs")
    data = started(client, address) | {"text": "Nouvel objectif"}
    assert client.post(address, data).status_code == 422
    assert client.post(address, data | {"basis_kind": "correction"}).status_code == 302
    assert Objective.objects.get().text == "Nouvel objectif"


def test_part_delete_of_a_contract_asks_for_its_basis(cast, sign_in):
    objective = ObjectiveFactory(fiche=cast.fiche)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_delete", "objectifs", objective.uuid)
    assert client.get(address).status_code == 200
    assert client.post(address, {}).status_code == 422
    assert client.post(address, {"basis_kind": "correction"}).status_code == 302
    assert not Objective.objects.exists()


def test_indicator_with_values_is_not_deleted(draft_cast, sign_in):
    cast = draft_cast
    indicator = MeasurementFactory(indicator=IndicatorFactory(fiche=cast.fiche)).indicator
    client = sign_in(cast.roles["coordinator"])
    response = client.post(url(cast, "part_delete", "indicateurs", indicator.uuid), {})
    assert response.status_code == 422
    assert "Cet indicateur a des valeurs" in response.content.decode()
    assert Indicator.objects.exists()


def test_indicator_target_is_whole_or_absent(draft_cast, sign_in):
    cast = draft_cast
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_add", "indicateurs")
    data = started(client, address) | {"label": "Visites"}
    assert client.post(address, data | {"comparator": ">"}).status_code == 422
    assert client.post(address, data | {"target_value": "abc", "comparator": ">"}).status_code == 422
    assert client.post(address, data | {"target_value": "200", "comparator": ">"}).status_code == 302
    assert Indicator.objects.get().target_value == 200


def value_data(client, address, **given):
    return started(client, address) | {"period_start": "2025-01-01", "period_end": "2025-12-31"} | given


@pytest.mark.parametrize("role", ["coordinator", "contributor"])
def test_value_add_is_accepted_at_once(cast, sign_in, role):
    indicator = IndicatorFactory(fiche=cast.fiche)
    client = sign_in(cast.roles[role])
    address = url(cast, "value_add", indicator.uuid)
    assert client.post(address, value_data(client, address, value="148,5")).status_code == 302
    measurement = Measurement.objects.get()
    assert (str(measurement.value), measurement.status, measurement.author) == (
        "148.5000",
        "accepted",
        cast.roles[role],
    )


@pytest.mark.parametrize(
    ("given", "faulty"),
    [
        ({"value": "douze"}, "value"),
        ({"value": "-3"}, "value"),
        ({"value": ""}, "value"),
        ({"value": "3", "period_end": "2024-12-31"}, "period_end"),
        ({"value": "3", "period_start": "2125-01-01", "period_end": "2125-12-31"}, "period_start"),
        ({"value": "3", "state": "secret"}, "value"),
        ({"value": "1" * 40}, "value"),
        ({"value": "3", "period_start": "hier"}, "period_start"),
    ],
)
def test_value_add_bad_input_is_said_beside_its_field(cast, sign_in, given, faulty):
    indicator = IndicatorFactory(fiche=cast.fiche)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "value_add", indicator.uuid)
    response = client.post(address, value_data(client, address, **given))
    assert response.status_code == 422
    assert faulty in response.context["page"].opened.form.errors
    assert not Measurement.objects.exists()


def test_what_is_dated_before_the_convention_is_refused_beside_its_date(cast, sign_in):
    """A value has its place elsewhere; what is still to be done is not due then; what is done may be old."""
    indicator, client = IndicatorFactory(fiche=cast.fiche), sign_in(cast.roles["coordinator"])

    def answer(address, **given):
        response = client.post(address, started(client, address) | given)
        form = response.status_code == 422 and response.context["page"].opened.form
        return form.errors.as_data().keys() if form else {}

    value, step = url(cast, "value_add", indicator.uuid), url(cast, "part_add", "etapes")
    note, dates = url(cast, "part_add", "points-d-etape"), url(cast, "fiche_section", "echeancier")
    before = {"period_start": "2024-01-01", "period_end": "2024-12-31", "value": "5"}
    assert answer(value, **before) == {"period_end"}
    assert answer(value, **before | {"period_start": "2024-09-01", "period_end": "2025-08-31"}) == {}
    assert answer(step, title="Ouvrir", due_words="2023") == {"due_on"}
    assert answer(step, title="Ouvrir", due_words="2023", state="done") == {}
    assert answer(note, text="Diagnostic partagé", date="2023-05-04") == {}
    assert answer(note, text="Diagnostic partagé", date="2003-05-04") == {"date"}
    assert answer(dates, starts_on="2012-01-01", ends_on="2024-12-31") == {"ends_on"}
    assert answer(dates, starts_on="2012-01-01", ends_on="2026-12-31") == {}


def test_value_from_before_the_convention_was_dated_again_is_still_put_right(cast, sign_in):
    indicator = IndicatorFactory(fiche=cast.fiche)
    value = MeasurementFactory(indicator=indicator, period_start="2024-01-01", period_end="2024-12-31")
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "valeurs", value.uuid)
    assert client.post(address, started(client, address) | {"note": "Émargement"}).status_code == 302


def test_value_add_missing_is_a_state_and_never_zero(cast, sign_in):
    indicator = IndicatorFactory(fiche=cast.fiche)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "value_add", indicator.uuid)
    assert client.post(address, value_data(client, address, state="not_collected")).status_code == 302
    assert Measurement.objects.get().value is None


def test_value_add_periods_do_not_overlap(cast, sign_in):
    indicator = MeasurementFactory(indicator=IndicatorFactory(fiche=cast.fiche)).indicator
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "value_add", indicator.uuid)
    response = client.post(address, value_data(client, address, value="5", period_start="2025-06-01"))
    assert response.status_code == 422
    assert "Une valeur existe déjà sur une partie de cette période." in response.content.decode()
    assert Measurement.objects.count() == 1


def test_value_edit_stale_save_is_refused(cast, sign_in):
    measurement = MeasurementFactory(indicator=IndicatorFactory(fiche=cast.fiche))
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "valeurs", measurement.uuid)
    data = started(client, address)
    Measurement.objects.filter(pk=measurement.pk).update(value=99)
    response = client.post(address, data | {"value": "50"})
    assert response.status_code == 409
    measurement.refresh_from_db()
    assert measurement.value == 99


def test_note_confidential_is_for_coordination_and_caf(cast, sign_in):
    NoteFactory(fiche=cast.fiche, text="Entre nous", visibility="confidential")
    seen = {
        role: "Entre nous" in sign_in(user).get(cast.fiche.url).content.decode()
        for role, user in cast.roles.items()
        if role not in ("outsider", "administrator")
    }
    assert {role for role, sees in seen.items() if sees} == {"coordinator", "thematic", "caf"}


def test_note_of_the_future_is_refused(cast, sign_in):
    client = sign_in(cast.roles["contributor"])
    address = url(cast, "part_add", "points-d-etape")
    data = started(client, address) | {"text": "Demain", "date": "2125-01-01"}
    assert client.post(address, data).status_code == 422


def test_note_is_changed_by_its_author_or_the_coordination(cast, sign_in):
    note = NoteFactory(fiche=cast.fiche, author=cast.roles["coordinator"])
    address = url(cast, "part_edit", "points-d-etape", note.uuid)
    assert sign_in(cast.roles["contributor"]).get(address).status_code == 403
    ProgressNote.objects.update(author=cast.roles["contributor"])
    assert sign_in(cast.roles["contributor"]).get(address).status_code == 200
    assert sign_in(cast.roles["coordinator"]).get(address).status_code == 200


def test_highlight_page_says_what_it_knows(cast, sign_in):
    HighlightFactory(fiche=cast.fiche, date=None, year=None, period="2021-2025")
    assert "2021-2025" in sign_in(cast.roles["reader"]).get(cast.fiche.url).content.decode()


def test_evaluation_is_a_draft_until_shared(cast, sign_in):
    objective = ObjectiveFactory(fiche=cast.fiche)
    address = url(cast, "evaluation_edit", 2025)
    client = sign_in(cast.roles["contributor"])
    data = started(client, address) | {"done": "Un forum", f"objective_{objective.pk}": "atteint"}
    assert client.post(address, data).status_code == 302
    evaluation = FicheEvaluation.objects.get()
    assert (evaluation.shared_on, evaluation.appreciations.get().value) == (None, "atteint")
    assert "Un forum" not in sign_in(cast.roles["reader"]).get(cast.fiche.url).content.decode()
    client = sign_in(cast.roles["coordinator"])
    assert client.post(address, started(client, address) | {"share": "on"}).status_code == 302
    assert "Un forum" in sign_in(cast.roles["reader"]).get(cast.fiche.url).content.decode()


def test_evaluation_draft_leaves_no_trace_in_the_history_once_shared(cast, sign_in):
    evaluation = EvaluationFactory(fiche=cast.fiche, done="<p>Le maire bloque tout</p>")
    FicheEvaluation.objects.filter(pk=evaluation.pk).update(done="<p>Un accord reste à trouver</p>")
    FicheEvaluation.objects.filter(pk=evaluation.pk).update(shared_on="2026-02-01")
    FicheEvaluation.objects.filter(pk=evaluation.pk).update(done="<p>Un accord est trouvé</p>")
    body = sign_in(cast.roles["reader"]).get(url(cast, "fiche_history")).content.decode()
    assert "Le maire bloque tout" not in body
    assert "trouvé" in body


def test_evaluation_shared_is_the_coordinations_to_change(cast, sign_in):
    EvaluationFactory(fiche=cast.fiche, shared_on="2026-02-01")
    address = url(cast, "evaluation_edit", 2025)
    assert sign_in(cast.roles["contributor"]).get(address).status_code == 403
    assert sign_in(cast.roles["coordinator"]).get(address).status_code == 200


def test_objective_that_was_judged_stays(draft_cast, sign_in):
    cast = draft_cast
    objective = ObjectiveFactory(fiche=cast.fiche)
    EvaluationFactory(fiche=cast.fiche).appreciations.create(objective=objective, value="atteint")
    client = sign_in(cast.roles["coordinator"])
    assert client.post(url(cast, "part_delete", "objectifs", objective.uuid), {}).status_code == 422
    assert Objective.objects.exists()


@pytest.mark.parametrize("given", [{"baseline_year": "9999"}, {"target_on": "9999-12-31"}])
def test_indicator_with_a_year_typed_wrong_is_refused(draft_cast, sign_in, given):
    client = sign_in(draft_cast.roles["coordinator"])
    address = url(draft_cast, "part_add", "indicateurs")
    assert client.post(address, started(client, address) | {"label": "Visites"} | given).status_code == 422


def test_deliverable_value_can_be_changed(cast, sign_in):
    indicator = IndicatorFactory(fiche=cast.fiche, kind="deliverable")
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "value_add", indicator.uuid)
    assert client.post(address, value_data(client, address, done="True")).status_code == 302
    address = url(cast, "part_edit", "valeurs", Measurement.objects.get().uuid)
    assert client.post(address, started(client, address) | {"note": "Imprimée"}).status_code == 302
    assert Measurement.objects.get().done is True


@pytest.mark.parametrize("words", ["0000", "²²²²", "12345"])
def test_step_words_that_are_no_year_are_kept_as_words(cast, sign_in, words):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_add", "etapes")
    assert (
        client.post(address, started(client, address) | {"title": "X", "due_words": words}).status_code == 302
    )
    assert (Step.objects.get().due_on, Step.objects.get().due_words) == (None, words)


def test_note_changed_by_two_people_is_a_conflict(cast, sign_in):
    note = NoteFactory(fiche=cast.fiche, author=cast.roles["coordinator"])
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "points-d-etape", note.uuid)
    data = started(client, address)
    ProgressNote.objects.update(text="D’un autre")
    assert client.post(address, data | {"text": "De moi"}).status_code == 409


@pytest.mark.parametrize("junk", ["sNaN", "abc", "\x00", "9" * 400])
def test_tampered_starting_values_are_no_fault(cast, sign_in, junk):
    measurement = MeasurementFactory(indicator=IndicatorFactory(fiche=cast.fiche))
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "valeurs", measurement.uuid)
    data = started(client, address)
    data |= {name: junk for name in data if name.startswith("initial-")}
    assert client.post(address, data | {"value": "5"}).status_code in (302, 409, 422)


def test_evaluation_objective_changed_by_another_is_a_conflict(cast, sign_in):
    objective = ObjectiveFactory(fiche=cast.fiche)
    evaluation = EvaluationFactory(fiche=cast.fiche)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "evaluation_edit", 2025)
    data = started(client, address)
    evaluation.appreciations.create(objective=objective, value="non")
    response = client.post(address, data | {f"objective_{objective.pk}": "atteint"})
    assert response.status_code == 409
    assert evaluation.appreciations.get().value == "non"


@pytest.mark.parametrize("year", [2024, 2030, 99999])
def test_evaluation_out_of_the_convention_is_unknown(cast, sign_in, year):
    assert sign_in(cast.roles["coordinator"]).get(url(cast, "evaluation_edit", year)).status_code == 404


@pytest.mark.parametrize("kind", ["objectifs", "etapes", "indicateurs"])
def test_part_add_of_the_plan_is_not_for_contributors(cast, sign_in, kind):
    assert sign_in(cast.roles["contributor"]).get(url(cast, "part_add", kind)).status_code == 403


def test_follow_up_touches_the_fiche(cast, sign_in):
    before = cast.fiche.updated_at
    client = sign_in(cast.roles["contributor"])
    address = url(cast, "part_add", "points-d-etape")
    client.post(address, started(client, address) | {"text": "Avancé"})
    cast.fiche.refresh_from_db()
    assert cast.fiche.updated_at > before


def test_evaluation_that_says_nothing_is_refused(cast, sign_in):
    client = sign_in(cast.roles["contributor"])
    address = url(cast, "evaluation_edit", 2025)
    response = client.post(address, started(client, address))
    assert response.status_code == 422
    assert not FicheEvaluation.objects.exists()


def test_a_changed_content_is_dated(cast, sign_in):
    """What « mise à jour » and « saisie le » say."""
    long_ago = timezone.now() - timedelta(days=400)
    value = MeasurementFactory(indicator__fiche=cast.fiche, entered_at=long_ago)
    evaluation = EvaluationFactory(fiche=cast.fiche, done="<p>x</p>", updated_at=long_ago)
    objective = ObjectiveFactory(fiche=cast.fiche)
    client = sign_in(cast.roles["coordinator"])
    for address, row, stamp, change in (
        (url(cast, "part_edit", "valeurs", value.uuid), value, "entered_at", {"note": "corrigée"}),
        (
            url(cast, "evaluation_edit", 2025),
            evaluation,
            "updated_at",
            {f"objective_{objective.pk}": "atteint"},
        ),
    ):
        data = started(client, address)
        assert client.post(address, data).status_code == 302
        row.refresh_from_db()
        assert getattr(row, stamp) == long_ago
        assert client.post(address, data | change).status_code == 302
        row.refresh_from_db()
        assert timezone.now() - getattr(row, stamp) < timedelta(minutes=5)
