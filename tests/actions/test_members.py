"""Members of a convention: who gives which role where; the pages; the directory."""

from datetime import date

import pytest
from django.urls import reverse

from actions.models import FichePartner, FichePilot, Signatory
from actions.services import members
from actions.services.members import Grants, parties
from ctg.accounts.models import User
from ctg.jobs.models import Job
from ctg.refusal import Refused
from territories.models import Membership, Organisation
from tests.factories import (
    CafFactory,
    CommuneFactory,
    ContactFactory,
    ConventionFactory,
    EpciFactory,
    FicheFactory,
    MembershipFactory,
    OrganisationFactory,
    ThemeFactory,
    UserFactory,
)

HELPERS = {"contributor", "services", "elected", "reader"}
EVERYONE = HELPERS | {"coordinator"}
CAF = {"caf", "elected", "reader"}
# Who may give which roles in: the carrier, a partner, the Caf of the convention, another Caf.
MATRIX = {
    "coordinator": (EVERYONE, HELPERS, set(), set()),
    "thematic": (set(), set(), set(), set()),
    "contributor": (set(), set(), set(), set()),
    "services": (set(), set(), set(), set()),
    "elected": (set(), set(), set(), set()),
    "reader": (set(), set(), set(), set()),
    "caf": (set(), set(), CAF, set()),
    "administrator": (EVERYONE, HELPERS, CAF, CAF),
    "outsider": (set(), set(), set(), set()),
}


def url(view, cast, *args):
    return reverse(f"actions:{view}", args=[cast.convention.slug, *args])


def partner_of(convention, **fields):
    organisation = OrganisationFactory(**fields)
    Signatory.objects.create(convention=convention, organisation=organisation)
    return organisation


def post(client, cast, **fields):
    given = {"name": "Claire Martin", "email": "claire@example.org", "role": "reader"} | fields
    return client.post(url("member_invite", cast), given)


# --- Who may give what ----------------------------------------------------------------------------
@pytest.mark.parametrize("who", MATRIX)
def test_who_gives_which_role(cast, who):
    person = cast.roles[who]
    places = [
        cast.convention.carrier,
        partner_of(cast.convention),
        cast.convention.caf,
        partner_of(cast.convention, kind="caf"),
    ]
    grants = Grants(cast.convention, person)
    assert tuple(set(grants.roles(place)) for place in places) == MATRIX[who]


@pytest.mark.parametrize(
    "who", ["coordinator", "thematic", "contributor", "caf", "administrator", "outsider"]
)
@pytest.mark.parametrize("role", ["coordinator", "contributor", "caf", "reader"])
def test_the_service_checks_again(cast, who, role):
    places = [cast.convention.carrier, partner_of(cast.convention), cast.convention.caf]
    for place, allowed in zip(places, MATRIX[who], strict=False):
        invited = {"email": f"{who}-{role}-{place.pk}@example.org", "name": "X", "role": role}
        if role in allowed:
            members.invite(cast.convention, place, by=cast.roles[who], **invited)
            assert Membership.objects.filter(user__email=invited["email"], role=role).exists()
        else:
            with pytest.raises(Refused):
                members.invite(cast.convention, place, by=cast.roles[who], **invited)
            assert not User.objects.filter(email=invited["email"]).exists()


def test_an_organisation_of_another_convention_is_refused(cast):
    elsewhere = ConventionFactory().carrier
    with pytest.raises(Refused, match="n’est pas de cette convention"):
        members.invite(
            cast.convention,
            elsewhere,
            by=cast.roles["administrator"],
            email="a@example.org",
            name="A",
            role="reader",
        )


def test_a_role_that_one_does_not_give_is_not_taken_back(cast):
    agent = Membership.objects.get(user=cast.roles["caf"])
    for act in (
        lambda: members.end(cast.convention, agent, by=cast.roles["coordinator"]),
        lambda: members.change(cast.convention, agent, role="reader", by=cast.roles["coordinator"]),
        lambda: members.resend(cast.convention, agent, by=cast.roles["coordinator"]),
    ):
        with pytest.raises(Refused):
            act()


