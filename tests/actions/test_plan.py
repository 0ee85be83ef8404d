"""The plan: its tree, its filters, its levels."""

import gzip

import pytest
from django.urls import reverse
from django.utils import timezone

from actions.listing import tree_of
from actions.models import Axe, FicheAction, FichePartner, FichePilot, FicheTheme, Highlight, Orientation
from territories.models import Qpv
from tests.factories import (
    AxeFactory,
    CommuneFactory,
    ContactFactory,
    FicheFactory,
    IndicatorFactory,
    MeasurementFactory,
    OrganisationFactory,
    OrientationFactory,
    StepFactory,
    ThemeFactory,
)
from tests.factories.cast import make_cast

pytestmark = pytest.mark.django_db


def plan_url(cast, query=""):
    return reverse("actions:plan", args=[cast.convention.slug]) + query


def shown(response):
    return {fiche.title for fiche in response.context["page"].shown}


def test_tree_keeps_levels_in_order_then_across_then_unplaced(cast):
    first = AxeFactory(convention=cast.convention, position=0, title="A")
    orientation = OrientationFactory(axe=first, title="A1")
    second = AxeFactory(convention=cast.convention, position=1, title="B")
    placed = FicheFactory(convention=cast.convention, axe=first, orientation=orientation)
    across = FicheFactory(convention=cast.convention, is_transversale=True)
    tree = tree_of([first, second], [across, placed, cast.fiche], with_empty=True)
    assert [branch.title for branch in tree] == ["A", "B", "Fiches transversales", "À classer"]
    assert [branch.fiche_count for branch in tree] == [1, 0, 1, 1]
    assert tree[0].branches[0].fiches == [placed]


def test_tree_when_filtered_leaves_out_empty_levels(cast):
    axe = AxeFactory(convention=cast.convention)
    assert [b.title for b in tree_of([axe], [cast.fiche], with_empty=False)] == ["À classer"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?status=realisee", {"Finie"}),
        ("?q=ecole", {"École ouverte"}),
        ("?q=ÉCOLES", {"École ouverte"}),
        ("?late=on", {"Tardive"}),
        ("?silent=on", {"Muette"}),
        ("?q=<script>", set()),
        ("?no_pilot=on&status=realisee", {"Finie"}),
        ("?months=6", {"Muette"}),
        ("?months=12", set()),
    ],
)
def test_plan_filters(cast, sign_in, query, expected):
    FicheFactory(convention=cast.convention, title="Finie", status="realisee")
    FicheFactory(convention=cast.convention, title="École ouverte")
    late = FicheFactory(convention=cast.convention, title="Tardive")
    StepFactory(fiche=late, due_on="2025-02-01")
    FicheFactory(
        convention=cast.convention, title="Muette", updated_at=timezone.now() - timezone.timedelta(days=250)
    )
    assert shown(sign_in(cast.roles["reader"]).get(plan_url(cast, query))) == expected


def test_plan_theme_filter_does_not_show_a_fiche_twice(cast, sign_in):
    response = sign_in(cast.roles["reader"]).get(plan_url(cast, f"?theme={cast.theme.pk}"))
    assert [fiche.pk for fiche in response.context["page"].shown] == [cast.fiche.pk]


def test_plan_mine_shows_what_my_organisation_leads(cast, sign_in):
    response = sign_in(cast.roles["contributor"]).get(plan_url(cast, "?mine=on"))
    assert [fiche.pk for fiche in response.context["page"].shown] == [cast.fiche.pk]


