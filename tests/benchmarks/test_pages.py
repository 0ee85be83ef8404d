"""Queries, bytes and CPU of the main pages, on the trial's Sundgau plan and on a plan of 20 fiches.

`make bench ARGS=tests/benchmarks/test_pages.py` prints them. Times are of this machine: read their ratios.
"""

import gzip
import resource
import statistics
from time import process_time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actions.models import FicheLead, FicheTheme
from tests.factories import AxeFactory, FicheFactory, StepFactory, ThemeFactory
from tests.factories.cast import make_cast

pytestmark = pytest.mark.django_db
RUNS = 30


@pytest.fixture
def plan_of_20():
    cast = make_cast()
    theme = ThemeFactory()
    for _ in range(4):
        axe = AxeFactory(convention=cast.convention)
        for _ in range(5):
            fiche = FicheFactory(convention=cast.convention, axe=axe)
            FicheTheme.objects.create(fiche=fiche, theme=theme)
            FicheLead.objects.create(fiche=fiche, organisation=cast.convention.carrier)
            for _ in range(4):
                StepFactory(fiche=fiche, due_on="2027-01-01")
    return cast


def measure(client, url):
    """Median CPU milliseconds in Python, queries, plain and compressed bytes."""
    for _ in range(3):
        client.get(url)
    with CaptureQueriesContext(connection) as captured:
        body = client.get(url).content
    queries = len(captured)
    times = []
    for _ in range(RUNS):
        start = process_time()
        client.get(url)
        times.append((process_time() - start) * 1000)
    return statistics.median(times), queries, len(body), len(gzip.compress(body))


def test_pages(plan_of_20, client, settings):
    cast = plan_of_20
    settings.TEMPLATES[0]["OPTIONS"].pop("string_if_invalid", None)
    slug = cast.convention.slug
    urls = {
        "accueil": reverse("actions:home"),
        "tableau de bord": reverse("governance:dashboard", args=[slug]),
        "plan": reverse("actions:plan", args=[slug]),
        "fiche": cast.fiche.url,
    }
    print(f"\n{'page':16} {'rôle':12} {'requêtes':>8} {'octets':>8} {'compressés':>10} {'ms CPU':>7}")
    for role in ("coordinator", "elected", "caf"):
        client.force_login(cast.roles[role])
        for name, url in urls.items():
            cpu, queries, plain, compressed = measure(client, url)
            print(f"{name:16} {role:12} {queries:8} {plain:8} {compressed:10} {cpu:7.1f}")
    print(f"mémoire maximale : {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} Mo")
