"""The components of the pages: tags that draw, filters that say numbers and dates in French.

A builtin library: templates use it without `{% load %}`. What stands in every row of a list (icon, chip, bar)
is put together in Python: a template for each would cost more than the row.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

import structlog
from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ctg import numbers
from ctg.frame import glossary
from ctg.numbers import NO_BREAK, french_number
from ctg.richtext import from_text, to_safe

log = structlog.get_logger(__name__)
register = template.Library()

MISSING = "–"
MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
SHORT_MONTHS = [
    "janv.",
    "févr.",
    "mars",
    "avr.",
    "mai",
    "juin",
    "juil.",
    "août",
    "sept.",
    "oct.",
    "nov.",
    "déc.",
]
WEEKDAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]

# The kinds of app.css, each with the icon that says it without its colour.
KIND_ICONS = {
    "etude": "chat-dots",
    "engager": "circle",
    "cours": "clock",
    "faite": "check-circle",
    "pause": "pause-circle",
    "reportee": "arrow-right-circle",
    "difficulte": "exclamation-triangle",
    "fin": "x-circle",
    "neutre": "dash-circle",
}


# --- Tags -----------------------------------------------------------------------------------------
@lru_cache(maxsize=256)
def _icon_paths(name: str) -> str:
    """The inside of the icon's SVG file in bootstrap-icons."""
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise ValueError(f"not the name of an icon: {name!r}")
    file = settings.NODE_MODULES / "bootstrap-icons" / "icons" / f"{name}.svg"
    svg = file.read_text(encoding="utf-8")
    return re.sub(r"\s*\n\s*", "", svg[svg.index(">") + 1 : svg.rindex("</svg>")])


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """`{% icon "pencil" %}`: an icon of bootstrap-icons, drawn in the page, unread by screen readers.

    `css` adds classes (`icon-s`, `icon-l`). An unknown name raises in DEBUG, and draws nothing otherwise.
    """
    try:
        paths = _icon_paths(name)
    except (OSError, ValueError):
        if settings.DEBUG:
            raise
        log.exception("icon_unknown", name=name)
        return SafeString("")
    # A pinned dependency: its drawing is trusted as our own templates are.
    return format_html(
        '<svg class="icon{}" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true">{}</svg>',
        f" {css}" if css else "",
        SafeString(paths),
    )


@register.simple_tag
def chip(kind: str, label: str, icon_name: str = "") -> SafeString:
    """`{% chip "cours" "en cours" %}`: a status, said by a word, an icon and a colour (see KIND_ICONS)."""
    return format_html('<span class="chip {}">{}{}</span>', kind, icon(icon_name or KIND_ICONS[kind]), label)


@register.simple_tag
def mark(kind: str, label: str, icon_name: str = "") -> SafeString:
    """`{% mark "faite" "atteint (9 mois)" %}`: a result in a table, in plain text after a coloured icon."""
    return format_html(
        '<span class="result {}">{}{}</span>', kind, icon(icon_name or KIND_ICONS[kind]), label
    )


@register.simple_tag
def late(label: str) -> SafeString:
    """`{% late "étape en retard" %}`: what is past its date."""
    return format_html('<span class="late">{}{}</span>', icon("exclamation-circle"), label)


@register.simple_tag
def flag(label: str) -> SafeString:
    """`{% flag "données fictives" %}`: a caution about what is beside it."""
    return format_html('<span class="flag">{}</span>', label)


@register.simple_tag
def count(number: int | None, label: str = "") -> SafeString:
    """`{% count 6 "à traiter" %}`: a round number; nothing for 0. The label is for screen readers."""
    if not number:
        return SafeString("")
    said = format_html(' <span class="visually-hidden">{}</span>', label) if label else ""
    return format_html('<span class="count">{}{}</span>', number_fr(number), said)


@register.simple_tag
def bar(done: int, total: int | None, unit: str = "") -> SafeString:
    """`{% bar 2 4 %}` draws how far, and says « 2 sur 4 »; with a unit, « 2 étapes sur 4 ». « – » for no total."""
    if not total:
        return format_html('<span class="bar">{}</span>', MISSING)
    said = plural(done, unit) if unit else number_fr(done)
    return format_html(
        '<span class="bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bar-track" width="100" height="8"/><rect class="bar-done" width="{}" height="8"/>'
        "</svg><span>{} sur {}</span></span>",
        round(100 * min(done, total) / total),
        said,
        number_fr(total),
    )


@register.simple_tag
def share(percent: Decimal | float) -> SafeString:
    """`{% share 32.5 %}` draws a part of 100; the number stands beside in words."""
    return format_html(
        '<span class="bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bar-track" width="100" height="8"/><rect class="bar-done" width="{}" height="8"/>'
        "</svg></span>",
        round(min(max(percent, 0), 100)),
    )


@register.simple_tag
def acronym(letters: str) -> SafeString:
    """`{% acronym "Caf" %}`: the letters with their meaning on hover, when the glossary knows them."""
    meaning = {known: meaning for known, meaning, _ in glossary()}.get(letters)
    if meaning is None:
        return format_html("{}", letters)
    return format_html('<abbr title="{}">{}</abbr>', meaning, letters)


@register.simple_tag
def crumbs(*steps: str) -> SafeString:
    """`{% crumbs "Plan d’actions" plan_url "Axe 1" axe_url %}`: where the page stands, by label and address.

    A last label without address is the page itself; without one, the title that follows says it.
    """
    pairs = [(steps[place], (steps[place + 1 : place + 2] or ("",))[0]) for place in range(0, len(steps), 2)]
    return SafeString(render_to_string("components/crumbs.html", {"pairs": pairs}))


