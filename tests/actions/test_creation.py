"""A convention comes to be: who creates it, what is prefilled, what is refused."""

import threading
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.urls import reverse

from actions.models import Convention, Signatory
from actions.services.conventions import Draft, create_convention, save_with_slug
from ctg.refusal import Refused
from territories.models import Membership, Organisation
from tests.factories import (
    CafFactory,
    CarrierFactory,
    CommuneFactory,
    ConventionFactory,
    DepartementFactory,
    EpciFactory,
    MembershipFactory,
    OrganisationFactory,
    ThemeFactory,
    UserFactory,
)

URL = "/conventions/nouvelle/"


@pytest.fixture
def caf(db):
    return CafFactory(name="Caf du Haut-Rhin", departement=DepartementFactory())


@pytest.fixture
def agent(caf):
    return MembershipFactory(organisation=caf, role="caf").user


@pytest.fixture
def epci(db):
    epci = EpciFactory(name="Communauté de communes du Sundgau")
    for name in ("Altkirch", "Ferrette", "Hirsingue"):
        CommuneFactory(name=name, epci=epci)
    return epci


def answers(page):
    """What the form holds when nothing is changed."""
    form = page.context["form"]
    given = {}
    for bound in form:
        value = bound.value()
        if isinstance(value, date):
            value = value.isoformat()
        given[bound.name] = getattr(value, "pk", value)
    coordinator = {"coordinator_name": "Claire Martin", "coordinator_email": "claire@example.org"}
    return {name: value for name, value in given.items() if value is not None} | coordinator


def create(client, place, **fields):
    query = f"{URL}?{place}"
    return client.post(query, answers(client.get(query)) | fields)


@pytest.mark.parametrize(
    ("role", "status"),
    [("caf", 200), ("coordinator", 403), ("reader", 403), ("administrator", 200), (None, 403)],
)
def test_convention_create_is_for_a_caf_and_the_administrator(client, caf, role, status):
    if role == "caf":
        user = MembershipFactory(organisation=caf, role="caf").user
    elif role in ("administrator", None):
        user = UserFactory(is_staff=role == "administrator")
    else:
        user = MembershipFactory(organisation=ConventionFactory().carrier, role=role).user
    client.force_login(user)
    assert client.get(URL).status_code == status
    assert client.post(URL).status_code == (403 if status == 403 else 422)
    assert ("Nouvelle convention" in client.get("/").content.decode()) == (status == 200)


def test_convention_create_finds_places_of_its_departement(client, agent, epci):
    far = DepartementFactory(code="75", name="Paris")
    CommuneFactory(
        name="Sundgauville", code="75999", departement=far, epci=EpciFactory(name="Sundgau parisien")
    )
    client.force_login(agent)
    page = client.get(URL, {"q": "SUNDGÂU"}).content.decode()
    assert (f"?epci={epci.pk}" in page, "parisien" in page, "Sundgauville" in page) == (True, False, False)
    assert "Aucun territoire trouvé" in client.get(URL, {"q": "zzz"}).content.decode()
    assert client.get(URL, {"q": "\x00%"}).status_code == 200


@pytest.mark.parametrize(
    "query", ["epci=999999999", "epci=\x00", "commune=99999", "commune=<script>", "epci=" + "9" * 500]
)
def test_convention_create_unknown_place(client, agent, query):
    client.force_login(agent)
    assert client.get(f"{URL}?{query}").status_code == 404


