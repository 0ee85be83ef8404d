"""Every address × every role × reading and writing → who is let in. A view without a row fails the suite."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from ctg.files.services import store_bytes
from ctg.jobs.models import Job
from ctg.links.services import add_address, create_link
from ctg.notices.stop import stop_token
from governance.models import AgendaItem, CalendarFeed, Decision, Meeting, NewsletterSettings
from governance.querysets import INVITATION
from governance.services.feeds import add_feed
from territories.models import Membership
from tests.factories import (
    AxeFactory,
    CommuneFactory,
    ConventionFactory,
    DiagnosticFactory,
    FundingCallFactory,
    HighlightFactory,
    IndicatorFactory,
    KeyFigureFactory,
    MeasurementFactory,
    MembershipFactory,
    StepFactory,
    WorkbookFactory,
)
from tests.factories.audience import SubscriberFactory
from tests.factories.cast import Cast, ask, make_cast
from tests.factories.newsletter import NewsletterBlockFactory, NewsletterFactory
from tests.factories.public import PublicPageFactory
from tests.factories.steering import (
    AttendanceFactory,
    CommitteeFactory,
    DecisionFactory,
    EffectFactory,
    HeldFactory,
    ItemFactory,
    MeetingFactory,
    PackFactory,
    PostFactory,
    SeatFactory,
    SubjectFactory,
    WeatherFactory,
)
from tests.test_architecture import THIRD_PARTY, patterns

pytestmark = pytest.mark.django_db

INSIDE = {
    "coordinator",
    "thematic",
    "contributor",
    "services",
    "elected",
    "caf",
    "reader",
    "administrator",
}
READ = INSIDE
STEER = {"coordinator"}
EDIT = {"coordinator", "thematic"}
# Contributors tell temps forts, and so do the agents of the Caf.
HIGHLIGHT = {"coordinator", "thematic", "contributor", "caf"}
# The contributor's organisation leads the fiche; the Caf neither leads nor helps it.
REPORT = {"coordinator", "thematic", "contributor"}
COMMENT = {"coordinator", "thematic", "contributor", "services", "elected", "caf"}
PROPOSE = {"coordinator", "thematic", "services", "elected", "caf"}
MEMBERS = {"coordinator", "caf", "administrator"}
STAFF = {"administrator"}
CREATE = {"caf", "administrator"}
EVERYONE = INSIDE | {"outsider"}
PUBLIC = EVERYONE | {"anonymous"}
# 410: an invitation that is no longer one.
LET_IN = {200, 204, 302, 405, 409, 410, 422}


@dataclass
class World:
    cast: Cast
    axe: Any
    step: Any
    indicator: Any
    figure: Any
    kin: Any
    commune: Any
    job: Any
    member: Membership
    highlight: Any
    call: Any
    asked: Any
    token: str
    sent: Any

    @property
    def slug(self):
        return [self.cast.convention.slug]

    @property
    def of_fiche(self):
        return [self.cast.convention.slug, self.cast.fiche.uuid]

    @property
    def of_axe(self):
        return [self.cast.convention.slug, "axes", self.axe.uuid]

    @property
    def of_step(self):
        return [*self.of_fiche, "etapes", self.step.uuid]


def make_world():
    cast = make_cast()
    convention = cast.convention
    diagnostic = DiagnosticFactory()
    convention.diagnostics.add(diagnostic)
    kin = DiagnosticFactory()
    ConventionFactory(carrier=convention.carrier).diagnostics.add(kin)
    signatory = convention.signatories.create(organisation=convention.carrier)
    signatory.acts.create(kind="deliberation")
    convention.phases.create(title="Diagnostic")
    convention.avenants.create(number=1, date="2026-01-01", object="Un objet")
    asked, token = ask(cast)
    return World(
        cast=cast,
        highlight=HighlightFactory(fiche=cast.fiche),
        call=FundingCallFactory(convention=convention),
        asked=asked,
        token=token,
        sent=MeasurementFactory(indicator__fiche=cast.fiche, status="proposed", via=asked),
        axe=AxeFactory(convention=convention),
        step=StepFactory(fiche=cast.fiche),
        indicator=IndicatorFactory(fiche=cast.fiche),
        figure=KeyFigureFactory(diagnostic=diagnostic),
        kin=kin,
        commune=CommuneFactory(),
        job=Job.objects.create(task="essai", title="Essai", author=cast.roles["reader"]),
        member=MembershipFactory(role="reader", organisation=convention.carrier),
    )


@dataclass
class Stage:
    """What no row may change: the world, and each role's signed-in cookies (no cookie: anonymous)."""

    world: World
    cookies: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    """Made once for the module, in a transaction around those of its tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_world()
        cookies = {"anonymous": {}}
        for role, user in world.cast.roles.items():
            client = Client()
            client.force_login(user)
            cookies[role] = {name: morsel.value for name, morsel in client.cookies.items()}
        yield Stage(world, cookies)
        transaction.set_rollback(True)


@pytest.fixture
def world(stage, db):
    """A copy: the database takes back what a row wrote, not what it did to these objects."""
    return deepcopy(stage.world)


def slug(w):
    return w.slug


def none(_w):
    return []


def row(name):
    """A row of the convention by its key: `/signataires/<pk>/`."""
    return lambda w: [*w.slug, getattr(w.cast.convention, name).first().pk]


def act(w):
    signatory = w.cast.convention.signatories.first()
    return [*w.slug, signatory.pk, signatory.acts.first().pk]


def of_workbook(w):
    return [*w.slug, WorkbookFactory(convention=w.cast.convention).uuid]


def of_link(w):
    """The address that a partner without an account was given."""
    return [w.token]


def of_sent(w):
    return [*w.slug, "valeurs", w.sent.uuid]


def changed(w):
    """A title that was another: the event of its history."""
    w.cast.fiche.title = "Un autre titre"
    w.cast.fiche.save()
    return [*w.of_fiche, "fiche", w.cast.fiche.events.latest("pgh_id").pgh_id, "title"]


def removed(w):
    """A step that is gone: the event of its end."""
    step = StepFactory(fiche=w.cast.fiche)
    events, key = type(step).pgh_event_model.objects, step.pk
    step.delete()
    return [*w.of_fiche, "etapes", events.filter(pgh_obj=key).latest("pgh_id").pgh_id]


def of_meeting(w):
    """A convened one: all members know of it."""
    convention = w.cast.convention
    meeting = MeetingFactory(
        convention=convention, state="convened", convened_at=timezone.now(), committee__convention=convention
    )
    return [*w.slug, meeting.uuid]


def of_feed(w):
    """The private address of a calendar."""
    return [add_feed(CalendarFeed(), by=w.cast.roles["reader"])]


def of_item(w):
    found = of_meeting(w)
    return [*found, ItemFactory(meeting=Meeting.objects.get(uuid=found[1])).uuid]


def of_text(w):
    slug, meeting, item = of_item(w)
    return [slug, meeting, "point", item]


def of_option(w):
    found = of_item(w)
    return [*found, AgendaItem.objects.get(uuid=found[2]).options.create(title="Une option").uuid]


def of_document(w):
    found = of_item(w)
    stored = store_bytes("note.txt", b"Bonjour")
    return [*found, AgendaItem.objects.get(uuid=found[2]).documents.create(title="Note", stored=stored).uuid]


def of_person(w):
    found = of_meeting(w)
    return [*found, AttendanceFactory(meeting=Meeting.objects.get(uuid=found[1])).uuid]


def of_invitation(w):
    """The address that somebody who is convened was given."""
    person = AttendanceFactory(meeting=Meeting.objects.get(uuid=of_meeting(w)[1]))
    person.link, token = create_link(INVITATION, expires_at=timezone.now() + timedelta(days=1), by=None)
    person.save()
    return [token]


def of_subject(w):
    return [*w.slug, SubjectFactory(convention=w.cast.convention).uuid]


def of_decision(w):
    convention = w.cast.convention
    meeting = HeldFactory(convention=convention, committee__convention=convention)
    return [*w.slug, DecisionFactory(meeting=meeting).uuid]


def of_held(w):
    """A closed one, whose minutes are sent."""
    meeting = HeldFactory(
        convention=w.cast.convention,
        committee__convention=w.cast.convention,
        minutes_state="sent",
        minutes_sent_at=timezone.now(),
    )
    return [*w.slug, meeting.uuid]


def of_effect(w):
    found = of_decision(w)
    effect = EffectFactory(decision=Decision.objects.get(uuid=found[1]), fiche=w.cast.fiche)
    return [*found, effect.pk]


def of_committee(w):
    return [*w.slug, CommitteeFactory(convention=w.cast.convention).uuid]


def of_seat(w):
    seat = SeatFactory(committee__convention=w.cast.convention)
    return [*w.slug, seat.committee.uuid, seat.uuid]


def of_post(w):
    return [*w.slug, PostFactory(convention=w.cast.convention).uuid]


def of_draft(w):
    return [*w.slug, WeatherFactory(axe=w.axe).uuid]


def of_caf(w):
    return [w.cast.convention.caf.uuid]


def of_pack(w):
    """A pack that was shared."""
    meeting = Meeting.objects.get(uuid=of_meeting(w)[1])
    return [*w.slug, PackFactory(meeting=meeting, shared_at=timezone.now()).uuid]


def of_open(w):
    """Anyone may subscribe to its newsletter."""
    NewsletterSettings.objects.create(convention=w.cast.convention, is_open=True)
    return w.slug


def of_public(w):
    """Anyone may discover the convention."""
    PublicPageFactory(convention=w.cast.convention)
    return w.slug


def of_subscriber(w):
    return [*w.slug, SubscriberFactory(convention=w.cast.convention).uuid]


def of_issue(w):
    return [*w.slug, NewsletterFactory(convention=w.cast.convention).uuid]


def of_block(w):
    issue = NewsletterFactory(convention=w.cast.convention)
    return [*w.slug, issue.uuid, NewsletterBlockFactory(newsletter=issue).uuid]


def of_subscription(w):
    return [add_address(SubscriberFactory(convention=w.cast.convention).link)]


def of_mail(w):
    """The address by which whoever receives a mail stops the next ones."""
    return [stop_token(w.cast.roles["reader"], "notices")]


# (view, arguments, who may read it, who may write there). The administrator reads every convention.
TABLE = [
    # The instance
    *((name, none, PUBLIC, PUBLIC) for name in ("accessibilite", "mentions_legales", "donnees_personnelles")),
    *((name, none, PUBLIC, PUBLIC) for name in ("plan_du_site", "glossaire", "alive", "ready")),
    ("territories:invitation", lambda w: ["MQ", "un-jeton-faux"], PUBLIC, PUBLIC),
    # Anyone signed in
    ("actions:home", none, EVERYONE, EVERYONE),
    ("actions:search", none, EVERYONE, EVERYONE),
    ("territories:place_search", none, EVERYONE, EVERYONE),
    ("territories:epci_detail", lambda w: [w.cast.convention.epci_id], EVERYONE, EVERYONE),
    ("territories:commune_detail", lambda w: [w.commune.code], EVERYONE, EVERYONE),
    ("territories:account", none, EVERYONE, EVERYONE),
    ("notices:notice_list", none, EVERYONE, EVERYONE),
    ("notices:mail_stop", of_mail, PUBLIC, PUBLIC),
    ("governance:preferences", none, EVERYONE, EVERYONE),
    ("actions:convention_create", none, CREATE, CREATE),
    # Jobs are their author's
    ("jobs:job_list", none, EVERYONE, EVERYONE),
    *(
        (f"jobs:{n}", lambda w: [w.job.uuid], {"reader"}, {"reader"})
        for n in ("job_detail", "job_cancel", "job_retry")
    ),
    # The administrator of the instance
    *((f"territories:{n}", none, STAFF, STAFF) for n in ("administration", "caf_create", "theme_add")),
    *((f"territories:{n}", of_caf, STAFF, STAFF) for n in ("caf_detail", "caf_edit")),
    *((f"territories:{n}", lambda w: [w.cast.theme.pk], STAFF, STAFF) for n in ("theme_edit", "theme_move")),
    (
        "territories:agent_end",
        lambda w: [w.cast.convention.caf.uuid, w.cast.roles["caf"].memberships.get().pk],
        STAFF,
        STAFF,
    ),
    # The convention
    ("governance:dashboard", slug, READ, READ),
    ("governance:bilan_list", slug, READ, READ),
    # Meetings
    ("governance:feed_list", none, EVERYONE, EVERYONE),
    ("governance:digest_preview", none, EVERYONE, EVERYONE),
    ("governance:feed_read", of_feed, PUBLIC, PUBLIC),
    ("governance:meeting_ics", of_meeting, READ, READ),
    *((f"governance:{n}", slug, READ, READ) for n in ("meeting_list", "decision_list", "subject_list")),
    *((f"governance:{n}", slug, EDIT, EDIT) for n in ("meeting_add", "meeting_record", "day_said")),
    ("governance:subject_add", slug, PROPOSE, PROPOSE),
    *((f"governance:{n}", of_meeting, READ, READ) for n in ("meeting_detail", "meeting_screen")),
    *(
        (f"governance:meeting_{n}", of_meeting, STEER, STEER)
        for n in ("edit", "delete", "cancel", "open", "session", "close")
    ),
    *(
        (f"governance:{n}", of_meeting, STEER, STEER)
        for n in ("live_texts", "minutes_approve", "item_add", "subject_plan", "decision_add")
    ),
    ("governance:live_save", of_text, STEER, STEER),
    *((f"governance:person_{n}", of_meeting, STEER, STEER) for n in ("add", "fill", "follow")),
    *((f"governance:person_{n}", of_person, STEER, STEER) for n in ("remove", "tick", "answer")),
    *((f"governance:item_{n}", of_item, STEER, STEER) for n in ("edit", "delete", "move", "outcome")),
    *((f"governance:{n}", of_item, STEER, STEER) for n in ("option_add", "document_add")),
    *((f"governance:option_{n}", of_option, STEER, STEER) for n in ("edit", "delete")),
    ("governance:document_delete", of_document, STEER, STEER),
    *((f"governance:subject_{n}", of_subject, STEER, STEER) for n in ("edit", "delete")),
    *((f"governance:decision_{n}", of_decision, STEER, STEER) for n in ("edit", "delete", "follow")),
    ("governance:effect_add", of_decision, STEER, STEER),
    *((f"governance:effect_{n}", of_effect, STEER, STEER) for n in ("edit", "delete")),
    ("governance:meeting_minutes", of_held, READ, READ),
    ("governance:meeting_minutes", of_meeting, STEER, STEER),
    *(
        ("governance:meeting_paper", lambda w, kind=kind: [*of_held(w), kind], READ, READ)
        for kind in ("releve.pdf", "compte-rendu.docx")
    ),
    ("governance:meeting_paper", lambda w: [*of_held(w), "emargement.pdf"], STEER, STEER),
    # Committees, posts and weather
    *((f"governance:{n}_list", slug, READ, READ) for n in ("committee", "post", "weather")),
    ("governance:meeting_convene", of_meeting, STEER, STEER),
    *((f"governance:convocation_{n}", of_meeting, STEER, STEER) for n in ("remind", "retry")),
    ("governance:minutes_send", of_meeting, STEER, STEER),
    *((f"governance:{n}", of_invitation, PUBLIC, PUBLIC) for n in ("invitation", "invitation_calendar")),
    ("governance:pack_build", of_meeting, STEER, STEER),
    ("governance:pack_detail", of_pack, READ, READ),
    ("governance:pack_share", of_pack, STEER, STEER),
    ("governance:committee_add", slug, EDIT, EDIT),
    ("governance:committee_detail", of_committee, READ, READ),
    *(
        (f"governance:{n}", of_committee, STEER, STEER)
        for n in ("committee_edit", "committee_end", "seat_add")
    ),
    *((f"governance:{n}", of_seat, STEER, STEER) for n in ("seat_edit", "seat_end")),
    ("governance:post_add", slug, STEER, STEER),
    *((f"governance:{n}", of_post, STEER, STEER) for n in ("post_edit", "post_delete")),
    ("governance:weather_add", lambda w: [*w.slug, w.axe.uuid], STEER, STEER),
    *((f"governance:weather_{n}", of_draft, STEER, STEER) for n in ("edit", "publish", "delete")),
    ("actions:plan", slug, READ, READ),
    ("actions:plan_export", lambda w: [*w.slug, "xlsx"], READ, READ),
    ("actions:workbook_list", slug, STEER, STEER),
    ("actions:workbook_export", slug, STEER, STEER),
    *((f"actions:{n}", of_workbook, STEER, STEER) for n in ("workbook_detail", "workbook_undo")),
    ("actions:directory", slug, READ, READ),
    ("actions:todo", slug, READ, READ),
    ("actions:budget", slug, READ, READ),
    ("actions:theme_css", slug, READ, READ),
    ("actions:indicator_list", slug, READ, READ),
    ("actions:indicator_grid", slug, REPORT | {"caf"}, REPORT | {"caf"}),
    ("actions:plan_edit", slug, EDIT, EDIT),
    ("actions:plan_bulk", slug, EDIT, EDIT),
    ("actions:operation_list", slug, READ, READ),
    *((f"actions:{name}", slug, READ, READ) for name in ("plan_history", "plan_at", "plan_compare")),
    ("actions:axe_add", slug, STEER, STEER),
    ("actions:orientation_add", lambda w: [*w.slug, w.axe.uuid], STEER, STEER),
    *(
        (f"actions:{name}", lambda w: w.of_axe, STEER, STEER)
        for name in ("level_edit", "level_move", "level_end", "level_delete")
    ),
    # A fiche
    ("actions:fiche_add", slug, EDIT, EDIT),
    ("actions:fiche_detail", lambda w: w.of_fiche, READ, READ),
    ("actions:fiche_pdf", lambda w: w.of_fiche, READ, READ),
    ("actions:fiche_docx", lambda w: w.of_fiche, READ, READ),
    ("actions:fiche_history", lambda w: w.of_fiche, READ, READ),
    ("actions:fiche_restore", changed, EDIT, EDIT),
    ("actions:fiche_bring_back", removed, EDIT, EDIT),
    ("actions:fiche_section", lambda w: [*w.of_fiche, "constat"], EDIT, EDIT),
    ("actions:fiche_status", lambda w: w.of_fiche, REPORT, REPORT),
    ("actions:fiche_move", lambda w: w.of_fiche, EDIT, EDIT),
    ("actions:plan_status", lambda w: w.of_fiche, REPORT, REPORT),
    *(
        (f"actions:{n}", lambda w: w.of_fiche, EDIT, EDIT)
        for n in ("plan_place", "plan_order", "fiche_duplicate")
    ),
    ("actions:fiche_delete", lambda w: w.of_fiche, EDIT, EDIT),
    ("actions:step_state", lambda w: [*w.of_fiche, w.step.uuid], REPORT, REPORT),
    ("actions:value_add", lambda w: [*w.of_fiche, w.indicator.uuid], REPORT, REPORT),
    ("actions:evaluation_edit", lambda w: [*w.of_fiche, 2025], REPORT, REPORT),
    ("actions:part_add", lambda w: [*w.of_fiche, "etapes"], EDIT, EDIT),
    ("actions:part_add", lambda w: [*w.of_fiche, "points-d-etape"], REPORT, REPORT),
    ("actions:part_add", lambda w: [*w.of_fiche, "documents"], REPORT, REPORT),
    ("actions:part_add", lambda w: [*w.of_fiche, "budget"], EDIT, EDIT),
    ("actions:part_add", lambda w: [*w.of_fiche, "commentaires"], COMMENT, COMMENT),
    ("actions:mention_suggest", slug, COMMENT, COMMENT),
    ("actions:part_edit", lambda w: w.of_step, EDIT, EDIT),
    ("actions:part_delete", lambda w: w.of_step, EDIT, EDIT),
    ("actions:part_move", lambda w: w.of_step, EDIT, EDIT),
    # The diagnostic
    ("diagnostics:diagnostic", slug, READ, READ),
    ("diagnostics:diagnostic_add", slug, EDIT, EDIT),
    ("diagnostics:diagnostic_edit", lambda w: [*w.slug, w.figure.diagnostic.uuid], EDIT, EDIT),
    ("diagnostics:diagnostic_reuse", lambda w: [*w.slug, w.kin.uuid], EDIT, EDIT),
    ("diagnostics:part_add", lambda w: [*w.slug, "chiffres", w.figure.diagnostic.uuid], EDIT, EDIT),
    *(
        (f"diagnostics:{name}", lambda w: [*w.slug, "chiffres", w.figure.uuid], EDIT, EDIT)
        for name in ("part_edit", "part_delete", "part_move")
    ),
    # Temps forts
    ("actions:highlight_list", slug, READ, READ),
    ("actions:highlight_add", slug, HIGHLIGHT, HIGHLIGHT),
    *(
        (f"actions:{n}", lambda w: [*w.slug, w.highlight.uuid], EDIT, EDIT)
        for n in ("highlight_edit", "highlight_delete")
    ),
    # What partners are asked, and what they send
    *((f"actions:{n}", slug, EDIT, EDIT) for n in ("link_list", "link_add", "contribution_list")),
    *(
        (f"actions:{n}", lambda w: [*w.slug, w.asked.link.uuid], EDIT, EDIT)
        for n in ("link_address", "link_resend", "link_revoke")
    ),
    ("actions:contribution_accept_all", slug, EDIT, EDIT),
    *((f"actions:contribution_{n}", of_sent, EDIT, EDIT) for n in ("accept", "edit", "return")),
    *(
        (f"actions:{n}", of_link, PUBLIC, PUBLIC)
        for n in ("contribute", "contribute_thanks", "contribute_highlight")
    ),
    *(
        (f"actions:{n}", lambda w: [w.token, "valeurs", w.sent.uuid], PUBLIC, PUBLIC)
        for n in ("contribute_edit", "contribute_withdraw")
    ),
    # Who receives the newsletter
    *((f"governance:{n}", of_open, PUBLIC, PUBLIC) for n in ("subscribe", "subscribe_sent")),
    *(
        (f"governance:{n}", of_subscription, PUBLIC, PUBLIC)
        for n in ("subscription", "subscription_confirm", "unsubscribe")
    ),
    *(
        (f"governance:{n}", slug, STEER, STEER)
        for n in ("newsletter_audience", "subscriber_list", "subscriber_add", "subscriber_import")
    ),
    ("governance:subscriber_export", lambda w: [*w.slug, "csv"], STEER, STEER),
    *((f"governance:subscriber_{n}", of_subscriber, STEER, STEER) for n in ("remove", "erase")),
    *((f"governance:newsletter_{n}", slug, STEER, STEER) for n in ("list", "create")),
    *(
        (f"governance:newsletter_{n}", of_issue, STEER, STEER)
        for n in (
            *("detail", "edit", "complete", "reopen", "drop", "block_add", "preview", "recipients"),
            *("test", "send", "retry"),
        )
    ),
    *((f"governance:newsletter_block_{n}", of_block, STEER, STEER) for n in ("edit", "move", "delete")),
    (
        "governance:newsletter_read",
        lambda w: [NewsletterFactory(convention=w.cast.convention, out=True).uuid],
        PUBLIC,
        PUBLIC,
    ),
    ("governance:newsletter_archive", of_open, PUBLIC, PUBLIC),
    # The public page
    *((f"governance:public_page_{n}", slug, STEER, STEER) for n in ("edit", "publish", "withdraw")),
    *((f"governance:{n}", of_public, PUBLIC, PUBLIC) for n in ("public_page", "public_page_theme")),
    # Calls for projects
    ("actions:funding_list", slug, READ, READ),
    ("actions:funding_add", slug, STEER, STEER),
    *(
        (f"actions:{n}", lambda w: [*w.slug, w.call.uuid], STEER, STEER)
        for n in ("funding_edit", "funding_delete")
    ),
    # Paramètres
    ("actions:settings", slug, MEMBERS, MEMBERS),
    *(
        (f"actions:{name}", slug, STEER, STEER)
        for name in (
            "settings_identity",
            "settings_levels",
            "settings_perimeter",
            "settings_appearance",
            "settings_logo",
            "settings_logo_remove",
            "avenant_list",
            "signatory_list",
            "phase_list",
        )
    ),
    *((f"actions:{n}", row("avenants"), STEER, STEER) for n in ("avenant_edit", "avenant_remove")),
    *(
        (f"actions:{n}", row("signatories"), STEER, STEER)
        for n in ("signatory_remove", "signatory_move", "act_add")
    ),
    *((f"actions:{n}", row("phases"), STEER, STEER) for n in ("phase_edit", "phase_move", "phase_remove")),
    *((f"actions:{n}", act, STEER, STEER) for n in ("act_edit", "act_remove")),
    ("actions:member_list", slug, MEMBERS, MEMBERS),
    ("actions:member_invite", slug, MEMBERS, MEMBERS),
]
# Rows whose answer depends on more than the role: their own tests say it.
ELSEWHERE = {
    "actions:highlight_photo": "404 without a photo (tests/actions/test_highlights.py)",
    "actions:contribution_photo": "404 without a photo (tests/actions/test_contributions.py)",
    "actions:contribute_photo": "404 without a photo (tests/actions/test_contribute.py)",
    "governance:newsletter_resend": "404 without a letter (tests/governance/test_newsletter_sending.py)",
    "governance:newsletter_choice": "404 without a subscription (tests/governance/test_preferences.py)",
    "governance:newsletter_image": "404 without a picture (tests/governance/test_newsletters.py)",
    "governance:newsletter_logo": "404 without a logo (tests/governance/test_newsletters.py)",
    "governance:public_page_image": "404 without a picture (tests/governance/test_public_page.py)",
    "governance:public_page_logo": "404 without a logo (tests/governance/test_public_page.py)",
    "governance:post_file": "404 without a file (tests/governance/test_posts.py)",
    "actions:document_read": "404 without a document (tests/actions/test_exchanges.py)",
    "outbox": "404 outside the trial (tests/ctg/test_pages.py)",
    "outbox_mail": "404 outside the trial (tests/ctg/test_pages.py)",
    "jobs:job_download": "404 without a file (tests/ctg/test_jobs_views.py)",
    "governance:convocation_resend": "404 without a letter (tests/governance/test_convocations.py)",
    **{
        f"governance:invitation_{n}": "404 without what it gives (tests/governance/test_invitation.py)"
        for n in ("document", "pack", "pack_pdf", "minutes")
    },
    "governance:document_open": "a file to close (tests/governance/test_meeting_pages.py)",
    "governance:pack_pdf": "a file to close (tests/governance/test_pack.py)",
    "governance:pack_slides": "a file to close (tests/governance/test_pack.py)",
    "governance:my_answer": "whoever is convened (tests/governance/test_meeting_pages.py)",
    "governance:feed_remove": "its owner's (tests/governance/test_feeds.py)",
    "actions:convention_logo": "404 without a logo (tests/actions/test_settings.py)",
    "actions:operation_undo": "its author's, or of whoever steers (tests/actions/test_bulk.py)",
    "actions:member_edit": "who may change whom (tests/actions/test_members.py)",
    "actions:member_end": "who may change whom (tests/actions/test_members.py)",
    "actions:member_resend": "who may change whom (tests/actions/test_members.py)",
}


def answer(cookies, method, url):
    """The response, with whatever was written taken back."""
    client = Client()
    client.cookies.load(cookies)
    with transaction.atomic():
        response = client.get(url) if method == "get" else client.post(url, {"state": "done"})
        transaction.set_rollback(True)
    return response


@pytest.mark.parametrize(
    ("view", "arguments", "readers", "writers"), [pytest.param(*r, id=r[0]) for r in TABLE]
)
def test_who_is_let_in(stage, world, view, arguments, readers, writers):
    url = reverse(view, args=arguments(world))
    private = PUBLIC - readers != set()
    wrong = []
    for role, cookies in stage.cookies.items():
        for method, allowed in (("get", readers), ("post", writers)):
            response = answer(cookies, method, url)
            if role == "anonymous" and private:
                right = response.status_code == (302 if method == "get" else 401)
                right &= method == "post" or response.headers["Location"].startswith("/compte/login/")
            elif role in allowed:
                right = response.status_code in LET_IN
            elif view.startswith("jobs:") or (role == "outsider" and world.cast.convention.slug in url):
                right = response.status_code == 404
            else:
                right = response.status_code == 403
            # A method that nobody may use is refused before anyone is looked at.
            right |= response.status_code == 405
            if not right:
                wrong.append((role, method, response.status_code))
    assert wrong == []


def test_every_view_has_a_row():
    named = {row[0] for row in TABLE} | set(ELSEWHERE)
    missing = []
    for route, entry in patterns():
        if entry.callback.__module__.startswith(THIRD_PARTY):
            continue
        app = entry.callback.__module__.partition(".views")[0].rpartition(".")[2]
        name = entry.name
        spaced = f"{app}:{name}"
        if name not in named and spaced not in named:
            missing.append(f"{spaced} ({route})")
    assert missing == []


@pytest.mark.parametrize("name", ["outbox", "outbox_mail"])
def test_rows_name_views_that_exist(name):
    try:
        reverse(name, args=["x"] if name == "outbox_mail" else [])
    except NoReverseMatch:
        pytest.fail(f"{name} is no view")


def test_unknown_slug_is_404(world):
    client = Client()
    client.force_login(world.cast.roles["administrator"])
    assert client.get("/ctg/inconnue-2025-2029/plan/").status_code == 404


def test_fiche_of_another_convention_is_404_under_mine(world):
    foreign = make_cast().fiche
    client = Client()
    client.force_login(world.cast.roles["coordinator"])
    assert client.get(reverse("actions:fiche_detail", args=[*world.slug, foreign.uuid])).status_code == 404


def test_a_role_that_has_ended_gives_nothing(world):
    user = world.cast.roles["coordinator"]
    user.memberships.update(ended_on="2021-01-01")
    client = Client()
    client.force_login(user)
    assert client.get(reverse("actions:plan", args=world.slug)).status_code == 404


def test_session_expired_gives_the_text_back(world):
    url = reverse("actions:fiche_section", args=[*world.of_fiche, "constat"])
    response = Client().post(url, {"constat": "Un long texte", "initial-constat": ""})
    assert response.status_code == 401
    body = response.content.decode()
    assert body.count("Un long texte") == 2  # to read and copy, and to send again
    assert f'action="{url}"' in body


def test_session_expired_in_htmx_says_so_in_place(world):
    url = reverse("actions:fiche_section", args=[*world.of_fiche, "constat"])
    response = Client().post(url, {"constat": "Un long texte"}, headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Retarget"]) == (401, "#messages")
    assert "<html" not in response.content.decode()


def test_a_form_from_before_the_last_sign_in_gives_the_text_back(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.cast.roles["coordinator"])
    url = reverse("actions:fiche_section", args=[*world.of_fiche, "constat"])
    response = client.post(url, {"constat": "Un long texte"})
    assert response.status_code == 403
    assert "Un long texte" in response.content.decode()
    foreign = client.post(url, {"constat": "Piège"}, headers={"Origin": "https://ailleurs.example"})
    assert foreign.status_code == 403
    assert "Piège" not in foreign.content.decode()