@register.simple_block_tag
def card(
    content: str, title: str = "", *, level: int = 2, over: str = "", css: str = "", anchor: str = ""
) -> SafeString:
    """`{% card "Titre" %}…{% endcard %}`: a framed part of the page under its heading.

    `over` is a small line above the title; `css` one of `card-accent`, `card-quiet`, `card-flush`;
    `anchor` its id; `level` that of its heading.
    """
    values = {"content": content, "title": title, "heading": f"h{level}", "over": over, "css": css}
    return SafeString(render_to_string("components/card.html", values | {"anchor": anchor}))


@register.simple_block_tag(end_name="endblank")
def blank(content: str, title: str, sentence: str = "", icon_name: str = "inbox") -> SafeString:
    """`{% blank "titre" "phrase" %}<a class="btn">…</a>{% endblank %}`: nothing yet, why, and what to do.

    Not named `empty`: inside a `for` Django would take it for the loop's own.
    """
    values = {
        "content": content if content.strip() else "",
        "title": title,
        "sentence": sentence,
        "icon_name": icon_name,
    }
    return SafeString(render_to_string("components/blank.html", values))


# --- Filters --------------------------------------------------------------------------------------
@register.filter
def number_fr(value: Decimal | float | str | None) -> str:
    """1234.5 → « 1 234,5 »: decimal comma, thin spaces, at most two decimals. Missing is « – », never 0."""
    if value is None or value == "":
        return MISSING
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    # A number beyond the context's precision has no decimals to round.
    rounded = number.quantize(Decimal("0.01"), ROUND_HALF_UP) if abs(number) < 10**20 else number
    return french_number(rounded or Decimal(0))


@register.filter
def amount(value: Decimal | None, unit: str) -> str:
    """`{{ line.planned|amount:"€" }}`: « 12 000,50 € », « – »."""
    return numbers.amount(value, unit)


@register.filter
def plural(number: Decimal | float | None, words: str) -> str:
    """`{{ n|plural:"fiche engagée" }}` → « 2 fiches engagées »; `{{ n|plural:"bilan annuel,bilans annuels" }}`.

    In French what is less than two is singular: « 0 fiche », « 1,5 poste ».
    """
    one, comma, many = words.partition(",")
    if not comma:
        many = " ".join(word if word[-1] in "sxz" else f"{word}s" for word in one.split(" "))
    chosen = one if number is None or -2 < number < 2 else many
    return f"{number_fr(number)}{NO_BREAK}{chosen}"


@register.filter
def date_short(value: date | None) -> str:
    """« 3 oct. 2026 », « 1er oct. 2026 »; « – » for none."""
    day = _local_day(value)
    return MISSING if day is None else f"{_day_and_month(day, SHORT_MONTHS)} {day.year}"


@register.filter
def date_long(value: date | None) -> str:
    """« 3 octobre 2026 »; « – » for none."""
    day = _local_day(value)
    return MISSING if day is None else f"{_day_and_month(day, MONTHS)} {day.year}"


@register.filter
def date_full(value: date | None) -> str:
    """« samedi 3 octobre 2026 »; « – » for none."""
    day = _local_day(value)
    return MISSING if day is None else f"{WEEKDAYS[day.weekday()]} {date_long(day)}"


@register.filter
def period(start: date | None, end: date | None) -> str:
    """`{{ from|period:to }}`: a whole year is « 2025 », whole years « 2025-2026 », else « du … au … »."""
    if start is None:
        return MISSING if end is None else f"jusqu’au {date_short(end)}"
    if end is None:
        return f"à partir du {date_short(start)}"
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return str(start.year) if start.year == end.year else f"{start.year}-{end.year}"
    return f"du {date_short(start)} au {date_short(end)}"


@register.filter
def since(value: date | None) -> str:
    """« à l’instant », « il y a 2 h », « hier », « il y a 3 jours », « le 9 sept. », « le 9 sept. 2025 »."""
    day = _local_day(value)
    if value is None or day is None:
        return MISSING
    now = timezone.localtime()
    days = (now.date() - day).days
    if days == 0 and isinstance(value, datetime):
        minutes = int((now - _aware(value)).total_seconds() // 60)
        if 0 <= minutes < 1:
            return "à l’instant"
        if 0 <= minutes < 60:
            return f"il y a {minutes}{NO_BREAK}min"
        return f"il y a {minutes // 60}{NO_BREAK}h" if minutes > 0 else "aujourd’hui"
    if 0 <= days < 7:
        return ("aujourd’hui", "hier", *(f"il y a {past}{NO_BREAK}jours" for past in range(2, 7)))[days]
    said = f"le {_day_and_month(day, SHORT_MONTHS)}"
    return said if day.year == now.year else f"{said} {day.year}"


@register.filter
def join_fr(items: Iterable[object]) -> str:
    """« a, b et c »."""
    said = [str(item) for item in items]
    return " et ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def _aware(value: datetime) -> datetime:
    return timezone.make_aware(value) if timezone.is_naive(value) else value


def _local_day(value: date | None) -> date | None:
    return timezone.localtime(_aware(value)).date() if isinstance(value, datetime) else value or None


def _day_and_month(day: date, months: list[str]) -> str:
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number}{NO_BREAK}{months[day.month - 1]}"


@register.filter
def rich(html: str) -> SafeString:
    """A long text, sanitised."""
    return to_safe(html)


@register.filter
def written(text: str) -> SafeString:
    """Plain words as they were typed: paragraphs, and lists for lines that begin by a dash."""
    return to_safe(from_text(text))


@register.filter
def item(mapping: Mapping[str, object], key: str) -> object:
    """`{{ texts|item:section.key }}`: the value under a key that is itself a variable; empty without it."""
    return mapping.get(key, "")
