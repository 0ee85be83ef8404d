"""Calls for projects: followed by deadline, and once granted in the budget of a fiche, once."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from actions.models import BudgetLine, FundingCall
from tests.actions.browser import as_sent
from tests.factories import ContactFactory, FicheFactory, FundingCallFactory, ThemeFactory
from tests.factories.cast import make_cast

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22 10:00:00+01:00", tick=False):
        yield


def url(cast, view, *args):
    return reverse(f"actions:{view}", args=[cast.convention.slug, *args])


def sent(client, address, **given):
    return as_sent(client.get(address).context["form"], **given)


def new(**given):
    return {"title": "Fonds publics et territoires", "funder": "Caf"} | given


def test_funding_add_keeps_all_that_was_said(cast, sign_in):
    theme, pilot = ThemeFactory(), ContactFactory(organisation=cast.convention.carrier)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "funding_add")
    data = new(
        url="www.caf.example/fpt",
        deadline="2027-01-15",
        amount_asked="12 000,50",
        followed_by=pilot.pk,
        themes=[theme.pk],
        fiches=[cast.fiche.pk],
        notes="Dossier à 70 %",
    )
    assert client.post(address, sent(client, address) | data).status_code == 302
    found = FundingCall.objects.get()
    assert (found.convention, found.author, found.state) == (
        cast.convention,
        cast.roles["coordinator"],
        "repere",
    )
    assert (found.url, found.amount_asked, found.followed_by) == (
        "https://www.caf.example/fpt",
        Decimal("12000.50"),
        pilot,
    )
    assert (list(found.themes.all()), list(found.fiches.all())) == ([theme], [cast.fiche])


@pytest.mark.parametrize(
    ("given", "faulty"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 10_000}, "title"),
        ({"funder": ""}, "funder"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"deadline": "bientôt"}, "deadline"),
        ({"deadline": "0026-01-01"}, "deadline"),
        ({"amount_asked": "beaucoup"}, "amount_asked"),
        ({"amount_asked": "-5"}, "amount_asked"),
        ({"amount_asked": "9" * 20}, "amount_asked"),
        ({"state": "perdu"}, "state"),
        ({"state": "obtenu", "budget_fiche": "fiche"}, "amount_granted"),
        (
            {"state": "obtenu", "amount_granted": "10", "budget_fiche": "fiche", "budget_year": "20266"},
            "budget_year",
        ),
        (
            {"state": "obtenu", "amount_granted": "10", "budget_fiche": "fiche", "budget_year": ""},
            "budget_year",
        ),
    ],
)
def test_funding_add_bad_input_is_said_beside_its_field(cast, sign_in, given, faulty):
    if given.get("budget_fiche"):
        given = given | {"budget_fiche": cast.fiche.pk}
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "funding_add")
    response = client.post(address, sent(client, address) | new(**given))
    assert response.status_code == 422
    assert faulty in response.context["form"].errors
    assert not FundingCall.objects.exists()


def test_funding_add_takes_nothing_from_another_convention(cast, sign_in):
    foreign = make_cast()
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "funding_add")
    theirs = ContactFactory(organisation=foreign.convention.carrier)
    for given in (
        {"fiches": [foreign.fiche.pk]},
        {"followed_by": theirs.pk},
        {"state": "obtenu", "amount_granted": "10", "budget_fiche": foreign.fiche.pk},
    ):
        assert client.post(address, sent(client, address) | new(**given)).status_code == 422


def granted(cast, client, **given):
    call = FundingCallFactory(convention=cast.convention, title="FPT", funder="Caf du Haut-Rhin")
    address = url(cast, "funding_edit", call.uuid)
    data = sent(client, address, state="obtenu", amount_granted="8 000", budget_fiche=cast.fiche.pk)
    assert client.post(address, data | given).status_code == 302
    call.refresh_from_db()
    return call


def test_what_is_granted_enters_the_budget_of_a_fiche_once(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    call = granted(cast, client, budget_year="2027", budget_nature="investment")
    line = BudgetLine.objects.get()
    assert (line.fiche, line.call, line.label, line.note) == (cast.fiche, call, "Caf du Haut-Rhin", "FPT")
    assert (line.year, line.nature, line.planned, line.actual) == (2027, "investment", 8000, None)
    # Not asked again, nor taken from whoever sends it all the same.
    address = url(cast, "funding_edit", call.uuid)
    response = client.get(address)
    assert "budget_fiche" not in response.context["form"].fields
    assert "Inscrit au budget 2027 de la fiche" in response.content.decode()
    again = sent(client, address, title="FPT 2027", budget_fiche=cast.other.pk, budget_year="2027")
    assert client.post(address, again).status_code == 302
    assert BudgetLine.objects.get() == line


def test_what_is_granted_without_a_fiche_is_asked_again(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    call = granted(cast, client, budget_fiche="")
    assert not BudgetLine.objects.exists()
    address = url(cast, "funding_edit", call.uuid)
    assert client.post(address, sent(client, address, budget_fiche=cast.fiche.pk)).status_code == 302
    assert BudgetLine.objects.get().planned == 8000


def test_a_corrected_amount_corrects_its_line_unless_somebody_did(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    call = granted(cast, client)
    address = url(cast, "funding_edit", call.uuid)
    assert client.post(address, sent(client, address, amount_granted="7500")).status_code == 302
    assert BudgetLine.objects.get().planned == 7500
    BudgetLine.objects.update(planned=7000)
    assert client.post(address, sent(client, address, amount_granted="9000")).status_code == 302
    assert BudgetLine.objects.get().planned == 7000


def test_what_is_in_a_budget_stays_granted(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    call = granted(cast, client)
    address = url(cast, "funding_edit", call.uuid)
    for given, faulty in (({"state": "refuse"}, "state"), ({"amount_granted": ""}, "amount_granted")):
        response = client.post(address, sent(client, address, **given))
        assert (response.status_code, faulty in response.context["form"].errors) == (422, True)
    BudgetLine.objects.all().delete()
    assert client.post(address, sent(client, address, state="refuse")).status_code == 302
    call.refresh_from_db()
    assert (call.state, call.amount_granted) == ("refuse", None)


def test_two_who_record_the_answer_at_once_make_one_line(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    call = FundingCallFactory(convention=cast.convention)
    address = url(cast, "funding_edit", call.uuid)
    both = sent(client, address, state="obtenu", amount_granted="8000", budget_fiche=cast.fiche.pk)
    assert client.post(address, both).status_code == 302
    assert client.post(address, both).status_code == 302
    assert BudgetLine.objects.count() == 1


def test_funding_edit_shows_what_somebody_else_changed(cast, sign_in):
    call = FundingCallFactory(convention=cast.convention)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "funding_edit", call.uuid)
    data = sent(client, address, title="Le mien")
    FundingCall.objects.update(title="Le leur")
    response = client.post(address, data)
    assert response.status_code == 409
    assert "Le leur" in response.content.decode()


def test_funding_delete_leaves_the_money(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    call = granted(cast, client)
    assert client.post(url(cast, "funding_delete", call.uuid)).status_code == 302
    assert not FundingCall.objects.exists()
    assert BudgetLine.objects.get().call is None


def test_funding_of_another_convention_is_unknown_under_mine(cast, sign_in):
    foreign = FundingCallFactory()
    client = sign_in(cast.roles["coordinator"])
    assert client.get(url(cast, "funding_edit", foreign.uuid)).status_code == 404
    assert client.post(url(cast, "funding_delete", foreign.uuid)).status_code == 404
    assert foreign.title not in client.get(url(cast, "funding_list")).content.decode()


# --- The list -------------------------------------------------------------------------------------
def test_funding_list_is_by_deadline_and_the_past_apart(cast, sign_in):
    def call(title, days=None, state="repere", **fields):
        deadline = TODAY + timedelta(days=days) if days is not None else None
        FundingCallFactory(convention=cast.convention, title=title, deadline=deadline, state=state, **fields)

    call("sans date")
    call("dans un mois", 30, "etudie")
    call("demain", 1)
    call("hier", -1)
    call("déposé", -20, "depose")
    call("obtenu", 10, "obtenu", amount_granted=8000)
    call("refusé", -200, "refuse")
    response = sign_in(cast.roles["reader"]).get(url(cast, "funding_list"))
    assert [
        (group.title, [row.call.title for row in group.rows]) for group in response.context["groups"]
    ] == [
        ("À préparer", ["demain", "dans un mois", "sans date"]),
        ("Déposés, en attente de réponse", ["déposé"]),
        ("Terminés", ["obtenu", "hier", "refusé"]),
    ]
    body = response.content.decode()
    for said in ("demain", "dans 30\u00a0jours", "date passée", "<b>8\u202f000&nbsp;€</b> obtenus"):
        assert said in body
    assert "Modifier" not in body


@pytest.mark.parametrize(
    ("days", "words"), [(0, "aujourd’hui"), (1, "demain"), (2, "dans 2\u00a0jours"), (-1, ""), (None, "")]
)
def test_funding_list_says_the_days_left(cast, sign_in, days, words):
    deadline = TODAY + timedelta(days=days) if days is not None else None
    FundingCallFactory(convention=cast.convention, deadline=deadline)
    groups = sign_in(cast.roles["reader"]).get(url(cast, "funding_list")).context["groups"]
    assert groups[0].rows[0].days_left == words


def test_funding_list_escapes_what_was_typed(cast, sign_in):
    FundingCallFactory(convention=cast.convention, title="<script>alert(1)</script>", notes="<img src=x>")
    body = sign_in(cast.roles["reader"]).get(url(cast, "funding_list")).content.decode()
    assert "<script>alert" not in body
    assert "<img src=x>" not in body


@pytest.mark.parametrize("count", [1, 3])
def test_funding_list_costs_the_same_for_one_and_for_three(cast, sign_in, django_assert_num_queries, count):
    for _ in range(count):
        call = FundingCallFactory(convention=cast.convention, followed_by=ContactFactory())
        call.themes.add(ThemeFactory())
        call.fiches.add(FicheFactory(convention=cast.convention))
    client = sign_in(cast.roles["coordinator"])
    with django_assert_num_queries(9):
        client.get(url(cast, "funding_list"))
