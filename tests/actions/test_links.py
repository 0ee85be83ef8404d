"""A partner without an account is asked: whom, about what, until when, and what becomes of the link."""

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from actions import notifications, tasks
from actions.models import ContributionLink
from actions.services.links import ask_partner, end_of
from ctg.jobs.models import Job
from ctg.jobs.runner import run_job
from ctg.links.models import LinkToken, SignedLink
from ctg.links.services import LinkClosed, log_use, open_link
from ctg.refusal import Refused
from territories.models import Contact
from tests.factories import ContactFactory, IndicatorFactory, UserFactory
from tests.factories.cast import ask, make_cast

pytestmark = pytest.mark.django_db


def url(cast, view, *args):
    return reverse(f"actions:{view}", args=[cast.convention.slug, *args])


def given(cast, **changed):
    until = (timezone.localdate() + timedelta(days=10)).isoformat()
    data = {"name": "Zoé Passerelle", "email": "Zoe@Example.org", "until": until, "fiches": [cast.fiche.uuid]}
    return data | changed


def run_mails(task=tasks.send_contribution_link):
    for job in Job.objects.filter(task=task.name, state="queued").order_by("pk"):
        run_job(job.pk, task.function)


def token_in(text):
    return re.search(r"/contribuer/([\w-]+)/", text)[1]


# --- Asking ---------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_link_add_writes_to_the_partner_and_shows_the_address_once(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    data = given(cast, message="Pour le COPIL", body="Les Passerelles")
    response = client.post(url(cast, "link_add"), data, follow=True)
    shown = token_in(response.content.decode())
    assert "Le lien part à zoe@example.org." in response.content.decode()
    asked = ContributionLink.objects.get()
    assert (str(asked.contact), asked.contact.email, asked.contact.label) == (
        "Zoé Passerelle",
        "zoe@example.org",
        "Les Passerelles",
    )
    assert list(asked.fiches.all()) == [cast.fiche]
    assert shown not in client.get(url(cast, "link_list")).content.decode()

    run_mails()
    message = mail.outbox[0]
    assert (message.to, message.subject) == (
        ["zoe@example.org"],
        f"CTG {cast.convention.territory_name} : votre contribution",
    )
    for said in ("Zoé Passerelle", "Pour le COPIL", cast.fiche.title, cast.roles["coordinator"].email):
        assert said in message.body
    # Two addresses, one link; the database knows neither.
    mailed = token_in(message.body)
    assert mailed != shown
    assert open_link(mailed, "contribution") == open_link(shown, "contribution") == asked.link
    kept = " ".join(LinkToken.objects.values_list("token_hash", flat=True)) + str(list(Job.objects.values()))
    assert not any(token in kept for token in (mailed, shown))


