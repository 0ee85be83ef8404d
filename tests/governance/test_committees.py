"""Committees and their members: who runs which, who sits where, what the year lacks."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from governance.models import Committee, Meeting, Seat
from tests.actions.browser import as_sent
from tests.factories import CommuneFactory, ContactFactory, OrganisationFactory, ThemeFactory, UserFactory
from tests.factories.cast import make_cast
from tests.factories.steering import CommitteeFactory, HeldFactory, MeetingFactory, SeatFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22 10:00:00+01:00", tick=False):
        yield


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def sign_in(client):
    def signed(user):
        client.force_login(user)
        return client

    return signed


@pytest.fixture
def coordinator(cast, sign_in):
    return sign_in(cast.roles["coordinator"])


@pytest.fixture
def thematic(cast, sign_in):
    return sign_in(cast.roles["thematic"])


def url(cast, view, *args):
    return reverse(f"governance:{view}", args=[cast.convention.slug, *args])


def sent(client, address, **given):
    return as_sent(client.get(address).context["form"], **given)


def post(client, address, **given):
    return client.post(address, sent(client, address) | given)


# --- The list -------------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("role", "queries"), [("coordinator", 10), ("reader", 10)])
def test_committee_list_costs_the_same(cast, sign_in, count, role, queries, django_assert_num_queries):
    for _ in range(count):
        committee = CommitteeFactory(convention=cast.convention, per_year=2)
        committee.themes.add(cast.theme)
        for _ in range(count):
            SeatFactory(committee=committee, contact__organisation=OrganisationFactory())
            HeldFactory(convention=cast.convention, committee=committee)
            MeetingFactory(convention=cast.convention, committee=None, title="Forum", date=date(2026, 5, 4))
        CommitteeFactory(convention=cast.convention, ended_on=date(2026, 1, 1))
    client = sign_in(cast.roles[role])
    with django_assert_num_queries(queries):
        assert client.get(url(cast, "committee_list")).status_code == 200


def test_committee_list_says_what_the_year_lacks(cast, coordinator):
    copil = CommitteeFactory(convention=cast.convention, name="COPIL", per_year=1)
    cotech = CommitteeFactory(convention=cast.convention, kind="cotech", name="COTECH", per_year=4)
    HeldFactory(convention=cast.convention, committee=copil, date=date(2026, 3, 12))
    for month in (2, 6):
        HeldFactory(convention=cast.convention, committee=cotech, date=date(2026, month, 3))
    MeetingFactory(convention=cast.convention, committee=cotech, date=date(2027, 1, 5))
    page = coordinator.get(url(cast, "committee_list"))
    rows = page.context["calendar"].rows
    assert [(row.said.replace("\u00a0", " "), row.missing_words) for row in rows] == [
        ("1 tenu sur 1 attendu", ""),
        ("2 tenus sur 4 attendus", "il en reste 2 à placer"),
    ]
    later = coordinator.get(url(cast, "committee_list"), {"annee": "2027"})
    assert [len(row.planned) for row in later.context["calendar"].rows] == [0, 1]


def test_committee_list_hides_what_is_in_preparation(cast, sign_in):
    committee = CommitteeFactory(convention=cast.convention, per_year=1)
    draft = MeetingFactory(convention=cast.convention, committee=committee, date=date(2026, 12, 3))
    for role, planned in (("coordinator", [draft]), ("elected", []), ("thematic", [])):
        page = sign_in(cast.roles[role]).get(url(cast, "committee_list"))
        assert page.context["calendar"].rows[0].planned == planned


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (None, 2026),
        ("2025", 2025),
        ("2029", 2029),
        ("2031", 2029),
        ("0001", 2023),
        ("demain", 2026),
        ("-1", 2026),
        ("99999999999", 2026),
        ("²²²²", 2026),
    ],
)
def test_committee_list_year(cast, coordinator, asked, shown):
    """Those of the convention, and before it as far as a meeting goes."""
    cast.convention.period_start, cast.convention.period_end = date(2025, 1, 1), date(2029, 12, 31)
    cast.convention.save()
    HeldFactory(convention=cast.convention, committee=None, title="Forum", date=None, year=2023)
    page = coordinator.get(url(cast, "committee_list"), {"annee": asked} if asked else {})
    assert page.context["calendar"].year == shown


def test_committee_list_groups_those_who_sit(cast, coordinator):
    committee = CommitteeFactory(convention=cast.convention)
    for name, given in (
        ("Zoé", {"quality": "elu", "is_substitute": True}),
        ("Yves", {"quality": "elu"}),
        ("Xavier", {"quality": "partenaire"}),
        ("Wanda", {"quality": "administrateur", "is_president": True}),
        ("Ursule", {"quality": "elu", "is_president": True}),
        ("Parti", {"quality": "elu", "ended_on": date(2026, 11, 22)}),
    ):
        SeatFactory(committee=committee, contact__name=name, **given)
    page = coordinator.get(url(cast, "committee_list"))
    [(_, groups)] = page.context["bodies"]
    assert [(group.label, [str(seat) for seat in group.seats]) for group in groups] == [
        ("Présidence", ["Ursule", "Wanda"]),
        ("Élus", ["Yves", "Zoé"]),
        ("Partenaires", ["Xavier"]),
    ]


def test_committee_list_of_another_convention(cast, coordinator):
    theirs = CommitteeFactory(name="Ailleurs")
    assert "Ailleurs" not in coordinator.get(url(cast, "committee_list")).content.decode()
    for view in ("committee_detail", "committee_edit", "committee_end", "seat_add"):
        assert coordinator.get(url(cast, view, theirs.uuid)).status_code == 404


# --- One committee --------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [1, 3])
def test_committee_detail_costs_the_same(cast, coordinator, count, django_assert_num_queries):
    committee = CommitteeFactory(convention=cast.convention)
    for _ in range(count):
        SeatFactory(committee=committee, contact__user=UserFactory())
        SeatFactory(committee=committee, ended_on=date(2026, 1, 1))
        HeldFactory(convention=cast.convention, committee=committee)
        MeetingFactory(convention=cast.convention, committee=committee)
    with django_assert_num_queries(13):
        assert coordinator.get(url(cast, "committee_detail", committee.uuid)).status_code == 200


def test_committee_detail_tells_who_gets_no_mail_to_those_who_convene(cast, sign_in):
    committee = CommitteeFactory(convention=cast.convention)
    SeatFactory(committee=committee, contact=ContactFactory(name="Sans adresse", email=""))
    address = url(cast, "committee_detail", committee.uuid)
    assert "ne recevra pas de convocation" in sign_in(cast.roles["coordinator"]).get(address).content.decode()
    elected = sign_in(cast.roles["elected"]).get(address).content.decode()
    assert "ne recevra pas" not in elected
    assert url(cast, "committee_edit", committee.uuid) not in elected


def test_committee_add(cast, coordinator):
    commune = CommuneFactory()
    cast.convention.communes.add(commune)
    given = {
        "kind": "groupe",
        "name": "  Groupe   jeunesse ",
        "purpose": "Prépare",
        "per_year": "3",
        "inhabitants": "4",
        "themes": [cast.theme.pk],
        "communes": [commune.pk],
    }
    response = post(coordinator, url(cast, "committee_add"), **given)
    committee = Committee.objects.get()
    assert response.url == url(cast, "committee_detail", committee.uuid)
    assert (committee.convention, committee.name, committee.per_year) == (
        cast.convention,
        "Groupe jeunesse",
        3,
    )
    assert (list(committee.themes.all()), list(committee.communes.all())) == ([cast.theme], [commune])


@pytest.mark.parametrize(
    ("given", "faulty"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 200}, "name"),
        ({"kind": "senat"}, "kind"),
        ({"per_year": "0"}, "per_year"),
        ({"per_year": "-3"}, "per_year"),
        ({"per_year": "400"}, "per_year"),
        ({"inhabitants": "100000000000000000000"}, "inhabitants"),
        ({"themes": ["987654321"]}, "themes"),
        ({"name": "COPIL"}, "__all__"),
    ],
)
def test_committee_add_bad_input(cast, coordinator, given, faulty):
    CommitteeFactory(convention=cast.convention, name="COPIL")
    response = post(coordinator, url(cast, "committee_add"), **{"kind": "copil", "name": "Autre"} | given)
    assert response.status_code == 422
    assert faulty in response.context["form"].errors
    assert Committee.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "own", "status"),
    [
        ("groupe", True, 302),
        ("commission", True, 302),
        ("groupe", False, 422),
        ("copil", True, 422),
        ("instance", True, 422),
    ],
)
def test_a_coordination_of_themes_adds_what_is_of_its_scope(cast, thematic, kind, own, status):
    theme = cast.theme if own else ThemeFactory()
    response = post(thematic, url(cast, "committee_add"), kind=kind, name="Groupe", themes=[theme.pk])
    assert response.status_code == status
    assert Committee.objects.count() == (status == 302)


def test_a_coordination_of_themes_runs_its_own_groups_only(cast, thematic):
    mine, others = (CommitteeFactory(convention=cast.convention, kind="groupe") for _ in range(2))
    copil = CommitteeFactory(convention=cast.convention)
    for committee in (mine, copil):
        committee.themes.add(cast.theme)
    seats = {committee: SeatFactory(committee=committee) for committee in (mine, others, copil)}
    for committee, status in ((mine, 200), (others, 403), (copil, 403)):
        for view in ("committee_edit", "committee_end", "seat_add"):
            assert thematic.get(url(cast, view, committee.uuid)).status_code == status
        address = url(cast, "seat_edit", committee.uuid, seats[committee].uuid)
        assert thematic.get(address).status_code == status
    # Nor does it let its own go out of its hands.
    response = post(thematic, url(cast, "committee_edit", mine.uuid), themes=[ThemeFactory().pk])
    assert response.status_code == 422
    assert "themes" in response.context["form"].errors


def test_committee_edit_of_two_people_at_once(cast, coordinator):
    committee = CommitteeFactory(convention=cast.convention, name="COPIL", per_year=1)
    address = url(cast, "committee_edit", committee.uuid)
    mine = sent(coordinator, address, name="Comité de pilotage")
    Committee.objects.filter(pk=committee.pk).update(per_year=2, purpose="Arbitre")
    assert coordinator.post(address, mine).status_code == 302
    committee.refresh_from_db()
    assert (committee.name, committee.per_year, committee.purpose) == ("Comité de pilotage", 2, "Arbitre")
    mine = sent(coordinator, address, name="COPIL de la CTG")
    Committee.objects.filter(pk=committee.pk).update(name="Comité")
    response = coordinator.post(address, mine)
    assert (response.status_code, response.context["form"].conflicting) == (409, ["name"])


def test_committee_end_keeps_what_has_met(cast, coordinator):
    committee = CommitteeFactory(convention=cast.convention)
    meeting = HeldFactory(convention=cast.convention, committee=committee)
    assert coordinator.post(url(cast, "committee_end", committee.uuid)).status_code == 302
    committee.refresh_from_db()
    assert committee.ended_on == date(2026, 11, 22)
    assert Meeting.objects.get() == meeting
    page = coordinator.get(url(cast, "committee_list"))
    assert (page.context["bodies"], page.context["ended"]) == ([], [committee])
    assert [row.held for row in page.context["calendar"].rows] == [[meeting]]
    # And it may be opened again.
    assert post(coordinator, url(cast, "committee_edit", committee.uuid), ended_on="").status_code == 302
    committee.refresh_from_db()
    assert committee.ended_on is None


def test_committee_end_deletes_what_never_met(cast, coordinator):
    seat = SeatFactory(committee__convention=cast.convention)
    assert coordinator.get(url(cast, "committee_end", seat.committee.uuid)).context["has_met"] is False
    assert coordinator.post(url(cast, "committee_end", seat.committee.uuid)).status_code == 302
    assert not Committee.objects.exists()
    seat.contact.refresh_from_db()


def test_committee_end_waits_for_its_open_meetings(cast, coordinator):
    meeting = MeetingFactory(convention=cast.convention)
    response = coordinator.post(url(cast, "committee_end", meeting.committee.uuid), follow=True)
    assert "encore ouverte" in response.content.decode()
    meeting.committee.refresh_from_db()
    assert meeting.committee.ended_on is None


# --- Those who sit --------------------------------------------------------------------------------
def test_seat_add_of_somebody_known(cast, coordinator):
    committee = CommitteeFactory(convention=cast.convention)
    contact = ContactFactory(organisation=cast.convention.carrier)
    address = url(cast, "seat_add", committee.uuid)
    response = post(coordinator, address, contact=contact.pk, quality="elu", is_president="on")
    assert response.url == url(cast, "committee_detail", committee.uuid)
    seat = Seat.objects.get()
    assert (seat.committee, seat.contact, seat.quality, seat.is_president) == (
        committee,
        contact,
        "elu",
        True,
    )
    # Who sits there already is not offered again.
    choices = coordinator.get(address).context["form"].fields["contact"].queryset
    assert contact not in choices


def test_seat_add_of_somebody_new_then_of_another(cast, coordinator):
    committee = CommitteeFactory(convention=cast.convention)
    address = url(cast, "seat_add", committee.uuid)
    carrier = cast.convention.carrier
    given = {
        "name": " Élue  référente ",
        "function": "Vice-présidente",
        "email": "Elue@Example.org",
        "body": carrier.name.upper(),
        "quality": "elu",
        "encore": "1",
    }
    response = post(coordinator, address, **given)
    assert response.url == address
    contact = Seat.objects.get().contact
    assert (contact.name, contact.function, contact.email) == (
        "Élue référente",
        "Vice-présidente",
        "elue@example.org",
    )
    assert (contact.organisation, contact.label) == (carrier, "")
    post(coordinator, address, name="Autre", body="Associations locales", quality="partenaire")
    assert Seat.objects.get(contact__name="Autre").contact.label == "Associations locales"


def test_seat_add_names_an_organisation_of_the_convention_only(cast, coordinator):
    stranger = OrganisationFactory(name="Ailleurs")
    committee = CommitteeFactory(convention=cast.convention)
    post(coordinator, url(cast, "seat_add", committee.uuid), name="Une", body=stranger.name, quality="elu")
    contact = Seat.objects.get().contact
    assert (contact.organisation, contact.label) == (None, "Ailleurs")


def test_seat_add_knows_again_whoever_sits_elsewhere(cast, coordinator):
    one, other = (CommitteeFactory(convention=cast.convention) for _ in range(2))
    person = {"name": "Élue", "function": "Maire", "email": "elue@example.org", "quality": "elu"}
    for committee in (one, other):
        assert post(coordinator, url(cast, "seat_add", committee.uuid), **person).status_code == 302
    assert Seat.objects.values("contact").distinct().count() == 1


@pytest.mark.parametrize(
    ("given", "faulty"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 200}, "name"),
        ({"name": "Voir https://exemple.org"}, "name"),
        ({"email": "pas une adresse"}, "email"),
        ({"quality": ""}, "quality"),
        ({"quality": "roi"}, "quality"),
        ({"contact": "987654321"}, "contact"),
        ({"is_president": "on", "is_substitute": "on"}, "__all__"),
        ({"quality": "habitant"}, "has_consented"),
        ({"quality": "habitant", "has_consented": "on", "name": "Camille Dupont"}, "name"),
        ({"quality": "habitant", "has_consented": "on", "email": "camille@example.org"}, "email"),
    ],
)
def test_seat_add_bad_input(cast, coordinator, given, faulty):
    committee = CommitteeFactory(convention=cast.convention)
    address = url(cast, "seat_add", committee.uuid)
    response = post(coordinator, address, **{"name": "Camille", "quality": "elu"} | given)
    assert response.status_code == 422
    assert faulty in response.context["form"].errors
    assert not Seat.objects.exists()


def test_seat_add_of_an_inhabitant_by_a_first_name(cast, coordinator):
    committee = CommitteeFactory(convention=cast.convention)
    given = {"name": "Camille", "quality": "habitant", "has_consented": "on"}
    assert post(coordinator, url(cast, "seat_add", committee.uuid), **given).status_code == 302
    assert Seat.objects.get().has_consented


def test_seat_add_takes_one_person_not_two(cast, coordinator):
    committee = CommitteeFactory(convention=cast.convention)
    contact = ContactFactory(organisation=cast.convention.carrier)
    response = post(
        coordinator, url(cast, "seat_add", committee.uuid), contact=contact.pk, name="Autre", quality="elu"
    )
    assert "contact" in response.context["form"].errors


def test_seat_add_offers_nobody_of_another_convention(cast, coordinator):
    theirs = ContactFactory(organisation=make_cast().convention.carrier)
    committee = CommitteeFactory(convention=cast.convention)
    response = post(coordinator, url(cast, "seat_add", committee.uuid), contact=theirs.pk, quality="elu")
    assert (response.status_code, Seat.objects.count()) == (422, 0)


def test_seat_edit_corrects_the_person_and_the_seat(cast, coordinator):
    seat = SeatFactory(committee__convention=cast.convention, contact__email="")
    address = url(cast, "seat_edit", seat.committee.uuid, seat.uuid)
    given = {"email": "elue@example.org", "is_substitute": "on"}
    assert post(coordinator, address, **given).status_code == 302
    seat = Seat.objects.get()
    assert (seat.contact.email, seat.is_substitute) == ("elue@example.org", True)


def test_seat_edit_leaves_alone_whoever_is_named_elsewhere(cast, coordinator):
    """An address changed here would send their letters of another convention elsewhere."""
    account = ContactFactory(user=UserFactory())
    shared = ContactFactory(email="avant@example.org")
    SeatFactory(contact=shared)
    for contact in (account, shared):
        seat = SeatFactory(committee__convention=cast.convention, contact=contact)
        address = url(cast, "seat_edit", seat.committee.uuid, seat.uuid)
        assert "email" not in coordinator.get(address).context["form"].fields
        assert post(coordinator, address, email="moi@example.org", quality="services").status_code == 302
        seat.refresh_from_db()
        contact.refresh_from_db()
        assert (seat.quality, contact.email == "moi@example.org") == ("services", False)


def test_seat_end_keeps_it_among_the_former_ones(cast, coordinator):
    seat = SeatFactory(committee__convention=cast.convention)
    address = url(cast, "seat_end", seat.committee.uuid, seat.uuid)
    assert coordinator.get(address).status_code == 405
    assert coordinator.post(address).status_code == 302
    page = coordinator.get(url(cast, "committee_detail", seat.committee.uuid))
    assert (page.context["seats"], list(page.context["former"])) == ([], [seat])
    assert coordinator.post(address).status_code == 404
    # They may come back.
    again = SeatFactory(committee=seat.committee, contact=seat.contact)
    assert list(Seat.objects.current()) == [again]


def test_seat_of_another_committee(cast, coordinator):
    seat = SeatFactory(committee__convention=cast.convention)
    other = CommitteeFactory(convention=cast.convention)
    assert coordinator.get(url(cast, "seat_edit", other.uuid, seat.uuid)).status_code == 404
