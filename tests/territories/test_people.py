"""Invitations, roles and their ends; the pages of one's own account and of the administrator."""

import re
import threading
from datetime import date, timedelta
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from django.core import mail
from django.db import DatabaseError, IntegrityError, connection
from django.urls import reverse
from django.utils import timezone

from actions.models import Convention
from ctg.accounts.models import User
from ctg.accounts.tokens import find_invited, invitation_link
from ctg.jobs.models import Job
from ctg.jobs.runner import run_job
from ctg.refusal import Refused
from territories import notifications, services, tasks
from territories.models import Contact, Membership, Organisation, Theme
from tests.factories import (
    CafFactory,
    CarrierFactory,
    CommuneFactory,
    ContactFactory,
    ConventionFactory,
    DepartementFactory,
    EpciFactory,
    MembershipFactory,
    OrganisationFactory,
    ThemeFactory,
    UserFactory,
)

PASSWORD = "trois mots bout à bout"


@pytest.fixture
def administrator(db):
    return UserFactory(is_staff=True, name="Admin du site")


@pytest.fixture
def carrier(db):
    return CarrierFactory(name="Communauté de communes du Sundgau")


def invite(organisation, by, **fields):
    given = {"email": "claire@example.org", "name": "Claire Martin", "role": "reader"} | fields
    return services.invite_member(organisation, by=by, **given)


def run_mail_jobs():
    for job in Job.objects.filter(task="territories.send_invitation", state="queued").order_by("pk"):
        run_job(job.pk, tasks.send_invitation.function)


def link_of(message):
    return re.search(r"https?://\S+", message.body)[0]


def path_of(link):
    return "/" + link.split("/", 3)[3]


# --- Inviting -------------------------------------------------------------------------------------
def test_an_invited_person_has_an_account_without_password(carrier, administrator):
    membership = invite(carrier, administrator, email=" Claire@Example.org ", name="Claire\n Martin")
    assert (membership.user.email, membership.user.name) == ("claire@example.org", "Claire Martin")
    assert not membership.user.has_usable_password()


@pytest.mark.django_db(transaction=True)
def test_the_mail_leaves_after_the_transaction_and_says_all(carrier, administrator):
    invite(carrier, administrator, name="<script>alert(1)</script> d’Août")
    assert mail.outbox == []
    run_mail_jobs()
    message = mail.outbox[0]
    assert message.to == ["claire@example.org"]
    assert message.subject == "CTG\u00a0: votre invitation pour Communauté de communes du Sundgau"
    assert message.body.startswith("Bonjour <script>alert(1)</script> d’Août,")
    assert "Admin du site" in message.body
    assert "Votre rôle\u00a0: lecture" in message.body
    assert "sert une seule fois" in message.body
    assert message.content_subtype == "plain"
    assert Job.objects.get().state == "done"


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_is_down_fails_the_job_and_nothing_else(carrier, administrator, monkeypatch):
    def down(*args, **kwargs):
        raise SMTPServerDisconnected

    monkeypatch.setattr("ctg.mail.letters.EmailMessage.send", down)
    membership = invite(carrier, administrator)
    run_mail_jobs()
    job = Job.objects.get()
    assert (job.state, membership.pk) == ("failed", Membership.objects.get().pk)
    assert "ne répond pas" in job.error


@pytest.mark.django_db(transaction=True)
def test_a_role_ended_meanwhile_is_not_announced(carrier, administrator):
    services.end_member(invite(carrier, administrator), by=administrator)
    run_mail_jobs()
    assert mail.outbox == []


def test_a_name_cannot_break_the_subject(carrier, administrator):
    carrier.name = carrier.short_name = "Titre\r\nBcc: tous@example.org"
    carrier.save()
    membership = invite(carrier, administrator)
    notifications.invite(membership, by=administrator)
    assert mail.outbox[0].subject == "CTG\u00a0: votre invitation pour Titre Bcc: tous@example.org"
    assert mail.outbox[0].recipients() == ["claire@example.org"]


def test_contacts_with_the_address_become_the_person(carrier, administrator):
    contact = ContactFactory(email="CLAIRE@example.org")
    other = ContactFactory(email="claire@example.com")
    user = invite(carrier, administrator).user
    assert list(Contact.objects.filter(user=user)) == [contact]
    other.refresh_from_db()
    assert other.user is None