def test_link_add_ticks_the_fiche_it_comes_from(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    form = client.get(f"{url(cast, 'link_add')}?fiche={cast.fiche.uuid}").context["form"]
    assert [(choice.row, choice.is_ticked) for choice in form.tree] == [
        (cast.fiche, True),
        (cast.other, False),
    ]
    assert form["until"].value() == timezone.localdate() + timedelta(days=30)
    assert client.get(f"{url(cast, 'link_add')}?fiche=n-importe-quoi").status_code == 200


def test_link_add_without_address_is_copied_and_not_mailed(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    response = client.post(url(cast, "link_add"), given(cast, email=""), follow=True)
    assert "transmettez-lui son adresse" in response.content.decode()
    assert not Job.objects.exists()


def test_link_add_takes_a_known_contact_or_the_same_person_again(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    pilot = ContactFactory(email="pilote@example.org", organisation=cast.convention.carrier)
    data = given(cast, name="", email="", contact=pilot.pk)
    assert client.post(url(cast, "link_add"), data).status_code == 302
    for name in ("Zoé Passerelle", "zoé passerelle", "Max Passerelle"):
        assert client.post(url(cast, "link_add"), given(cast, name=name)).status_code == 302
    assert [str(asked.contact) for asked in ContributionLink.objects.order_by("pk")] == [
        str(pilot),
        "Zoé Passerelle",
        "Zoé Passerelle",
        "Max Passerelle",
    ]
    assert Contact.objects.filter(email="zoe@example.org").count() == 2


def test_link_add_knows_the_organisations_of_the_convention_by_name(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    client.post(url(cast, "link_add"), given(cast, body=cast.convention.carrier.name.upper()))
    assert ContributionLink.objects.get().contact.organisation == cast.convention.carrier


@pytest.mark.parametrize(
    ("changed", "faulty"),
    [
        ({"name": ""}, "name"),
        ({"name": "Voir https://ailleurs.example"}, "name"),
        ({"name": "x" * 400}, "name"),
        ({"email": "pas une adresse"}, "email"),
        ({"until": "2020-01-01"}, "until"),
        ({"until": "2099-01-01"}, "until"),
        ({"until": "demain"}, "until"),
        ({"until": ""}, "until"),
        ({"fiches": []}, "fiches"),
        ({"fiches": ["n-importe-quoi"]}, "fiches"),
        ({"indicators": ["00000000-0000-0000-0000-000000000000"]}, "indicators"),
        ({"message": "x" * 2000}, "message"),
        ({"contact": "999999"}, "contact"),
    ],
)
def test_link_add_bad_input_is_said_and_nothing_is_sent(cast, sign_in, changed, faulty):
    response = sign_in(cast.roles["coordinator"]).post(url(cast, "link_add"), given(cast, **changed))
    assert response.status_code == 422
    assert faulty in response.context["form"].errors
    assert not SignedLink.objects.exists()
    assert not Contact.objects.filter(email="zoe@example.org").exists()


def test_link_add_keeps_what_was_ticked_when_something_is_wrong(cast, sign_in):
    indicator = IndicatorFactory(fiche=cast.other)
    data = given(cast, until="", indicators=[indicator.uuid])
    form = sign_in(cast.roles["coordinator"]).post(url(cast, "link_add"), data).context["form"]
    first, second = form.tree
    assert (first.is_ticked, second.is_ticked, second.is_open) == (True, False, True)


def test_link_add_opens_nothing_of_another_convention(cast, sign_in):
    foreign = make_cast()
    theirs = ContactFactory(organisation=foreign.convention.carrier)
    indicator = IndicatorFactory(fiche=foreign.fiche)
    client = sign_in(cast.roles["coordinator"])
    for changed in (
        {"fiches": [foreign.fiche.uuid]},
        {"indicators": [indicator.uuid]},
        {"contact": theirs.pk, "name": "", "email": ""},
    ):
        assert client.post(url(cast, "link_add"), given(cast, **changed)).status_code == 422


def test_link_add_of_a_thematic_coordination_keeps_to_its_scope(cast, sign_in):
    client = sign_in(cast.roles["thematic"])
    assert [choice.row for choice in client.get(url(cast, "link_add")).context["form"].tree] == [cast.fiche]
    assert client.post(url(cast, "link_add"), given(cast, fiches=[cast.other.uuid])).status_code == 422
    assert client.post(url(cast, "link_add"), given(cast)).status_code == 302


def test_ask_partner_checks_the_scope_again(cast):
    with pytest.raises(Refused):
        ask_partner(
            cast.convention,
            ContactFactory(),
            fiches=[cast.fiche, cast.other],
            indicators=[],
            until=timezone.localdate(),
            message="",
            by=cast.roles["thematic"],
        )
    assert not SignedLink.objects.exists()


def test_a_link_serves_until_the_end_of_its_day(cast):
    asked, token = ask(cast)
    assert asked.link.expires_at == end_of(timezone.localdate() + timedelta(days=1))
    assert open_link(token, "contribution") == asked.link


# --- The list -------------------------------------------------------------------------------------
def test_link_list_says_where_each_stands(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    asked, _ = ask(cast)

    def state():
        row = client.get(url(cast, "link_list")).context["links"][0]
        return row.state[1].split(" ")[0], row.until.split(" ")[0]

    assert state() == ("envoi", "jusqu’au")
    for act, said in (("sent", "envoyé"), ("opened", "ouvert"), ("answered", "a")):
        log_use(asked.link, act)
        assert state() == (said, "jusqu’au")
    SignedLink.objects.update(
        created_at=timezone.now() - timedelta(days=3), expires_at=timezone.now() - timedelta(days=1)
    )
    assert state() == ("a", "échu")
    client.post(url(cast, "link_revoke", asked.link.uuid))
    assert state() == ("a", "retiré")


def test_link_list_shows_a_thematic_coordination_its_own(cast, sign_in):
    ask(cast)
    ask(cast, cast.other)
    ask(cast, cast.fiche, cast.other)
    ask(make_cast())
    client = sign_in(cast.roles["coordinator"])
    assert len(client.get(url(cast, "link_list")).context["links"]) == 3
    mine = sign_in(cast.roles["thematic"]).get(url(cast, "link_list")).context["links"]
    assert [[fiche.pk for fiche in row.asked.fiches.all()] for row in mine] == [[cast.fiche.pk]]


@pytest.mark.parametrize("count", [1, 3])
def test_link_list_costs_the_same_for_one_and_for_three(cast, sign_in, django_assert_num_queries, count):
    indicator = IndicatorFactory(fiche=cast.fiche)
    for _ in range(count):
        ask(cast, cast.fiche, indicators=[indicator])
    client = sign_in(cast.roles["coordinator"])
    with django_assert_num_queries(9):
        client.get(url(cast, "link_list"))


# --- Afterwards -----------------------------------------------------------------------------------
def test_link_revoke_closes_every_address(cast, sign_in):
    asked, token = ask(cast)
    client = sign_in(cast.roles["coordinator"])
    client.post(url(cast, "link_address", asked.link.uuid))
    assert LinkToken.objects.count() == 2
    assert client.post(url(cast, "link_revoke", asked.link.uuid)).status_code == 302
    with pytest.raises(LinkClosed):
        open_link(token, "contribution")
    for view in ("link_address", "link_resend"):
        response = client.post(url(cast, view, asked.link.uuid), follow=True)
        assert "faites une nouvelle demande" in response.content.decode()
    assert LinkToken.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_link_resend_gives_thirty_days_more_and_a_new_address(cast, sign_in):
    asked, token = ask(cast)
    run_mails()
    SignedLink.objects.update(
        created_at=timezone.now() - timedelta(days=40), expires_at=timezone.now() - timedelta(days=10)
    )
    response = sign_in(cast.roles["coordinator"]).post(url(cast, "link_resend", asked.link.uuid), follow=True)
    assert "repart à partenaire@example.org" in response.content.decode()
    run_mails()
    assert len(mail.outbox) == 2
    for one in (token, *(token_in(message.body) for message in mail.outbox)):
        assert open_link(one, "contribution") == asked.link
    asked.link.refresh_from_db()
    assert asked.link.expires_at == end_of(timezone.localdate() + timedelta(days=30))


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_is_down_fails_the_job_and_leaves_no_address(cast, monkeypatch):
    ask(cast)

    def down(*args, **kwargs):
        raise SMTPServerDisconnected

    monkeypatch.setattr(notifications, "send", down)
    run_mails()
    job = Job.objects.get()
    assert (job.state, "ne répond pas" in job.error) == ("failed", True)
    assert LinkToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_link_withdrawn_meanwhile_is_not_sent(cast):
    asked, _ = ask(cast)
    SignedLink.objects.filter(pk=asked.link_id).update(revoked_at=timezone.now())
    run_mails()
    assert (mail.outbox, Job.objects.get().state) == ([], "done")


def test_a_contact_with_an_account_is_written_to_there(cast):
    user = UserFactory(email="compte@example.org")
    asked, _ = ask(cast, contact=ContactFactory(user=user, email=""))
    assert notifications.address_of(asked.contact) == "compte@example.org"


def test_links_of_another_convention_or_scope_are_unknown(cast, sign_in):
    foreign, _ = ask(make_cast())
    wide, _ = ask(cast, cast.other)
    for role, asked in (("coordinator", foreign), ("thematic", wide)):
        client = sign_in(cast.roles[role])
        for view in ("link_address", "link_resend", "link_revoke"):
            assert client.post(url(cast, view, asked.link.uuid)).status_code == 404


def test_whom_a_coordination_asks_is_known_to_it_alone(cast):
    asked, _ = ask(cast)
    assert asked.contact in Contact.objects.visible_to(cast.roles["coordinator"])
    for role in ("reader", "contributor", "caf", "outsider"):
        assert asked.contact not in Contact.objects.visible_to(cast.roles[role])
