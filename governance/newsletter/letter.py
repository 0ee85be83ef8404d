"""An issue as a mail: HTML in one column for every mail program, its CSS inlined, and a text that says the same.

Both are made once; what differs from one recipient to the next is put in their place by `Letter.to`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.template.loader import render_to_string
from django.urls import reverse

from actions.models import Convention
from ctg.mail.sheet import sheet
from ctg.richtext import from_text, to_words
from governance.models import Newsletter, NewsletterBlock, NewsletterSettings

# Gmail cuts a longer mail off, and its way out with it.
HEAVIEST = 100_000
# What stands in the page for what is the recipient's own.
TOKEN, REASON = "jeton-du-destinataire", "[raison]"

SUBSCRIBED = "Vous recevez cette lettre parce que cette adresse y est abonnée."
TAKES_PART = "Vous recevez cette lettre parce que vous prenez part à cette convention."
TRIAL = "Ceci est un essai : la page en ligne et le désabonnement s’ouvriront une fois la lettre envoyée."
# By which nobody leaves: that of a trial, and of a letter looked at.
TRIAL_LINK = "essai"
# The picture of the convention where it travels with the mail.
LOGO = "logo"


@dataclass(frozen=True)
class Letter:
    """Subject, HTML and text, with the places of what is the recipient's own."""

    subject: str
    html: str
    text: str

    def to(self, token: str, reason: str) -> tuple[str, str]:
        """Text and HTML for one person, who leaves by that token."""
        text, html = (part.replace(TOKEN, token).replace(REASON, reason) for part in (self.text, self.html))
        return text, html

    @property
    def weight(self) -> int:
        return len(self.html.encode())

    @property
    def is_too_heavy(self) -> bool:
        return self.weight > HEAVIEST


def letter_of(newsletter: Newsletter, *, base: str = settings.BASE_URL, is_whole: bool = False) -> Letter:
    """`base`: what its addresses begin with; empty for a page of the site itself. `is_whole`: its pictures are parts
    of the mail, those of `pictures_of`.
    """
    convention = newsletter.convention
    signature = signature_of(convention)
    context: dict[str, Any] = {
        "issue": newsletter,
        "convention": convention,
        "blocks": blocks_of(newsletter),
        "intro_words": in_words(newsletter.intro),
        "signature": signature,
        "signature_words": in_words(signature),
        "base": base,
        "is_whole": is_whole,
        "logo_id": LOGO,
        "reason": REASON,
        "read_url": base + newsletter.read_url,
        "leave_url": base + reverse("governance:unsubscribe", args=[TOKEN]),
        "contact": settings.INSTANCE_CONTACT,
    }
    html = sheet(
        "governance/mail/newsletter.html",
        context,
        brand=convention.brand_colour,
        accent=convention.accent_colour,
    )
    text = render_to_string("governance/mail/newsletter.txt", context).strip() + "\n"
    return Letter(newsletter.subject, html, text)


def signature_of(convention: Convention) -> str:
    own = NewsletterSettings.objects.of(convention).first()
    return own.signature if own else ""


def blocks_of(newsletter: Newsletter) -> list[NewsletterBlock]:
    blocks = list(newsletter.blocks.select_related("image"))
    for block in blocks:
        block.words = in_words(block.text)
        block.newsletter = newsletter
    return blocks


def pictures_of(newsletter: Newsletter) -> Iterator[tuple[str, str, FieldFile]]:
    """Each with the name that a whole mail gives it, and its type."""
    if logo := newsletter.convention.logo:
        yield LOGO, "png" if str(logo.name).endswith(".png") else "jpeg", logo
    for block in newsletter.blocks.exclude(image=None).select_related("image"):
        assert block.image is not None
        yield str(block.uuid), block.image.media_type.removeprefix("image/"), block.image.file


def in_words(text: str) -> str:
    """What was typed as a mail of plain text says it."""
    return to_words(from_text(text))