@time_machine.travel("2026-05-04")
def test_convention_create_from_an_epci_with_nothing_changed(client, agent, caf, epci):
    client.force_login(agent)
    answer = create(client, f"epci={epci.pk}")
    assert answer.status_code == 302
    convention = Convention.objects.get()
    assert convention.slug == "communaute-de-communes-du-sundgau-2026-2030"
    assert convention.name == "Convention territoriale globale – Communauté de communes du Sundgau"
    assert (convention.period_start, convention.period_end) == (date(2026, 1, 1), date(2030, 12, 31))
    assert (convention.caf, convention.epci, convention.status) == (caf, epci, "preparation")
    assert (convention.carrier.kind, convention.carrier.epci) == ("epci", epci)
    assert convention.communes.count() == 3
    assert [signatory.organisation for signatory in convention.signatories.all()] == [caf, convention.carrier]
    first = Membership.objects.get(role="coordinator")
    assert (first.user.email, first.organisation) == ("claire@example.org", convention.carrier)
    assert Convention.objects.visible_to(agent).with_rights(first.user).get().is_coordinator


def test_convention_create_for_two_communes_that_sign(client, agent, epci):
    client.force_login(agent)
    altkirch, ferrette = epci.communes.order_by("name")[:2]
    answer = create(
        client,
        f"commune={altkirch.pk}",
        communes=[altkirch.pk, ferrette.pk],
        signatories=["carrier", "communes"],
    )
    assert answer.status_code == 302
    convention = Convention.objects.get()
    assert (convention.epci, convention.carrier.commune, convention.communes.count()) == (None, altkirch, 2)
    assert [str(row) for row in Signatory.objects.all()] == ["Altkirch", "Ferrette"]


def test_convention_create_keeps_the_organisation_already_known(client, agent, epci):
    carrier = OrganisationFactory(kind="epci", epci=epci, name="CC Sundgau")
    client.force_login(agent)
    create(client, f"epci={epci.pk}")
    assert Convention.objects.get().carrier == carrier
    assert Organisation.objects.filter(epci=epci).count() == 1


def test_convention_create_renews_the_last_one(client, agent, caf, epci):
    carrier = OrganisationFactory(kind="epci", epci=epci)
    former = ConventionFactory(
        caf=caf, carrier=carrier, epci=epci, period_start=date(2021, 1, 1), period_end=date(2025, 6, 30)
    )
    client.force_login(agent)
    create(client, f"epci={epci.pk}")
    convention = Convention.objects.exclude(pk=former.pk).get()
    assert (convention.previous, convention.period_start) == (former, date(2025, 7, 1))


def test_convention_create_with_a_coordination_already_there_invites_nobody(client, agent, epci):
    """A Caf does not put someone above the people who coordinate the carrier's other conventions."""
    carrier = OrganisationFactory(kind="epci", epci=epci)
    MembershipFactory(organisation=carrier, role="coordinator")
    client.force_login(agent)
    answer = create(client, f"epci={epci.pk}", coordinator_email="", coordinator_name="")
    assert answer.status_code == 302
    Convention.objects.all().delete()
    assert create(client, f"epci={epci.pk}").status_code == 302
    assert Membership.objects.filter(role="coordinator").count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"period_end": "2020-01-01"}, "period_end"),
        ({"period_end": "n’importe quoi"}, "period_end"),
        ({"period_start": "0226-01-01"}, "period_start"),
        ({"name": ""}, "name"),
        ({"name": "x" * 100_000}, "name"),
        ({"communes": []}, "communes"),
        ({"communes": ["99999"]}, "communes"),
        ({"carrier": "organisation-1"}, "carrier"),
        ({"carrier": "<script>"}, "carrier"),
        ({"caf": "0"}, "caf"),
        ({"coordinator_email": ""}, "coordinator_email"),
        ({"coordinator_email": "pas une adresse"}, "coordinator_email"),
        ({"coordinator_name": ""}, "coordinator_name"),
        ({"coordinator_name": "www.exemple.org"}, "coordinator_name"),
        ({"signatories": ["autre"]}, "signatories"),
    ],
)
def test_convention_create_bad_answers_are_said_beside_the_field(client, agent, epci, fields, field):
    client.force_login(agent)
    answer = create(client, f"epci={epci.pk}", **fields)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert (Convention.objects.count(), Membership.objects.filter(role="coordinator").count()) == (0, 0)


