"""The papers of a meeting as Word documents, for whoever goes on writing there: the same facts as on paper."""

from html import escape

from ctg.numbers import NO_BREAK
from ctg.richtext import from_text
from ctg.word import WordDocument
from governance.documents.meeting import MeetingPaper, Paper, Point, Ruling

RULINGS = ["N°", "Décision", "Nature", "Responsable, échéance", "Suite"]
REVIEWS = ["Décision", "Responsable, échéance", "Suite"]


def paper_docx(kind: Paper, paper: MeetingPaper) -> bytes:
    """The minutes, or the decisions alone."""
    title = paper.title(kind)
    document = WordDocument(title, head=title, foot=paper.foot)
    document.heading(title)
    document.facts(facts_of(kind, paper))
    if kind == Paper.MINUTES:
        write_points(document, paper)
    write_decisions(document, paper)
    if kind == Paper.MINUTES and paper.next_words:
        document.heading("Prochaine réunion", 2)
        document.paragraph(paper.next_words)
    return document.to_bytes()


def facts_of(kind: Paper, paper: MeetingPaper) -> list[tuple[str, str]]:
    meeting = paper.meeting
    facts = [
        ("Convention", paper.convention_words),
        ("Instance", str(meeting.committee or "")),
        ("Date", paper.when),
        ("Lieu", meeting.place),
        ("Présidée par", paper.president),
    ]
    if kind == Paper.MINUTES:
        facts.append(("Compte rendu", paper.minutes_words))
        for words, people in paper.rolls:
            facts.append((f"{words} ({len(people)})", "\n".join(one.words for one in people)))
        facts.append(("Participants", paper.headcount))
    return facts


def write_points(document: WordDocument, paper: MeetingPaper) -> None:
    if paper.meeting.notes:
        document.heading("En ouverture", 2)
        document.rich(from_text(paper.meeting.notes))
    if paper.points:
        document.heading("Ordre du jour", 2)
        for point in paper.points:
            write_point(document, point)
        if paper.loose:
            document.heading("Autres décisions", 3)
            write_rulings(document, paper.loose)


def write_point(document: WordDocument, point: Point) -> None:
    document.heading(f"{point.number}. {point.item}", 3)
    if point.item.presenter:
        document.paragraph(point.item.presenter, quiet=True)
    document.rich(from_text(point.item.notes))
    for words, is_chosen, consequences in point.options:
        option = f"{words} (option retenue)" if is_chosen else words
        document.rich(led(f"{option} –" if consequences else option, consequences))
    write_rulings(document, point.rulings)
    if point.is_postponed:
        document.paragraph("Reporté à la prochaine réunion.")


def write_rulings(document: WordDocument, rulings: list[Ruling]) -> None:
    for one in rulings:
        document.rich(led(f"Décision {one.number} ({one.kind}){NO_BREAK}:", one.decision.text))


def led(words: str, text: str) -> str:
    """A text that begins by these words, in bold."""
    html, bold = from_text(text), f"<strong>{escape(words, quote=False)}</strong>"
    if html.startswith("<p>"):
        return f"<p>{bold} {html.removeprefix('<p>')}"
    return f"<p>{bold}</p>{html}"


def write_decisions(document: WordDocument, paper: MeetingPaper) -> None:
    document.heading("Décisions", 2)
    if paper.rulings:
        rows = [[str(one.number), words_of(one), one.kind, one.due, state_of(one)] for one in paper.rulings]
        document.table(RULINGS, rows, widths=[1, 6.6, 2.6, 3.4, 3.4])
    else:
        document.paragraph("Cette réunion n’a pas pris de décision.")
    if paper.reviews:
        document.heading("Suites des décisions précédentes", 2)
        rows = [
            [f"{one.decision.text}\n{one.decision.meeting}", one.due, state_of(one)] for one in paper.reviews
        ]
        document.table(REVIEWS, rows, widths=[9, 4, 4])


def words_of(ruling: Ruling) -> str:
    option = ruling.decision.option
    chosen = [f"Option retenue : {option}"] if option else []
    return "\n".join([ruling.decision.text, *chosen, *ruling.effects])


def state_of(ruling: Ruling) -> str:
    return "\n".join(filter(None, [ruling.state_label, ruling.words]))