def test_a_coordination_is_not_given_by_changing_a_role(cast):
    member = MembershipFactory(organisation=partner_of(cast.convention), role="reader")
    with pytest.raises(Refused):
        members.change(cast.convention, member, role="coordinator", by=cast.roles["coordinator"])


def test_the_organisations_of_a_convention(cast):
    """Parties, fiches, pilots, and the bodies of the territory; nobody else."""
    commune = CommuneFactory()
    cast.convention.communes.add(commune)
    town = OrganisationFactory(kind="commune", commune=commune)
    helper, pilots = OrganisationFactory(), OrganisationFactory()
    FichePartner.objects.create(fiche=cast.fiche, organisation=helper)
    FichePilot.objects.create(fiche=cast.fiche, contact=ContactFactory(organisation=pilots))
    FichePartner.objects.create(fiche=FicheFactory(), organisation=OrganisationFactory(name="Ailleurs"))
    OrganisationFactory(kind="commune", commune=CommuneFactory(), name="Une autre commune")
    signing = partner_of(cast.convention)
    lead = cast.fiche.leads.get().organisation
    expected = {cast.convention.carrier, cast.convention.caf, town, helper, pilots, signing, lead}
    assert set(Organisation.objects.filter(parties(cast.convention))) == expected


# --- The pages ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("coordinator", 200),
        ("caf", 200),
        ("administrator", 200),
        ("thematic", 403),
        ("contributor", 403),
        ("services", 403),
        ("elected", 403),
        ("reader", 403),
        ("outsider", 404),
    ],
)
def test_member_list_is_for_those_who_manage(cast, sign_in, who, status):
    client = sign_in(cast.roles[who])
    assert client.get(url("member_list", cast)).status_code == status
    assert client.get(url("member_invite", cast)).status_code == status


def test_member_list_shows_the_members_of_this_convention_only(cast, sign_in):
    MembershipFactory(user__name="Ancien membre", organisation=cast.convention.carrier, ended_on="2024-01-01")
    page = sign_in(cast.roles["administrator"]).get(url("member_list", cast)).content.decode()
    for who in ("coordinator", "thematic", "contributor", "caf", "reader"):
        assert cast.roles[who].email in page
    assert cast.roles["outsider"].email not in page
    assert "Ancien membre" not in page


def test_member_list_shows_the_people_of_a_covered_commune(cast, sign_in):
    commune = CommuneFactory()
    cast.convention.communes.add(commune)
    town = OrganisationFactory(kind="commune", commune=commune)
    mayor = MembershipFactory(organisation=town, role="elected").user
    page = sign_in(cast.roles["coordinator"]).get(url("member_list", cast)).content.decode()
    assert mayor.email in page


@pytest.mark.parametrize("count", [1, 3])
def test_member_list_costs_the_same_for_any_number(cast, sign_in, count, django_assert_num_queries):
    for _ in range(count):
        MembershipFactory(
            organisation=partner_of(cast.convention), themes=[ThemeFactory()], communes=[CommuneFactory()]
        )
    client = sign_in(cast.roles["coordinator"])
    with django_assert_num_queries(13):
        client.get(url("member_list", cast))


def test_member_invite_writes_to_the_person(cast, sign_in):
    place = partner_of(cast.convention)
    answer = post(sign_in(cast.roles["coordinator"]), cast, organisation=place.uuid, function="Maire")
    assert (answer.status_code, answer.url) == (302, url("member_list", cast))
    membership = Membership.objects.get(user__email="claire@example.org")
    assert (membership.organisation, membership.role, membership.user.function) == (place, "reader", "Maire")
    job = Job.objects.get()
    assert (job.author, job.args, job.subject_url) == (
        cast.roles["coordinator"],
        [membership.pk],
        url("member_list", cast),
    )


