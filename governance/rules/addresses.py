"""Addresses of the public: what one is, and the fingerprint that is kept in its place."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.crypto import salted_hmac
from django.utils.encoding import punycode

# Of an address, by RFC 5321.
LONGEST = 254
LONGEST_NAME = 120
# What has no place in a name, and would be a link, a tag or a header in the mail that carries it.
HOSTILE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029<>@]|://|www\.", re.IGNORECASE)


def normal(address: str) -> str:
    """As it is kept and compared: in lower case, a domain with accents as the network writes it."""
    local, at, domain = address.strip().lower().rpartition("@")
    try:
        return f"{local}{at}{punycode(domain)}"
    except UnicodeError:
        return f"{local}{at}{domain}"


def is_address(address: str) -> bool:
    """Whether somebody may be written to there. What stands between quotes, or begins as a formula of a spreadsheet,
    is allowed, used by nobody, and a trap.
    """
    try:
        validate_email(address)
    except ValidationError:
        return False
    is_trap = '"' in address or address.startswith(("=", "+", "-"))
    return len(address) <= LONGEST and address.isascii() and not is_trap


def name_fault(name: str) -> str:
    """What is wrong with the name of a person, in French; empty when nothing is."""
    if len(name) > LONGEST_NAME:
        return f"Un nom compte {LONGEST_NAME} caractères au plus."
    return "Un nom ne contient ni adresse ni balise." if HOSTILE.search(name) else ""


def ip_hash(ip: str) -> str:
    return salted_hmac("governance.subscriber.ip", ip, algorithm="sha256").hexdigest()


def address_hashes(address: str) -> list[str]:
    """The fingerprint under the key of today, then those under the former keys: who left stays out when it changes."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    made = (
        salted_hmac("governance.suppression", normal(address), secret=key, algorithm="sha256") for key in keys
    )
    return [one.hexdigest() for one in made]
