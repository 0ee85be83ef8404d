"""A former value, or a part that was removed, brought back from the history."""

from datetime import date

import pytest
from django.urls import reverse

from actions.former import REMOVABLE
from actions.forms.restore import target_of
from actions.models import Basis, FicheAction, FicheLead, Indicator, Objective, Operation, Step
from actions.services.undo import undo
from tests.factories import (
    AxeFactory,
    ContactFactory,
    IndicatorFactory,
    ObjectiveFactory,
    OrganisationFactory,
    StepFactory,
)

pytestmark = pytest.mark.django_db

CORRECTION = {"basis_kind": "correction"}


def last_event(row, label="update"):
    return type(row).pgh_event_model.objects.filter(pgh_obj=row.pk, pgh_label=label).latest("pgh_id").pgh_id


def restore_url(cast, row, column, kind="fiche"):
    return reverse(
        "actions:fiche_restore",
        args=[cast.convention.slug, cast.fiche.uuid, kind, last_event(row), column],
    )


def change(row, **fields):
    """The row as it becomes; its last event is this change."""
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


def sent(client, url):
    """What a browser sends when the page is sent as it stands."""
    form = client.get(url).context["back"].form
    return {
        bound.html_initial_name: form.data.get(bound.html_initial_name, "")
        for bound in form
        if bound.field.show_hidden_initial
    }


def have_back(client, url, **given):
    return client.post(url, sent(client, url) | given)


@pytest.fixture
def client_of(draft_cast, sign_in):
    """The coordination, on a plan that is no contract."""
    return sign_in(draft_cast.roles["coordinator"])


# --- One field ------------------------------------------------------------------------------------
def test_fiche_restore_shows_both_and_gives_back_the_former_text(draft_cast, client_of):
    fiche = change(draft_cast.fiche, constat="<p>Peu de lieux sont <strong>ouverts</strong></p>")
    change(fiche, constat="<p>Trop de lieux sont ouverts</p>")
    url = restore_url(draft_cast, fiche, "constat")
    page = client_of.get(url)
    (line,) = page.context["back"].lines
    assert (line.label, line.now, line.then) == (
        "Constat",
        "Trop de lieux sont ouverts",
        "Peu de lieux sont ouverts",
    )
    assert "<del>Trop</del> <ins>Peu</ins>" in page.content.decode()
    assert have_back(client_of, url).status_code == 302
    fiche.refresh_from_db()
    assert fiche.constat == "<p>Peu de lieux sont <strong>ouverts</strong></p>"


@pytest.mark.parametrize(
    ("before", "after", "column"),
    [
        ({"title": "Avant"}, {"title": "Après"}, "title"),
        ({"number": "1"}, {"number": ""}, "number"),
        ({"is_permanent": True}, {"is_permanent": False}, "is_permanent"),
        ({"starts_on": date(2026, 1, 1)}, {"starts_on": date(2027, 1, 1)}, "starts_on"),
        ({"ends_on": date(2026, 1, 1)}, {"ends_on": None}, "ends_on"),
        ({"echeancier": "2027"}, {"echeancier": "2028"}, "echeancier"),
        ({"participation": "consultation"}, {"participation": ""}, "participation"),
    ],
)
def test_fiche_restore_of_every_kind_of_field(draft_cast, client_of, before, after, column):
    fiche = change(change(draft_cast.fiche, **before), **after)
    assert have_back(client_of, restore_url(draft_cast, fiche, column)).status_code == 302
    fiche.refresh_from_db()
    assert {name: getattr(fiche, name) for name in before} == before


def test_fiche_restore_of_an_empty_value(draft_cast, client_of):
    change(draft_cast.fiche, constat="")
    fiche = change(draft_cast.fiche, constat="<p>Texte</p>")
    page = client_of.get(restore_url(draft_cast, fiche, "constat")).content.decode()
    assert "(vide)" in page
    have_back(client_of, restore_url(draft_cast, fiche, "constat"))
    fiche.refresh_from_db()
    assert fiche.constat == ""


def test_fiche_restore_of_a_relation(draft_cast, client_of):
    elu = ContactFactory(name="Une élue", organisation=draft_cast.convention.carrier)
    fiche = change(change(draft_cast.fiche, elu_referent=elu), elu_referent=None)
    url = restore_url(draft_cast, fiche, "elu_referent")
    assert client_of.get(url).context["back"].lines[0].then == "Une élue"
    assert have_back(client_of, url).status_code == 302
    fiche.refresh_from_db()
    assert fiche.elu_referent == elu