def test_member_invite_gives_a_thematic_coordination(cast, sign_in):
    commune = CommuneFactory()
    cast.convention.communes.add(commune)
    post(
        sign_in(cast.roles["coordinator"]),
        cast,
        organisation=cast.convention.carrier.uuid,
        role="coordinator",
        themes=[cast.theme.pk],
        communes=[commune.pk],
    )
    membership = Membership.objects.get(user__email="claire@example.org")
    assert (list(membership.themes.all()), list(membership.communes.all())) == ([cast.theme], [commune])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"email": "pas une adresse"}, "adresse électronique valide"),
        ({"email": ""}, "obligatoire"),
        ({"name": ""}, "obligatoire"),
        ({"name": "Voir https://exemple.org"}, "adresse web"),
        ({"name": "x" * 100_000}, "120 caractères"),
        ({"role": "caf"}, "Sélectionnez un choix valide"),
        ({"role": "coordinator"}, "ne se donne pas dans cet organisme"),
        ({"role": ""}, "obligatoire"),
        ({"organisation": "n’importe quoi"}, "UUID valide"),
        ({"communes": ["99999"]}, "Sélectionnez un choix valide"),
    ],
)
def test_member_invite_bad_answers_are_said_beside_the_field(cast, sign_in, fields, message):
    given = {
        "organisation": partner_of(cast.convention).uuid,
        "name": "Zoé",
        "email": "zoe@example.org",
    } | fields
    answer = post(sign_in(cast.roles["coordinator"]), cast, **given)
    page = answer.content.decode()
    assert (answer.status_code, message in page) == (422, True)
    assert not User.objects.filter(email="zoe@example.org").exists()
    if "name" not in fields:
        assert 'value="Zoé"' in page