def test_inviting_again_someone_who_never_came_writes_again(carrier, administrator):
    first = invite(carrier, administrator)
    Job.objects.update(state="cancelled", cancel_requested_at=timezone.now(), finished_at=timezone.now())
    assert invite(carrier, administrator).pk == first.pk
    assert Job.objects.filter(state="queued").count() == 1


def test_inviting_again_a_limited_coordination_leaves_its_limit(carrier, administrator):
    one, other, commune = ThemeFactory(), ThemeFactory(), CommuneFactory()
    given = {"email": "claire@example.org", "role": "coordinator"}
    membership = invite(carrier, administrator, themes=[one], communes=[commune], **given)
    assert invite(carrier, administrator, **given) == membership
    assert (list(membership.themes.all()), list(membership.communes.all())) == ([one], [commune])
    invite(carrier, administrator, themes=[other], **given)
    assert (list(membership.themes.all()), list(membership.communes.all())) == ([other], [])


def test_inviting_a_member_again_is_refused(carrier, administrator):
    member = MembershipFactory(organisation=carrier, user__email="claire@example.org")
    with pytest.raises(Refused, match="déjà ce rôle") as refused:
        invite(carrier, administrator)
    assert refused.value.field == "email"
    assert list(Membership.objects.all()) == [member]


@pytest.mark.django_db(transaction=True)
def test_someone_who_has_an_account_is_told_of_the_role(carrier, administrator):
    user = UserFactory(email="claire@example.org", name="Claire Durand")
    membership = invite(carrier, administrator, name="Quelqu’un d’autre")
    run_mail_jobs()
    assert (membership.user, membership.user.name) == (user, "Claire Durand")
    assert mail.outbox[0].subject == "CTG\u00a0: un nouveau rôle pour Communauté de communes du Sundgau"
    assert link_of(mail.outbox[0]) == "http://localhost:8000/compte/login/"


def test_a_closed_account_is_not_invited(carrier, administrator):
    UserFactory(email="claire@example.org", is_active=False)
    with pytest.raises(Refused, match="fermé"):
        invite(carrier, administrator)


@pytest.mark.parametrize(("kind", "role"), [("caf", "coordinator"), ("caf", "services"), ("other", "caf")])
def test_a_role_that_does_not_exist_there_is_refused(administrator, kind, role):
    organisation = CafFactory() if kind == "caf" else OrganisationFactory()
    with pytest.raises(Refused) as refused:
        invite(organisation, administrator, role=role)
    assert refused.value.field == "role"


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["own", "other", "reader", "coordinator"])
def test_only_that_caf_gives_a_caf_role(who):
    caf = CafFactory()
    by = {
        "own": lambda: MembershipFactory(organisation=caf, role="caf").user,
        "other": lambda: MembershipFactory(organisation=CafFactory(), role="caf").user,
        "reader": lambda: MembershipFactory(organisation=caf, role="reader").user,
        "coordinator": lambda: (
            MembershipFactory(organisation=ConventionFactory(caf=caf).carrier, role="coordinator").user
        ),
    }
    person = by[who]()
    if who == "own":
        assert invite(caf, person, role="caf").role == "caf"
    else:
        with pytest.raises(Refused):
            invite(caf, person, role="caf")


