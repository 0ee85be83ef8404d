"""The page of all indicators, and the grid in which their values are typed."""

import json
from datetime import date

import pghistory
import pytest
import time_machine
from django.urls import reverse

from actions.forms.board import typed_cells
from actions.grid import cells_of, read_board
from actions.models import FicheLead, Indicator, Measurement, Operation
from actions.rules.periods import month_span, school_year, year
from actions.services.closing import close_year
from actions.services.values import Typed, save_cells
from tests.factories import (
    AxeFactory,
    FicheFactory,
    HighlightFactory,
    IndicatorFactory,
    MeasurementFactory,
)
from tests.factories.cast import make_cast

pytestmark = pytest.mark.django_db
NB = "\u00a0"
TODAY = date(2026, 11, 21)
AIM = {"comparator": ">", "target_value": 20, "target_mode": "each_period"}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(TODAY):
        yield


def list_url(cast, **query):
    return reverse("actions:indicator_list", args=[cast.convention.slug], query=query)


def grid_url(cast, **query):
    return reverse("actions:indicator_grid", args=[cast.convention.slug], query=query)


def over(indicator, period, value=10, **content):
    return MeasurementFactory(
        indicator=indicator, period_start=period.start, period_end=period.end, value=value, **content
    )


def shown(response):
    return [entry.indicator.label for entry in response.context["page"].entries]


# --- The list ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [1, 3])
def test_indicator_list_costs_the_same_for_any_number(cast, sign_in, django_assert_num_queries, rows):
    for _ in range(rows):
        fiche = FicheFactory(convention=cast.convention, axe=AxeFactory(convention=cast.convention))
        over(IndicatorFactory(fiche=fiche, **AIM), year(2025))
        fed = IndicatorFactory(fiche=fiche, fed_by="temps forts", fed_from=date(2025, 1, 1))
        HighlightFactory(fiche=fed.fiche, date="2025-05-05")
    client = sign_in(cast.roles["reader"])
    with django_assert_num_queries(10):
        response = client.get(list_url(cast))
    assert len(shown(response)) == 2 * rows


def test_indicator_list_says_target_value_and_result(cast, sign_in):
    indicator = IndicatorFactory(fiche=cast.fiche, label="Enfants suivis", **AIM)
    over(indicator, year(2025), 24)
    IndicatorFactory(fiche=cast.fiche, label="Fréquentation", target_words="en hausse", position=1)
    over(IndicatorFactory(label="D’une autre convention"), year(2025))
    body = sign_in(cast.roles["reader"]).get(list_url(cast)).content.decode().replace(NB, " ")
    for words in ("Enfants suivis", "&gt; 20", "24", "atteint", "en hausse"):
        assert words in body
    assert "D’une autre convention" not in body
    assert "Saisir les valeurs" not in body  # a reader reads


def test_indicator_list_sends_a_contributor_to_what_is_theirs(cast, sign_in):
    IndicatorFactory(fiche=cast.fiche)
    links = {
        role: f'href="{grid_url(cast, mine="on")}"'
        in sign_in(cast.roles[role]).get(list_url(cast)).content.decode()
        for role in ("contributor", "coordinator")
    }
    assert links == {"contributor": True, "coordinator": False}


def test_indicator_list_filters(cast, sign_in):
    axe = AxeFactory(convention=cast.convention)
    placed = FicheFactory(convention=cast.convention, axe=axe)
    across = FicheFactory(convention=cast.convention, is_transversale=True)
    reached = IndicatorFactory(fiche=placed, label="atteint", **AIM)
    over(reached, year(2025), 24)
    IndicatorFactory(fiche=across, label="vide")
    mine = IndicatorFactory(fiche=cast.fiche, label="le mien", **AIM)
    over(mine, year(2025), 3)
    dropped = FicheFactory(convention=cast.convention, status="abandonnee", status_reason="Plus de moyens")
    IndicatorFactory(fiche=dropped, label="abandonné")
    client = sign_in(cast.roles["contributor"])

    def found(**query):
        response = client.get(list_url(cast, **query))
        assert response.status_code == 200
        return sorted(shown(response))

    assert found(axe=axe.pk) == ["atteint"]
    assert found(axe="transversale") == ["vide"]
    assert found(axe="aucun") == ["abandonné", "le mien"]
    assert found(result="atteint") == ["atteint"]
    assert found(result="en_deca") == ["le mien"]
    assert found(mine="on") == ["le mien"]
    assert found(no_value="on") == ["abandonné", "vide"]
    assert found(no_target="on") == ["abandonné", "vide"]
    assert found(to_enter="on") == ["vide"]  # a dropped fiche is asked nothing more
    assert found(result="atteint", no_value="on") == []
    assert found(axe="999999", result="n’importe") == ["abandonné", "atteint", "le mien", "vide"]