def test_member_invite_refuses_the_same_person_twice(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    reader = cast.roles["reader"]
    answer = post(client, cast, organisation=cast.convention.carrier.uuid, email=reader.email.upper())
    assert (answer.status_code, "déjà ce rôle" in answer.content.decode()) == (422, True)
    assert Membership.objects.filter(user=reader).count() == 1


def test_member_invite_offers_a_caf_its_own_people_only(cast, sign_in):
    partner_of(cast.convention, name="Partenaire")
    client = sign_in(cast.roles["caf"])
    page = client.get(url("member_invite", cast)).content.decode()
    assert ("Partenaire" in page, cast.convention.caf.name in page) == (False, True)
    answer = post(client, cast, organisation=cast.convention.carrier.uuid, role="reader")
    assert answer.status_code == 422
    assert post(client, cast, organisation=cast.convention.caf.uuid, role="caf").status_code == 302


def test_member_edit_changes_the_role(cast, sign_in):
    member = Membership.objects.get(user=cast.roles["reader"])
    client = sign_in(cast.roles["coordinator"])
    assert client.get(url("member_edit", cast, member.pk)).status_code == 200
    answer = client.post(url("member_edit", cast, member.pk), {"role": "elected"})
    member.refresh_from_db()
    assert (answer.status_code, member.role) == (302, "elected")


def test_member_edit_keeps_the_last_coordinator(cast, sign_in):
    member = Membership.objects.get(user=cast.roles["coordinator"])
    client = sign_in(cast.roles["coordinator"])
    answer = client.post(
        url("member_edit", cast, member.pk),
        {"role": "coordinator", "extent": "part", "themes": [cast.theme.pk]},
    )
    assert (answer.status_code, "seule coordination globale" in answer.content.decode()) == (422, True)


def test_member_end_asks_then_ends(cast, sign_in):
    member = Membership.objects.get(user=cast.roles["elected"])
    client = sign_in(cast.roles["coordinator"])
    page = client.get(url("member_end", cast, member.pk))
    assert (page.status_code, member.user.name in page.content.decode()) == (200, True)
    assert client.post(url("member_end", cast, member.pk)).url == url("member_list", cast)
    assert client.post(url("member_end", cast, member.pk)).status_code == 404
    assert sign_in(member.user).get(url("directory", cast)).status_code == 404


def test_member_end_keeps_the_last_coordinator(cast, sign_in):
    member = Membership.objects.get(user=cast.roles["coordinator"])
    answer = sign_in(cast.roles["coordinator"]).post(url("member_end", cast, member.pk))
    assert (answer.status_code, "seule coordination globale" in answer.content.decode()) == (422, True)


def test_member_end_of_oneself_leads_home(cast, sign_in):
    MembershipFactory(organisation=cast.convention.carrier, role="coordinator")
    member = Membership.objects.get(user=cast.roles["coordinator"])
    answer = sign_in(cast.roles["coordinator"]).post(url("member_end", cast, member.pk))
    assert answer.url == reverse("actions:home")


@pytest.mark.parametrize("view", ["member_edit", "member_end", "member_resend"])
def test_a_member_of_somebody_else_is_closed(cast, sign_in, view):
    client = sign_in(cast.roles["coordinator"])
    agent = Membership.objects.get(user=cast.roles["caf"])
    stranger = Membership.objects.get(user=cast.roles["outsider"])
    assert client.post(url(view, cast, agent.pk)).status_code == 403
    assert client.post(url(view, cast, stranger.pk)).status_code == 404
    assert client.post(url(view, cast, 2**70)).status_code == 404


def test_member_resend_writes_again(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    member = members.invite(
        cast.convention,
        cast.convention.carrier,
        by=cast.roles["administrator"],
        email="claire@example.org",
        name="Claire",
        role="reader",
    )
    assert "Renvoyer l’invitation" in client.get(url("member_list", cast)).content.decode()
    client.post(url("member_resend", cast, member.pk))
    assert Job.objects.filter(author=cast.roles["coordinator"], args=[member.pk]).count() == 1


def test_member_resend_to_someone_who_came_is_refused(cast, sign_in):
    member = Membership.objects.get(user=cast.roles["reader"])
    answer = sign_in(cast.roles["coordinator"]).post(url("member_resend", cast, member.pk), follow=True)
    assert "déjà choisi son mot de passe" in answer.content.decode()
    assert Job.objects.count() == 0


# --- Annuaire -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "status"),
    [("reader", 200), ("contributor", 200), ("caf", 200), ("elected", 200), ("outsider", 404)],
)
def test_directory_is_for_all_members(cast, sign_in, who, status):
    assert sign_in(cast.roles[who]).get(url("directory", cast)).status_code == status


def test_directory_holds_this_convention_only(cast, sign_in):
    elsewhere = FicheFactory(convention=ConventionFactory(caf=cast.convention.caf))
    FichePartner.objects.create(fiche=elsewhere, organisation=OrganisationFactory(name="Ailleurs"))
    FichePilot.objects.create(fiche=elsewhere, contact=ContactFactory(name="Pilote d’ailleurs"))
    FichePilot.objects.create(
        fiche=cast.fiche, contact=ContactFactory(name="Pilote d’ici", label="Service jeunesse")
    )
    page = sign_in(cast.roles["caf"]).get(url("directory", cast)).content.decode()
    assert ("Pilote d’ici" in page, "Service jeunesse" in page) == (True, True)
    assert ("Ailleurs" in page, "Pilote d’ailleurs" in page) == (False, False)
    assert "porte 1 fiche" in page


def test_directory_names_a_contact_once(cast, sign_in):
    """Its organisation carries two conventions that the person sees."""
    ConventionFactory(carrier=cast.convention.carrier, caf=cast.convention.caf)
    ContactFactory(name="Service enfance", organisation=cast.convention.carrier)
    page = sign_in(cast.roles["coordinator"]).get(url("directory", cast)).content.decode()
    assert page.count("Service enfance") == 1


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ecole", True),
        ("École d'été", True),
        ("ETE école", True),
        ("lycée", False),
        ("%", False),
        ("\x00", False),
    ],
)
def test_directory_search_ignores_accents_and_order(cast, sign_in, words, found):
    partner_of(cast.convention, name="École d’été")
    page = sign_in(cast.roles["reader"]).get(url("directory", cast), {"q": words})
    assert (page.status_code, "École d’été</h2>" in page.content.decode()) == (200, found)


