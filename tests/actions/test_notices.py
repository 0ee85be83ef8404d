"""What members are told of the plan: by whatever road they were named, and only while it is true."""

from datetime import timedelta

import pghistory
import pytest
from django.urls import reverse
from django.utils import timezone

from actions.models import Comment, FicheAction, FichePilot, Measurement, Operation
from actions.services.notices import LOOKED_BACK, refresh
from actions.services.plan import changing
from actions.services.undo import operating, undo
from ctg.notices.models import Notice
from ctg.notices.services import newest, notify
from tests.factories import ContactFactory, FicheFactory, MeasurementFactory, UserFactory
from tests.factories.cast import ask, make_cast
from tests.factories.notices import age, mailed

pytestmark = pytest.mark.django_db

# In the one transaction of a test a context would last beyond its end: each act has one of its own.
act_of = pghistory.context


@pytest.fixture
def pilot(cast):
    """The contributor, as the plan knows them."""
    return ContactFactory(user=cast.roles["contributor"], organisation=cast.convention.carrier)


def lines(user):
    return [told.line for _, told in newest(user)]


def name(cast, contact, *fiches, by="coordinator"):
    with changing(by=cast.roles[by]):
        for fiche in fiches or [cast.fiche]:
            fiche.pilots.add(contact)


# --- Pilots ----------------------------------------------------------------------------------------
def test_pilot_named_by_the_form_is_told(cast, client, pilot):
    client.force_login(cast.roles["coordinator"])
    url = reverse("actions:fiche_section", args=[cast.convention.slug, cast.fiche.uuid, "pilotes"])
    sent = {"pilots": [pilot.pk], "new_pilot": "", "elu_referent": ""}
    assert client.post(url, sent).status_code == 302
    refresh()
    refresh()
    assert lines(pilot.user) == [f"Vous pilotez maintenant «\xa0{cast.fiche.title}\xa0»"]
    [mail] = mailed()
    assert pilot.user.email in mail.to[0]
    assert cast.fiche.get_absolute_url() in mail.body
    assert client.post(url, sent).status_code == 302  # nothing new
    refresh()
    assert mailed() == []


def test_pilot_named_on_many_fiches_at_once_gets_one_mail(cast, pilot):
    fiches = FicheFactory.create_batch(32, convention=cast.convention)
    second = ContactFactory(user=cast.roles["services"], organisation=cast.convention.carrier)
    with operating(cast.convention, Operation.Kind.BULK, "Essai", by=cast.roles["coordinator"]):
        FichePilot.objects.bulk_create(FichePilot(fiche=fiche, contact=pilot) for fiche in fiches)
        FichePilot.objects.create(fiche=cast.other, contact=second)
    refresh()
    mails = {mail.to[0].split("<")[1].strip(">"): mail for mail in mailed()}
    assert set(mails) == {pilot.user.email, second.user.email}
    assert mails[pilot.user.email].body.count("Vous pilotez maintenant") == 20
    assert "… et 12 autres" in mails[pilot.user.email].body


def test_pilot_is_not_told_of_what_they_did_themselves(cast, pilot):
    name(cast, pilot, by="contributor")
    refresh()
    assert not Notice.objects.exists()


def test_pilot_named_by_nobody_is_not_told(cast, pilot):
    """A command of the instance, the loading of the trial."""
    with act_of(url="x"):
        cast.fiche.pilots.add(pilot)
    refresh()
    assert not Notice.objects.exists()


def test_pilot_without_account_or_whose_account_is_closed_is_not_told(cast, pilot):
    pilot.user.is_active = False
    pilot.user.save()
    name(cast, pilot)
    name(cast, ContactFactory(organisation=cast.convention.carrier))
    refresh()
    assert not Notice.objects.exists()


def test_pilot_of_long_ago_is_not_told(cast, pilot):
    name(cast, pilot)
    events = FichePilot.pgh_event_model.objects
    events.update(pgh_created_at=timezone.now() - LOOKED_BACK - timedelta(hours=1))
    refresh()
    assert not Notice.objects.exists()


def test_pilot_brought_back_by_an_undo_is_not_told(cast, pilot):
    name(cast, pilot)
    FichePilot.pgh_event_model.objects.update(pgh_created_at=timezone.now() - timedelta(days=30))
    with operating(cast.convention, Operation.Kind.BULK, "Essai", by=cast.roles["coordinator"]) as done:
        FichePilot.objects.all().delete()
    with act_of():
        undo(done, by=cast.roles["coordinator"])
    assert FichePilot.objects.count() == 1
    refresh()
    assert not Notice.objects.exists()


def test_pilot_whose_naming_is_undone_is_neither_mailed_nor_counted(cast, pilot):
    name(cast, pilot)
    refresh()
    age()
    FichePilot.objects.all().delete()
    assert mailed() == []
    refresh()
    assert not Notice.objects.filter(seen_at=None).exists()
    name(cast, pilot)
    refresh()
    assert len(mailed()) == 1