def test_indicator_list_answers_htmx_with_its_part(cast, sign_in):
    IndicatorFactory(fiche=cast.fiche)
    response = sign_in(cast.roles["reader"]).get(list_url(cast), headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert '<div id="indicateurs"' in response.content.decode()


def test_indicator_list_of_an_empty_plan_says_where_to_begin(cast, sign_in):
    assert "Aucun indicateur" in sign_in(cast.roles["reader"]).get(list_url(cast)).content.decode()


# --- The grid: its cells -----------------------------------------------------------------------------
def cells(indicator, user, closed=frozenset()):
    """Column, text, why it is locked and what is known otherwise."""
    convention = indicator.fiche.convention
    board = read_board(convention, user, TODAY)
    loaded = next(one for one in board.indicators if one.pk == indicator.pk)
    return {cell.column: (cell.text, cell.locked, cell.hint) for cell in cells_of(loaded, TODAY, set(closed))}


def test_cells_of_years(cast):
    user = cast.roles["coordinator"]
    indicator = IndicatorFactory(fiche=cast.fiche)
    over(indicator, year(2025), "148.5")
    over(indicator, year(2026), 3, status="proposed")
    assert cells(indicator, user) == {
        "2025": ("148,5", "", ""),
        "2026": ("", "", ""),
        "2027": ("", "à venir", ""),
        "2028": ("", "à venir", ""),
        "2029": ("", "à venir", ""),
    }
    assert cells(indicator, user, closed={2025})["2025"] == ("148,5", "année close", "")
    assert cells(indicator, cast.roles["reader"])["2025"] == ("148,5", "lecture seule", "")


def test_cells_of_other_periods(cast):
    user = cast.roles["coordinator"]
    school = IndicatorFactory(fiche=cast.fiche)
    over(school, school_year(2024), 7)
    assert cells(school, user)["2025"] == ("7", "", "")
    half = IndicatorFactory(fiche=cast.fiche)
    over(half, month_span(2025, 1, 6), 7)
    assert cells(half, user)["2025"] == ("7", "", "du 1er" + NB + "janvier au 30" + NB + "juin 2025")
    quarters = IndicatorFactory(fiche=cast.fiche, frequency="quarter")
    over(quarters, year(2025), 40)
    assert cells(quarters, user)["2025-T2"] == ("", "saisi sur une autre période", "2025 : 40")
    months = IndicatorFactory(fiche=cast.fiche)
    for month in (1, 2):
        over(months, month_span(2025, month, 1), month)
    assert cells(months, user)["2025"][1:] == (
        "saisi sur une autre période",
        "janvier 2025 : 1 ; février 2025 : 2",
    )


def test_cells_of_what_counts_by_itself(cast):
    indicator = IndicatorFactory(fiche=cast.fiche, fed_by="temps forts", fed_from=date(2025, 1, 1))
    HighlightFactory(fiche=cast.fiche, date="2025-05-05")
    found = cells(indicator, cast.roles["coordinator"])
    assert found["2025"] == ("", "", "2025 : 1 (temps forts de la fiche)")


@pytest.mark.parametrize("rows", [1, 3])
def test_indicator_grid_costs_the_same_for_any_number(cast, sign_in, django_assert_num_queries, rows):
    for frequency in ("year", "quarter", "month", "once"):
        for _ in range(rows):
            over(IndicatorFactory(fiche=cast.fiche, frequency=frequency), month_span(2025, 1, 1))
    client = sign_in(cast.roles["coordinator"])
    with django_assert_num_queries(10):
        response = client.get(grid_url(cast, annee=2025))
    body = response.content.decode()
    assert body.count('role="grid"') == 4
    assert body.count('<input class="cell"') == rows * (2 + 4 + 12 + 1)


def test_indicator_grid_shows_the_year_asked(cast, sign_in):
    IndicatorFactory(fiche=cast.fiche, frequency="quarter")
    client = sign_in(cast.roles["coordinator"])
    assert "T3 2025" in client.get(grid_url(cast, annee=2025)).content.decode()
    for odd in ("1999", "2027", "abc", ""):
        assert "T3 2026" in client.get(grid_url(cast, annee=odd)).content.decode()


def test_indicator_grid_is_paged(cast, sign_in):
    for _ in range(61):
        IndicatorFactory(fiche=cast.fiche)
    client = sign_in(cast.roles["coordinator"])
    assert client.get(grid_url(cast)).content.decode().count('scope="row"') == 60
    assert client.get(grid_url(cast, page=2)).content.decode().count('scope="row"') == 1


# --- The grid: saving --------------------------------------------------------------------------------
class Grid:
    """Types in cells as the page with its script does."""

    def __init__(self, client, cast):
        self.client, self.cast = client, cast

    def key(self, indicator, period):
        return f"{indicator.uuid.hex}-{period.start:%Y%m%d}-{period.end:%Y%m%d}"

    def send(self, texts, bases=None, **headers):
        """`texts` by key; the answer, cell by cell: state and text."""
        data = {f"c-{key}": text for key, text in texts.items()} | {"started": json.dumps(bases or {})}
        response = self.client.post(
            grid_url(self.cast), data, headers={"Accept": "application/json"} | headers
        )
        assert response.status_code == 200
        return {cell["key"]: (cell["state"], cell["text"]) for cell in response.json()["cells"]}


@pytest.fixture
def grid(cast, sign_in):
    return Grid(sign_in(cast.roles["contributor"]), cast)


def stored(indicator):
    found = Measurement.objects.filter(indicator=indicator).order_by("period_start")
    return [(one.period_end.year, one.state, one.value, one.status) for one in found]


def test_save_cells_what_can_be_is_saved(grid, django_capture_on_commit_callbacks):
    number = IndicatorFactory(fiche=grid.cast.fiche, **AIM)
    rate = IndicatorFactory(fiche=grid.cast.fiche, kind="rate", aggregation="mean")
    done = IndicatorFactory(fiche=grid.cast.fiche, kind="deliverable", frequency="once")
    text = IndicatorFactory(fiche=grid.cast.fiche, kind="qualitative")
    typed = {
        grid.key(number, year(2025)): "1 234,5",
        grid.key(number, year(2026)): "douze",
        grid.key(rate, year(2025)): "12/40",
        grid.key(rate, year(2026)): "nc",
        grid.key(done, month_span(2025, 1, 60)): "oui",
        grid.key(text, year(2025)): "Mieux connu",
        grid.key(number, year(2027)): "3",
        "n’importe": "3",
    }
    before = grid.cast.fiche.updated_at
    states = grid.send(typed)
    assert [states[key][0] for key in typed] == [
        "saved",
        "refused",
        "saved",
        "saved",
        "saved",
        "saved",
        "refused",
        "refused",
    ]
    assert states[grid.key(number, year(2025))] == ("saved", "1234,5")
    value = Measurement.objects.get(indicator=number)
    assert (float(value.value), value.status, value.author) == (
        1234.5,
        "accepted",
        grid.cast.roles["contributor"],
    )
    assert [(float(v.numerator or 0), v.state) for v in rate.measurements.all()] == [
        (12, "known"),
        (0, "not_collected"),
    ]
    assert done.measurements.get().done is True
    assert text.measurements.get().text == "Mieux connu"
    grid.cast.fiche.refresh_from_db()
    assert grid.cast.fiche.updated_at > before


def test_save_cells_keeps_what_the_cell_does_not_say(grid):
    indicator = IndicatorFactory(fiche=grid.cast.fiche)
    value = over(indicator, year(2025), 10, note="Émargement", author=grid.cast.roles["coordinator"])
    key = grid.key(indicator, year(2025))
    assert grid.send({key: "12"}, {key: "10"}) == {key: ("saved", "12")}
    value.refresh_from_db()
    assert (value.value, value.note, value.author) == (12, "Émargement", grid.cast.roles["coordinator"])
    assert value.entered_at.date() == TODAY
    assert [event.value for event in value.events.order_by("pgh_id")] == [10, 12]


def test_save_cells_an_empty_cell_removes_its_value(grid):
    indicator = IndicatorFactory(fiche=grid.cast.fiche)
    over(indicator, year(2025))
    key = grid.key(indicator, year(2025))
    assert grid.send({key: " "}, {key: "10"}) == {key: ("saved", "")}
    assert stored(indicator) == []


def test_save_cells_two_at_once_is_a_conflict_in_the_cell(grid):
    indicator = IndicatorFactory(fiche=grid.cast.fiche)
    key = grid.key(indicator, year(2025))
    over(indicator, year(2025), 150)
    assert grid.send({key: "148"}, {key: ""}) == {key: ("conflict", "150")}
    assert grid.send({key: ""}, {key: "99"}) == {key: ("conflict", "150")}
    assert grid.send({key: "150,0"}, {key: ""}) == {key: ("same", "150")}  # both typed the same
    assert grid.send({key: "148"}, {key: "150"}) == {key: ("saved", "148")}


def test_save_cells_only_where_one_reports(grid):
    other = IndicatorFactory(fiche=grid.cast.other)
    foreign = IndicatorFactory(fiche=make_cast().fiche)
    typed = {grid.key(one, year(2025)): "5" for one in (other, foreign)}
    assert {state for state, _ in grid.send(typed).values()} == {"refused"}
    assert not Measurement.objects.exists()
    FicheLead.objects.create(
        fiche=grid.cast.other,
        organisation=grid.cast.roles["contributor"].memberships.get().organisation,
    )
    assert {state for state, _ in grid.send({grid.key(other, year(2025)): "5"}).values()} == {"saved"}


def test_save_cells_of_a_closed_year_are_refused(grid):
    indicator = IndicatorFactory(fiche=grid.cast.fiche)
    close_year(grid.cast.convention, 2025, by=grid.cast.roles["coordinator"])
    typed = {grid.key(indicator, one): "5" for one in (year(2025), year(2026))}
    assert [state for state, _ in grid.send(typed).values()] == ["refused", "saved"]
    assert stored(indicator) == [(2026, "known", 5, "accepted")]


def test_save_cells_a_year_closed_in_the_same_instant_loses_nothing(cast, monkeypatch):
    """The page had it open, the trigger has the last word: nothing is half written."""
    indicator = IndicatorFactory(fiche=cast.fiche)
    close_year(cast.convention, 2025, by=cast.roles["coordinator"])
    monkeypatch.setattr("actions.services.values.closed_years", lambda *_: set())
    typed = [
        Typed(f"{indicator.uuid.hex}-{one.start:%Y%m%d}-{one.end:%Y%m%d}", "5", "")
        for one in (year(2025), year(2026))
    ]
    saved = save_cells(cast.convention, typed, by=cast.roles["coordinator"])
    assert ({one.state for one in saved.outcomes}, saved.operation) == ({"refused"}, None)
    assert "L’année 2025 est close" in saved.outcomes[0].reason
    assert not Measurement.objects.exists()
    assert not Operation.objects.exists()


# --- The grid: what a save replaced, and its undo -----------------------------------------------------
@pytest.fixture
def pasted(grid):
    """Three cells pasted over one value: an answer to the script, and the operation."""
    indicator = IndicatorFactory(fiche=grid.cast.fiche, label="Visites")
    other = IndicatorFactory(fiche=grid.cast.fiche, label="Ateliers")
    over(indicator, year(2025), 120, note="Émargement")
    keys = [grid.key(indicator, year(2025)), grid.key(indicator, year(2026)), grid.key(other, year(2025))]
    data = {f"c-{key}": text for key, text in zip(keys, ("140", "7", "douze"), strict=True)}
    data |= {"started": json.dumps({keys[0]: "120"}), "colle": "1"}
    response = grid.client.post(grid_url(grid.cast), data, headers={"Accept": "application/json"})
    grid.answer, grid.indicator, grid.done = response.json(), indicator, Operation.objects.get()
    return grid


def undo_url(cast, done):
    return reverse("actions:operation_undo", args=[cast.convention.slug, done.uuid])


def said_by(response):
    return [str(message).replace(NB, " ") for message in response.context["messages"]]


def test_save_cells_says_what_a_paste_replaced_and_offers_to_undo_it(pasted):
    assert "Visites, 2025 : 120 → 140" in pasted.answer["replaced"]
    assert pasted.answer["replaced"].count("<li>") == 1  # an empty cell that is filled replaces nothing
    assert "Annuler ce collage" in pasted.answer["undo"]
    assert undo_url(pasted.cast, pasted.done) in pasted.answer["undo"]
    assert (pasted.done.kind, pasted.done.author) == ("values", pasted.cast.roles["contributor"])
    assert pasted.done.title.replace(NB, " ") == "2 valeurs saisies dans la grille"


def test_operation_undo_of_a_paste_puts_back_what_was_there(pasted):
    """Whoever reports takes back their own, and comes back to the grid as it was filtered."""
    response = pasted.client.post(undo_url(pasted.cast, pasted.done), {"grille": "mine=on"}, follow=True)
    assert response.redirect_chain == [(grid_url(pasted.cast, mine="on"), 302)]
    assert stored(pasted.indicator) == [(2025, "known", 120, "accepted")]
    assert pasted.indicator.measurements.get().note == "Émargement"
    assert said_by(response) == [
        "« 2 valeurs saisies dans la grille » est défait : 2 valeurs remises comme avant."
    ]


def test_operation_undo_of_a_paste_leaves_what_was_changed_since(pasted):
    with pghistory.context():
        pasted.indicator.measurements.filter(value=140).update(value=150)
    response = pasted.client.post(undo_url(pasted.cast, pasted.done), {"grille": ""}, follow=True)
    assert stored(pasted.indicator) == [(2025, "known", 150, "accepted")]
    assert said_by(response)[1] == (
        f"Laissé tel quel : {pasted.cast.fiche} – valeur Visites, 2025 (modifié depuis)."
    )


@pytest.mark.parametrize(("role", "status"), [("outsider", 404), ("reader", 403), ("caf", 403)])
def test_operation_undo_of_a_paste_is_for_its_author_or_who_steers(pasted, sign_in, role, status):
    address = undo_url(pasted.cast, pasted.done)
    assert sign_in(pasted.cast.roles[role]).post(address).status_code == status
    assert len(stored(pasted.indicator)) == 2
    assert sign_in(pasted.cast.roles["coordinator"]).post(address).status_code == 302
    assert len(stored(pasted.indicator)) == 1


def test_save_cells_one_alone_is_no_operation(grid):
    indicator = IndicatorFactory(fiche=grid.cast.fiche)
    over(indicator, year(2025), 120)
    key = grid.key(indicator, year(2025))
    grid.send({key: "140"}, {key: "120"})
    answer = grid.client.post(grid_url(grid.cast), {f"c-{key}": "150", "started": json.dumps({key: "140"})})
    assert answer.status_code == 302
    grid.send({grid.key(indicator, year(2026)): "x", "-": "y"})  # several, none of them saved
    assert not Operation.objects.exists()


def test_indicator_grid_without_a_script_tells_and_undoes(grid):
    indicators = [IndicatorFactory(fiche=grid.cast.fiche, label=f"N° {n}") for n in range(10)]
    for one in indicators:
        over(one, year(2025), 5)
    started = grid.client.get(grid_url(grid.cast)).context["page"].started
    data = {"started": started} | {f"c-{grid.key(one, year(2025))}": "<b>" for one in indicators[:1]}
    data |= {f"c-{grid.key(one, year(2025))}": "6" for one in indicators[1:]}
    refused = grid.client.post(grid_url(grid.cast), data)
    body = refused.content.decode().replace(NB, " ")
    assert (refused.status_code, "9 valeurs remplacées :" in body, "et 1 autre" in body) == (422, True, True)
    assert "Annuler cette saisie" in body
    assert "<b>" not in refused.context["page"].refused[0].label
    response = grid.client.post(undo_url(grid.cast, Operation.objects.get()), {"grille": ""}, follow=True)
    assert said_by(response)[0].endswith("9 valeurs remises comme avant.")
    data = {"started": started} | {f"c-{grid.key(one, year(2025))}": "" for one in indicators[:2]}
    response = grid.client.post(grid_url(grid.cast), data, follow=True)
    assert "N° 0, 2025 : 5 → vide" in said_by(response)[0]
    assert "Annuler cette saisie" in said_by(response)[0]


def test_save_cells_before_the_convention_says_where_the_value_goes(grid):
    """The page was open while the convention was dated again."""
    indicator = IndicatorFactory(fiche=grid.cast.fiche)
    response = grid.client.post(grid_url(grid.cast), {f"c-{grid.key(indicator, year(2024))}": "12"})
    body = response.content.decode().replace(NB, " ")
    assert response.status_code == 422
    assert "« 12 » : La convention commence le 1er janvier 2025" in body
    assert "« valeur de référence »" in body


def test_save_cells_where_a_value_is_entered_over_other_days(grid):
    indicator = IndicatorFactory(fiche=grid.cast.fiche)
    over(indicator, month_span(2025, 1, 6), 7)
    whole = grid.key(indicator, year(2025))
    assert grid.send({whole: "12"})[whole][0] == "refused"
    half = grid.key(indicator, month_span(2025, 1, 6))
    assert grid.send({half: "8"}, {half: "7"}) == {half: ("saved", "8")}


def test_save_cells_answers_with_where_the_indicator_stands(grid):
    indicator = IndicatorFactory(fiche=grid.cast.fiche, **AIM)
    key = grid.key(indicator, year(2025))
    response = grid.client.post(
        grid_url(grid.cast), {f"c-{key}": "21"}, headers={"Accept": "application/json"}
    )
    assert response.json()["said"].replace(NB, " ") == "1 valeur enregistrée"
    assert "atteint" in response.json()["results"][indicator.uuid.hex]


def test_save_cells_of_many_writes_little(grid, django_assert_max_num_queries):
    indicators = [IndicatorFactory(fiche=grid.cast.fiche, frequency="month") for _ in range(20)]
    typed = {grid.key(one, month_span(2025, month, 1)): "5" for one in indicators for month in range(1, 13)}
    with django_assert_max_num_queries(25):
        states = grid.send(typed)
    assert {state for state, _ in states.values()} == {"saved"}
    assert Measurement.objects.count() == 240


@pytest.mark.parametrize("started", ["", "[]", "null", "{", '{"a": 1}', "1" * 5000])
def test_save_cells_tampered_starting_texts_are_no_fault(grid, started):
    indicator = IndicatorFactory(fiche=grid.cast.fiche)
    key = grid.key(indicator, year(2025))
    response = grid.client.post(grid_url(grid.cast), {f"c-{key}": "5", "started": started})
    assert response.status_code == 302


@pytest.mark.parametrize("key", ["", "-", "x-y-z", "0" * 32 + "-20250101-20251231", "\x00", "é" * 300])
def test_save_cells_odd_keys_are_refused(grid, key):
    assert list(grid.send({key: "5"}).values()) == [("refused", "")]


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\x00", "9" * 400, "💥"])
def test_save_cells_hostile_text_is_refused_and_shown_back_escaped(grid, text):
    indicator = IndicatorFactory(fiche=grid.cast.fiche)
    key = grid.key(indicator, year(2025))
    response = grid.client.post(grid_url(grid.cast), {f"c-{key}": text})
    assert response.status_code == 422
    assert "<script>alert(1)" not in response.content.decode()
    assert not Measurement.objects.exists()


def test_indicator_grid_without_a_script_is_a_form(grid):
    indicator = IndicatorFactory(fiche=grid.cast.fiche)
    page = grid.client.get(grid_url(grid.cast)).context["page"]
    first, second = grid.key(indicator, year(2025)), grid.key(indicator, year(2026))
    data = {"started": page.started, f"c-{first}": "5", f"c-{second}": "N/A"}
    response = grid.client.post(grid_url(grid.cast), data)
    body = response.content.decode().replace(NB, " ")
    assert response.status_code == 422
    assert "1 valeur enregistrée, 1 refusée" in body
    assert 'value="N/A"' in body
    assert stored(indicator) == [(2025, "known", 5, "accepted")]
    over(indicator, year(2026), 7)
    response = grid.client.post(grid_url(grid.cast), {"started": page.started, f"c-{second}": "8"})
    assert response.status_code == 409
    assert 'value="8"' in response.content.decode()
    data = {"started": response.context["page"].started, f"c-{second}": "8"}
    assert grid.client.post(grid_url(grid.cast), data).status_code == 302
    assert stored(indicator)[-1] == (2026, "known", 8, "accepted")


def test_typed_cells_are_those_that_changed():
    data = {"c-a": " 5 ", "c-b": "7", "c-c": "", "other": "1", "started": '{"a": "5", "b": "6", "c": "2"}'}
    assert list(typed_cells(data)) == [Typed("b", "7", "6"), Typed("c", "", "2")]


def test_indicator_grid_of_an_outsider_and_a_reader(cast, sign_in):
    indicator = IndicatorFactory(fiche=cast.fiche)
    for role, status in (("outsider", 404), ("reader", 403), ("elected", 403)):
        client = sign_in(cast.roles[role])
        assert client.get(grid_url(cast)).status_code == status
        assert client.post(grid_url(cast), {"c-x": "5"}).status_code == status
    assert Indicator.objects.get() == indicator