@pytest.fixture
def tied(cast):
    """A fiche found by each of its ties."""
    fiche = FicheFactory(convention=cast.convention, title="Nouée")
    contact, organisation, commune = ContactFactory(name="Zoé Weber"), OrganisationFactory(), CommuneFactory()
    qpv = Qpv.objects.create(name="Les Coteaux", epci=cast.convention.epci)
    fiche.pilots.add(contact)
    fiche.communes.add(commune)
    fiche.qpvs.add(qpv)
    fiche.leads.create(organisation=organisation)
    fiche.partners.create(organisation=organisation)
    fiche.partners.create(label="Associations locales")
    return {
        f"pilot={contact.pk}": "Pilote\u00a0: Zoé Weber",
        f"commune={commune.code}": f"Commune\u00a0: {commune.name}",
        f"qpv={qpv.pk}": "QPV\u00a0: Les Coteaux",
        f"lead={organisation.pk}": f"Porteur\u00a0: {organisation.name}",
        f"partner={organisation.pk}": f"Partenaire\u00a0: {organisation.name}",
        "partner=%3AAssociations+locales": "Partenaire\u00a0: Associations locales",
    }


def test_plan_finds_a_fiche_by_what_it_is_tied_to(cast, sign_in, tied):
    client = sign_in(cast.roles["reader"])
    for query, said in tied.items():
        response = client.get(plan_url(cast, f"?{query}"))
        assert (query, shown(response)) == (query, {"Nouée"})
        assert [chip.label for chip in response.context["page"].bar.chips] == [said]


def test_plan_offers_only_what_it_uses(cast, sign_in, tied):
    ThemeFactory(), ContactFactory(), OrganisationFactory(), CommuneFactory()
    FichePartner.objects.create(fiche=FicheFactory(), label="D’une autre convention")
    bar = sign_in(cast.roles["reader"]).get(plan_url(cast)).context["page"].bar
    offered = {select.name: [label for _, label in select.options] for select in (*bar.main, *bar.more)}
    assert offered["theme"] == [cast.theme.name]
    assert offered["pilot"] == ["Zoé Weber"]
    assert "Associations locales" in offered["partner"]
    assert len(offered["partner"]) == 2
    assert len(offered["commune"]) == len(offered["qpv"]) == 1
    assert "axe" not in offered  # there is none


def test_plan_finds_indicators_missing_or_without_value(cast, sign_in):
    bare, empty, full = (FicheFactory(convention=cast.convention, title=t) for t in ("Nue", "Vide", "Pleine"))
    IndicatorFactory(fiche=empty)
    MeasurementFactory(indicator__fiche=empty, status="proposed")
    MeasurementFactory(indicator__fiche=full)
    client = sign_in(cast.roles["reader"])
    assert shown(client.get(plan_url(cast, "?no_value=on"))) == {"Vide"}
    assert shown(client.get(plan_url(cast, "?no_indicator=on"))) == {
        "Nue",
        cast.fiche.title,
        cast.other.title,
    }
    assert bare.pk


def test_plan_removes_one_filter_and_keeps_the_others(cast, sign_in):
    query = f"?theme={cast.theme.pk}&status=en_cours&late=on&vue=tableau&sort=title"
    page = sign_in(cast.roles["reader"]).get(plan_url(cast, query)).context["page"]
    assert [chip.url for chip in page.bar.chips] == [
        "?status=en_cours&late=on&vue=tableau&sort=title",
        f"?theme={cast.theme.pk}&late=on&vue=tableau&sort=title",
        f"?theme={cast.theme.pk}&status=en_cours&vue=tableau&sort=title",
    ]
    assert page.bar.clear_url == "?vue=tableau&sort=title"
    assert page.query == f"theme={cast.theme.pk}&status=en_cours&late=on&sort=title"
    assert [url for _, url, _ in page.views][2].endswith("&sort=title&vue=frise")


@pytest.mark.parametrize(
    "query",
    [
        "axe=abc",
        "axe=99999999999999999999999",
        "axe=-1",
        "theme=%00",
        "q=%00",
        "status=inconnu",
        "months=5",
        "sort=;drop",
        "vue=ailleurs",
        "late=on&late=off",
    ],
)
def test_plan_ignores_a_parameter_that_says_nothing(cast, sign_in, query):
    response = sign_in(cast.roles["reader"]).get(plan_url(cast, f"?{query}"))
    assert response.status_code == 200
    assert response.context["page"].view == "liste"


