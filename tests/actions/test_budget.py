"""Lines of budget: typed in French, summed by unit, never half known as whole."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from actions.models import BudgetLine
from actions.rules.budget import totals
from tests.factories import FicheFactory


@dataclass
class Line:
    unit: str = "eur"
    planned: Decimal | None = None
    actual: Decimal | None = None
    fiche_id: int = 1


def test_totals_of_nothing():
    assert totals([]) == []


def test_totals_keep_euros_and_posts_apart_and_say_what_is_missing():
    euros, posts = totals(
        [
            Line(planned=Decimal(100), actual=Decimal(80)),
            Line(planned=Decimal("0.50")),
            Line(unit="etp", planned=Decimal("0.5")),
        ]
    )
    assert (euros.planned, euros.actual, euros.is_partial) == (Decimal("100.50"), Decimal(80), True)
    assert (posts.unit, posts.planned, posts.actual, posts.is_partial) == ("etp", Decimal("0.5"), None, False)


amounts = st.none() | st.decimals(min_value=0, max_value=10**6, places=2)


@given(st.lists(st.builds(Line, st.sampled_from(["eur", "etp"]), amounts, amounts)))
def test_totals_add_up_and_an_unknown_amount_is_never_nought(lines):
    for total in totals(lines):
        known = [line.actual for line in lines if line.unit == total.unit and line.actual is not None]
        assert total.actual == (sum(known, Decimal(0)) if known else None)
        assert total.actual_lines == len(known)


@pytest.fixture
def add(db, client, cast):
    client.force_login(cast.roles["coordinator"])

    def post(**fields):
        data = {"funder": "Département", "year": "2026", "nature": "running", "unit": "eur", "note": ""}
        address = reverse("actions:part_add", args=[cast.convention.slug, cast.fiche.uuid, "budget"])
        return client.post(address, data | {"planned": "", "actual": ""} | fields)

    return post


@pytest.mark.parametrize("typed", ["12 000,50", "12\u00a0000,50", "12\u202f000,50", "12000.50", " 12000,5 "])
def test_amount_as_it_is_written(add, typed):
    assert add(planned=typed).status_code == 302
    assert BudgetLine.objects.get().planned == Decimal("12000.50")


def test_known_funder_becomes_its_organisation_another_stays_words(add, cast):
    add(funder=cast.convention.caf.name.upper(), planned="1")
    add(funder="Fondation  de France", planned="1")
    known, words = BudgetLine.objects.order_by("pk")
    assert (known.organisation, known.label) == (cast.convention.caf, "")
    assert (words.organisation, words.label) == (None, "Fondation de France")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"planned": "-5"}, "supérieure ou égale à 0"),
        ({"planned": "douze"}, "nombre"),
        ({}, "Donnez le montant prévu"),
        ({"planned": "1", "year": "26"}, "quatre chiffres"),
        ({"planned": "1", "funder": "  "}, "obligatoire"),
        ({"planned": "1" * 30}, "chiffres"),
    ],
)
def test_amount_that_is_not_right_is_refused_beside_its_field(add, fields, words):
    response = add(**fields)
    assert (response.status_code, BudgetLine.objects.count()) == (422, 0)
    assert words in response.content.decode()


def test_funder_is_changed_like_any_field(add, client, cast):
    add(planned="10")
    line = BudgetLine.objects.get()
    address = reverse("actions:part_edit", args=[cast.convention.slug, cast.fiche.uuid, "budget", line.uuid])
    data = {"year": "2026", "nature": "running", "unit": "eur", "note": "", "planned": "10", "actual": "9,5"}
    data |= {f"initial-{name}": value for name, value in data.items()}
    data |= {"initial-actual": "", "initial-planned": "10", "funder": cast.convention.carrier.name}
    assert client.post(address, data | {"initial-funder": "Département"}).status_code == 302
    line.refresh_from_db()
    assert (line.organisation, line.label) == (cast.convention.carrier, "")
    assert line.actual == Decimal("9.5")


def test_budget_of_the_plan_counts_the_fiches_that_tell_it(add, client, cast):
    add(planned="100", actual="40", year="2025")
    add(planned="50", funder="Région")
    add(planned="0,5", unit="etp")
    other = FicheFactory(convention=cast.convention, is_transversale=True)
    BudgetLine.objects.create(fiche=other, label="Région", year=2025, planned=1)
    BudgetLine.objects.create(fiche=FicheFactory(), label="D’ailleurs", year=2025, planned=999_999)
    response = client.get(reverse("actions:budget", args=[cast.convention.slug]))
    euros, posts = response.context["totals"]
    assert (euros.planned, euros.actual, euros.fiches, posts.planned) == (151, 40, 2, Decimal("0.5"))
    years, funders, axes = (
        {share.of: share.totals[0].planned for share in table.shares} for table in response.context["tables"]
    )
    assert years == {"2025": 101, "2026": 50}
    assert funders == {"Département": 100, "Région": 51}
    assert axes == {"À classer": 150, "Fiches transversales": 1}


@pytest.mark.parametrize("number", [1, 3])
def test_budget_costs_the_same_for_one_and_three(client, cast, django_assert_num_queries, number):
    for _ in range(number):
        BudgetLine.objects.create(
            fiche=FicheFactory(convention=cast.convention), label="x", year=2025, planned=1
        )
    client.force_login(cast.roles["reader"])
    with django_assert_num_queries(7):
        client.get(reverse("actions:budget", args=[cast.convention.slug]))