def test_pilot_who_no_longer_sees_the_convention_reads_nothing_of_it(cast):
    """Tied to a fiche, then the account is that of somebody else."""
    contact = ContactFactory(user=UserFactory(), organisation=cast.convention.carrier)
    name(cast, contact)
    refresh()
    user, contact.user = contact.user, UserFactory()
    contact.save()
    assert lines(user) == []
    refresh()
    assert {notice.user for notice in Notice.objects.filter(seen_at=None)} == {contact.user}


def test_pilot_who_reads_the_fiche_needs_no_mail(cast, client, pilot):
    name(cast, pilot)
    refresh()
    client.force_login(pilot.user)
    client.get(cast.other.get_absolute_url())
    assert Notice.objects.filter(seen_at=None).exists()
    client.get(cast.fiche.get_absolute_url())
    assert mailed() == []


def test_refresh_takes_a_constant_number_of_queries(cast, pilot, django_assert_num_queries):
    name(cast, pilot)
    with django_assert_num_queries(8):
        refresh()
    name(cast, pilot, *FicheFactory.create_batch(3, convention=cast.convention))
    with django_assert_num_queries(8):
        refresh()


# --- Comments --------------------------------------------------------------------------------------
def comment(client, cast, text, by="elected"):
    client.force_login(cast.roles[by])
    url = reverse("actions:part_add", args=[cast.convention.slug, cast.fiche.uuid, "commentaires"])
    client.post(url, {"text": text})
    return Comment.objects.latest("pk")


def test_mention_of_a_deleted_comment_is_not_counted(cast, client):
    comment(client, cast, f"@{cast.roles['caf'].name}").delete()
    refresh()
    assert not Notice.objects.exists()


def test_mention_is_not_told_again_by_an_edition(cast, client):
    named = cast.roles["caf"]
    said = comment(client, cast, f"@{named.name}")
    assert len(mailed()) == 1
    url = reverse(
        "actions:part_edit", args=[cast.convention.slug, cast.fiche.uuid, "commentaires", said.uuid]
    )
    for before, after in ((said.text, "Rien"), ("Rien", f"@{named.name} encore")):
        client.post(url, {"text": after, "initial-text": before})
        refresh()
    assert mailed() == []


def test_mention_does_not_leave_for_who_may_no_longer_read_it(cast, client):
    named = cast.roles["services"]
    comment(client, cast, f"@{named.name} : entre nous")
    named.memberships.update(role="reader")
    assert mailed() == []
    assert lines(named) == []


# --- Contributions ---------------------------------------------------------------------------------
def test_contribution_is_told_again_once_read(cast, client):
    asked, _ = ask(cast)
    coordinator = cast.roles["coordinator"]
    first = MeasurementFactory(indicator__fiche=cast.fiche, status="proposed", via=asked)
    notify("contribution", asked.pk, [coordinator], again=True)
    assert len(mailed()) == 1
    client.force_login(coordinator)
    client.get(reverse("actions:contribution_list", args=[cast.convention.slug]))
    Measurement.objects.filter(pk=first.pk).update(status="accepted")
    MeasurementFactory(indicator__fiche=cast.fiche, status="proposed", via=asked)
    notify("contribution", asked.pk, [coordinator], again=True)
    assert len(mailed()) == 1


def test_contribution_examined_elsewhere_is_no_longer_counted(cast):
    asked, _ = ask(cast)
    MeasurementFactory(indicator__fiche=cast.fiche, status="proposed", via=asked)
    notify("contribution", asked.pk, [cast.roles["coordinator"]])
    refresh()
    assert Notice.objects.filter(seen_at=None).count() == 1
    Measurement.objects.update(status="accepted")
    refresh()
    assert not Notice.objects.exists()


# --- The list --------------------------------------------------------------------------------------
@pytest.mark.parametrize("number", [1, 3])
def test_notice_list_takes_one_query_a_kind(cast, client, pilot, number, django_assert_num_queries):
    user = cast.roles["contributor"]
    for _ in range(number):
        comment(client, cast, f"@{user.name}")
    name(
        cast,
        pilot,
        *FicheAction.objects.all()[:1],
        *FicheFactory.create_batch(number - 1, convention=cast.convention),
    )
    refresh()
    client.force_login(user)
    with django_assert_num_queries(7):
        page = client.get(reverse("notices:notice_list")).content.decode()
    assert page.count("<li>\n            <a href") == 2 * number


def test_notice_list_holds_nothing_of_another_convention(cast, client):
    other = make_cast()
    comment(client, other, f"@{other.roles['caf'].name} ailleurs")
    client.force_login(cast.roles["caf"])
    assert "ailleurs" not in client.get(reverse("notices:notice_list")).content.decode()
