"""What is done to one fiche from the plan: its status, its place, its order."""

import json

import pytest
from django.urls import reverse

from actions.models import Basis, FicheAction
from tests.factories import AxeFactory, FicheFactory, OrientationFactory
from tests.factories.cast import make_cast

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def url_of(view, fiche):
    return reverse(f"actions:{view}", args=[fiche.convention.slug, fiche.uuid])


def test_plan_status_is_a_page_and_a_dialog(cast, sign_in):
    client, url = sign_in(cast.roles["contributor"]), url_of("plan_status", cast.fiche)
    page = client.get(url).content.decode()
    dialog = client.get(url, headers=HTMX).content.decode()
    assert "<html" in page
    assert "<html" not in dialog
    for body in (page, dialog):
        assert f'action="{url}"' in body
        assert 'name="initial-status" value="en_cours"' in body


def test_plan_status_saved_from_the_dialog_says_which_card_moved(cast, sign_in):
    client, url = sign_in(cast.roles["contributor"]), url_of("plan_status", cast.fiche)
    sent = {"status": "en_pause", "initial-status": "en_cours"}
    response = client.post(url, sent, headers=HTMX)
    assert response.status_code == 204
    saved = json.loads(response["HX-Trigger"])["plan-saved"]
    assert saved["focus"] == f"t{cast.fiche.pk}"
    cast.fiche.refresh_from_db()
    assert cast.fiche.status == "en_pause"


def test_plan_status_without_a_script_goes_back_to_the_plan(cast, sign_in):
    sent = {"status": "en_pause", "initial-status": "en_cours"}
    response = sign_in(cast.roles["contributor"]).post(url_of("plan_status", cast.fiche), sent)
    assert response["Location"] == reverse("actions:plan", args=[cast.convention.slug])


def test_plan_status_asks_for_its_reason(cast, sign_in):
    """A card dropped where a reason is needed: nothing moves, the form opens."""
    client, url = sign_in(cast.roles["coordinator"]), url_of("plan_status", cast.fiche)
    sent = {"status": "bloquee", "initial-status": "en_cours"}
    response = client.post(url, sent, headers=HTMX)
    assert response.status_code == 422
    assert "Ce statut demande un motif" in response.content.decode()
    assert client.post(url, sent | {"status_reason": "Poste vacant"}, headers=HTMX).status_code == 204


def test_plan_status_changed_meanwhile_is_a_conflict(cast, sign_in):
    """Two people move one card: the second sees what the first did, and decides."""
    client, url = sign_in(cast.roles["coordinator"]), url_of("plan_status", cast.fiche)
    FicheAction.objects.filter(pk=cast.fiche.pk).update(status="realisee")
    response = client.post(url, {"status": "en_pause", "initial-status": "en_cours"}, headers=HTMX)
    assert response.status_code == 409
    assert "réalisée" in response.content.decode()
    cast.fiche.refresh_from_db()
    assert cast.fiche.status == "realisee"
    again = {"status": "en_pause", "initial-status": "realisee"}
    assert client.post(url, again, headers=HTMX).status_code == 204


def test_plan_place_moves_a_fiche_after_the_others_and_asks_for_its_basis(cast, sign_in):
    axe = AxeFactory(convention=cast.convention)
    orientation = OrientationFactory(axe=axe)
    there = FicheFactory(convention=cast.convention, axe=axe, orientation=orientation, position=40)
    client, url = sign_in(cast.roles["coordinator"]), url_of("plan_place", cast.fiche)
    sent = {"place": f"orientation-{orientation.pk}", "initial-place": ""}
    assert client.post(url, sent, headers=HTMX).status_code == 422
    sent |= {"basis_kind": "ajustement", "basis_words": "COPIL"}
    assert client.post(url, sent, headers=HTMX).status_code == 204
    cast.fiche.refresh_from_db()
    assert (cast.fiche.axe, cast.fiche.orientation) == (axe, orientation)
    assert cast.fiche.position == there.position + 1
    assert Basis.objects.get().words == "COPIL"


def test_plan_place_refuses_the_axe_of_another_convention(cast, sign_in):
    foreign = AxeFactory()
    sent = {"place": f"axe-{foreign.pk}", "initial-place": "", "basis_kind": "correction"}
    assert sign_in(cast.roles["coordinator"]).post(url_of("plan_place", cast.fiche), sent).status_code == 422


def order_of(cast, axe):
    return list(cast.convention.fiches.filter(axe=axe).order_by("position").values_list("title", flat=True))


@pytest.mark.parametrize(
    ("moved", "before", "expected"),
    [
        ("C", "A", "CAB"),
        ("A", "C", "BAC"),
        ("A", "", "BCA"),
        ("B", "elsewhere", "ACB"),
        ("B", "no-uuid", "ACB"),
    ],
)
def test_plan_order_puts_a_fiche_before_another(draft_cast, sign_in, moved, before, expected):
    axe = AxeFactory(convention=draft_cast.convention)
    fiches = {t: FicheFactory(convention=draft_cast.convention, axe=axe, title=t, position=7) for t in "ABC"}
    other = {"elsewhere": str(draft_cast.fiche.uuid)} | {t: str(f.uuid) for t, f in fiches.items()}
    client = sign_in(draft_cast.roles["coordinator"])
    url, sent = url_of("plan_order", fiches[moved]), {"avant": other.get(before, before)}
    assert client.post(url, sent, headers=HTMX).status_code == 204
    assert order_of(draft_cast, axe) == list(expected)
    assert client.post(url, sent).status_code == 302


def test_plan_order_of_one_alone_changes_nothing(draft_cast, sign_in):
    assert (
        sign_in(draft_cast.roles["coordinator"]).post(url_of("plan_order", draft_cast.fiche)).status_code
        == 302
    )


def test_fiche_of_another_convention_is_not_moved(cast, sign_in):
    foreign = make_cast().fiche
    client = sign_in(cast.roles["coordinator"])
    for view in ("plan_status", "plan_place", "plan_order"):
        url = reverse(f"actions:{view}", args=[cast.convention.slug, foreign.uuid])
        assert client.post(url, {}).status_code == 404
