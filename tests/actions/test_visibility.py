"""Which conventions a person sees, by what the person's organisation is (docs/conception.md, droits)."""

import pytest
from django.urls import reverse

from actions.models import Convention, FicheAction, FicheLead, FichePartner, FichePilot
from territories.models import Contact
from tests.factories import (
    CafFactory,
    CommuneFactory,
    ConventionFactory,
    EpciFactory,
    FicheFactory,
    MembershipFactory,
    OrganisationFactory,
    StepFactory,
    ThemeFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def convention():
    ConventionFactory()  # another one, that nobody here should see
    return ConventionFactory(epci=EpciFactory())


def seen_by(user):
    return set(Convention.objects.visible_to(user))


def member_of(organisation, role="reader"):
    return MembershipFactory(organisation=organisation, role=role).user


def test_a_caf_sees_those_it_is_party_to(convention):
    assert seen_by(member_of(convention.caf, "caf")) == {convention}
    assert seen_by(member_of(CafFactory(), "caf")) == set()


def test_the_carrier_and_an_epci_or_commune_covered(convention):
    assert seen_by(member_of(convention.carrier)) == {convention}
    epci = OrganisationFactory(kind="epci", epci=convention.epci)
    assert seen_by(member_of(epci)) == {convention}
    commune = CommuneFactory()
    town = OrganisationFactory(kind="commune", commune=commune)
    user = member_of(town)
    assert seen_by(user) == set()
    convention.communes.add(commune)
    assert seen_by(user) == {convention}


def test_a_signatory(convention):
    msa = OrganisationFactory(kind="msa")
    user = member_of(msa)
    assert seen_by(user) == set()
    convention.signatories.create(organisation=msa)
    assert seen_by(user) == {convention}


@pytest.mark.parametrize("link", [FicheLead, FichePartner])
def test_an_association_that_carries_or_helps_a_fiche(convention, link):
    association = OrganisationFactory()
    user = member_of(association, "contributor")
    link.objects.create(fiche=FicheFactory(convention=convention), organisation=association)
    assert seen_by(user) == {convention}


def test_a_commune_that_only_helps_a_fiche_elsewhere_sees_nothing(convention):
    town = OrganisationFactory(kind="commune", commune=CommuneFactory())
    FichePartner.objects.create(fiche=FicheFactory(convention=convention), organisation=town)
    assert seen_by(member_of(town)) == set()


def test_a_pilot(convention):
    user = UserFactory()
    contact = Contact.objects.create(name="Pilote", user=user)
    FichePilot.objects.create(fiche=FicheFactory(convention=convention), contact=contact)
    assert seen_by(user) == {convention}


def test_a_role_to_come_or_over_gives_nothing(convention):
    for dates in ({"started_on": "2125-01-01"}, {"ended_on": "2021-01-01"}):
        user = MembershipFactory(organisation=convention.carrier, **dates).user
        assert seen_by(user) == set()


def rights(user, fiche):
    found = FicheAction.objects.with_rights(user).get(pk=fiche.pk)
    return found.can_edit, found.can_report


def test_rights_of_a_global_coordinator_end_at_the_carrier(convention):
    fiche, elsewhere = FicheFactory(convention=convention), FicheFactory()
    user = member_of(convention.carrier, "coordinator")
    assert rights(user, fiche) == (True, True)
    assert rights(user, elsewhere) == (False, False)


def test_a_coordinator_of_another_organisation_only_reads(convention):
    caf = member_of(convention.caf, "coordinator")
    assert rights(caf, FicheFactory(convention=convention)) == (False, False)


def test_rights_of_a_thematic_coordinator(convention):
    theme = ThemeFactory()
    user = MembershipFactory(organisation=convention.carrier, role="coordinator", themes=[theme]).user
    inside, outside = FicheFactory(convention=convention), FicheFactory(convention=convention)
    inside.themes.add(theme)
    assert rights(user, inside) == (True, True)
    assert rights(user, outside) == (False, False)


def test_rights_of_a_territorial_coordinator(convention):
    commune = CommuneFactory()
    user = MembershipFactory(organisation=convention.carrier, role="coordinator", communes=[commune]).user
    inside, everywhere = FicheFactory(convention=convention), FicheFactory(convention=convention)
    inside.communes.add(commune)
    assert rights(user, inside) == (True, True)
    assert rights(user, everywhere) == (False, False)


def test_the_scopes_of_two_roles_add_up(convention):
    one, other = ThemeFactory(), ThemeFactory()
    user = MembershipFactory(organisation=convention.carrier, role="coordinator", themes=[one]).user
    elsewhere = ConventionFactory()
    MembershipFactory(user=user, organisation=elsewhere.carrier, role="coordinator", themes=[other])
    mixed = FicheFactory(convention=convention)
    mixed.themes.add(other)
    # A theme held for another carrier gives nothing here.
    assert rights(user, mixed) == (False, False)


@pytest.mark.parametrize(("role", "reports"), [("contributor", True), ("elected", False), ("reader", False)])
def test_only_a_contributor_reports_for_the_organisation(convention, role, reports):
    association = OrganisationFactory()
    fiche = FicheFactory(convention=convention)
    FicheLead.objects.create(fiche=fiche, organisation=association)
    assert rights(member_of(association, role), fiche) == (False, reports)


def test_the_caf_reports_on_what_it_carries_or_helps(convention):
    user = member_of(convention.caf, "caf")
    fiche, other = FicheFactory(convention=convention), FicheFactory(convention=convention)
    FichePartner.objects.create(fiche=fiche, organisation=convention.caf)
    assert rights(user, fiche) == (False, True)
    assert rights(user, other) == (False, False)


@pytest.mark.parametrize("count", [1, 3])
def test_home_shows_three_figures_at_a_constant_cost(client, django_assert_num_queries, count):
    caf = CafFactory()
    for _ in range(count):
        convention = ConventionFactory(caf=caf)
        FicheFactory(convention=convention, status="realisee")
        StepFactory(fiche=FicheFactory(convention=convention), due_on="2025-02-01")
    client.force_login(member_of(caf, "caf"))
    with django_assert_num_queries(5):
        response = client.get(reverse("actions:home"))
    rows = response.context["conventions"]
    assert [(c.fiche_count, c.engaged_count, c.late_count) for c in rows] == [(2, 2, 1)] * count


def test_home_of_nobody_says_whom_to_ask(client):
    client.force_login(UserFactory())
    assert "Demandez à la personne qui coordonne" in client.get(reverse("actions:home")).content.decode()


@pytest.mark.parametrize(
    ("role", "count", "lines"), [("caf", 1, 0), ("caf", 2, 2), ("reader", 4, 0), ("reader", 5, 5)]
)
def test_home_compares_several_conventions_line_by_line(client, role, count, lines):
    caf = CafFactory()
    for _ in range(count):
        ConventionFactory(caf=caf)
    client.force_login(member_of(caf, role))
    page = client.get(reverse("actions:home")).content.decode()
    assert page.count('scope="row"') == lines
    assert page.count('class="card tile"') == (0 if lines else count)


def test_home_counts_nothing_without_a_fiche(client):
    caf = CafFactory()
    for _ in range(2):
        ConventionFactory(caf=caf)
    client.force_login(member_of(caf, "caf"))
    assert client.get(reverse("actions:home")).content.decode().count(">–</td>") == 6