@pytest.mark.django_db(transaction=True)
def test_two_invitations_at_once_make_one_account_and_one_role():
    administrator, carrier, other = UserFactory(is_staff=True), CarrierFactory(), OrganisationFactory()
    start, failures = threading.Barrier(4), []

    def ask(organisation):
        try:
            start.wait()
            invite(organisation, administrator)
        except (Refused, DatabaseError) as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[place]) for place in (carrier, carrier, other, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert User.objects.filter(email="claire@example.org").count() == 1
    assert Membership.objects.count() == 2


# --- The link -------------------------------------------------------------------------------------
def accept(client, link, **fields):
    given = {"name": "Claire Martin", "function": "", "password1": PASSWORD, "password2": PASSWORD} | fields
    return client.post(path_of(link), given)


def test_invitation_opens_the_account_once(client, carrier, administrator):
    user = invite(carrier, administrator).user
    link = invitation_link(user)
    page = client.get(path_of(link))
    assert (page.status_code, "claire@example.org" in page.content.decode()) == (200, True)
    answer = accept(client, link, name="Claire Martin-Petit", function="Responsable enfance")
    assert (answer.status_code, answer.url) == (302, reverse("actions:home"))
    user.refresh_from_db()
    assert (user.name, user.function) == ("Claire Martin-Petit", "Responsable enfance")
    assert user.check_password(PASSWORD)
    assert client.get(reverse("actions:home")).status_code == 200
    client.logout()
    again = client.get(path_of(link))
    assert (again.status_code, "ne sert plus" in again.content.decode()) == (410, True)
    assert accept(client, link, password1="un autre mot de passe").status_code == 410


@pytest.mark.parametrize(("days", "status"), [(6, 200), (8, 410)])
def test_invitation_lasts_seven_days(client, carrier, administrator, days, status):
    link = invitation_link(invite(carrier, administrator).user)
    with time_machine.travel(timezone.now() + timedelta(days=days)):
        page = client.get(path_of(link))
    assert page.status_code == status


@pytest.mark.parametrize("uidb64", ["x", "MQ", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "w6k", "%00"])
def test_invitation_a_wrong_link_is_refused(client, db, uidb64):
    assert client.get(f"/invitation/{uidb64}/abc-def/").status_code == 410


def test_invitation_a_link_is_for_one_person(carrier, administrator):
    one = invite(carrier, administrator).user
    two = invite(carrier, administrator, email="paul@example.org").user
    mine, his = invitation_link(one).split("/")[-3:-1], invitation_link(two).split("/")[-3:-1]
    assert find_invited(mine[0], mine[1]) == one
    assert find_invited(mine[0], his[1]) is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"password2": "autre"}, "Les deux mots de passe diffèrent."),
        ({"password1": "court", "password2": "court"}, "trop court"),
        ({"password1": "motdepasse123", "password2": "motdepasse123", "name": ""}, "obligatoire"),
        ({"name": "http://exemple.org"}, "adresse web"),
        ({"name": "x" * 121}, "120 caractères"),
    ],
)
def test_invitation_bad_answers_are_said_beside_the_field(client, carrier, administrator, fields, message):
    user = invite(carrier, administrator).user
    answer = accept(client, invitation_link(user), **fields)
    assert (answer.status_code, message in answer.content.decode()) == (422, True)
    user.refresh_from_db()
    assert not user.has_usable_password()


def test_invitation_page_is_not_kept_by_the_browser(client, carrier, administrator):
    page = client.get(path_of(invitation_link(invite(carrier, administrator).user)))
    assert "no-store" in page["Cache-Control"]


# --- Changing and ending --------------------------------------------------------------------------
@pytest.mark.django_db
def test_an_ended_member_loses_access_at_once(client):
    convention = ConventionFactory()
    coordinator = MembershipFactory(organisation=convention.carrier, role="coordinator").user
    member = MembershipFactory(organisation=convention.carrier, role="reader")
    client.force_login(member.user)
    page = reverse("actions:directory", args=[convention.slug])
    assert client.get(page).status_code == 200
    services.end_member(member, by=coordinator)
    assert client.get(page).status_code == 404
    assert Convention.objects.visible_to(member.user).count() == 0
    assert Membership.objects.visible_to(member.user).exclude(user=member.user).count() == 0


def test_a_role_given_today_ends_without_a_row(carrier, administrator):
    services.end_member(invite(carrier, administrator), by=administrator)
    assert Membership.objects.count() == 0


def test_a_former_member_may_be_invited_again(carrier, administrator):
    member = MembershipFactory(organisation=carrier, user__email="claire@example.org")
    services.end_member(member, by=administrator)
    assert invite(carrier, administrator).pk != member.pk


def test_the_last_global_coordinator_stays(carrier):
    last = MembershipFactory(organisation=carrier, role="coordinator")
    MembershipFactory(organisation=carrier, role="coordinator", themes=[ThemeFactory()])
    MembershipFactory(organisation=carrier, role="coordinator", ended_on=date(2024, 1, 1))
    MembershipFactory(organisation=carrier, role="coordinator", user__is_active=False)
    for act in (
        lambda: services.end_member(last, by=last.user),
        lambda: services.change_member(last, role="reader", by=last.user),
        lambda: services.change_member(last, role="coordinator", themes=[ThemeFactory()], by=last.user),
    ):
        with pytest.raises(Refused, match="seule coordination globale"):
            act()
    last.refresh_from_db()
    assert (last.role, last.ended_on, last.themes.count()) == ("coordinator", None, 0)


def test_the_administrator_may_end_the_last_coordinator(carrier, administrator):
    last = MembershipFactory(organisation=carrier, role="coordinator")
    services.end_member(last, by=administrator)
    last.refresh_from_db()
    assert last.ended_on == timezone.localdate() - timedelta(days=1)