@pytest.mark.parametrize(("who", "shown"), [("coordinator", True), ("caf", True), ("reader", False)])
def test_directory_keeps_addresses_of_contacts_for_those_who_run_it(cast, sign_in, who, shown):
    contact = ContactFactory(name="Pilote", email="pilote@example.org")
    FichePilot.objects.create(fiche=cast.fiche, contact=contact)
    page = sign_in(cast.roles[who]).get(url("directory", cast)).content.decode()
    assert ("pilote@example.org" in page, cast.roles["elected"].email in page) == (shown, True)


def test_directory_escapes_hostile_names(cast, sign_in):
    hostile = '<img src=x onerror="alert(1)">'
    MembershipFactory(organisation=partner_of(cast.convention, name=hostile), user__name=hostile)
    page = sign_in(cast.roles["reader"]).get(url("directory", cast), {"q": "<img"}).content.decode()
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x") == 2


@pytest.mark.parametrize("count", [1, 3])
def test_directory_costs_the_same_for_any_number(cast, sign_in, count, django_assert_num_queries):
    for _ in range(count):
        organisation = partner_of(cast.convention)
        MembershipFactory(organisation=organisation)
        FichePartner.objects.create(fiche=cast.fiche, organisation=organisation)
        FichePilot.objects.create(fiche=cast.fiche, contact=ContactFactory(organisation=organisation))
    client = sign_in(cast.roles["reader"])
    with django_assert_num_queries(11):
        client.get(url("directory", cast))


def test_the_administrator_manages_members_without_a_role(cast):
    assert Grants(cast.convention, UserFactory(is_staff=True)).roles(CafFactory()) != ()


# --- An address that is already known -------------------------------------------------------------
def test_member_invite_says_who_is_a_member_already_and_asks(cast, sign_in):
    client, elected = sign_in(cast.roles["coordinator"]), cast.roles["elected"]
    here = Membership.objects.get(user=elected)
    given = {"organisation": here.organisation.uuid, "email": elected.email.upper()}
    answer = post(client, cast, **given)
    page = answer.content.decode()
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["email"])
    assert f"{elected.name} est déjà membre\u00a0: rôle «\u00a0élu\u00a0»." in page
    assert url("member_edit", cast, here.pk) in page
    assert (Membership.objects.filter(user=elected).count(), Job.objects.count()) == (1, 0)
    # A tick meant for somebody else confirms nothing.
    assert post(client, cast, **given, beside=f"0-{here.organisation_id}").status_code == 422
    assert post(client, cast, **given, beside=answer.context["present"].key).status_code == 302
    assert set(Membership.objects.filter(user=elected).values_list("role", flat=True)) == {
        "elected",
        "reader",
    }


def test_member_invite_offers_no_second_role_that_is_the_same(cast, sign_in):
    elected = cast.roles["elected"]
    answer = post(
        sign_in(cast.roles["coordinator"]),
        cast,
        organisation=cast.convention.carrier.uuid,
        email=elected.email,
        role="elected",
    )
    page = answer.content.decode()
    assert (answer.status_code, 'name="beside"' in page, "Modifier ce rôle" in page) == (422, False, True)


def test_a_second_role_needs_its_confirmation(cast):
    elected = cast.roles["elected"]
    given = {"email": elected.email, "name": "X", "role": "reader", "by": cast.roles["coordinator"]}
    with pytest.raises(Refused, match="déjà membre"):
        members.invite(cast.convention, cast.convention.carrier, **given)
    found = members.present(cast.convention.carrier, elected.email)
    assert members.invite(cast.convention, cast.convention.carrier, **given, beside=found.key).pk
    assert members.present(cast.convention.carrier, "personne@example.com") is None


