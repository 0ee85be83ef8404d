"""Who receives a newsletter and why; the coordination's list, what it brings in, takes out and forgets."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from actions.models import FichePartner, FichePilot
from ctg.links.models import SignedLink
from ctg.mail.models import Envelope
from ctg.refusal import Refused
from ctg.sheets import Column, Sheet, Workbook, read_csv, read_workbook, to_csv, to_xlsx
from ctg.templatetags.ui import date_long
from governance.audience import Kind, Segment, recipients
from governance.importers.subscribers import Line, read_addresses
from governance.models import NewsletterSettings, Subscriber, Suppression
from governance.notifications.subscriptions import EXPIRING_LETTER, write_expiring
from governance.rules.addresses import address_hashes, is_address, normal
from governance.schedule import purge_subscribers
from governance.services import newsletters
from governance.services import subscriptions as services
from tests.factories import (
    ContactFactory,
    ConventionFactory,
    FicheFactory,
    MembershipFactory,
    OrganisationFactory,
    ThemeFactory,
    UserFactory,
)
from tests.factories.audience import SubscriberFactory
from tests.factories.cast import ask, make_cast
from tests.factories.newsletter import NewsletterBlockFactory, NewsletterFactory
from tests.factories.steering import CommitteeFactory, SeatFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 2, 1, 9, tzinfo=UTC)
ALL = [Segment(kind) for kind in Kind]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def signed(client, cast):
    client.force_login(cast.roles["coordinator"])
    return client


def of(convention, *segments):
    return {one.address: one.why for one in recipients(convention, segments or ALL)}


def url(cast, view, *args):
    return reverse(f"governance:{view}", args=[cast.convention.slug, *args])


def csv_file(text, name="adresses.csv"):
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


# --- Segments -------------------------------------------------------------------------------------
def test_members_by_role_and_by_theme(cast):
    everyone = of(cast.convention, Segment(Kind.MEMBERS))
    inside = {user.email for role, user in cast.roles.items() if role not in ("outsider", "administrator")}
    assert set(everyone) == inside
    assert all(why == ["membre"] for why in everyone.values())
    elected = of(cast.convention, Segment(Kind.MEMBERS, roles=("elected", "caf")))
    assert set(elected) == {cast.roles["elected"].email, cast.roles["caf"].email}
    themed = of(cast.convention, Segment(Kind.MEMBERS, themes=(cast.theme.pk,)))
    assert set(themed) == {cast.roles["thematic"].email, cast.roles["contributor"].email}
    assert of(cast.convention, Segment(Kind.MEMBERS, themes=(ThemeFactory().pk,))) == {}


def test_of_a_body_that_only_helps_those_who_contribute(cast):
    helper = OrganisationFactory()
    FichePartner.objects.create(fiche=cast.fiche, organisation=helper)
    MembershipFactory(organisation=helper, role="reader")
    mine = MembershipFactory(organisation=helper, role="contributor").user
    caf = ConventionFactory().caf
    FichePartner.objects.create(fiche=cast.fiche, organisation=caf)
    MembershipFactory(organisation=caf, role="caf")
    themed = set(of(cast.convention, Segment(Kind.MEMBERS)))
    inside = {user.email for role, user in cast.roles.items() if role not in ("outsider", "administrator")}
    assert themed - inside == {mine.email}


def test_committees_partners_and_subscribers(cast):
    convention, theme = cast.convention, cast.theme
    copil = CommitteeFactory(convention=convention, name="COPIL")
    seat = SeatFactory(committee=copil)
    SeatFactory(committee=copil, ended_on=date(2026, 1, 1))
    SeatFactory(committee=CommitteeFactory(convention=convention, ended_on=date(2026, 1, 1)))
    SeatFactory()
    pilot = ContactFactory(email="Pilote@Example.org")
    FichePilot.objects.create(fiche=cast.fiche, contact=pilot)
    FichePilot.objects.create(fiche=cast.other, contact=ContactFactory())
    FichePilot.objects.create(fiche=FicheFactory(), contact=ContactFactory(email="ailleurs@example.org"))
    ask(cast)
    assert of(convention, Segment(Kind.COMMITTEES)) == {seat.contact.email: ["membre\u00a0: COPIL"]}
    assert of(convention, Segment(Kind.COMMITTEES, committees=(copil.pk + 99,))) == {}
    named = {"pilote@example.org", "partenaire@example.org"}
    assert set(of(convention, Segment(Kind.PARTNERS))) == named
    assert set(of(convention, Segment(Kind.PARTNERS, themes=(theme.pk,)))) == named
    assert of(convention, Segment(Kind.PARTNERS, themes=(ThemeFactory().pk,))) == {}


def test_subscribers_by_theme_and_by_frequency(cast):
    convention, theme, other = cast.convention, cast.theme, ThemeFactory()
    SubscriberFactory(convention=convention, address="tout@example.org")
    SubscriberFactory(convention=convention, address="theme@example.org").themes.add(theme, other)
    SubscriberFactory(convention=convention, address="autre@example.org").themes.add(other)
    SubscriberFactory(convention=convention, address="attend@example.org", pending=True)
    SubscriberFactory(convention=convention, address="membre@example.org", source="member")
    SubscriberFactory(address="ailleurs@example.org")
    lately = {"frequency": "monthly", "convention": convention}
    SubscriberFactory(address="rassasie@example.org", last_sent_at=NOW - timedelta(days=20), **lately)
    SubscriberFactory(address="mensuel@example.org", last_sent_at=NOW - timedelta(days=30), **lately)
    everyone = of(convention, Segment(Kind.SUBSCRIBERS))
    assert set(everyone) == {f"{name}@example.org" for name in ("tout", "theme", "autre", "mensuel")}
    assert everyone["tout@example.org"] == ["abonné"]
    themed = of(convention, Segment(Kind.SUBSCRIBERS, themes=(theme.pk,)))
    assert set(themed) == {f"{name}@example.org" for name in ("tout", "theme", "mensuel")}


def test_recipients_are_distinct_with_every_reason(cast):
    user = cast.roles["elected"]
    contact = ContactFactory(email=user.email.upper(), user=user)
    copil = CommitteeFactory(convention=cast.convention, name="COPIL")
    SeatFactory(committee=copil, contact=contact)
    FichePilot.objects.create(fiche=cast.fiche, contact=contact)
    SubscriberFactory(convention=cast.convention, address=user.email)
    found = recipients(cast.convention, [*ALL, *ALL])
    assert [one.address for one in found] == sorted({one.address for one in found})
    (one,) = (one for one in found if one.address == user.email)
    assert (one.name, one.why) == (
        user.name,
        ["membre", "membre\u00a0: COPIL", "pilote ou partenaire", "abonné"],
    )
    assert recipients(cast.convention, []) == []


def test_who_left_whose_address_is_refused_or_whose_account_is_closed_is_out(cast):
    convention = cast.convention
    roles = cast.roles
    services.leave(SubscriberFactory(convention=convention, address=roles["elected"].email))
    SubscriberFactory(convention=convention, address=roles["services"].email, state="bounced", bounced_at=NOW)
    Suppression.objects.create(convention=convention, address_hash=address_hashes(roles["reader"].email)[0])
    roles["caf"].is_active = False
    roles["caf"].save()
    closed = UserFactory(is_active=False)
    copil = CommitteeFactory(convention=convention)
    for email in (closed.email, "mal formée", "juste@example.org"):
        SeatFactory(committee=copil, contact__email=email)
    SeatFactory(committee=copil, contact__email="autre@example.org", contact__user=closed)
    assert set(of(convention)) == {
        roles["coordinator"].email,
        roles["thematic"].email,
        roles["contributor"].email,
        "juste@example.org",
    }
    # To leave one letter is not to leave another.
    other = make_cast().convention
    SubscriberFactory(convention=other, address=roles["elected"].email)
    assert roles["elected"].email in of(other)


def test_recipients_cost_as_much_for_one_as_for_many(cast):
    def cost(*segments):
        with CaptureQueriesContext(connection) as caught:
            recipients(cast.convention, segments or ALL)
        return len(caught)

    ask(cast)
    copil = CommitteeFactory(convention=cast.convention)
    SeatFactory(committee=copil)
    SubscriberFactory(convention=cast.convention)
    services.leave(SubscriberFactory(convention=cast.convention))
    one = cost()
    for _ in range(3):
        SeatFactory(committee=copil)
        services.leave(SubscriberFactory(convention=cast.convention))
        SubscriberFactory(convention=cast.convention)
        FichePilot.objects.create(fiche=cast.fiche, contact=ContactFactory(user=UserFactory()))
    assert cost() == one == 7
    assert cost(*ALL, Segment(Kind.MEMBERS, roles=("caf",)), Segment(Kind.SUBSCRIBERS, themes=(1,))) == 7


def test_enrol_gives_a_member_a_way_out_once(cast):
    people = recipients(cast.convention, [Segment(Kind.MEMBERS)])
    rows = services.enrol(cast.convention, people)
    assert set(rows) == {one.address for one in people}
    row = rows[cast.roles["elected"].email]
    assert (row.state, row.source, row.name) == ("active", "member", cast.roles["elected"].name)
    assert row.consent_words == "Sans abonnement, en tant que membre"
    services.leave(row)
    left = recipients(cast.convention, [Segment(Kind.MEMBERS)])
    assert len(left) == len(people) - 1
    assert services.enrol(cast.convention, left).keys() == {one.address for one in left}
    assert Subscriber.objects.count() == len(people)


# --- Rules ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Lea@Example.ORG ", "lea@example.org"),
        ("lea@mairie-été.fr", "lea@xn--mairie-t-h1ab.fr"),
        ("lea@" + "é" * 300 + ".fr", "lea@" + "é" * 300 + ".fr"),
        ("lea", "lea"),
    ],
)
def test_an_address_is_kept_in_one_form(typed, kept):
    assert normal(typed) == kept


def test_what_is_no_address():
    assert is_address("prenom.nom+lettre@sous.domaine.fr")
    for bad in (
        "",
        "a",
        "a@b",
        "a@b.fr, c@d.fr",
        "é@b.fr",
        '"x"@b.fr',
        "a@b.fr\n",
        "=1@b.fr",
        "+1@b.fr",
        "-1@b.fr",
        "a@" + "b" * 250 + ".fr",
    ):
        assert not is_address(bad), bad


def test_who_left_stays_out_when_the_key_of_the_instance_changes(cast, settings):
    services.erase(SubscriberFactory(convention=cast.convention, address="lea@example.org"))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    found = services.sort_lines(cast.convention, [Line(2, "lea@example.org", "", "2026-01-01", "Forum")])
    assert len(found.kept_out) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "pending"},
        {"state": "unsubscribed"},
        {"state": "bounced"},
        {"confirmed_at": None},
        {"unsubscribed_at": NOW},
        {"address": "Lea@example.org"},
        {"consent_words": ""},
        {"source": "achat"},
    ],
)
def test_a_state_has_its_date_and_an_address_its_proof(wrong):
    row = SubscriberFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Subscriber.objects.filter(pk=row.pk).update(**wrong)


# --- Files ----------------------------------------------------------------------------------------
FILE = """Prénom;Nom;Courriel;Adresse;Date;Preuve
Léa;Martin;Lea@Example.org;1 rue du Puits;03/05/2026;Forum
;;sans-arobase;;;
;;;2 rue du Puits;;