def test_fiche_restore_of_the_place_is_one_act(draft_cast, client_of):
    first = AxeFactory(convention=draft_cast.convention, title="Se lier")
    fiche = change(draft_cast.fiche, axe=first)
    change(fiche, axe=None, is_transversale=True)
    for column in ("axe", "is_transversale"):
        (line,) = client_of.get(restore_url(draft_cast, fiche, column)).context["back"].lines
        assert (line.now, line.then) == ("Fiches transversales", "Se lier")
    assert have_back(client_of, restore_url(draft_cast, fiche, "axe")).status_code == 302
    fiche.refresh_from_db()
    assert (fiche.axe, fiche.is_transversale) == (first, False)


def test_fiche_restore_of_the_status_keeps_its_rules(draft_cast, client_of):
    given = {"status": "reportee", "status_reason": "Pas de local", "postponed_to": date(2028, 1, 1)}
    fiche = change(draft_cast.fiche, **given)
    change(fiche, status="en_cours", status_reason="", postponed_to=None)
    url = restore_url(draft_cast, fiche, "status")
    assert [(line.label, line.now, line.then) for line in client_of.get(url).context["back"].lines] == [
        ("Statut", "en cours", "reportée"),
        ("Motif", "", "Pas de local"),
        ("Reportée au", "", "01/01/2028"),
    ]
    assert have_back(client_of, url).status_code == 302
    fiche.refresh_from_db()
    assert {name: getattr(fiche, name) for name in given} == given


def test_fiche_restore_refuses_what_no_longer_goes_with_the_rest(draft_cast, client_of):
    fiche = change(draft_cast.fiche, ends_on=date(2026, 1, 1))
    change(fiche, ends_on=date(2028, 1, 1))
    url = restore_url(draft_cast, fiche, "ends_on")
    FicheAction.objects.filter(pk=fiche.pk).update(starts_on=date(2027, 1, 1))
    page = client_of.post(url, sent(client_of, url))
    assert (page.status_code, "La fiche doit finir après son début." in page.content.decode()) == (422, True)
    fiche.refresh_from_db()
    assert fiche.ends_on == date(2028, 1, 1)
    assert Operation.objects.count() == 0


def test_fiche_restore_says_that_it_changed_in_between(draft_cast, client_of, sign_in):
    fiche = change(change(draft_cast.fiche, title="Un"), title="Deux")
    url = restore_url(draft_cast, fiche, "title")
    assert client_of.get(url).context["since"] == []
    section = reverse(
        "actions:fiche_section", args=[draft_cast.convention.slug, draft_cast.fiche.uuid, "identite"]
    )
    client_of.post(section, {"title": "Trois", "initial-title": "Deux"})
    page = client_of.get(url)
    assert [who for _, who in page.context["since"]] == [str(draft_cast.roles["coordinator"])]
    (line,) = page.context["back"].lines
    assert (line.now, line.then) == ("Trois", "Un")


def test_fiche_restore_meets_somebody_elses_change(draft_cast, client_of):
    fiche = change(change(draft_cast.fiche, title="Un"), title="Deux")
    url = restore_url(draft_cast, fiche, "title")
    given = sent(client_of, url)
    FicheAction.objects.filter(pk=fiche.pk).update(title="Trois")
    page = client_of.post(url, given)
    assert page.status_code == 409
    assert (page.context["back"].lines[0].now, FicheAction.objects.get(pk=fiche.pk).title) == (
        "Trois",
        "Trois",
    )
    # Sent again knowingly, from what is stored now.
    again = {
        name: page.context["back"].form.data[name]
        for name in page.context["back"].form.data
        if name.startswith("initial-")
    }
    assert client_of.post(url, again).status_code == 302
    assert FicheAction.objects.get(pk=fiche.pk).title == "Un"


def test_fiche_restore_of_what_is_there_already_does_nothing(draft_cast, client_of):
    fiche = change(change(draft_cast.fiche, title="Un"), title="Deux")
    url = restore_url(draft_cast, fiche, "title")
    given = sent(client_of, url)
    FicheAction.objects.filter(pk=fiche.pk).update(title="Un")
    assert "rien à rétablir" in client_of.get(url).content.decode()
    assert client_of.post(url, given).status_code == 302
    assert Operation.objects.count() == 0


