"""How the levels of the weather look: pages, papers and slides say each by its word, this icon and this colour."""

from typing import NamedTuple


class Sky(NamedTuple):
    """`kind`: of app.css; `icon`: of bootstrap-icons."""

    kind: str
    icon: str


SKIES = {
    4: Sky("faite", "sun"),
    3: Sky("cours", "cloud-sun"),
    2: Sky("reportee", "clouds"),
    1: Sky("difficulte", "cloud-lightning-rain"),
}