def test_convention_create_twice_is_refused(client, agent, epci):
    client.force_login(agent)
    query = f"{URL}?epci={epci.pk}"
    given = answers(client.get(query))
    assert client.post(query, given).status_code == 302
    answer = client.post(query, given)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["period_start"])
    assert Convention.objects.count() == 1


def test_convention_create_for_another_caf_is_refused(client, agent, epci):
    client.force_login(agent)
    answer = create(client, f"epci={epci.pk}", caf=CafFactory().pk)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["caf"])


def draft(caf, **fields):
    given = {
        "name": "CTG",
        "territory_name": "Sundgau",
        "caf": caf,
        "carrier": CarrierFactory(),
        "epci": None,
        "communes": [],
        "period_start": date(2025, 1, 1),
        "period_end": date(2029, 12, 31),
        "coordinator_name": "Claire",
        "coordinator_email": "claire@example.org",
    }
    return Draft(**(given | fields))


def test_the_service_checks_again(agent, caf):
    with pytest.raises(Refused, match="votre Caf"):
        create_convention(draft(CafFactory()), by=agent)
    with pytest.raises(Refused, match="ne porte pas"):
        create_convention(draft(caf, carrier=CafFactory()), by=agent)
    with pytest.raises(Refused, match="votre Caf"):
        create_convention(draft(caf), by=UserFactory())
    assert create_convention(draft(caf), by=UserFactory(is_staff=True)).pk


def test_whoever_coordinates_a_part_is_not_the_head_of_a_new_convention(agent, caf):
    carrier = CarrierFactory()
    limited = UserFactory(email="claire@example.org")
    limited.set_unusable_password()
    limited.save()
    MembershipFactory(user=limited, organisation=carrier, role="coordinator", themes=[ThemeFactory()])
    with pytest.raises(Refused, match="une partie") as refused:
        create_convention(draft(caf, carrier=carrier), by=agent)
    assert (refused.value.field, Convention.objects.count()) == ("coordinator_email", 0)


@pytest.mark.parametrize(
    ("territory", "slug"),
    [
        ("Pays d’Altkirch", "pays-d-altkirch-2025-2029"),
        ("日本", "ctg-2025-2029"),
        ("a" * 120, "a" * 66 + "-2025-2029"),
    ],
)
def test_the_address_holds_the_territory_and_its_years(caf, territory, slug):
    convention = ConventionFactory.build(
        territory_name=territory, caf=caf, carrier=CarrierFactory(), epci=None
    )
    assert save_with_slug(convention).slug == slug


def test_an_address_already_taken_is_numbered(agent, caf):
    slugs = [create_convention(draft(caf), by=agent).slug for _ in range(3)]
    assert slugs == ["sundgau-2025-2029", "sundgau-2025-2029-2", "sundgau-2025-2029-3"]


@pytest.mark.django_db(transaction=True)
def test_two_creations_at_once_make_one_convention():
    caf, epci = CafFactory(), EpciFactory()
    agent = MembershipFactory(organisation=caf, role="caf").user
    start, refused = threading.Barrier(2), []

    def ask():
        try:
            start.wait()
            create_convention(draft(caf, carrier=epci, epci=epci), by=agent)
        except Refused as error:
            refused.append(error.field)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (refused, Convention.objects.count()) == (["period_start"], 1)


def test_what_was_created_opens(client, agent, epci):
    client.force_login(agent)
    answer = create(client, f"epci={epci.pk}", territory_name="<b>Sundgau</b>")
    page = client.get(reverse("actions:settings", args=[Convention.objects.get().slug]))
    assert (answer.status_code, page.status_code) == (302, 200)
    assert "<b>Sundgau</b>" not in page.content.decode()


def test_convention_create_says_the_next_step(client, agent, epci):
    client.force_login(agent)
    query = f"{URL}?epci={epci.pk}"
    answer = client.post(query, answers(client.get(query)), follow=True)
    page = answer.content.decode()
    settings = reverse("actions:settings", args=[Convention.objects.get().slug])
    assert "La convention est créée. Une invitation part à claire@example.org." in page
    assert f'<a href="{settings}">Paramètres</a>.' in page