def test_fiche_restore_of_a_contract_asks_for_its_basis(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    fiche = change(change(cast.fiche, title="Un", constat="<p>Un</p>"), title="Deux", constat="<p>Deux</p>")
    url = restore_url(cast, fiche, "title")
    assert 'name="basis_kind"' in client.get(url).content.decode()
    assert "dites ce qui fonde" not in client.get(url).content.decode()
    answer = have_back(client, url)
    assert (answer.status_code, "dites ce qui fonde" in answer.content.decode()) == (422, True)
    assert have_back(client, url, **CORRECTION).status_code == 302
    assert fiche.events.latest("pgh_id").pgh_context.metadata["basis"] == Basis.objects.get().pk
    assert FicheAction.objects.get(pk=fiche.pk).title == "Un"
    # A text of the follow-up founds itself.
    change(FicheAction.objects.get(pk=fiche.pk), constat="<p>Trois</p>")
    url = restore_url(cast, fiche, "constat")
    assert 'name="basis_kind"' not in client.get(url).content.decode()
    assert have_back(client, url).status_code == 302


def test_fiche_restore_is_an_operation_that_can_be_undone(draft_cast, client_of):
    fiche = change(change(draft_cast.fiche, title="Un"), title="Deux")
    have_back(client_of, restore_url(draft_cast, fiche, "title"))
    operation = Operation.objects.get()
    assert (operation.kind, operation.author) == ("restore", draft_cast.roles["coordinator"])
    undo(operation, by=draft_cast.roles["coordinator"])
    assert FicheAction.objects.get(pk=fiche.pk).title == "Deux"


@pytest.mark.parametrize(
    ("kind", "factory", "before", "after", "column"),
    [
        ("etapes", StepFactory, {"title": "Ouvrir"}, {"title": "Fermer"}, "title"),
        ("etapes", StepFactory, {"state": "done", "done_on": date(2026, 1, 5)}, {"state": "to_do", "done_on": None}, "state"),
        ("etapes", StepFactory, {"due_words": "2027", "due_on": date(2027, 12, 31)}, {"due_words": "", "due_on": None}, "due_on"),
        ("objectifs", ObjectiveFactory, {"text": "Accueillir"}, {"text": "Informer"}, "text"),
        ("indicateurs", IndicatorFactory, {"label": "Visites"}, {"label": "Passages"}, "label"),
        (
            "indicateurs",
            IndicatorFactory,
            {"target_words": "> 200", "comparator": ">", "target_value": 200},
            {"target_words": "", "comparator": "", "target_value": None},
            "target_value",
        ),
    ],
)  # fmt: skip
def test_fiche_restore_of_a_part(draft_cast, client_of, kind, factory, before, after, column):
    row = change(change(factory(fiche=draft_cast.fiche), **before), **after)
    assert have_back(client_of, restore_url(draft_cast, row, column, kind)).status_code == 302
    row.refresh_from_db()
    assert {name: getattr(row, name) for name in before} == before


def test_fiche_restore_only_of_ones_own_events(draft_cast, client_of):
    other = change(draft_cast.other, title="Autre")
    change(draft_cast.fiche, title="Ici")
    assert client_of.get(restore_url(draft_cast, other, "title")).status_code == 404
    for kind, event, column in (
        ("fiche", last_event(draft_cast.fiche), "position"),
        ("fiche", last_event(draft_cast.fiche, "insert"), "title"),
        ("valeurs", 1, "value"),
        ("fiche", 2**40, "title"),
    ):
        args = [draft_cast.convention.slug, draft_cast.fiche.uuid, kind, event, column]
        assert client_of.get(reverse("actions:fiche_restore", args=args)).status_code == 404


@pytest.mark.parametrize(
    ("kind", "column", "names"),
    [
        ("fiche", "status_reason", ("status", "status_reason", "postponed_to", "is_postponed_without_date")),
        ("fiche", "orientation", ("place",)),
        ("fiche", "position", None),
        ("fiche", "previous", None),
        ("etapes", "due_words", ("due_on", "due_words")),
        ("valeurs", "value", None),
    ],
)
def test_what_goes_back_together(kind, column, names):
    target = target_of(kind, column)
    assert (target and target.names) == names


# --- A part that was removed ----------------------------------------------------------------------
def back_url(cast, model, key, kind):
    events = model.pgh_event_model.objects.filter(pgh_obj=key, pgh_label="delete")
    args = [cast.convention.slug, cast.fiche.uuid, kind, events.latest("pgh_id").pgh_id]
    return reverse("actions:fiche_bring_back", args=args)


def test_fiche_bring_back_a_step(draft_cast, client_of):
    step = StepFactory(fiche=draft_cast.fiche, title="Ouvrir", details="<p>Le matin</p>", state="doing")
    key, uuid = step.pk, step.uuid
    last = StepFactory(fiche=draft_cast.fiche, position=7)
    step.delete()
    url = back_url(draft_cast, Step, key, "etapes")
    page = client_of.get(url).content.decode()
    assert ("Ouvrir" in page, "Le matin" in page, "en cours" in page) == (True, True, True)
    assert client_of.post(url).status_code == 302
    step = Step.objects.get(pk=key)
    assert (step.uuid, step.title, step.state, list(draft_cast.fiche.steps.all())) == (
        uuid,
        "Ouvrir",
        "doing",
        [last, step],
    )
    assert "déjà rétabli" in client_of.get(url).content.decode()
    assert client_of.post(url).status_code == 422
    undo(Operation.objects.get(), by=draft_cast.roles["coordinator"])
    assert not Step.objects.filter(pk=key).exists()


@pytest.mark.parametrize(
    ("kind", "model", "factory"),
    [("objectifs", Objective, ObjectiveFactory), ("indicateurs", Indicator, IndicatorFactory)],
)
def test_fiche_bring_back_of_a_contract_asks_for_its_basis(cast, sign_in, kind, model, factory):
    row = factory(fiche=cast.fiche)
    key = row.pk
    row.delete()
    client, url = sign_in(cast.roles["coordinator"]), back_url(cast, model, key, kind)
    assert client.post(url).status_code == 422
    assert not model.objects.filter(pk=key).exists()
    assert client.post(url, CORRECTION).status_code == 302
    assert model.objects.get(pk=key).fiche == cast.fiche


def test_fiche_bring_back_a_party_and_refuse_a_double(draft_cast, client_of):
    organisation = OrganisationFactory(name="Centre social")
    lead = FicheLead.objects.create(fiche=draft_cast.fiche, organisation=organisation)
    theme = draft_cast.fiche.theme_links.get()
    keys = lead.pk, theme.pk
    lead.delete()
    theme.delete()
    assert client_of.post(back_url(draft_cast, FicheLead, keys[0], "porteurs")).status_code == 302
    assert FicheLead.objects.get(pk=keys[0]).organisation == organisation
    draft_cast.fiche.themes.add(draft_cast.theme)
    answer = client_of.post(back_url(draft_cast, type(theme), keys[1], "thematiques"))
    assert (answer.status_code, draft_cast.fiche.theme_links.count()) == (422, 1)


def test_fiche_bring_back_forgets_what_it_pointed_to(draft_cast, client_of):
    objective = ObjectiveFactory(fiche=draft_cast.fiche)
    indicator = IndicatorFactory(fiche=draft_cast.fiche, objective=objective)
    key = indicator.pk
    indicator.delete()
    objective.delete()
    assert client_of.post(back_url(draft_cast, Indicator, key, "indicateurs")).status_code == 302
    assert Indicator.objects.get(pk=key).objective is None


def test_fiche_bring_back_only_of_ones_own_events(draft_cast, client_of):
    step = StepFactory(fiche=draft_cast.other)
    key = step.pk
    step.delete()
    assert client_of.get(back_url(draft_cast, Step, key, "etapes")).status_code == 404


def test_every_removable_row_has_a_history():
    assert all(hasattr(model, "pgh_event_model") for model in REMOVABLE.values())


# --- Where it is offered --------------------------------------------------------------------------
def history_of(client, cast):
    return client.get(reverse("actions:fiche_history", args=[cast.convention.slug, cast.fiche.uuid]))


def test_fiche_history_offers_to_restore_to_whoever_edits(draft_cast, sign_in):
    fiche = change(draft_cast.fiche, status="reportee", status_reason="x", postponed_to=date(2028, 1, 1))
    step = StepFactory(fiche=fiche, title="Ouvrir")
    step.delete()
    offered = {
        who: history_of(sign_in(draft_cast.roles[who]), draft_cast).content.decode().count("/retablir/")
        for who in ("coordinator", "thematic", "contributor", "reader", "caf")
    }
    # Three columns of one status make one act.
    assert offered == {"coordinator": 2, "thematic": 2, "contributor": 0, "reader": 0, "caf": 0}