def test_member_invite_says_that_the_name_of_an_account_is_kept(cast, sign_in):
    UserFactory(email="claire@example.org", name="Claire Durand")
    client = sign_in(cast.roles["coordinator"])
    answer = client.post(
        url("member_invite", cast),
        {
            "organisation": cast.convention.carrier.uuid,
            "name": "C. Martin",
            "email": "claire@example.org",
            "role": "reader",
        },
        follow=True,
    )
    page = answer.content.decode()
    assert "Claire Durand a déjà un compte" in page
    assert "Le nom de ce compte est gardé\u00a0: Claire Durand, au lieu de «\u00a0C. Martin\u00a0»." in page


def test_member_list_has_one_line_for_a_person(cast, sign_in):
    elected = cast.roles["elected"]
    MembershipFactory(user=elected, organisation=cast.convention.carrier, role="services")
    page = sign_in(cast.roles["coordinator"]).get(url("member_list", cast)).content.decode()
    line = page.split(elected.email)[1].split("</tr>")[0]
    assert page.count(elected.email) == 1
    assert ("Direction, services" in line, "Élu" in line, line.count(">Modifier<")) == (True, True, 2)


def test_the_roles_promise_nothing_that_does_not_exist(cast, sign_in):
    page = sign_in(cast.roles["coordinator"]).get(url("member_invite", cast)).content.decode()
    assert ("commente" in page, "vise les bilans" in page) == (False, False)


# --- Nobody lets herself into another convention --------------------------------------------------
def party_elsewhere(convention, how):
    """An organisation that is a partner here, and something in a convention of somebody else."""
    elsewhere = ConventionFactory(epci=EpciFactory())
    if how == "carrier":
        place = elsewhere.carrier
    elif how == "signatory":
        place = partner_of(elsewhere)
    elif how == "epci":
        place = OrganisationFactory(kind="epci", epci=elsewhere.epci)
    elif how == "commune":
        place = OrganisationFactory(kind="commune", commune=CommuneFactory())
        elsewhere.communes.add(place.commune)
    else:
        place = OrganisationFactory()
        FichePartner.objects.create(fiche=FicheFactory(convention=elsewhere), organisation=place)
    FichePartner.objects.create(fiche=FicheFactory(convention=convention), organisation=place)
    return place


@pytest.mark.parametrize("how", ["carrier", "signatory", "epci", "commune", "partner"])
def test_a_party_to_another_convention_keeps_its_own_door(cast, how):
    place, by = party_elsewhere(cast.convention, how), cast.roles["coordinator"]
    member = MembershipFactory(organisation=place, role="reader")
    given = {"email": "moi@example.org", "name": "X", "role": "reader"}
    for act in (
        lambda: members.invite(cast.convention, place, by=by, **given),
        lambda: members.change(cast.convention, member, role="elected", by=by),
        lambda: members.end(cast.convention, member, by=by),
    ):
        with pytest.raises(Refused, match="participe à d’autres conventions"):
            act()
    assert not User.objects.filter(email="moi@example.org").exists()
    assert members.invite(cast.convention, place, by=cast.roles["administrator"], **given).pk


def test_the_renewal_of_a_convention_closes_nothing(cast):
    """Same carrier: its coordination reads both anyway."""
    commune = CommuneFactory()
    renewal = ConventionFactory(carrier=cast.convention.carrier, epci=cast.convention.epci)
    for convention in (cast.convention, renewal):
        convention.communes.add(commune)
    town = OrganisationFactory(kind="commune", commune=commune)
    assert set(Grants(cast.convention, cast.roles["coordinator"]).roles(town)) == HELPERS


def test_member_pages_say_whose_affair_a_shared_organisation_is(cast, sign_in):
    place = party_elsewhere(cast.convention, "carrier")
    member = MembershipFactory(organisation=place, role="contributor")
    client = sign_in(cast.roles["coordinator"])
    page = client.get(url("member_list", cast)).content.decode()
    assert (members.SHARED in page, f"?organisme={place.uuid}" in page) == (True, False)
    assert url("member_end", cast, member.pk) not in page
    form = client.get(url("member_invite", cast))
    assert (form.context["shared"], place.name in form.content.decode()) == ([place], True)
    assert post(client, cast, organisation=place.uuid).status_code == 422
    assert client.post(url("member_end", cast, member.pk)).status_code == 403