@pytest.mark.django_db(transaction=True)
def test_two_coordinators_ending_each_other_leave_one():
    carrier = CarrierFactory()
    one, two = (MembershipFactory(organisation=carrier, role="coordinator") for _ in range(2))
    start, refused = threading.Barrier(2), []

    def end(mine, theirs):
        try:
            start.wait()
            services.end_member(theirs, by=mine.user)
        except Refused as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=end, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), Membership.objects.active().count()) == (1, 1)


def test_a_scope_goes_with_a_coordination_only(carrier, administrator):
    theme, commune = ThemeFactory(), CommuneFactory()
    member = invite(carrier, administrator, role="reader", themes=[theme], communes=[commune])
    assert (member.themes.count(), member.communes.count()) == (0, 0)
    services.change_member(member, role="coordinator", themes=[theme], communes=[commune], by=administrator)
    assert (list(member.themes.all()), list(member.communes.all())) == ([theme], [commune])


def test_two_roles_do_not_become_the_same(carrier, administrator):
    member = MembershipFactory(organisation=carrier, role="reader")
    MembershipFactory(organisation=carrier, role="elected", user=member.user)
    with pytest.raises(Refused, match="déjà ce rôle"):
        services.change_member(member, role="elected", by=administrator)
    member.refresh_from_db()
    assert member.role == "reader"


def test_an_ended_role_is_not_changed(carrier, administrator):
    member = MembershipFactory(organisation=carrier, ended_on=date(2024, 1, 1))
    with pytest.raises(Refused, match="pris fin"):
        services.change_member(member, role="elected", by=administrator)


# --- Organisations made on the spot ---------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Altkirch", "Commune d’Altkirch"),
        ("Hirsingue", "Commune de Hirsingue"),
        ("Le Haut Soultzbach", "Commune du Haut Soultzbach"),
        ("Les Lilas", "Commune des Lilas"),
        ("La Rochelle", "Commune de La Rochelle"),
        ("Œuilly", "Commune d’Œuilly"),
    ],
)
def test_commune_title(name, title):
    assert services.commune_title(name) == title


def test_organisation_of_a_place_is_made_once(db):
    epci, commune = EpciFactory(name="CC du Test"), CommuneFactory(name="Altkirch")
    assert services.organisation_of(epci) == services.organisation_of(epci)
    assert services.organisation_of(commune).name == "Commune d’Altkirch"
    assert services.organisation_of(commune).short_name == "Altkirch"
    assert Organisation.objects.count() == 2


@pytest.mark.parametrize("kind", ["epci", "commune"])
def test_the_table_holds_one_body_of_a_place(db, kind):
    place = {"epci": EpciFactory, "commune": CommuneFactory}[kind]()
    services.organisation_of(place)
    with pytest.raises(IntegrityError, match=f"organisation_{kind}_once"):
        OrganisationFactory(kind=kind, **{kind: place})


@pytest.mark.django_db(transaction=True)
def test_organisation_of_a_place_asked_twice_at_once_is_made_once():
    epci, start, made = EpciFactory(), threading.Barrier(3), []

    def ask():
        try:
            start.wait()
            made.append(services.organisation_of(epci).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(set(made))) == (3, 1)


# --- Mon compte -----------------------------------------------------------------------------------
def test_account_shows_my_roles_and_saves_my_name(client, carrier):
    member = MembershipFactory(
        organisation=carrier, role="coordinator", themes=[ThemeFactory(name="Jeunesse")]
    )
    MembershipFactory(organisation=OrganisationFactory(name="Autre organisme"))
    client.force_login(member.user)
    page = client.get(reverse("territories:account")).content.decode()
    assert "Communauté de communes du Sundgau" in page
    assert "Jeunesse" in page
    assert "Autre organisme" not in page
    answer = client.post(reverse("territories:account"), {"name": "<b>Zoé</b>", "function": "Directrice"})
    assert answer.status_code == 302
    page = client.get(reverse("territories:account")).content.decode()
    assert "&lt;b&gt;Zoé&lt;/b&gt;" in page
    assert "<b>Zoé</b>" not in page


