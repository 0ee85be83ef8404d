"""Long texts: sanitised HTML in the database, and a plain form of it that anyone can type.

The plain form: a blank line between paragraphs, « - » or « 1. » before an item (two spaces deeper for an item of
an item), `**strong**`, `*emphasis*`, `[words](https://…)`. It is what a person edits without JavaScript, and what
goes to a spreadsheet.
"""

import re
from html import escape, unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import nh3
from django import forms
from django.db import models
from django.utils.safestring import SafeString, mark_safe

TAGS = {"p", "ul", "ol", "li", "strong", "em", "a", "br"}
SCHEMES = {"http", "https", "mailto"}


def sanitise(html: str) -> str:
    """Keep only the tags of a plain document; links open nothing but http, https and mailto."""
    if not html:
        return ""
    cleaned = nh3.clean(
        html, tags=TAGS, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel="noopener nofollow"
    ).strip()
    return cleaned.replace("\x00", "")


def to_safe(html: str) -> SafeString:
    """For templates. The text was sanitised when it was stored; it is once more, since a dump may not have been."""
    return mark_safe(sanitise(html))  # noqa: S308


class _PlainText(HTMLParser):
    """Writes the plain form of a sanitised document."""

    strong, emphasis, bullet = "**", "*", "- "

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.lists: list[int | None] = []
        self.href = ""

    def block(self) -> None:
        if self.out and not self.out[-1].endswith("\n\n") and not self.lists:
            self.out.append("\n\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "p":
            self.block()
            if self.lists and self.out and not self.out[-1].endswith((self.bullet, ". ", "\n")):
                self.out.append("\n")  # a second paragraph of an item
        elif tag in ("ul", "ol"):
            self.block()
            self.lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            mark = self.bullet
            if self.lists and self.lists[-1] is not None:
                self.lists[-1] += 1
                mark = f"{self.lists[-1]}. "
            if self.out and not self.out[-1].endswith("\n"):
                self.out.append("\n")
            self.out.append("  " * (len(self.lists) - 1) + mark)
        elif tag == "a":
            self.begin_link(dict(attrs).get("href") or "")
        elif tag == "br":
            self.out.append("\n")
        else:
            self.out.append(self.strong if tag == "strong" else self.emphasis)

    def begin_link(self, href: str) -> None:
        self.href = href
        self.out.append("[")

    def end_link(self) -> None:
        self.out.append(f"]({self.href})" if self.href else "]")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self.lists.pop()
            if not self.lists:
                self.out.append("\n\n")
        elif tag == "p":
            self.block()
        elif tag == "a":
            self.end_link()
        elif tag in ("strong", "em"):
            self.out.append(self.strong if tag == "strong" else self.emphasis)

    def handle_data(self, data: str) -> None:
        text = re.sub(r"[ \t\r\n]+", " ", data)
        if text == " " and (not self.out or self.out[-1].endswith("\n")):
            return
        self.out.append(text)


class _Words(_PlainText):
    """Writes the words alone, with the address of a link that does not say it."""

    strong, emphasis, bullet = "", "", "• "

    def begin_link(self, href: str) -> None:
        self.href = href

    def end_link(self) -> None:
        if self.href and self.out[-1:] != [self.href]:
            self.out.append(f" ({self.href})")


def to_text(html: str) -> str:
    """The plain form of a text."""
    return _written(_PlainText(), html)


def to_words(html: str) -> str:
    """A text as it is read where it cannot be laid out: no mark but « • » and the numbers of its lists."""
    return _written(_Words(), html)


def _written(parser: _PlainText, html: str) -> str:
    parser.feed(sanitise(html))
    parser.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(parser.out)).strip()


ITEM = re.compile(r"^(?P<indent>\s*)(?P<mark>[-•*]|\d+[.)])\s+(?P<text>.+)$")


def _inline(text: str) -> str:
    html = escape(text.strip(), quote=False)
    html = re.sub(r"\[([^\]]+)\]\(((?:https?://|mailto:)[^\s)]+)\)", r'<a href="\2">\1</a>', html)
    html = re.sub(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", r"<strong>\1</strong>", html)
    return re.sub(r"(?<!\*)\*(?=\S)([^*]+?)(?<=\S)\*(?!\*)", r"<em>\1</em>", html)


def from_text(text: str) -> str:
    """The sanitised HTML of a plain form. `from_text(to_text(html))` keeps the words and their structure."""
    html: list[str] = []
    paragraph: list[str] = []
    depth: list[tuple[int, str]] = []

    def close_paragraph() -> None:
        if paragraph:
            html.append("<p>" + "<br>".join(paragraph) + "</p>")
            paragraph.clear()

    def close_lists(until: int = -1) -> None:
        while depth and depth[-1][0] > until:
            html.append(f"</li></{depth.pop()[1]}>")

    for line in text.replace("\r\n", "\n").split("\n"):
        item = ITEM.match(line)
        if item:
            close_paragraph()
            indent = len(item["indent"].expandtabs(2)) // 2
            kind = "ol" if item["mark"][0].isdigit() else "ul"
            close_lists(indent)
            if depth and depth[-1][0] == indent and depth[-1][1] == kind:
                html.append("</li>")
            else:
                close_lists(indent - 1)
                html.append(f"<{kind}>")
                depth.append((indent, kind))
            html.append("<li>" + _inline(item["text"]))
        elif line.strip() and depth:
            html.append("<br>" + _inline(line))
        elif line.strip():
            paragraph.append(_inline(line))
        else:
            close_lists()
            close_paragraph()
    close_lists()
    close_paragraph()
    return sanitise("".join(html))


def word_count(html: str) -> int:
    """How many words a reader sees."""
    return len(unescape(re.sub(r"<[^>]+>", " ", html)).split())


MAX_LENGTH = 20_000


class RichTextArea(forms.Textarea):
    """A text area for the plain form, which static/js/rich.js replaces by an editor.

    The editor sends HTML and says so by the companion input `<name>-as`; whatever comes, the form holds the
    plain form: what is compared, merged, kept as a draft and shown back is one and the same.
    """

    template_name = "forms/rich.html"

    def __init__(self, attrs: Any = None) -> None:
        super().__init__({"rows": 6} | (attrs or {}))

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["html"] = from_text(value or "")
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = data.get(name)
        return to_text(typed) if typed and data.get(f"{name}-as") == "html" else typed


class RichTextFormField(forms.CharField):
    """A long text, typed in its plain form and cleaned to sanitised HTML."""

    widget = RichTextArea

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MAX_LENGTH)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").strip()

    def clean(self, value: Any) -> str:
        return from_text(super().clean(value))

    @staticmethod
    def as_typed(value: Any) -> str:
        """A stored text as it is typed."""
        return to_text(value or "")


if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class RichTextField(_TextField):
    """A long text, sanitised whenever it goes to the database, by whatever way."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return sanitise(value) if isinstance(value, str) else value

    def formfield(self, **kwargs: Any) -> Any:
        kwargs.setdefault("form_class", RichTextFormField)
        kwargs.pop("widget", None)
        return super(models.TextField, self).formfield(**kwargs)
