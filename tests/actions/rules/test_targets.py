from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from actions.rules.attainment import Target
from actions.rules.targets import say, short

NB, THIN = "\u00a0", "\u202f"

BASE = Target(
    kind="count",
    direction="up",
    aggregation="sum",
    comparator="",
    value=None,
    per="",
    mode="each_period",
    target_on=None,
    baseline_value=None,
    baseline_year=None,
    convention_start=date(2025, 1, 1),
    convention_end=date(2029, 12, 31),
)


@pytest.mark.parametrize(
    ("kind", "sign", "value", "per", "unit", "said", "shortly"),
    [
        ("count", ">", "200", "", "", "plus de 200", f">{NB}200"),
        ("count", ">", "200", "", "personnes", f"plus de 200{NB}personnes", f">{NB}200"),
        ("count", "≥", "1", "", "personnes", f"au moins 1{NB}personne", f"≥{NB}1"),
        ("count", ">", "10", "month", "", "plus de 10 par mois", f">{NB}10{NB}/{NB}mois"),
        ("count", ">", "24", "year", "", "plus de 24 par an", f">{NB}24{NB}/{NB}an"),
        ("count", "≤", "3", "quarter", "", "au plus 3 par trimestre", f"≤{NB}3{NB}/{NB}trimestre"),
        ("count", "<", "12345.5", "", "", f"moins de 12{THIN}345,5", f"<{NB}12{THIN}345,5"),
        ("count", "=", "0.0625", "", "", "exactement 0,0625", f"={NB}0,0625"),
        ("cadence", "≥", "1", "year", "COPIL", f"au moins 1{NB}COPIL par an", f"≥{NB}1{NB}/{NB}an"),
        ("cadence", "", "4", "year", "COTECH", f"au moins 4{NB}COTECH par an", f"≥{NB}4{NB}/{NB}an"),
        ("rate", "≥", "50", "", "", f"au moins 50{NB}%", f"≥{NB}50{NB}%"),
        ("satisfaction", "≥", "4.5", "", "sur 5", f"au moins 4,5{NB}sur 5", f"≥{NB}4,5"),
        ("change", "≥", "10", "", "", f"+10{NB}%", f"+10{NB}%"),
        ("change", "≤", "-10", "", "", f"−10{NB}%", f"−10{NB}%"),
        ("change", ">", "10", "", "", f"plus de +10{NB}%", f">{NB}+10{NB}%"),
        ("change", "≤", "10", "", "", f"au plus +10{NB}%", f"≤{NB}+10{NB}%"),
        ("change", "≥", "0", "", "", f"0{NB}%", f"0{NB}%"),
        ("count", "", "4", "", "", "sans cible", "–"),
        ("count", "", None, "", "", "sans cible", "–"),
        ("deliverable", "", None, "", "", "livrable", "livrable"),
    ],
)
def test_say_and_short(kind, sign, value, per, unit, said, shortly):
    aim = replace(BASE, kind=kind, comparator=sign, value=value and Decimal(value), per=per)
    assert say(aim, unit) == said
    assert short(aim) == shortly
