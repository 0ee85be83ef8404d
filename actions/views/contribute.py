"""The pages of a partner without an account: what is asked, filled in on a phone, corrected while it waits."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.figures import measurement_words, period_to_enter, period_under_way, target_words
from actions.forms.contributions import ProposedNoteForm, ProposedValueForm
from actions.forms.highlights import HighlightForm, Offered
from actions.models import ContributionLink, Highlight, Indicator, Measurement, ProgressNote, Review
from actions.rules.periods import Period, label
from actions.services import answers
from actions.services.answers import Asked
from ctg.files.pictures import serve_small
from ctg.forms import posted, sent_files, status_of
from ctg.links.access import by_link
from ctg.links.services import LinkUnknown, log_use
from ctg.merge import MergeForm
from ctg.refusal import Refused

# How many periods are asked at once, and how many former values are recalled.
PERIODS, RECALLED = 3, 3
VISIT = timedelta(hours=1)

# The fields that hold an answer; the others come filled in.
TYPED = ProposedValueForm.CONTENT

TITLES = {
    "valeurs": "Corriger une valeur",
    "points-d-etape": "Corriger un point d’étape",
    "temps-forts": "Corriger un temps fort",
}


@dataclass
class IndicatorRow:
    """An indicator with what is known of it, what was sent, and the periods that are still asked."""

    indicator: Indicator
    sent: list[Measurement]
    link: ContributionLink
    data: Any = None

    @property
    def target(self) -> str:
        return target_words(self.indicator) if self.indicator.has_target else ""

    @property
    def known(self) -> list[tuple[str, str]]:
        """Its last accepted values: period, value."""
        rows = sorted(self.indicator.measurements.all(), key=lambda row: row.period_end)[-RECALLED:]
        return [
            (label(row.period_start, row.period_end), measurement_words(self.indicator, row)) for row in rows
        ]

    @property
    def waiting(self) -> list[tuple[Measurement, str, str]]:
        """What was sent and is not accepted: the row, its period and value in words."""
        return [
            (row, label(row.period_start, row.period_end), measurement_words(self.indicator, row))
            for row in self.sent
            if row.status != Review.ACCEPTED
        ]

    @cached_property
    def forms(self) -> list[tuple[str, ProposedValueForm]]:
        """One a period that is not entered, the running one last; without any, one for a period of their choice."""
        entered = [Period(row.period_start, row.period_end) for row in self.sent]
        asked: dict[Period, str] = {}
        while len(asked) < PERIODS and (one := period_to_enter(self.indicator, also=[*entered, *asked])):
            asked[one] = one.label
        if running := period_under_way(self.indicator, also=entered):
            asked[running] = f"{running.label}, en cours"
        return [(label, self.form_for(period)) for period, label in asked.items()] or [
            ("", self.form("autre"))
        ]

    def form_for(self, period: Period) -> ProposedValueForm:
        return self.form(f"{period.start:%Y%m%d}", period_start=period.start, period_end=period.end)

    def form(self, key: str, **initial: Any) -> ProposedValueForm:
        return ProposedValueForm(
            self.data,
            prefix=f"valeur-{self.indicator.uuid.hex}-{key}",
            link=self.link,
            indicator=self.indicator,
            initial=initial,
            empty_permitted=True,
            use_required_attribute=False,
        )


@dataclass
class FicheRow:
    """A fiche that the link opens, with its forms."""

    asked: Asked
    link: ContributionLink
    data: Any = None

    @cached_property
    def indicators(self) -> list[IndicatorRow]:
        return [
            IndicatorRow(one, self.asked.values[one.pk], self.link, self.data)
            for one in self.asked.indicators
        ]

    @property
    def notes(self) -> list[ProgressNote]:
        return [note for note in self.asked.notes if note.status != Review.ACCEPTED]

    @property
    def highlights(self) -> list[Highlight]:
        return [one for one in self.asked.highlights if one.status != Review.ACCEPTED]

    @cached_property
    def note_form(self) -> ProposedNoteForm | None:
        if not self.asked.is_whole:
            return None
        note = ProgressNote(fiche=self.asked.fiche, via=self.link, status=Review.PROPOSED)
        prefix = f"note-{self.asked.fiche.uuid.hex}"
        return ProposedNoteForm(
            self.data, prefix=prefix, instance=note, empty_permitted=True, use_required_attribute=False
        )

    @property
    def forms(self) -> list[MergeForm]:
        values = [form for row in self.indicators for _, form in row.forms]
        return [*values, *([self.note_form] if self.note_form else [])]


@dataclass
class AnswerPage:
    """All that one link asks."""

    link: ContributionLink
    data: Any = None
    fault: str = ""

    @cached_property
    def fiches(self) -> list[FicheRow]:
        rows = answers.asked_of(self.link)
        for row in rows:
            row.fiche.convention = self.link.convention
            for indicator in row.indicators:
                indicator.fiche = row.fiche
        return [FicheRow(row, self.link, self.data) for row in rows]

    @property
    def forms(self) -> list[MergeForm]:
        return [form for fiche in self.fiches for form in fiche.forms]

    @property
    def to_withdraw(self) -> list[tuple[str, Any]]:
        """What its sender may take back: kind and key, each with a form of its own."""
        found: list[tuple[str, Any]] = []
        for fiche in self.fiches:
            found += [("valeurs", row.uuid) for one in fiche.indicators for row, _, _ in one.waiting]
            found += [("points-d-etape", note.uuid) for note in fiche.notes]
            found += [("temps-forts", highlight.uuid) for highlight in fiche.highlights]
        return found

    @property
    def is_stale(self) -> bool:
        """Whether something was typed that this page does not ask any more: sent twice, or from an older page."""
        asked = {form.prefix for form in self.forms}
        typed = [name.rpartition("-") for name, value in self.data.items() if value.strip()]
        return any(
            prefix.startswith(("valeur-", "note-")) and prefix not in asked and name in TYPED
            for prefix, _, name in typed
        )

    def is_sent(self) -> bool:
        """Keep what was filled in, all or nothing. False with the reasons in the forms and in `fault`."""
        filled = [form for form in self.forms if form.has_changed()]
        if self.is_stale:
            self.fault = (
                "Une partie de cet envoi était déjà transmise, ou n’est plus demandée : vérifiez ci-dessous."
            )
        elif not filled:
            self.fault = "Rien n’est rempli : donnez au moins une valeur ou quelques mots."
        valid = [form.is_valid() for form in filled]  # each shows its own errors
        if self.fault or not all(valid):
            return False
        try:
            with answers.answering(self.link) as change:
                if not all(form.create() for form in filled):
                    change.undo()
        except Refused as refused:
            self.fault = str(refused)
            return False
        return not change.undone


def link_of(token: str) -> ContributionLink:
    """Raises LinkClosed."""
    rows = ContributionLink.objects.for_token(token)
    found = rows.select_related("convention", "contact", "link__created_by").first()
    if found is None:
        raise LinkUnknown
    return found


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def contribute(request: HttpRequest, token: str) -> HttpResponse:
    """What is asked, and everything that can be answered at once."""
    link = link_of(token)
    page = AnswerPage(link, posted(request))
    if request.method == "POST" and page.is_sent():
        return redirect("actions:contribute_thanks", token)
    log_use(link.link, "opened", once_in=VISIT)
    context = {"page": page, "link": link, "token": token}
    return render(request, "actions/contribute.html", context, status=422 if page.data is not None else 200)


@by_link
@require_safe
def contribute_thanks(request: HttpRequest, token: str) -> HttpResponse:
    return render(request, "actions/contribute_thanks.html", {"link": link_of(token), "token": token})


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def contribute_highlight(request: HttpRequest, token: str) -> HttpResponse:
    """Tell a temps fort, with its photograph. `?fiche=…` chooses the fiche."""
    link = link_of(token)
    row = Highlight(via=link, status=Review.PROPOSED)
    form = highlight_form(request, link, row)
    keys = {str(fiche.uuid): fiche.pk for fiche in link.fiches.all()}
    form.initial["fiche"] = keys.get(request.GET.get("fiche", ""), next(iter(keys.values())))
    return change_page(request, token, link, form, "Raconter un temps fort")


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def contribute_edit(request: HttpRequest, token: str, kind: str, uuid: Any) -> HttpResponse:
    """Correct what was sent, until the coordination accepts it."""
    link = link_of(token)
    row = find_sent(link, kind, uuid)
    form: Any
    if kind == "valeurs":
        form = ProposedValueForm(posted(request), instance=row, link=link, indicator=row.indicator)
    elif kind == "points-d-etape":
        form = ProposedNoteForm(posted(request), instance=row)
    else:
        form = highlight_form(request, link, row)
    return change_page(request, token, link, form, TITLES[kind])


@by_link
@require_POST
def contribute_withdraw(request: HttpRequest, token: str, kind: str, uuid: Any) -> HttpResponse:
    link = link_of(token)
    try:
        answers.withdraw(link, find_sent(link, kind, uuid))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "C’est retiré.")
    return redirect("actions:contribute", token)


@by_link
@require_safe
def contribute_photo(_request: HttpRequest, token: str, uuid: Any) -> HttpResponseBase:
    """The small photograph of what was sent."""
    row = answers.sent_through(link_of(token), "temps-forts", uuid, any_state=True)
    if row is None or row.photo is None:
        raise Http404("Pas de photo")
    return serve_small(row.photo)


def find_sent(link: ContributionLink, kind: str, uuid: Any) -> Any:
    row = answers.sent_through(link, kind, uuid)
    if row is None:
        raise Http404("Envoi inconnu, ou déjà accepté")
    return row


def highlight_form(request: HttpRequest, link: ContributionLink, row: Highlight) -> HighlightForm:
    """On the fiches of the link only: without any whole fiche, no temps fort is asked."""
    fiches = link.fiches.all()
    if not fiches:
        raise Http404("Ce lien ne demande pas de temps fort")
    offered = Offered(fiches=fiches, communes=link.convention.communes.all())
    form = HighlightForm(
        posted(request), sent_files(request), instance=row, convention=link.convention, offered=offered
    )
    fiche: Any = form.fields["fiche"]
    fiche.required, fiche.empty_label = True, None
    return form


def change_page(
    request: HttpRequest, token: str, link: ContributionLink, form: MergeForm, title: str
) -> HttpResponse:
    new = form.instance.pk is None
    if form.is_valid() and save_answer(link, form):
        messages.success(request, "C’est transmis : la coordination le relira." if new else "C’est corrigé.")
        return redirect("actions:contribute", token)
    row: Any = None if new else form.instance
    context: dict[str, Any] = {
        "form": form,
        "row": row,
        "link": link,
        "token": token,
        "title": title,
        "photo_url": "",
    }
    context["draft"] = row.uuid if row else "temps-fort"
    if getattr(row, "photo_id", None):
        context["photo_url"] = reverse("actions:contribute_photo", args=[token, row.uuid])
    template = (
        "actions/contribute_highlight.html"
        if isinstance(form, HighlightForm)
        else "actions/contribute_edit.html"
    )
    return render(request, template, context, status=status_of(form))


def save_answer(link: ContributionLink, form: MergeForm) -> bool:
    """False with the errors in the form."""
    new = form.instance.pk is None
    try:
        with answers.answering(link) as change:
            if not new:
                answers.reopen(form.instance)
            if not (form.create() if new else form.merge()):
                change.undo()
            elif not new:
                answers.propose_again(form.instance)
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    return not change.undone
