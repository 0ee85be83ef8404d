"""Colours of an instance or a convention: refused when white text on them would be hard to read."""

import re

from django.core.exceptions import ValidationError

HEX = re.compile(r"#[0-9a-fA-F]{6}")
# WCAG 2.1 AA for ordinary text.
MINIMUM_CONTRAST = 4.5


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1) of "#rrggbb", from 0 (black) to 1 (white)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str = "#ffffff") -> float:
    """Contrast ratio of two colours, from 1 to 21 (WCAG 2.1)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def validate_colour(value: str) -> None:
    """A colour "#rrggbb" on which white is readable."""
    if not HEX.fullmatch(value):
        raise ValidationError("Écrivez la couleur sous la forme #0f4c4a.")
    if contrast(value) < MINIMUM_CONTRAST:
        raise ValidationError("Cette couleur est trop claire : un texte blanc y serait illisible.")


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with a share of `other`, from 0 to 1."""
    pairs = [(int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def readable(colour: str, *grounds: str) -> str:
    """The colour, darkened by as little as makes it readable as text on every ground."""
    for percent in range(0, 100, 2):
        darkened = mix(colour, "#000000", percent / 100)
        if all(contrast(darkened, ground) >= MINIMUM_CONTRAST for ground in grounds):
            return darkened
    return "#000000"


def identity(brand: str, accent: str) -> dict[str, str]:
    """The properties of tokens.css that one's own colours override; a colour left empty keeps the site's.

    `brand-2` (links) and `accent` carry text, on white and on the tints.
    """
    properties: dict[str, str] = {}
    if brand:
        tint = mix(brand, "#ffffff", 0.9)
        properties |= {"brand": brand, "brand-tint": tint}
        properties["brand-2"] = readable(mix(brand, "#ffffff", 0.12), "#ffffff", tint)
    if accent:
        tint = mix(accent, "#ffffff", 0.9)
        properties |= {"accent": readable(accent, "#ffffff", tint), "accent-tint": tint}
    return properties