def test_account_refuses_an_empty_name_and_keeps_the_header(client, carrier):
    member = MembershipFactory(organisation=carrier, user__name="Claire Martin")
    client.force_login(member.user)
    answer = client.post(reverse("territories:account"), {"name": "", "function": "x"})
    assert (answer.status_code, "Claire Martin" in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("count", [1, 3])
def test_account_costs_the_same_for_any_number_of_roles(client, count, db, django_assert_num_queries):
    user = UserFactory()
    for _ in range(count):
        MembershipFactory(user=user, role="coordinator", themes=[ThemeFactory()], communes=[CommuneFactory()])
    client.force_login(user)
    with django_assert_num_queries(6):
        client.get(reverse("territories:account"))


# --- Administration -------------------------------------------------------------------------------
def test_administration_is_for_the_administrator(client, db):
    caf = CafFactory()
    theme = ThemeFactory()
    client.force_login(MembershipFactory(organisation=caf, role="caf").user)
    for name, args in (
        ("administration", []),
        ("caf_create", []),
        ("caf_detail", [caf.uuid]),
        ("caf_edit", [caf.uuid]),
        ("theme_edit", [theme.pk]),
    ):
        assert client.get(reverse(f"territories:{name}", args=args)).status_code == 403
    for name, args in (("theme_add", []), ("theme_move", [theme.pk])):
        assert client.post(reverse(f"territories:{name}", args=args)).status_code == 403


def test_caf_create_then_its_first_agent(client, administrator):
    DepartementFactory()
    client.force_login(administrator)
    given = {"name": "Caf  du Haut-Rhin", "short_name": "Caf 68", "departement": "68"}
    answer = client.post(reverse("territories:caf_create"), given)
    caf = Organisation.objects.get(kind="caf")
    assert (caf.name, answer.url) == ("Caf du Haut-Rhin", reverse("territories:caf_detail", args=[caf.uuid]))
    agent = {"name": "Paul Petit", "email": "paul@example.org", "function": "Conseiller"}
    assert client.post(answer.url, agent).status_code == 302
    membership = Membership.objects.get()
    assert (membership.role, membership.user.function) == ("caf", "Conseiller")
    assert "paul@example.org" in client.get(answer.url).content.decode()
    end = reverse("territories:agent_end", args=[caf.uuid, membership.pk])
    assert client.post(end).status_code == 302
    assert client.post(end).status_code == 404


def test_caf_create_refuses_a_double_and_a_missing_departement(client, administrator):
    CafFactory(name="Caf du Haut-Rhin")
    DepartementFactory()
    client.force_login(administrator)
    answer = client.post(reverse("territories:caf_create"), {"name": "CAF DU HAUT-RHIN", "departement": ""})
    page = answer.content.decode()
    assert (answer.status_code, "existe déjà" in page, "obligatoire" in page) == (422, True, True)


def test_caf_detail_refuses_a_member_twice(client, administrator):
    caf = CafFactory()
    MembershipFactory(organisation=caf, role="caf", user__email="paul@example.org")
    client.force_login(administrator)
    answer = client.post(
        reverse("territories:caf_detail", args=[caf.uuid]), {"name": "Paul", "email": "paul@example.org"}
    )
    assert (answer.status_code, "déjà ce rôle" in answer.content.decode()) == (422, True)


def test_themes_are_added_renamed_and_moved(client, administrator):
    client.force_login(administrator)
    for name in ("Jeunesse", "Logement", "Handicap"):
        assert client.post(reverse("territories:theme_add"), {"name": name}).status_code == 302
    handicap = Theme.objects.get(name="Handicap")
    client.post(reverse("territories:theme_move", args=[handicap.pk]), {"sens": "haut"})
    assert list(Theme.objects.values_list("name", flat=True)) == ["Jeunesse", "Handicap", "Logement"]
    client.post(reverse("territories:theme_edit", args=[handicap.pk]), {"name": "Handicap et inclusion"})
    assert Theme.objects.filter(name="Handicap et inclusion").exists()
    again = client.post(reverse("territories:theme_add"), {"name": "jeunesse"})
    assert (again.status_code, "existe déjà" in again.content.decode()) == (422, True)
    assert client.get(reverse("territories:theme_edit", args=[2**70])).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_administration_costs_the_same_for_any_number(
    client, administrator, count, django_assert_num_queries
):
    for _ in range(count):
        MembershipFactory(organisation=CafFactory(departement=DepartementFactory()), role="caf")
        ThemeFactory()
    client.force_login(administrator)
    with django_assert_num_queries(4):
        client.get(reverse("territories:administration"))
