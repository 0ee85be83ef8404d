"""What a day is in a département: a public holiday, school holidays, a Saturday.

Public holidays come from the `holidays` library, those of Alsace and Moselle included; school holidays from
`vacances-scolaires-france`, by zone. Beyond the years that it knows, the calendar is said not to be known.
"""

from datetime import date
from functools import cache

import holidays
from vacances_scolaires_france import SchoolHolidayDates

# The académies of each zone, by the codes of their départements. Corsica and overseas have calendars of their own.
ZONES = {
    "A": "25 39 70 90 24 33 40 47 64 03 15 43 63 21 58 71 89 07 26 38 73 74 19 23 87 01 42 69 16 17 79 86",
    "B": "04 05 13 84 02 60 80 59 62 54 55 57 88 44 49 53 72 85 06 83 14 27 50 61 76 18 28 36 37 41 45 "
    "08 10 51 52 22 29 35 56 67 68",
    "C": "77 93 94 11 30 34 48 66 75 09 12 31 32 46 65 81 82 78 91 92 95",
}
ZONE_OF = {code: zone for zone, codes in ZONES.items() for code in codes.split()}
# Where the law of 1908 adds Good Friday and 26 December, and what falls overseas.
SUBDIVISIONS = {"67": "6AE", "68": "6AE"}
WEEKEND = ("un samedi", "un dimanche")


@cache
def _school() -> SchoolHolidayDates:
    return SchoolHolidayDates()


@cache
def _public(departement: str) -> holidays.HolidayBase:
    name = SUBDIVISIONS.get(departement, departement)
    known = name if name in holidays.list_supported_countries()["FR"] else None
    return holidays.country_holidays("FR", subdiv=known, language="fr")


def public_holiday(day: date, departement: str) -> str:
    """« Lundi de Pâques », or nothing."""
    return _public(departement).get(day) or ""


def school_holiday(day: date, departement: str) -> str | None:
    """« Vacances d’hiver (zone B) », nothing in term time, None when the calendar is not known there or then."""
    zone = ZONE_OF.get(departement)
    # The last school year of the calendar may stop before its year does.
    if zone is None or day > max(_school().data):
        return None
    found = _school().data.get(day)
    if found is None or not found[f"vacances_zone_{zone.lower()}"]:
        return ""
    return f"{found['nom_vacances']} (zone {zone})".replace("'", "’")


def remarks(day: date, departement: str) -> list[str]:
    """What whoever chooses a day should know of it; nothing for a plain day of term."""
    said = [WEEKEND[day.weekday() - 5]] if day.weekday() >= 5 else []
    if holiday := public_holiday(day, departement):
        said.append(f"jour férié : {holiday}".replace("'", "’"))
    school = school_holiday(day, departement)
    if school is None:
        said.append("calendrier scolaire non connu")
    elif school:
        said.append(school[0].lower() + school[1:])
    return said
