"""A copy of a fiche: what it means to do, not what was done of it."""

import pytest
from django.urls import reverse

from actions.models import Convention, FicheAction
from territories.models import Qpv
from tests.factories import (
    AxeFactory,
    CommuneFactory,
    ContactFactory,
    ConventionFactory,
    IndicatorFactory,
    MeasurementFactory,
    MembershipFactory,
    NoteFactory,
    ObjectiveFactory,
    OrganisationFactory,
    StepFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rich(draft_cast):
    """A fiche with everything on it, begun."""
    fiche, convention = draft_cast.fiche, draft_cast.convention
    FicheAction.objects.filter(pk=fiche.pk).update(
        constat="<p>Un constat</p>", status="bloquee", status_reason="Poste vacant", ends_on="2027-01-01"
    )
    objective = ObjectiveFactory(fiche=fiche, text="Diversifier")
    MeasurementFactory(indicator=IndicatorFactory(fiche=fiche, objective=objective, label="Visites"))
    StepFactory(fiche=fiche, title="Faite", state="done", done_on="2025-06-01", due_on="2025-06-01")
    StepFactory(fiche=fiche, title="Laissée", state="dropped")
    StepFactory(fiche=fiche, title="Plus tard", due_on="2032-01-01", due_words="en 2032")
    NoteFactory(fiche=fiche)
    fiche.partners.create(label="Associations")
    fiche.partners.create(organisation=OrganisationFactory(name="Le Relais"))
    fiche.pilots.add(
        ContactFactory(name="D’ici", organisation=convention.carrier), ContactFactory(name="D’ailleurs")
    )
    fiche.communes.add(CommuneFactory(name="Hors périmètre"))
    fiche.qpvs.add(Qpv.objects.create(name="Les Coteaux", epci=convention.epci))
    return FicheAction.objects.get(pk=fiche.pk)


def url_of(fiche, into=None):
    url = reverse("actions:fiche_duplicate", args=[fiche.convention.slug, fiche.uuid])
    return f"{url}?vers={into.slug}" if into else url


def test_fiche_duplicate_in_its_plan(draft_cast, rich, sign_in):
    axe = AxeFactory(convention=draft_cast.convention)
    client = sign_in(draft_cast.roles["coordinator"])
    assert f'value="{rich.title} (copie)"' in client.get(url_of(rich)).content.decode()
    response = client.post(url_of(rich), {"title": "La copie", "number": "9", "place": f"axe-{axe.pk}"})
    copy = FicheAction.objects.get(title="La copie")
    assert response["Location"] == copy.get_absolute_url()
    assert (copy.axe, copy.number, copy.constat, copy.status) == (
        axe,
        "9",
        "<p>Un constat</p>",
        "non_demarree",
    )
    assert (copy.status_reason, copy.previous, str(copy.ends_on)) == ("", None, "2027-01-01")
    steps = copy.steps.values_list("title", "state", "done_on")
    assert list(steps) == [("Faite", "to_do", None), ("Plus tard", "to_do", None)]
    indicator = copy.indicators.get()
    assert (indicator.label, indicator.objective) == ("Visites", copy.objectives.get())
    assert not indicator.measurements.exists()
    assert not copy.notes.exists()
    assert [str(party) for party in copy.partners.all()] == ["Associations", "Le Relais"]
    assert [pilot.name for pilot in copy.pilots.order_by("pilot_links__position")] == ["D’ici", "D’ailleurs"]
    assert list(copy.themes.all()) == [draft_cast.theme]
    assert copy.communes.count() == copy.qpvs.count() == 1
    rich.refresh_from_db()
    assert (rich.steps.count(), rich.notes.count(), rich.status) == (3, 1, "bloquee")


def test_fiche_duplicate_elsewhere_opens_it_to_nobody(draft_cast, rich, sign_in):
    """What takes no part in the other convention stays behind, or becomes a label."""
    into = ConventionFactory(status="elaboration", period_start="2030-01-01", period_end="2034-12-31")
    user = draft_cast.roles["coordinator"]
    MembershipFactory(user=user, organisation=into.carrier, role="coordinator")
    client = sign_in(user)
    client.post(url_of(rich, into), {"title": rich.title})
    copy = into.fiches.get()
    partners = list(copy.partners.order_by("position").values_list("organisation", "label"))
    assert partners == [(None, "Associations"), (None, "Le Relais")]
    assert not copy.pilots.exists()
    assert not copy.communes.exists()
    assert not copy.qpvs.exists()
    assert copy.ends_on is None
    dates = [(step.title, str(step.due_on), step.due_words) for step in copy.steps.all()]
    assert dates == [("Faite", "None", ""), ("Plus tard", "2032-01-01", "en 2032")]
    assert set(Convention.objects.visible_to(user)) == {draft_cast.convention, into}


def test_fiche_duplicate_keeps_who_takes_part_in_the_other_convention(draft_cast, rich, sign_in):
    into = ConventionFactory(
        carrier=draft_cast.convention.carrier, caf=draft_cast.convention.caf, status="elaboration"
    )
    sign_in(draft_cast.roles["coordinator"]).post(url_of(rich, into), {"title": rich.title})
    copy = into.fiches.get()
    assert [pilot.name for pilot in copy.pilots.all()] == ["D’ici"]
    assert [qpv.name for qpv in copy.qpvs.all()] == ["Les Coteaux"]


def test_fiche_duplicate_is_for_whoever_coordinates_a_convention(cast, sign_in):
    url = url_of(cast.fiche)
    for role in ("contributor", "caf", "elected", "reader", "services", "administrator"):
        assert sign_in(cast.roles[role]).get(url).status_code == 403
    # A coordinator from elsewhere who reads this plan takes a copy home; not the other way round.
    user = cast.roles["reader"]
    home = ConventionFactory(status="elaboration")
    MembershipFactory(user=user, organisation=home.carrier, role="coordinator")
    response = sign_in(user).post(url_of(cast.fiche, cast.convention), {"title": "Copie"})
    assert response.status_code == 302
    assert home.fiches.get().title == "Copie"
    assert cast.convention.fiches.count() == 2


def test_fiche_duplicate_of_a_contract_asks_for_its_basis(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    assert client.post(url_of(cast.fiche), {"title": "Copie"}).status_code == 422
    assert client.post(url_of(cast.fiche), {"title": "Copie", "basis_kind": "correction"}).status_code == 302
    assert client.post(url_of(cast.fiche), {"title": "", "basis_kind": "correction"}).status_code == 422
    assert (
        client.post(url_of(cast.fiche), {"title": "x" * 301, "basis_kind": "correction"}).status_code == 422
    )
