"""Each role follows the links it is shown: none is a dead end, and every page is accessible."""

from urllib.parse import urlsplit

import pytest
from django.urls import resolve

from actions.forms.fiche import SECTIONS
from tests.journeys.people import ARGENT, CAF, COORDINATOR, ELU, M2A, PHONE, SUNDGAU

pytestmark = pytest.mark.journey

DOORS = ["/compte/login/", "/compte/password/reset/"]
FOOT = ["/accessibilite/", "/mentions-legales/", "/donnees-personnelles/", "/plan-du-site/", "/glossaire/"]
READ_BY_ALL = [
    f"/decouvrir/{SUNDGAU}/",
    f"/ctg/{SUNDGAU}/lettre/numeros/",
    f"/ctg/{SUNDGAU}/lettre/abonnement/",
]
LINKS = """[...document.querySelectorAll('a[href^="/"]:not([download])')]
    .map((link) => link.getAttribute("href").split("#")[0])"""


def likeness(path: str) -> tuple[object, ...]:
    """What two pages drawn alike have in common: one of them is visited."""
    match = resolve(urlsplit(path).path)
    if match.view_name == "actions:fiche_section":
        section = SECTIONS[match.kwargs["key"]]
        return match.view_name, bool(section.field) or section.key
    if match.view_name == "actions:part_delete":
        return (match.view_name,)
    return match.view_name, match.kwargs.get("kind")


def follow(visitor, *starts: str) -> None:
    """Visit one page of each likeness that can be reached by links."""
    seen = {likeness(path) for path in DOORS + FOOT}
    ahead = list(starts)
    while ahead:
        path = ahead.pop(0)
        if likeness(path) not in seen:
            seen.add(likeness(path))
            ahead += visitor.visit(path).evaluate(LINKS)


@pytest.mark.parametrize(
    ("email", "start", "screen"),
    [
        (COORDINATOR, "/", {}),
        ("coordination.petite-enfance.m2a@example.org", f"/ctg/{M2A}/diagnostic/", PHONE),
        ("porteur.val-d-argent@example.org", f"/ctg/{ARGENT}/", {}),
        (ELU, "/", PHONE),
        (CAF, f"/ctg/{M2A}/", {}),
        ("administration@example.org", "/administration/", {}),
    ],
)
def test_every_page_of_a_role(someone, email, start, screen):
    follow(someone(email, **screen), start)


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["office", "phone"])
def test_every_public_page(someone, screen):
    visitor = someone(**screen)
    for path in DOORS + FOOT + READ_BY_ALL:
        visitor.visit(path)
    visitor.visit("/nulle-part/", status=404)
