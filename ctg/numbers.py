"""Numbers as French readers write them: decimal comma, thin no-break spaces, a true minus sign."""

import re
from decimal import ROUND_HALF_UP, Decimal

Number = int | float | Decimal

THIN = "\u202f"  # thin no-break space
NO_BREAK = "\u00a0"


def french_number(value: Number, decimals: int = 2) -> str:
    """1234567.5 → « 1 234 567,5 »: at most so many decimals, rounded half up, none written for nothing."""
    rounded = _rounded(Decimal(str(value)), decimals)
    digits = f"{abs(rounded):,f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return ("−" if rounded < 0 else "") + digits.replace(",", THIN).replace(".", ",")


def amount(value: Number | None, unit: str) -> str:
    """« 12 000,50 € », « 12 000 € », « 0,5 ETP »; « – » when it is not known. Cents are written by two."""
    if value is None:
        return "–"
    digits = french_number(value)
    if unit == "€" and len(digits.partition(",")[2]) == 1:
        digits += "0"
    return f"{digits}{NO_BREAK}{unit}"


def short_number(value: Number) -> str:
    """For a narrow place: 1 250 000 → « 1,3 M », 15 300 → « 15,3 k »."""
    exact = Decimal(str(value))
    for size, unit in ((10**9, "Md"), (10**6, "M"), (10**3, "k")):
        if abs(exact) >= max(size, 10**4):
            return f"{french_number(exact / size, 1)}{NO_BREAK}{unit}"
    return french_number(exact)


# A sign, digits that spaces may group by three, decimals after a comma or a point.
TYPED = re.compile(r"[+-]?(?:[0-9]{1,3}(?: [0-9]{3})+|[0-9]+)(?:[.,][0-9]+)?")
# Both marks: the first groups, the second begins the decimals.
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:(?:\.[0-9]{3})+,|(?:,[0-9]{3})+\.)[0-9]+")


def read_number(text: str) -> Decimal | None:
    """A number as people type it, French or English: « 1 234,5 », « 1,234.5 », « −12 ». None when it is not one."""
    plain = re.sub(r"[\s\u00a0\u202f]+", " ", text.strip()).replace("−", "-")
    if GROUPED.fullmatch(plain):
        whole, _, decimals = plain.replace(".", ",").rpartition(",")
        return Decimal(f"{whole.replace(',', '')}.{decimals}")
    return Decimal(plain.replace(" ", "").replace(",", ".")) if TYPED.fullmatch(plain) else None


def _rounded(value: Decimal, decimals: int) -> Decimal:
    # A number that fills the context's precision has no decimals to round.
    return value if value.adjusted() > 20 else value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