;Dupont;lea@example.org;;;
;<b>Paul</b>;paul@example.org;;;
;;demain@example.org;;01/03/2027;
;;jamais@example.org;;un jour;
;;zoe@example.org;;2026-05-04;
;;juste@example.org;;;\x00
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_read_addresses(encoding):
    read = read_addresses("a.CSV", FILE.encode(encoding), on=date(2026, 1, 1), words="Émargement")
    assert read.lines == [
        Line(2, "lea@example.org", "Léa Martin", "2026-05-03", "Forum"),
        Line(10, "zoe@example.org", "", "2026-05-04", "Émargement"),
        Line(11, "juste@example.org", "", "2026-01-01", "Émargement"),
    ]
    assert [(one.number, one.said, one.reason) for one in read.rejected] == [
        (3, "sans-arobase", "adresse mal formée"),
        (4, "(vide)", "sans adresse"),
        (6, "lea@example.org", "déjà à la ligne 2"),
        (7, "paul@example.org", "Un nom ne contient ni adresse ni balise."),
        (8, "demain@example.org", "date à venir"),
        (9, "jamais@example.org", "date illisible (31/12/2026 est attendu)"),
    ]


def test_read_addresses_of_a_workbook():
    columns = [Column("Adresse électronique"), Column("Date du consentement")]
    sheet = Sheet("Feuille", columns, [["lea@example.org", date(2026, 5, 3)], ["=1+1", None]])
    read = read_addresses("a.xlsx", to_xlsx(Workbook("A", [sheet])), on=date(2026, 1, 1), words="Forum")
    assert read.lines == [Line(2, "lea@example.org", "", "2026-05-03", "Forum")]
    assert [one.reason for one in read.rejected] == ["adresse mal formée"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Nom;Ville\nMartin;Altkirch\n",
        b"\n\n",
        b"adresse\n" + b"a@example.org\n" * 5001,
        b'adresse\n"' + b"x" * 200_000,
    ],
)
def test_read_addresses_refuses_what_it_cannot_read(content):
    with pytest.raises(Refused):
        read_addresses("a.csv", content, on=date(2026, 1, 1), words="Forum")