def test_nobody_invites_herself(cast, sign_in):
    me, place = cast.roles["coordinator"], partner_of(cast.convention)
    answer = post(sign_in(me), cast, organisation=place.uuid, email=me.email.upper())
    assert (answer.status_code, "à soi-même" in answer.content.decode()) == (422, True)
    mine = MembershipFactory(user=me, organisation=place, role="reader")
    with pytest.raises(Refused, match="à soi-même"):
        members.change(cast.convention, mine, role="contributor", by=me)


# --- A limited coordination stays limited ---------------------------------------------------------
def test_member_edit_saved_untouched_keeps_a_limit_that_left_the_perimeter(cast, sign_in):
    gone = CommuneFactory()
    member = MembershipFactory(organisation=cast.convention.carrier, role="coordinator", communes=[gone])
    client, address = sign_in(cast.roles["coordinator"]), url("member_edit", cast, member.pk)
    form = client.get(address).context["form"]
    typed = {bound.name: bound.value() for bound in form}
    assert (typed["extent"], typed["communes"]) == ("part", [gone.pk])
    assert client.post(address, typed).status_code == 302
    assert list(member.communes.all()) == [gone]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "porte sur tout le plan ou sur une partie"),
        ({"extent": "part"}, "au moins une thématique"),
        ({"extent": "n’importe quoi"}, "choix valide"),
    ],
)
def test_member_edit_asks_how_far_a_coordination_goes(cast, sign_in, given, message):
    member = Membership.objects.get(user=cast.roles["thematic"])
    client, address = sign_in(cast.roles["coordinator"]), url("member_edit", cast, member.pk)
    answer = client.post(address, {"role": "coordinator"} | given)
    assert (answer.status_code, message in answer.content.decode()) == (422, True)
    assert list(member.themes.all()) == [cast.theme]


def test_member_edit_makes_a_coordination_whole_when_asked(cast, sign_in):
    member = Membership.objects.get(user=cast.roles["thematic"])
    client, address = sign_in(cast.roles["coordinator"]), url("member_edit", cast, member.pk)
    assert client.post(address, {"role": "coordinator", "extent": "whole"}).status_code == 302
    assert not member.themes.exists()


# --- Who sees whom --------------------------------------------------------------------------------
def test_to_name_a_partner_does_not_open_the_list_of_its_people(cast):
    helper, other_caf = OrganisationFactory(), CafFactory()
    seen = MembershipFactory(organisation=helper, role="contributor")
    hidden = [
        MembershipFactory(organisation=helper, role="reader"),
        MembershipFactory(organisation=other_caf, role="caf"),
        MembershipFactory(organisation=other_caf, role="contributor"),
    ]
    for organisation in (helper, other_caf):
        FichePartner.objects.create(fiche=cast.fiche, organisation=organisation)
    shown = set(Membership.objects.visible_to(cast.roles["coordinator"]))
    assert seen in shown
    assert shown.isdisjoint(hidden)
    assert Membership.objects.get(user=cast.roles["caf"]) in shown


def test_the_switcher_lists_the_most_recent(cast, sign_in, django_assert_num_queries):
    for year in range(2000, 2015):
        ConventionFactory(
            carrier=cast.convention.carrier,
            territory_name=f"Ancienne {year}",
            period_start=date(year, 1, 1),
            period_end=date(year, 12, 31),
        )
    client = sign_in(cast.roles["coordinator"])
    with django_assert_num_queries(11):
        page = client.get(url("directory", cast)).content.decode()
    listed = page.split('aria-label="Mes conventions"')[1].split("</nav>")[0]
    assert ("Ancienne 2004" in listed, "Ancienne 2003" in listed) == (True, False)
    assert (listed.count("<li>"), "Toutes mes conventions" in listed) == (13, True)