def test_convention_create_announces_no_invitation_that_does_not_leave(client, agent, epci):
    carrier = OrganisationFactory(kind="epci", epci=epci)
    MembershipFactory(organisation=carrier, role="coordinator")
    client.force_login(agent)
    query = f"{URL}?epci={epci.pk}"
    page = client.post(query, answers(client.get(query)), follow=True).content.decode()
    assert ("a déjà une coordination" in page, "Une invitation part" in page) == (True, False)


def test_convention_create_beside_another_asks_first(client, agent, caf, epci):
    carrier = OrganisationFactory(kind="epci", epci=epci)
    there = ConventionFactory(caf=caf, carrier=carrier, epci=epci, status="preparation")
    hidden = ConventionFactory(epci=epci)  # of another Caf: not this agent's to know
    client.force_login(agent)
    later = {"period_start": "2031-01-01", "period_end": "2035-12-31", "previous": ""}
    answer = create(client, f"epci={epci.pk}", **later)
    page = answer.content.decode()
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["beside"])
    assert (there.url in page, hidden.url in page) == (True, False)
    assert create(client, f"epci={epci.pk}", **later, beside=[hidden.pk]).status_code == 422
    assert create(client, f"epci={epci.pk}", **later, beside=[there.pk]).status_code == 302


@pytest.mark.parametrize("status", ["echue", "renouvelee", "resiliee"])
def test_convention_create_after_one_that_is_over_asks_nothing(client, agent, caf, epci, status):
    carrier = OrganisationFactory(kind="epci", epci=epci)
    ConventionFactory(caf=caf, carrier=carrier, epci=epci, status=status, period_end=date(2025, 12, 31))
    client.force_login(agent)
    assert create(client, f"epci={epci.pk}", previous="", period_start="2026-01-01").status_code == 302


def test_convention_create_a_closed_account_is_said_beside_the_field(client, agent, epci):
    UserFactory(email="claire@example.org", is_active=False)
    client.force_login(agent)
    answer = create(client, f"epci={epci.pk}")
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["coordinator_email"])
    assert Convention.objects.count() == 0


# --- A Caf stays at home --------------------------------------------------------------------------
def test_convention_create_does_not_take_a_place_of_another_departement(client, agent, caf):
    far = DepartementFactory(code="75", name="Paris")
    away = EpciFactory(name="Ailleurs")
    town = CommuneFactory(code="75999", departement=far, epci=away)
    client.force_login(agent)
    for place in (f"epci={away.pk}", f"commune={town.pk}"):
        assert client.get(f"{URL}?{place}").status_code == 404
        assert client.post(f"{URL}?{place}", {}).status_code == 404
    with pytest.raises(Refused, match="département"):
        create_convention(draft(caf, carrier=away, epci=away), by=agent)
    client.force_login(UserFactory(is_staff=True))
    assert client.get(f"{URL}?epci={away.pk}").status_code == 200


def test_a_caf_names_no_coordination_where_another_caf_has_a_convention(client, agent, epci):
    carrier = OrganisationFactory(kind="epci", epci=epci)
    ConventionFactory(
        carrier=carrier,
        caf=CafFactory(),
        epci=epci,
        period_start=date(2015, 1, 1),
        period_end=date(2019, 12, 31),
    )
    client.force_login(agent)
    answer = create(client, f"epci={epci.pk}")
    assert (answer.status_code, "par l’administration" in answer.content.decode()) == (422, True)
    assert not Membership.objects.filter(organisation=carrier).exists()
    coordinator = MembershipFactory(organisation=carrier, role="coordinator")
    assert create(client, f"epci={epci.pk}").status_code == 302
    assert list(Membership.objects.filter(organisation=carrier)) == [coordinator]