def test_csv_that_was_written_is_read_back():
    rows = [["=1+1", "a;b"], ["-2", 'dit "oui"'], ["", "deux\nlignes"]]
    content = to_csv(Sheet("S", [Column("Un"), Column("Deux")], rows))
    assert [list(row) for row in read_csv(content).rows] == [
        ["Un", "Deux"],
        ["=1+1", "a;b"],
        ["-2", 'dit "oui"'],
        [None, "deux\nlignes"],
    ]


# --- The coordination's pages ----------------------------------------------------------------------
def test_newsletter_audience_opens_the_public_page(signed, cast):
    page = url(cast, "newsletter_audience")
    assert "data-copy" not in signed.get(page).content.decode()
    data = {"is_open": "on", "intro": "Trois fois par an.", "signature": "La coordination"}
    assert signed.post(page, data).status_code == 302
    settings = NewsletterSettings.objects.get()
    assert (settings.is_open, settings.intro) == (True, "Trois fois par an.")
    assert f'{url(cast, "subscribe")}"' in signed.get(page).content.decode()
    conflict = signed.post(
        page, {"initial-intro": "Autre", "intro": "Encore", "signature": "La coordination"}
    )
    assert conflict.status_code == 409
    assert signed.post(page, data | {"intro": "x" * 1001}).status_code == 422