@pytest.mark.parametrize(
    "query",
    ["pilot=999999", "lead=%3Ainconnu", "lead=²", f"partner={10**30}", "commune=%27--", "qpv=4", "q=()!"],
)
def test_plan_finds_nothing_for_what_it_does_not_use(cast, sign_in, query):
    for view in ("", "&vue=tableau", "&vue=frise"):
        response = sign_in(cast.roles["coordinator"]).get(plan_url(cast, f"?{query}{view}"))
        assert shown(response) == set()
        assert "Aucune fiche ne répond à ces filtres" in response.content.decode()


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["Fin", "Zèbre", "Ane"]),
        ("title", ["Ane", "Fin", "Zèbre"]),
        ("status", ["Fin", "Ane", "Zèbre"]),
        ("next", ["Ane", "Zèbre", "Fin"]),
        ("updated", ["Zèbre", "Fin", "Ane"]),
    ],
)
def test_plan_sorts(cast, sign_in, sort, expected):
    cast.convention.fiches.all().delete()
    first, second = (AxeFactory(convention=cast.convention, position=p) for p in (1, 2))
    old = timezone.now() - timezone.timedelta(days=30)
    FicheFactory(convention=cast.convention, title="Ane", axe=second, ends_on="2027-01-01", updated_at=old)
    FicheFactory(
        convention=cast.convention,
        title="Zèbre",
        axe=first,
        position=9000,
        status="a_discuter",
        ends_on="2028-01-01",
    )
    FicheFactory(
        convention=cast.convention,
        title="Fin",
        axe=first,
        position=1,
        status="realisee",
        ends_on="2026-06-01",
        updated_at=old + timezone.timedelta(days=1),
    )
    page = sign_in(cast.roles["reader"]).get(plan_url(cast, f"?sort={sort}")).context["page"]
    assert [fiche.title for fiche in page.shown] == expected
    assert len(page.tree) == (1 if sort else 2)  # sorted otherwise than printed, fiches stand together


def test_plan_next_date_is_that_of_what_the_fiche_owes(cast):
    def waits_for(**fields):
        fiche = FicheFactory(convention=cast.convention, ends_on="2028-12-31", **fields)
        StepFactory(fiche=fiche, due_on="2027-03-01", state="done")
        StepFactory(fiche=fiche, due_on="2027-06-01", state="doing")
        return str(FicheAction.objects.with_next_date().get(pk=fiche.pk).next_on)

    assert waits_for() == "2027-06-01"
    assert waits_for(status="realisee") == "None"
    assert waits_for(status="reportee", status_reason="x", postponed_to="2029-01-01") == "2029-01-01"


def test_plan_says_on_a_line_what_the_rules_say(cast, sign_in):
    """The lines of plain values, and the annotated rows that other pages read."""
    for fields in (
        {},
        {"status": "reportee", "status_reason": "x", "postponed_to": "2026-01-01"},
        {"ends_on": "2025-06-01"},
    ):
        fiche = FicheFactory(convention=cast.convention, **fields)
        for state in ("to_do", "done", "dropped"):
            StepFactory(fiche=fiche, state=state, due_on="2025-02-01")
    FicheFactory(convention=cast.convention, updated_at=timezone.now() - timezone.timedelta(days=300))
    lines = sign_in(cast.roles["reader"]).get(plan_url(cast)).context["page"].plan.rows
    for fiche in FicheAction.objects.filter(convention=cast.convention).with_progress():
        line = lines[fiche.pk]
        said = (line.step_count, line.steps_done, line.is_late, line.is_silent)
        assert said == (fiche.step_count, fiche.steps_done, fiche.is_late, fiche.is_silent)


