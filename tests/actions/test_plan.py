"""The plan: its tree, its filters, its levels."""

import pytest
from django.urls import reverse
from django.utils import timezone

from actions.models import Axe, FicheAction, Highlight, Orientation
from actions.views.plan import tree_of
from tests.factories import AxeFactory, FicheFactory, OrientationFactory, StepFactory
from tests.factories.cast import make_cast

pytestmark = pytest.mark.django_db


def plan_url(cast, query=""):
    return reverse("actions:plan", args=[cast.convention.slug]) + query


def shown(response):
    return {fiche.title for fiche in response.context["shown"]}


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
    assert response.context["shown"] == [cast.fiche]


def test_plan_mine_shows_what_my_organisation_leads(cast, sign_in):
    response = sign_in(cast.roles["contributor"]).get(plan_url(cast, "?mine=on"))
    assert response.context["shown"] == [cast.fiche]


def test_plan_ignores_a_filter_that_is_no_filter(cast, sign_in):
    response = sign_in(cast.roles["reader"]).get(plan_url(cast, "?axe=abc"))
    assert response.status_code == 200
    assert len(response.context["shown"]) == 2


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


@pytest.mark.parametrize("count", [1, 30])
def test_plan_costs_the_same_for_one_and_thirty(cast, sign_in, django_assert_num_queries, count):
    axe = AxeFactory(convention=cast.convention)
    for _ in range(count):
        StepFactory(fiche=FicheFactory(convention=cast.convention, axe=axe))
    client = sign_in(cast.roles["coordinator"])
    with django_assert_num_queries(12):
        assert client.get(plan_url(cast)).status_code == 200


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