def test_subscriber_list_counts_searches_and_shows_the_proof(signed, cast):
    page = url(cast, "subscriber_list")
    assert "Aucun abonné pour l’instant" in signed.get(page).content.decode()
    SubscriberFactory(convention=cast.convention, address="lea@example.org", name="Léa <i>M.</i>")
    SubscriberFactory(convention=cast.convention, address="attend@example.org", pending=True)
    SubscriberFactory(address="ailleurs@example.org")
    body = signed.get(page).content.decode()
    assert "Léa &lt;i&gt;M.&lt;/i&gt;" in body
    assert "Feuille d’émargement du forum" in body
    assert "ailleurs@example.org" not in body
    only = signed.get(page, {"etat": "a-confirmer"}).content.decode()
    assert ("attend@example.org" in only, "lea@example.org" in only) == (True, False)
    assert "lea@example.org" in signed.get(page, {"q": "LEA@", "page": "99", "etat": "rien"}).content.decode()
    assert "Aucune adresse ne répond" in signed.get(page, {"q": "%"}).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_subscriber_list_costs_as_much_for_one_as_for_many(signed, cast, count, django_assert_num_queries):
    for row in SubscriberFactory.create_batch(count, convention=cast.convention):
        row.themes.add(cast.theme)
    with django_assert_num_queries(10):
        signed.get(url(cast, "subscriber_list"))


