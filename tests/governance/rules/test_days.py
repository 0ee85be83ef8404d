"""What a day is: holidays of Alsace-Moselle, school zones, and what is not known."""

from datetime import date

import pytest

from governance.rules.days import ZONE_OF, remarks


@pytest.mark.parametrize(
    ("day", "departement", "said"),
    [
        (date(2027, 3, 11), "68", []),
        # Good Friday is a holiday in Alsace and Moselle only.
        (date(2027, 3, 26), "68", ["jour férié : Vendredi saint"]),
        (date(2027, 3, 26), "57", ["jour férié : Vendredi saint"]),
        (date(2027, 3, 26), "54", []),
        (date(2026, 12, 26), "67", ["un samedi", "jour férié : Saint-Étienne", "vacances de Noël (zone B)"]),
        (date(2027, 1, 1), "75", ["jour férié : Jour de l’an", "vacances de Noël (zone C)"]),
        (date(2027, 2, 22), "68", ["vacances d’hiver (zone B)"]),
        (date(2027, 2, 8), "68", []),
        (date(2035, 2, 22), "68", ["calendrier scolaire non connu"]),
        (date(2027, 3, 11), "2A", ["calendrier scolaire non connu"]),
        (date(2027, 3, 11), "", ["calendrier scolaire non connu"]),
    ],
)
def test_remarks(day, departement, said):
    assert remarks(day, departement) == said


def test_every_departement_of_the_mainland_has_one_zone():
    mainland = {f"{number:02d}" for number in range(1, 96)} - {"20"}
    assert set(ZONE_OF) == mainland


def test_overseas_has_its_own_public_holidays():
    """The abolition of slavery, on 22 May in Martinique."""
    assert remarks(date(2028, 5, 22), "972") == [
        "jour férié : Abolition de l’esclavage",
        "calendrier scolaire non connu",
    ]
    assert remarks(date(2028, 5, 22), "67") == []
