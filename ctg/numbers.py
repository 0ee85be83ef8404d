"""Numbers as French readers write them: decimal comma, thin no-break spaces, a true minus sign."""

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


def short_number(value: Number) -> str:
    """For a narrow place: 1 250 000 → « 1,3 M », 15 300 → « 15,3 k »."""
    exact = Decimal(str(value))
    for size, unit in ((10**9, "Md"), (10**6, "M"), (10**3, "k")):
        if abs(exact) >= max(size, 10**4):
            return f"{french_number(exact / size, 1)}{NO_BREAK}{unit}"
    return french_number(exact)


def _rounded(value: Decimal, decimals: int) -> Decimal:
    # A number that fills the context's precision has no decimals to round.
    return value if value.adjusted() > 20 else value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