def test_subscriber_import_shows_then_brings_in(signed, cast):
    page = url(cast, "subscriber_import")
    services.erase(SubscriberFactory(convention=cast.convention, address="partie@example.org"))
    SubscriberFactory(convention=cast.convention, address="connue@example.org", name="Avant")
    SubscriberFactory(
        convention=cast.convention, address="rejetee@example.org", state="bounced", bounced_at=NOW
    )
    text = (
        "adresse,nom\nneuve@example.org,Zoé\npartie@example.org,\nconnue@example.org,Après\n"
        "rejetee@example.org,\nfausse,\n"
    )
    data = {"file": csv_file(text), "consent_on": "2027-01-15", "consent_words": "Forum, case cochée"}
    shown = signed.post(page, data)
    assert shown.status_code == 200
    assert Subscriber.objects.count() == 2
    body = shown.content.decode()
    said = (
        *("1\u00a0adresse nouvelle", "2\u00a0déjà connues", "1\u00a0écartée", "1\u00a0ligne rejetée"),
        *("Adresses nouvelles", "2027, Forum, case cochée", "Déjà connues"),
        *("adresse refusée", "Adresses écartées", "Lignes rejetées", "adresse mal formée"),
    )
    places = [body.index(words) for words in said]
    assert places == sorted(places)
    assert signed.post(page, {"lines": shown.context["lines"]}).status_code == 302
    row = Subscriber.objects.get(address="neuve@example.org")
    assert (row.state, row.source, row.name) == ("active", "import", "Zoé")
    assert (row.consent_on, row.consent_words) == (date(2027, 1, 15), "Forum, case cochée")
    assert row.link.created_by == cast.roles["coordinator"]
    assert Subscriber.objects.get(address="connue@example.org").name == "Avant"
    # Sent twice, or after somebody left: nothing more comes in.
    services.leave(row)
    signed.post(page, {"lines": shown.context["lines"]})
    assert Subscriber.objects.get(address="neuve@example.org").state == "unsubscribed"
    assert Subscriber.objects.count() == 3


ADDED = {
    "address": "Zoe@Example.org",
    "name": "Zoé",
    "consent_on": "2027-01-15",
    "consent_words": "Forum,\ncase cochée",
}


def test_subscriber_add_brings_one_in_with_its_proof(signed, cast):
    page = url(cast, "subscriber_add")
    assert page in signed.get(url(cast, "subscriber_list")).content.decode()
    assert signed.get(page).status_code == 200
    assert signed.post(page, ADDED).status_code == 302
    row = Subscriber.objects.get()
    assert (row.address, row.name, row.state, row.source) == ("zoe@example.org", "Zoé", "active", "import")
    assert (row.consent_on, row.consent_words) == (date(2027, 1, 15), "Forum, case cochée")
    again = signed.post(page, ADDED)
    assert again.status_code == 422
    assert "déjà connue\u00a0: abonné" in again.content.decode()
    services.leave(row)
    assert "elle seule peut revenir" in signed.post(page, ADDED).content.decode()
    services.erase(row)
    assert "elle seule peut revenir" in signed.post(page, ADDED).content.decode()
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", ""),
        ("address", "zoe"),
        ("address", "=cmd|x@example.org"),
        ("name", "<b>Zoé</b>"),
        ("consent_on", ""),
        ("consent_on", "2027-02-02"),
        ("consent_on", "2024-01-31"),
        ("consent_words", " "),
        ("consent_words", "x" * 501),
    ],
)
def test_subscriber_add_refuses_beside_the_field(signed, cast, field, value):
    response = signed.post(url(cast, "subscriber_add"), ADDED | {field: value})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert not Subscriber.objects.exists()


def test_subscriber_list_says_what_each_receives_and_what_cannot_be_undone(signed, cast):
    SubscriberFactory(convention=cast.convention)
    page = url(cast, "subscriber_list")
    body = signed.get(page).content.decode()
    assert "Toutes les lettres" in body
    assert (
        body.count("vous ne pourrez pas la réinscrire") + body.count("Vous ne pourrez pas la réinscrire") == 2
    )
    Subscriber.objects.get().themes.add(cast.theme)
    assert f"{cast.theme}, et les lettres à tous" in signed.get(page).content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"file": csv_file("x", "a.pdf")}, "file"),
        ({"file": csv_file("PK", "a.xlsx")}, "file"),
        ({"file": csv_file("nom\nLéa\n")}, "file"),
        ({"file": csv_file(b"a" * 2_000_001)}, "file"),
        ({"file": ""}, "file"),
        ({"consent_on": "2027-02-02"}, "consent_on"),
        ({"consent_on": "02/2027"}, "consent_on"),
        ({"consent_words": " "}, "consent_words"),
    ],
)
def test_subscriber_import_refuses_beside_the_field(signed, cast, wrong, field):
    data = {
        "file": csv_file("adresse\nlea@example.org\n"),
        "consent_on": "2027-01-15",
        "consent_words": "Forum",
    }
    response = signed.post(url(cast, "subscriber_import"), data | wrong)
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}