def test_plan_shows_the_acts_of_each(cast, sign_in):
    """Ticks and menus are for those who may use them."""
    menus = {}
    for role in ("coordinator", "thematic", "contributor", "reader"):
        response = sign_in(cast.roles[role]).get(plan_url(cast))
        body = response.content.decode()
        menus[role] = [body.count(f'{cast.fiche.url}{act}"') for act in ("statut/plan/", "place/")]
        menus[role] += [body.count(f'{cast.other.url}{act}"') for act in ("statut/plan/", "place/")]
        menus[role].append(body.count('name="fiche"'))
    assert menus == {
        "coordinator": [1, 1, 1, 1, 2],
        "thematic": [1, 1, 0, 0, 2],
        "contributor": [1, 0, 0, 0, 0],
        "reader": [0, 0, 0, 0, 0],
    }


def test_plan_by_htmx_gives_the_plan_and_what_depends_on_its_filters(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    body = client.get(plan_url(cast, "?status=en_cours"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in body
    assert body.count('id="plan"') == body.count('id="plan-exports"') == body.count('id="plan-facts"') == 1


def test_plan_board_has_a_column_a_status(cast, sign_in):
    FicheFactory(convention=cast.convention, status="realisee")
    columns = sign_in(cast.roles["coordinator"]).get(plan_url(cast, "?vue=tableau")).context["page"].columns
    assert [len(column.rows) for column in columns] == [0, 0, 2, 0, 0, 0, 1, 0]
    assert [column.asks for column in columns] == ["", "", "", "reason", "", "reason", "", "basis"]
    page = sign_in(cast.roles["reader"]).get(plan_url(cast, "?vue=tableau"))
    assert [column.status for column in page.context["page"].columns] == ["en_cours", "realisee"]
    assert "data-url" not in page.content.decode()


def test_plan_never_shows_another_convention(cast, sign_in):
    FicheFactory(title="Ailleurs")
    assert "Ailleurs" not in sign_in(cast.roles["coordinator"]).get(plan_url(cast)).content.decode()


def test_plan_late_is_only_of_a_running_convention(draft_cast, sign_in):
    StepFactory(fiche=draft_cast.fiche, due_on="2025-02-01")
    assert shown(sign_in(draft_cast.roles["reader"]).get(plan_url(draft_cast, "?late=on"))) == set()


def test_plan_late_of_a_postponed_fiche_is_its_new_date(cast):
    StepFactory(fiche=cast.fiche, due_on="2025-02-01")
    FicheAction.objects.filter(pk=cast.fiche.pk).update(
        status="reportee", status_reason="x", postponed_to="2028-01-01"
    )
    assert not FicheAction.objects.late().exists()
    FicheAction.objects.filter(pk=cast.fiche.pk).update(postponed_to="2025-06-01")
    assert FicheAction.objects.late().get() == cast.fiche


def full_plan(cast, count):
    """Fiches with all that a line shows, and all that a filter asks for."""
    axe, theme, pilot = AxeFactory(convention=cast.convention), ThemeFactory(), ContactFactory()
    partner = OrganisationFactory()
    for _ in range(count):
        fiche = FicheFactory(convention=cast.convention, axe=axe)
        StepFactory(fiche=fiche, due_on="2027-01-01")
        IndicatorFactory(fiche=fiche)
        FicheTheme.objects.create(fiche=fiche, theme=theme)
        FichePilot.objects.create(fiche=fiche, contact=pilot)
        FichePartner.objects.create(fiche=fiche, organisation=partner)
    return f"axe={axe.pk}&theme={theme.pk}&pilot={pilot.pk}&partner={partner.pk}&sort=next"


@pytest.mark.parametrize("count", [1, 30, 300])
def test_plan_costs_the_same_whatever_its_fiches(cast, sign_in, django_assert_num_queries, count):
    """Session, user, roles, convention; axes, orientations, fiches, ties, indicators; the switcher."""
    query = full_plan(cast, count)
    client = sign_in(cast.roles["coordinator"])
    client.get(plan_url(cast))  # the query of the ties is put together once
    with django_assert_num_queries(10):
        plain = client.get(plan_url(cast))
    assert len(gzip.compress(plain.content)) < 200_000
    with django_assert_num_queries(11):  # the fiches found
        client.get(plan_url(cast, f"?{query}"))
    with django_assert_num_queries(12):  # and why
        client.get(plan_url(cast, "?q=fiche"))
    with django_assert_num_queries(10):
        client.get(plan_url(cast, "?vue=tableau"))
    with django_assert_num_queries(11):  # the dated steps
        timeline = client.get(plan_url(cast, "?vue=frise"))
    assert len(gzip.compress(timeline.content)) < 200_000
    client = sign_in(cast.roles["contributor"])
    with django_assert_num_queries(10):  # no switcher, but what the user may report on
        client.get(plan_url(cast, "?vue=tableau"), headers={"HX-Request": "true"})


def test_axe_add_and_move(draft_cast, sign_in):
    cast = draft_cast
    client = sign_in(cast.roles["coordinator"])
    slug = cast.convention.slug
    for title in ("Premier", "Second"):
        assert client.post(reverse("actions:axe_add", args=[slug]), {"title": title}).status_code == 302
    second = Axe.objects.get(title="Second")
    move = reverse("actions:level_move", args=[slug, "axes", second.uuid])
    client.post(move, {"monter": "1"})
    assert [axe.title for axe in Axe.objects.order_by("position")] == ["Second", "Premier"]
    client.post(move, {"monter": "1"})  # already first
    assert [axe.title for axe in Axe.objects.order_by("position")] == ["Second", "Premier"]


def test_level_delete_refuses_an_axe_with_fiches(draft_cast, sign_in):
    cast = draft_cast
    axe = AxeFactory(convention=cast.convention)
    FicheFactory(convention=cast.convention, axe=axe)
    client = sign_in(cast.roles["coordinator"])
    url = reverse("actions:level_delete", args=[cast.convention.slug, "axes", axe.uuid])
    for response in (client.get(url, follow=True), client.post(url, {}, follow=True)):
        assert "contient des fiches" in response.content.decode()
    assert Axe.objects.filter(pk=axe.pk).exists()


def test_level_end_asks_why(draft_cast, sign_in):
    cast = draft_cast
    orientation = OrientationFactory(axe=AxeFactory(convention=cast.convention))
    client = sign_in(cast.roles["coordinator"])
    url = reverse("actions:level_end", args=[cast.convention.slug, "orientations", orientation.uuid])
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "Reprise ailleurs"}).status_code == 302
    assert Orientation.objects.get().end_reason == "Reprise ailleurs"


def test_level_edit_of_a_contract_asks_for_its_basis(cast, sign_in):
    axe = AxeFactory(convention=cast.convention, title="Ancien")
    client = sign_in(cast.roles["coordinator"])
    url = reverse("actions:level_edit", args=[cast.convention.slug, "axes", axe.uuid])
    data = {"title": "Nouveau", "initial-title": "Ancien", "number": "", "initial-number": ""}
    assert client.post(url, data).status_code == 422
    assert client.post(url, data | {"basis_kind": "correction"}).status_code == 302
    axe.refresh_from_db()
    assert axe.title == "Nouveau"


def test_axes_are_for_the_global_coordinator(cast, sign_in):
    for role in ("thematic", "contributor", "caf", "reader", "elected", "services"):
        url = reverse("actions:axe_add", args=[cast.convention.slug])
        assert sign_in(cast.roles[role]).get(url).status_code == 403


def test_plan_known_only_by_what_it_achieved_shows_its_highlights(sign_in):
    cast = make_cast(status="echue")
    cast.convention.fiches.all().delete()
    axe = AxeFactory(convention=cast.convention)
    Highlight.objects.create(
        convention=cast.convention, axe=axe, title="Création de France Services", period="2021-2025"
    )
    body = sign_in(cast.roles["reader"]).get(plan_url(cast)).content.decode()
    assert "Création de France Services" in body
    assert "1 temps fort<" in body.replace("\u00a0", " ")
