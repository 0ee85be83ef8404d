"""The pack as slides that the coordination goes on writing: one subject a slide, one decision to take a slide.

A part with nothing to say has no slide: the page and the PDF say that there is nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from actions.rules.budget import Total
from actions.rules.words import capital, plural
from ctg.numbers import NO_BREAK, amount
from ctg.richtext import from_text, to_words
from ctg.slides import BODY, Box, Cell, Deck, Said, Series, cut_row, rows_height
from ctg.templatetags.ui import date_full, date_long
from governance.agenda import hours
from governance.models import Decision
from governance.pack.changes import Moved
from governance.pack.data import Money, PackPaper, Question

# The longest lists: their end is left to the PDF.
MOST: Any = {"most": 3, "beyond": "dans le dossier"}
# Beyond so many, options stand one above the other.
SIDE_BY_SIDE = 4
OPTION_SIZES = (18, 16, 14, 12, 11)
SMALLEST = OPTION_SIZES[-1]


def pack_slides(paper: PackPaper) -> bytes:
    meeting, convention = paper.meeting, paper.convention
    place = f"{convention.territory_name} – CTG {convention.years}"
    fictitious = " · données fictives" if paper.is_fictitious else ""
    deck = Deck(paper.title, foot=f"{meeting} · {place}{fictitious}", brand=convention.brand_colour)
    when = date_full(meeting.date) if meeting.date else meeting.when
    lines = [capital(", ".join(filter(None, [when, hours(meeting)]))), meeting.place]
    deck.cover(
        place, meeting.name, list(filter(None, lines)), f"Édité le {date_long(paper.today)}{fictitious}"
    )
    for write in (
        brief,
        agenda,
        followed,
        changes,
        axes,
        aims,
        concerns,
        questions,
        moments,
        money,
        calendar,
    ):
        write(deck, paper)
    return deck.to_bytes()


def brief(deck: Deck, paper: PackPaper) -> None:
    """The sentence, then four numbers that are read from the back of the room."""
    slide = deck.slide("En bref", paper.sources)
    said = [Said(paper.plan.counts.sentence)] if paper.plan.fiches else []
    deck.text(slide, said, Box(BODY.left, BODY.top, BODY.width, 1.5), (24, 20, 18))
    width = BODY.width / len(paper.figures)
    for place, figure in enumerate(paper.figures):
        of = f" sur {figure.of}" if figure.of else ""
        box = Box(BODY.left + place * width, BODY.top + 1.7, width, 1.6)
        number = [Said(f"{figure.number}{of}", bold=True, kind="cours"), Said(figure.words)]
        deck.text(slide, number[:1], box._replace(height=0.9), (36, 28))
        deck.text(slide, number[1:], box._replace(top=box.top + 0.8, height=0.8), (18, 16, 14))
    asked = [Said(one.item.title, bullet=True) for one in paper.questions]
    if asked:
        said = [Said("À décider aujourd’hui", bold=True), *asked]
        deck.text(slide, said, Box(BODY.left, BODY.top + 3.4, BODY.width, 1.8))


def agenda(deck: Deck, paper: PackPaper) -> None:
    rows = [
        [
            [Said(str(line.number))],
            [Said(line.item.title, bold=True), *quietly(line.item.presenter)],
            [Said("à décider", bold=True, kind="difficulte")] if line.item.asks_decision else [Said("")],
            [
                Said(f"{line.item.minutes}{NO_BREAK}min" if line.item.minutes else ""),
                *quietly(f"jusqu’à {line.ends}" if line.ends else ""),
            ],
        ]
        for line in paper.agenda.lines
    ]
    heads = ["N°", "Sujet", "", "Durée"]
    deck.table("Ordre du jour", heads, rows, widths=[0.6, 8, 1.6, 1.8], right=[3], notes=paper.invited_words)


def followed(deck: Deck, paper: PackPaper) -> None:
    titles = ("Ce qui avait été décidé", "Décisions d’autres réunions encore en cours")
    lead = str(paper.previous) if paper.previous else ""
    for title, lines in zip(titles, (paper.decided_lines, paper.pending_lines), strict=True):
        rows = [decision_cells(decision, who) for decision, who in lines]
        heads = ["Décision", "Qui, pour quand", "Ce qu’elle est devenue"]
        notes = "Source : relevé de décisions et suites données."
        deck.table(title, heads, rows, widths=[6.6, 2.8, 2.8], notes=notes, lead=lead)
        lead = ""


def decision_cells(decision: Decision, who: str) -> list[Cell]:
    due = f"pour le {date_long(decision.due_on)}" if decision.due_on else ""
    option = f"Option retenue{NO_BREAK}: {decision.option}" if decision.option else ""
    late = [Said("en retard", bold=True, kind="difficulte")] if decision.is_late else []
    done = f"le {date_long(decision.done_on)}" if decision.done_on else ""
    state = Said(decision.get_state_display(), bold=True, kind=decision.look)
    return [
        [Said(decision.text), *quietly(option)],
        [Said(who or "–"), *quietly(due)],
        [state, *late, *quietly(done), *quietly(decision.state_words)],
    ]


def changes(deck: Deck, paper: PackPaper) -> None:
    rows = [
        [[Said(str(one.fiche), bold=True)], [Said(line) for line in lines_of(one)]]
        for one in paper.changes.moved
    ]
    notes = "\n".join(filter(None, [paper.sources, paper.changes.others, paper.history_words]))
    deck.table(
        f"Ce qui a changé {paper.since_words}",
        ["Fiche", "Ce qui a changé"],
        rows,
        widths=[4.6, 7.6],
        notes=notes,
        lead=f"{capital(paper.changes.words)}." if paper.changes.words else "",
        **MOST,
    )


def lines_of(one: Moved) -> list[str]:
    return [capital(one.status), *one.lines] if one.status else list(one.lines)


def axes(deck: Deck, paper: PackPaper) -> None:
    """A bar an axe, each piece a status; then the weather in words."""
    if not paper.plan.fiches:
        return
    counts = f"{capital(paper.plan.counts.words)}."
    *of_axes, _ = paper.table
    values = "\n".join(f"{label} : {', '.join(said_counts(paper, row))}" for label, row in paper.table)
    slide = deck.slide("Où en sont les axes", f"{paper.sources}\n\n{values}")
    deck.text(slide, [Said(counts)], Box(BODY.left, BODY.top - 0.05, BODY.width, 0.5), (18, 16, 14))
    series = [
        Series(status.label, [status.kind], [row[place] for _, row in of_axes])
        for place, status in enumerate(paper.statuses)
    ]
    box = Box(BODY.left, BODY.top + 0.5, BODY.width, BODY.height - 0.5)
    deck.bars(slide, box, "Fiches de chaque axe, par statut", [label for label, _ in of_axes], series)
    told = [state for state in paper.axes if state.weather]
    rows = []
    for state in told:
        weather = state.weather
        assert weather is not None
        word = Said(capital(weather.word), bold=True, kind=weather.sky.kind)
        said = [Said(weather.text or capital(weather.meaning)), *quietly(f"Au {date_long(weather.date)}")]
        rows.append([[Said(state.group.label, bold=True)], [word], said])
    deck.table(
        "Météo des axes", ["Axe", "Météo", "Synthèse"], rows, widths=[4, 1.8, 6.4], notes=paper.sources
    )


def said_counts(paper: PackPaper, row: Sequence[int]) -> list[str]:
    return [f"{count} {status.label}" for count, status in zip(row, paper.statuses, strict=True) if count]


def aims(deck: Deck, paper: PackPaper) -> None:
    if not paper.aims.lines:
        return
    slide = deck.slide("Indicateurs", paper.sources)
    deck.text(
        slide, [Said(f"{paper.aims.words}.")], Box(BODY.left, BODY.top - 0.05, BODY.width, 0.5), (18, 16)
    )
    found = paper.aims.segments
    series = Series("indicateurs", [one.kind for one in found], [one.count for one in found])
    box = Box(BODY.left, BODY.top + 0.5, BODY.width, BODY.height - 0.5)
    deck.bars(slide, box, paper.attainment.title, [one.label for one in found], [series])
    rows = [
        [
            [Said(line.indicator.label, bold=True), *quietly(str(line.indicator.fiche))],
            [Said(line.latest.value), *quietly(line.latest.when)],
            [Said(line.target)],
            [Said(line.attainment.result.label, bold=True, kind=line.kind), *quietly(line.basis)],
        ]
        for line in paper.off_track
    ]
    heads = ["Indicateur", "Dernière valeur", "Cible", "Où l’on en est"]
    title = "Indicateurs en deçà de leur trajectoire"
    deck.table(title, heads, rows, widths=[6, 1.9, 1.7, 2.6], right=[1, 2], notes=paper.sources, **MOST)


def concerns(deck: Deck, paper: PackPaper) -> None:
    rows = [
        [
            [Said(capital(concern.title), bold=True, kind=concern.kind)],
            [Said(str(one.fiche), bold=True)],
            [Said(capital(reason)) for reason in one.reasons],
        ]
        for concern in paper.concerns
        for one in concern.lines
    ]
    heads = ["", "Fiche", "Pourquoi"]
    deck.table("Points d’attention", heads, rows, widths=[2, 4.2, 6], notes=paper.sources, **MOST)


def questions(deck: Deck, paper: PackPaper) -> None:
    for question in paper.questions:
        write_question(deck, question)


def write_question(deck: Deck, question: Question) -> None:
    """The text and the fiches above, the options below; the notes have all of it."""
    item, body = question.item, BODY
    text = to_words(from_text(item.text))
    options = [
        (f"Option {place}{NO_BREAK}: {one.title}", to_words(from_text(one.consequences)))
        for place, one in enumerate(question.options, 1)
    ]
    notes = [text, *(f"{title}\n{then}".strip() for title, then in options)]
    slide = deck.slide(f"À décider{NO_BREAK}: {item.title}", "\n\n".join(filter(None, notes)))
    said = paragraphs(text)
    for fiche in question.fiches:
        late = ", en retard" if fiche.is_late else ""
        state = f"{fiche}{NO_BREAK}: {fiche.get_status_display()}{late}"
        said += [Said(state, bold=True, kind=fiche.kind), *quietly(fiche.status_reason)]
    above = body.height * (0.45 if options else 1)
    used = deck.text(slide, said, body._replace(height=above), (20, 18, 16, 14, 12)) if said else 0.0
    if options:
        write_options(
            deck, slide, options, body._replace(top=body.top + used + 0.15, height=body.height - used - 0.15)
        )


def write_options(deck: Deck, slide: Any, options: Sequence[tuple[str, str]], box: Box) -> None:
    """Side by side when they are few, in a table that is set as large as it fits."""
    beside = len(options) <= SIDE_BY_SIDE
    columns = [box.width / len(options)] * len(options) if beside else [box.width * 0.4, box.width * 0.6]
    heads = [title for title, _ in options] if beside else ["Option", "Conséquences"]
    rows: list[list[Cell]] = [[paragraphs(then) for _, then in options]]
    if not beside:
        rows = [[[Said(title, bold=True)], paragraphs(then)] for title, then in options]
    head = [[Said(words, bold=True)] for words in heads]
    size = next(
        (one for one in OPTION_SIZES if rows_height([head, *rows], columns, one) <= box.height), SMALLEST
    )
    room = (box.height - rows_height([head], columns, size)) / len(rows)
    if rows_height([head, *rows], columns, size) > box.height:
        rows = [cut_row(row, columns, room, size) for row in rows]
    deck.grid(slide, box, heads, rows, columns, size=size, name="Options")


def moments(deck: Deck, paper: PackPaper) -> None:
    rows = []
    for one in paper.highlights:
        people = plural(one.people, "personne") if one.people else ""
        where = " · ".join(filter(None, [str(one.commune or ""), people, str(one.fiche or "")]))
        rows.append([[Said(one.when)], [Said(one.title, bold=True), *paragraphs(one.text), *quietly(where)]])
    title = f"Temps forts {paper.since_words}"
    deck.table(title, ["Date", "Temps fort"], rows, widths=[2.4, 9.8], notes=paper.sources, **MOST)


def money(deck: Deck, paper: PackPaper) -> None:
    rows = [
        [
            [Said(words, bold=is_total)],
            [Said(amount(total.planned, total.sign), bold=is_total)],
            [Said(amount(total.actual, total.sign), bold=is_total)],
            [Said(str(total.fiches), bold=is_total)],
        ]
        for words, total, is_total in money_lines(paper.money)
    ]
    heads = ["Financeur", "Prévu", "Réalisé", "Fiches"]
    lead = f"{paper.money.words}." if rows else ""
    deck.table(
        "Budget", heads, rows, widths=[6, 2.4, 2.4, 1.4], right=[1, 2, 3], lead=lead, notes=paper.sources
    )


def money_lines(money: Money) -> Iterator[tuple[str, Total, bool]]:
    """Funder by funder, then the totals."""
    for share in money.by_funder:
        for total in share.totals:
            yield f"{share.of} (postes)" if total.unit == "etp" else share.of, total, False
    for words, total in money.totals:
        yield words, total, True


def calendar(deck: Deck, paper: PackPaper) -> None:
    rows = [
        [[Said(date_full(one.date))], [Said(one.name, bold=True), *quietly(one.place)]]
        for one in paper.meetings
    ]
    rows += [
        [[Said(day.words)], [Said(due.what), *quietly(str(due.fiche))]]
        for day in paper.days
        for due in day.dues
    ]
    deck.table("Calendrier", ["Date", "Quoi"], rows, widths=[3.4, 8.8], notes=paper.sources, **MOST)


# --- Words ----------------------------------------------------------------------------------------
def quietly(words: str) -> list[Said]:
    """A smaller paragraph, or none."""
    return [Said(words, quiet=True)] if words else []


def paragraphs(words: str) -> list[Said]:
    """Line by line; a bullet is a bullet."""
    lines = [line for line in words.split("\n") if line.strip()]
    return [Said(line.strip().removeprefix("• "), bullet=line.strip().startswith("• ")) for line in lines]