def test_subscriber_import_takes_no_lines_of_another_hand(signed, cast, clock, client):
    other = make_cast()
    data = {
        "file": csv_file("adresse\nlea@example.org\n"),
        "consent_on": "2027-01-15",
        "consent_words": "Forum",
    }
    lines = signed.post(url(cast, "subscriber_import"), data).context["lines"]
    client.force_login(other.roles["coordinator"])
    assert client.post(url(other, "subscriber_import"), {"lines": lines}, follow=True).status_code == 200
    client.force_login(cast.roles["coordinator"])
    for sent in ("faux", ""):
        assert client.post(url(cast, "subscriber_import"), {"lines": sent}).status_code == 302
    clock.shift(3601)
    client.post(url(cast, "subscriber_import"), {"lines": lines})
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_subscriber_export_gives_what_the_page_shows(signed, cast, kind):
    SubscriberFactory(convention=cast.convention, address="lea@example.org", name="=1+1")
    SubscriberFactory(convention=cast.convention, address="paul@example.org")
    SubscriberFactory(address="ailleurs@example.org")
    response = signed.post(url(cast, "subscriber_export", kind) + "?q=lea")
    content = b"".join(response.streaming_content)
    rows = read_csv(content).rows if kind == "csv" else read_workbook(content)["Abonnés"].rows
    assert [row[:3] for row in rows] == [["Adresse", "Nom", "État"], ["lea@example.org", "=1+1", "abonné"]]
    assert rows[1][-1] == "Feuille d’émargement du forum"


def test_erasing_takes_the_address_off_the_issues_received(cast):
    row = SubscriberFactory(convention=cast.convention, address="zoe@example.org")
    now = timezone.now()
    common = {
        "kind": "governance.newsletter",
        "object_id": row.pk,
        "name": "Zoé",
        "address": "zoe@example.org",
    }
    Envelope.objects.create(
        **common,
        batch="a",
        edition=1,
        state="sent",
        attempts=1,
        next_try_at=None,
        sending_at=now,
        settled_at=now,
    )
    Envelope.objects.create(**common, batch="b", edition=2, next_try_at=now)
    services.erase(row)
    assert list(Envelope.objects.values_list("state", "name", "address")) == [("sent", "", "")]


def test_subscriber_remove_then_erase(signed, cast):
    row = SubscriberFactory(convention=cast.convention, address="lea@example.org", pending=True)
    services.ask(cast.convention, row.address, name="", themes=[], frequency="each", ip="192.0.2.1")
    signed.post(url(cast, "subscriber_remove", row.uuid))
    row.refresh_from_db()
    assert row.state == "unsubscribed"
    signed.post(url(cast, "subscriber_erase", row.uuid))
    assert (Subscriber.objects.count(), Envelope.objects.count(), SignedLink.objects.count()) == (0, 0, 0)
    (kept,) = Suppression.objects.values_list("address_hash", flat=True)
    assert "lea" not in kept
    foreign = SubscriberFactory()
    for view in ("subscriber_remove", "subscriber_erase"):
        assert signed.post(url(cast, view, foreign.uuid)).status_code == 404


# --- Forgetting -----------------------------------------------------------------------------------
def test_three_years_without_contact_and_it_is_forgotten(cast, clock):
    convention = cast.convention
    SubscriberFactory(convention=convention, address="muette@example.org")
    services.leave(SubscriberFactory(convention=convention, address="partie@example.org"))
    SubscriberFactory(convention=convention, address="attend@example.org", pending=True)
    clock.shift(timedelta(days=31))
    purge_subscribers()
    left = {"muette@example.org", "partie@example.org"}
    assert set(Subscriber.objects.values_list("address", flat=True)) == left
    clock.move_to(NOW + timedelta(days=1000))
    heard = SubscriberFactory(convention=convention, address="vive@example.org")
    clock.move_to(datetime(2030, 2, 1, 9, tzinfo=UTC))
    services.prefer(heard, name="", themes=[], frequency="each")
    purge_subscribers()
    assert Subscriber.objects.count() == 3
    clock.shift(timedelta(days=2))
    purge_subscribers()
    assert [*Subscriber.objects.values_list("address", flat=True)] == ["vive@example.org"]
    assert (SignedLink.objects.count(), Suppression.objects.count()) == (1, 1)
    heard.refresh_from_db()
    assert heard.link.expires_at > timezone.now() + Subscriber.KEPT_FOR


