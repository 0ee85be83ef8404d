"""What is typed in a cell of the grid, or copied from a spreadsheet."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.rules.cells import BadCell, Content, read_cell, write_cell
from actions.rules.periods import year
from actions.rules.values import Value


def number(text, state="known"):
    return Content(state, value=Decimal(text))


@pytest.mark.parametrize(
    ("kind", "text", "content"),
    [
        ("count", "", None),
        ("count", "  \u00a0 ", None),
        ("count", "148", number("148")),
        ("count", "148,5", number("148.5")),
        ("count", "148.5", number("148.5")),
        ("count", "1 234,5", number("1234.5")),
        ("count", "1\u202f234\u00a0567", number("1234567")),
        ("count", "1,234.50", number("1234.50")),
        ("count", "1.234,50", number("1234.50")),
        ("count", "0", number("0")),
        ("count", "~148", number("148", "estimated")),
        ("count", "≈ 148", number("148", "estimated")),
        ("amount", "1 200 €", number("1200")),
        ("change", "−12", number("-12")),
        ("satisfaction", "4,3", number("4.3")),
        ("rate", "12/40", Content(numerator=Decimal(12), denominator=Decimal(40))),
        ("rate", "1 200 / 4 000", Content(numerator=Decimal(1200), denominator=Decimal(4000))),
        ("rate", "77,4 %", number("77.4")),
        ("rate", "77", number("77")),
        ("rate", "0,5 %", number("0.5")),
        ("rate", "0", number("0")),
        ("deliverable", "Oui", Content(done=True)),
        ("deliverable", "x", Content(done=True)),
        ("deliverable", "VRAI", Content(done=True)),
        ("deliverable", "non", Content(done=False)),
        ("qualitative", "Service mieux connu", Content(text="Service mieux connu")),
        ("count", "nc", Content("not_collected")),
        ("rate", "N.C.", Content("not_collected")),
        ("deliverable", "so", Content("not_applicable")),
        ("qualitative", "s", Content("secret")),
    ],
)
def test_read_cell(kind, text, content):
    assert read_cell(kind, text) == content


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("count", "N/A", "nc (non recueillie)"),
        ("count", "n/a", "nc (non recueillie)"),
        ("count", "#N/A", "nc (non recueillie)"),
        ("count", "-", "nc (non recueillie)"),
        ("count", "–", "nc (non recueillie)"),
        ("count", "12 jeunes", "Ce n’est pas un nombre"),
        ("count", "=A1+2", "Ce n’est pas un nombre"),
        ("count", "#REF!", "Ce n’est pas un nombre"),
        ("count", "12 %", "Ce n’est pas un nombre"),
        ("count", "1,234", "se lit de deux façons"),
        ("count", "1.234", "écrivez 1234, ou 1,2340"),
        ("count", "-3", "négative"),
        ("rate", "-3 %", "négative"),
        ("count", "9" * 13, "12 chiffres au plus"),
        ("count", "0,00001", "12 chiffres au plus"),
        ("count", "1e5", "Ce n’est pas un nombre"),
        ("count", "NaN", "Ce n’est pas un nombre"),
        ("count", "١٢", "Ce n’est pas un nombre"),
        ("rate", "12/0", "dénominateur"),
        ("rate", "12/", "Ce n’est pas un nombre"),
        ("rate", "1/2/3", "Ce n’est pas un nombre"),
        ("rate", "0,77", "avec son signe"),
        ("rate", "1", "avec son signe"),
        ("deliverable", "bientôt", "oui ou non"),
        ("qualitative", "a" * 501, "500 caractères"),
        ("qualitative", "~", "500 caractères"),
    ],
)
def test_read_cell_says_why_it_cannot(kind, text, reason):
    with pytest.raises(BadCell) as caught:
        read_cell(kind, text)
    assert reason in str(caught.value)


KINDS = st.sampled_from(
    ["count", "amount", "rate", "change", "cadence", "deliverable", "satisfaction", "qualitative"]
)


@given(KINDS, st.text(max_size=40) | st.from_regex(r"[~≈]?[-0-9., /%]{1,12}", fullmatch=True))
def test_what_is_read_is_written_and_read_alike(kind, text):
    try:
        content = read_cell(kind, text)
    except BadCell:
        return
    if content is not None:
        stored = Value(year(2025).start, year(2025).end, **vars(content))
        assert read_cell(kind, write_cell(stored, is_rate=kind == "rate")) == content


@given(
    st.decimals(0, 10**12 - 1, places=4),
    KINDS.filter(lambda kind: kind not in ("qualitative", "deliverable")),
)
def test_every_stored_number_can_be_typed_again(stored, kind):
    value = Value(year(2025).start, year(2025).end, value=stored)
    assert read_cell(kind, write_cell(value, is_rate=kind == "rate")) == Content(value=stored)
