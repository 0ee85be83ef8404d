"""What only governance can tell of what is to be done (ctg.todo)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from actions.access import EDIT, STEER, Here
from actions.models import Axe
from actions.rules.words import capital, plural
from actions.services.contributions import waiting_count
from ctg.numbers import NO_BREAK
from ctg.templatetags.ui import date_long, date_short
from ctg.todo import Move
from governance.models import Attendance, Committee, Decision, Meeting, Weather
from governance.rules.year import committee_years

# A meeting so near is convened, or it is not one; minutes wait so long; a decision is called to mind so early.
TO_CONVENE = timedelta(days=21)
TO_TELL = timedelta(days=3)
TO_FOLLOW = timedelta(days=14)
BEFORE_COPIL = timedelta(days=30)
OLD = relativedelta(months=6)
TITLE = 30


@dataclass(frozen=True)
class Kind:
    """A kind of move. `effect`: how much it changes what others read; the same kinds stay together."""

    name: str
    effect: int
    label: str
    act: str


TODAY = Kind("seance", 99, "Réunions du jour", "Ouvrir la séance")
PAST = Kind("cloture", 98, "Réunions à clore", "Clore")
ANSWER = Kind("reponse", 97, "Convocations sans réponse", "Répondre à la convocation")
CONVENE = Kind("convocation", 96, "Réunions à convoquer", "Voir la réunion")
# Before anything of the plan: a partner has written and waits for an answer.
CONTRIBUTIONS = Kind("contributions", 95, "Contributions à relire", "Relire")
LATE = Kind("decision", 93, "Décisions en retard", "Dire où elle en est")
MINE = Kind("decision", 92, "Vos décisions", "La relire")
MINUTES = Kind("compte-rendu", 91, "Comptes rendus à envoyer", "Voir le compte rendu")
SKY_AWAITED = Kind("meteo", 84, "Météo à donner", "Donner la météo")
DUE = Kind("decision", 75, "Décisions à suivre", "Dire où elle en est")
SKY_OLD = Kind("meteo", 65, "Météo à refaire", "Donner la météo")
MISSING = Kind("annee", 35, "Réunions à placer", "Préparer une réunion")


def move(kind: Kind, title: str, why: str, url: str, row: Any = None) -> Move:
    """Done on its own page, at `url`. `row`: what it is about."""
    return Move(
        key=f"{kind.name}-{row.uuid}" if row else kind.name,
        effect=kind.effect,
        kind=kind.label,
        title=title,
        why=why,
        act=kind.act,
        act_url=url,
        is_in_place=False,
    )


def page(here: Here, view: str, row: Any) -> str:
    """The address of a page of this app about a row."""
    return reverse(f"governance:{view}", args=[here.space.slug, row.uuid])


def contributions(here: Here) -> list[Move]:
    """What partners without an account sent in, to be read and accepted on its own page."""
    waiting = waiting_count(here.space, here.user) if here.space.allows(EDIT) else 0
    if not waiting:
        return []
    title = plural(waiting, "contribution de partenaire", "contributions de partenaires")
    why = "Rien n’en est compté ni montré avant votre accord."
    return [move(CONTRIBUTIONS, title, why, reverse("actions:contribution_list", args=[here.space.slug]))]


# --- For anyone -----------------------------------------------------------------------------------
def answers(here: Here) -> Iterator[Move]:
    """The convocations of this person that wait for an answer, in one query."""
    asked = (
        Attendance.objects.visible_to(here.user)
        .of(here.space)
        .invited()
        .filter(contact__user=here.user, answer=Attendance.Answer.NONE)
        .filter(meeting__state=Meeting.State.CONVENED, meeting__date__gte=timezone.localdate())
    )
    for one in asked.select_related("meeting__committee").order_by("meeting__date", "pk"):
        meeting = one.meeting
        why = "Votre réponse aide à savoir si la réunion peut se tenir."
        yield move(ANSWER, titled(meeting), why, page(here, "meeting_detail", meeting), meeting)


def decisions(here: Here) -> Iterator[Move]:
    """Those due, the latest first, for who runs their meetings; all of theirs for who answers for one."""
    today = timezone.localdate()
    due, mine = Q(due_on__lte=today + TO_FOLLOW), Q(responsible__user=here.user)
    found = Decision.objects.visible_to(here.user).of(here.space).followed().filter(due | mine)
    found = found.with_rights(here.user).select_related("meeting__committee", "responsible")
    for one in found.order_by("due_on", "pk"):
        title = Truncator(one.text).words(TITLE, truncate="…")
        is_mine = bool(one.responsible and one.responsible.user_id == here.user.pk)
        when = f"{titled(one.meeting)}, à faire {f'pour le {date_long(one.due_on)}' if one.due_on else 'sans date'}."
        if one.can_run:
            who = "vous" if is_mine else one.responsible or "personne"
            why = f"{when} Responsable : {who}."
            yield move(LATE if one.is_late else DUE, title, why, page(here, "decision_follow", one), one)
        elif is_mine:
            late = " Sa date est passée." if one.is_late else ""
            why = f"Vous êtes responsable d’une décision. {when}{late}"
            yield move(MINE, title, why, page(here, "meeting_detail", one.meeting), one)


# --- For the coordination -------------------------------------------------------------------------
def coordination(here: Here) -> Iterator[Move]:
    """What its meetings, its year and its axes wait for; in two queries, four for who steers it all."""
    convention, today = here.space, timezone.localdate()
    if not convention.allows(EDIT):
        return
    seen = Meeting.objects.visible_to(here.user).of(convention).with_rights(here.user)
    known = list(seen.select_related("committee").defer("notes").order_by("date", "pk"))
    for meeting in known:
        if meeting.can_run:
            yield from of_meeting(here, meeting, today)
    if convention.allows(STEER) and convention.is_running(today):
        yield from of_weather(here, known, today)
    yield from of_year(here, known, today)


def of_meeting(here: Here, meeting: Meeting, today: date) -> Iterator[Move]:
    """The one thing that a meeting waits for, if it does."""
    title, url = titled(meeting), page(here, "meeting_detail", meeting)
    if meeting.is_open and meeting.date:
        days = (meeting.date - today).days
        if days < 0:
            why = "Ses décisions n’atteignent les fiches, et ne sont lues de tous, qu’une fois la réunion close."
            yield move(PAST, title, why, page(here, "meeting_close", meeting), meeting)
        elif days == 0 and meeting.state != Meeting.State.IN_PROGRESS:
            why = "Elle a lieu aujourd’hui : présences, notes et décisions s’écrivent en séance."
            yield move(TODAY, title, why, url, meeting)
        elif meeting.state == Meeting.State.DRAFT and days <= TO_CONVENE.days:
            why = f"Dans {plural(days, 'jour')}, et personne n’est convoqué."
            yield move(CONVENE, title, why, url, meeting)
    # A meeting recorded after it was held sends nothing to anybody.
    was_run = meeting.convened_at or meeting.opened_at
    is_told = meeting.minutes_state != Meeting.Minutes.DRAFT
    if was_run and meeting.closed_at and not is_told and timezone.now() - meeting.closed_at >= TO_TELL:
        why = f"Close le {date_short(meeting.closed_at)} : ceux qui étaient convoqués ne l’ont pas reçu."
        yield move(MINUTES, title, why, page(here, "meeting_minutes", meeting), meeting)


def of_year(here: Here, meetings: Iterable[Meeting], today: date) -> Iterator[Move]:
    """The committees that do not meet as often as expected."""
    committees = Committee.objects.visible_to(here.user).of(here.space).active().run_by(here.user)
    expected = [one for one in committees.in_order() if one.per_year]
    for committee in expected:
        committee.convention = here.space
    for year in committee_years(expected, meetings, today.year, today.year):
        if year.missing:
            title = f"{capital(year.committee.name)}{NO_BREAK}: {year.missing_words}"
            why = f"En {year.year}, {year.said}."
            url = reverse("governance:meeting_add", args=[here.space.slug])
            yield move(MISSING, title, why, f"{url}?instance={year.committee.uuid}", year.committee)


def of_weather(here: Here, meetings: Iterable[Meeting], today: date) -> Iterator[Move]:
    """Axes whose weather has aged, or that have none and a COPIL is near."""
    newest = Weather.objects.visible_to(here.user).of(here.space).newest()
    known = {one.axe_id: one for one in newest}
    copil = next((one for one in meetings if is_copil_soon(one, today)), None)
    for axe in Axe.objects.visible_to(here.user).of(here.space).filter(ended_on__isnull=True):
        last = known.get(axe.pk)
        if last and last.date > today - OLD:
            continue
        said = f"La dernière est du {date_long(last.date)}." if last else "Cet axe n’en a encore aucune."
        url = page(here, "weather_add", axe)
        if copil:
            why = f"{said} Le COPIL du {date_long(copil.date)} approche."
            yield move(SKY_AWAITED, str(axe), why, url, axe)
        elif last:
            yield move(SKY_OLD, str(axe), said, url, axe)


def is_copil_soon(meeting: Meeting, today: date) -> bool:
    is_copil = meeting.committee is not None and meeting.committee.kind == Committee.Kind.COPIL
    soon = meeting.is_open and meeting.date and today <= meeting.date <= today + BEFORE_COPIL
    return bool(is_copil and soon)


def titled(meeting: Meeting) -> str:
    return capital(str(meeting))


SOURCES = (contributions, answers, decisions, coordination)