def silent(cast, address, days=1060, **fields):
    """Nobody heard of them for so many days; forgotten after 1096."""
    long_ago = timezone.now() - timedelta(days=days)
    return SubscriberFactory(convention=cast.convention, address=address, last_contact_at=long_ago, **fields)


def test_who_will_soon_be_forgotten_is_asked_once(cast, clock, client):
    row = silent(cast, "muette@example.org")
    silent(cast, "recente@example.org", 1050)
    silent(cast, "membre@example.org", source="member")
    silent(cast, "partie@example.org", state="unsubscribed", unsubscribed_at=timezone.now())
    purge_subscribers()
    purge_subscribers()
    clock.shift(timedelta(days=1))
    purge_subscribers()
    [envelope] = Envelope.objects.filter(kind=EXPIRING_LETTER)
    assert (envelope.address, envelope.edition) == ("muette@example.org", 2027)
    letter = write_expiring(row.pk, envelope)
    assert letter.subject.startswith("Voulez-vous toujours recevoir la lettre de la CTG ")
    assert f"d’ici le {date_long(date(2027, 3, 9))}, votre adresse sera effacée" in letter.body
    link = next(line for line in letter.body.splitlines() if line.startswith("http"))
    path = "/" + link.split("/", 3)[3]
    assert letter.extra_headers["List-Unsubscribe"].startswith(f"<{link}")
    # To open the page changes nothing: machines do.
    assert "Je continue à la recevoir" in client.get(path).content.decode()
    row.refresh_from_db()
    assert row.is_expiring
    client.post(path + "confirmer/")
    row.refresh_from_db()
    assert (row.last_contact_at, row.state) == (timezone.now(), "active")
    assert "Je continue à la recevoir" not in client.get(path).content.decode()
    assert write_expiring(row.pk, envelope) is None
    # Three years later, they are asked again.
    clock.shift(timedelta(days=1060))
    services.ask_who_stays()
    assert set(Envelope.objects.filter(object_id=row.pk).values_list("edition", flat=True)) == {2027, 2030}


def test_who_does_not_answer_is_forgotten_with_what_was_asked(cast, clock):
    silent(cast, "muette@example.org")
    purge_subscribers()
    assert Envelope.objects.count() == 1
    clock.shift(timedelta(days=37))
    purge_subscribers()
    assert (Subscriber.objects.count(), Envelope.objects.count()) == (0, 0)


def test_only_its_person_keeps_an_address(cast, clock):
    """An issue that is sent, or a file that is brought in, is no sign of theirs."""
    row = silent(cast, "muette@example.org", 100)
    heard_on = row.last_contact_at
    issue = NewsletterFactory(convention=cast.convention, segments={"kinds": ["subscribers"]})
    NewsletterBlockFactory(newsletter=issue)
    newsletters.send(issue, seen=None, by=cast.roles["coordinator"])
    row.refresh_from_db()
    assert (row.last_contact_at, row.last_sent_at) == (heard_on, timezone.now())
    line = Line(2, "lea@example.org", "", "2026-01-01", "Forum")
    services.import_lines(cast.convention, [line], by=cast.roles["coordinator"])
    assert timezone.localdate(Subscriber.objects.get(address=line.address).last_contact_at) == date(
        2026, 1, 1
    )
    for act in (
        lambda: services.confirm(row, ip=""),
        lambda: services.prefer(row, name="", themes=[], frequency="each"),
        lambda: services.leave(row),
    ):
        clock.shift(60)
        act()
        row.refresh_from_db()
        assert row.last_contact_at == timezone.now()


def test_read_addresses_refuses_a_consent_that_is_too_old():
    text = b"adresse;date\nlea@example.org;01/02/2024\nzoe@example.org;31/01/2024\n"
    read = read_addresses("a.csv", text, on=date(2027, 1, 1), words="Forum")
    assert [line.address for line in read.lines] == ["lea@example.org"]
    assert [one.reason for one in read.rejected] == ["consentement de plus de trois ans\u00a0: redemandez-le"]
