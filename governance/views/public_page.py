"""The page by which anyone discovers a convention: what it may tell, read without an account."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from actions.access import STEER, find_convention
from actions.figures import Group, Plan, plan_of
from actions.models import Axe, Convention, FicheAction, Highlight, Phase, ProgressNote, Step
from actions.views.conventions import serve_logo, serve_theme
from ctg.access import public
from ctg.accounts.models import User
from ctg.files.responses import serve
from ctg.templatetags.ui import date_long, period, plural
from governance.models import Newsletter, NewsletterSettings, PublicPage
from territories.models import Commune

AHEAD = relativedelta(months=12)
STEPS, LETTERS = 12, 12
# Newest first: the first ones at once, the others unfolded.
MOMENTS, FIRST_MOMENTS = 60, 6
# More communes than this are folded.
COMMUNES = 12
PARTIES = ("convention__caf", "convention__carrier", "convention__epci")


@dataclass(frozen=True)
class Coming:
    """Something announced: a phase of the elaboration, or a step."""

    when: str
    what: str
    about: str


@dataclass(frozen=True)
class Moment:
    """A temps fort or a point d’étape, as anyone reads it."""

    sort: tuple[int, date]
    when: str
    # Of a temps fort only.
    title: str
    text: str
    details: str
    is_fictitious: bool
    # The temps fort that has a picture.
    pictured: Highlight | None = None


@dataclass(frozen=True)
class Results:
    """What the fiches of an axe are expected to bring."""

    label: str
    fiches: Sequence[FicheAction]


@dataclass(frozen=True)
class Content:
    """All that the page may tell, whether it is ticked or not."""

    convention: Convention
    communes: Sequence[Commune]
    plan: Plan
    coming: Sequence[Coming]
    moments: Sequence[Moment]
    issues: Sequence[Newsletter]
    is_open: bool

    @cached_property
    def filled(self) -> set[str]:
        """The sections that have something to show."""
        found = {
            "about": True,
            "territory": self.communes or self.convention.epci_id,
            "axes": self.plan.by_axe,
            "results": self.results,
            "steps": self.coming,
            "moments": self.moments,
            "letters": self.issues or self.is_open,
        }
        return {name for name, something in found.items() if something}

    @property
    def population(self) -> int | None:
        """None as soon as that of one commune is not known."""
        known = [one.population for one in self.communes]
        return None if not known or None in known else sum(one or 0 for one in known)

    @property
    def population_year(self) -> int:
        return Commune.POPULATION_YEAR

    @property
    def are_many(self) -> bool:
        return len(self.communes) > COMMUNES

    @cached_property
    def groups(self) -> list[tuple[str, Group]]:
        return [(public_label(group), group) for group in self.plan.by_axe]

    @cached_property
    def results(self) -> list[Results]:
        """Axe by axe; a fiche that was given up promises nothing any more."""
        found = []
        for label, group in self.groups:
            fiches = [
                one
                for one in group.fiches
                if one.resultats_attendus and one.status != FicheAction.Status.ABANDONNEE
            ]
            if fiches:
                found.append(Results(label, fiches))
        return found

    @property
    def first_moments(self) -> Sequence[Moment]:
        return self.moments[:FIRST_MOMENTS]

    @property
    def more_moments(self) -> Sequence[Moment]:
        return self.moments[FIRST_MOMENTS:]


def public_label(group: Group) -> str:
    """« À classer » is a word of whoever writes the plan."""
    if group.axe is None and not group.fiches[0].is_transversale:
        return "Autres actions"
    return group.label


def read_content(convention: Convention) -> Content:
    """Eight queries, nine while the convention is prepared."""
    fiches = FicheAction.objects.public().of(convention)
    axes = Axe.objects.public().of(convention)
    issues = Newsletter.objects.public().of(convention)
    return Content(
        convention=convention,
        communes=list(Commune.objects.public().filter(conventions=convention)),
        plan=plan_of(fiches, list(axes)),
        coming=list(read_coming(convention, timezone.localdate())),
        moments=read_moments(convention),
        issues=list(issues[:LETTERS]),
        is_open=NewsletterSettings.objects.public().of(convention).exists(),
    )


def read_coming(convention: Convention, today: date) -> Iterable[Coming]:
    """What is left of the elaboration while the convention is prepared, then what the fiches announce."""
    if convention.status in Convention.IN_PREPARATION:
        ahead = Q(ends_on__gte=today) | Q(ends_on=None, starts_on__gte=today)
        yield from (told_phase(one) for one in convention.phases.filter(ahead))
    steps = Step.objects.public().of(convention).filter(due_on__range=(today, today + AHEAD))
    for one in steps.select_related("fiche").order_by("due_on", "fiche__position", "position", "pk")[:STEPS]:
        yield Coming(one.due_words or date_long(one.due_on), one.title, one.fiche.title)


def told_phase(phase: Phase) -> Coming:
    return Coming(phase.words or period(phase.starts_on, phase.ends_on), phase.title, phase.description)


def read_moments(convention: Convention) -> list[Moment]:
    """Temps forts and points d’étape that carry the mark, newest first."""
    highlights = Highlight.objects.public().of(convention).newest_first()
    notes = ProgressNote.objects.public().of(convention).order_by(F("date").desc(), F("pk").desc())
    found = [told_highlight(one) for one in highlights.select_related("commune", "photo")[:MOMENTS]]
    found += [told_note(one) for one in notes.select_related("fiche")[:MOMENTS]]
    return sorted(found, key=lambda one: one.sort, reverse=True)[:MOMENTS]


def told_highlight(highlight: Highlight) -> Moment:
    day, people = highlight.date, highlight.people
    details = [str(highlight.commune or ""), "" if people is None else plural(people, "personne")]
    return Moment(
        sort=((day.year if day else highlight.year) or 0, day or date.min),
        when=highlight.when,
        title=highlight.title,
        text=highlight.text,
        details=" · ".join(filter(None, details)),
        is_fictitious=highlight.is_fictitious,
        pictured=highlight if highlight.photo and highlight.photo_alt else None,
    )


def told_note(note: ProgressNote) -> Moment:
    return Moment(
        sort=(note.date.year, note.date),
        when=date_long(note.date),
        title="",
        text=note.text,
        details=note.fiche.title,
        is_fictitious=note.is_fictitious,
    )


def shown(page: PublicPage, content: Content) -> list[str]:
    """The sections that are ticked and have something to say."""
    return [name for name in page.sections if name in content.filled]


# --- For anyone -----------------------------------------------------------------------------------
def page_of(convention: Convention, user: User) -> PublicPage:
    """For whoever steers the convention; not saved yet when nobody has set anything."""
    found = PublicPage.objects.visible_to(user).of(convention).first() or PublicPage()
    found.convention = convention
    return found


def page_read(request: HttpRequest, slug: str) -> PublicPage:
    """One that is out, for anyone; before, for whoever steers the convention. Raises Http404."""
    found = PublicPage.objects.public().filter(convention__slug=slug).select_related(*PARTIES).first()
    if found is None and request.user.is_authenticated:
        convention = find_convention(request.user, slug)
        found = page_of(convention, request.user) if convention.allows(STEER) else None
    if found is None:
        raise Http404("Page inconnue")
    return found


@public
@require_safe
def public_page(request: HttpRequest, slug: str) -> HttpResponse:
    page = page_read(request, slug)
    content = read_content(page.convention)
    context = {
        "page": page,
        "convention": page.convention,
        "content": content,
        "shown": shown(page, content),
    }
    return render(request, "governance/public_page.html", context)


@public
@require_safe
def public_page_logo(request: HttpRequest, slug: str) -> HttpResponse:
    return serve_logo(page_read(request, slug).convention)


@public
@require_safe
def public_page_theme(request: HttpRequest, slug: str) -> HttpResponse:
    return serve_theme(page_read(request, slug).convention, request.GET.get("v", ""))


@public
@require_safe
def public_page_image(request: HttpRequest, slug: str, uuid: Any) -> HttpResponseBase:
    """The picture of a temps fort that the page shows, and of no other."""
    page = page_read(request, slug)
    pictured = Highlight.objects.public().of(page.convention).exclude(photo_alt="")
    found = pictured.filter(uuid=uuid, photo__isnull=False).select_related("photo").first()
    if found is None or found.photo is None or not page.has_moments:
        raise Http404("Image inconnue")
    return serve(found.photo, "image")
