"""One change of many fiches: what it would do, doing it, and what it refuses."""

import pghistory
import pytest
from django.urls import reverse

from actions.models import Basis, FicheAction, FicheTheme, Operation
from tests.factories import ContactFactory, FicheFactory, ThemeFactory
from tests.factories.cast import make_cast

pytestmark = pytest.mark.django_db


class Bulk:
    """The page, for a person and the fiches that they ticked."""

    def __init__(self, cast, client, role="coordinator"):
        client.force_login(cast.roles[role])
        self.url, self.client = reverse("actions:plan_bulk", args=[cast.convention.slug]), client
        self.keys = [fiche.pk for fiche in cast.convention.fiches.order_by("pk")]

    def look(self, **asked):
        return self.client.post(self.url, {"fiche": self.keys, "voir": "1", "what": "status"} | asked)

    def apply(self, seen=None, **asked):
        seen = self.look(**asked).context["seen"] if seen is None else seen
        data = {"fiche": self.keys, "appliquer": "1", "seen": seen, "what": "status"}
        return self.client.post(self.url, data | asked)


@pytest.fixture
def bulk(cast, client):
    return Bulk(cast, client)


def lines(response):
    form = response.context["form"]
    return {str(line.fiche): line.skipped or f"{line.before} → {line.after}" for line in form.lines}


def statuses(cast):
    return list(cast.convention.fiches.order_by("pk").values_list("status", flat=True))


def test_plan_bulk_asks_for_fiches(cast, client):
    client.force_login(cast.roles["coordinator"])
    url = reverse("actions:plan_bulk", args=[cast.convention.slug])
    foreign = make_cast().fiche
    for answer in (client.get(url), client.post(url), client.post(url, {"fiche": ["x", foreign.pk]})):
        assert answer.status_code == 302


def test_plan_bulk_shows_what_would_change_and_writes_nothing(cast, bulk):
    FicheAction.objects.filter(pk=cast.other.pk).update(status="realisee")
    response = bulk.look(status="realisee")
    assert response.status_code == 200
    assert lines(response) == {
        str(cast.fiche): "en cours → réalisée",
        str(cast.other): "déjà «\u00a0réalisée\u00a0»",
    }
    assert statuses(cast) == ["en_cours", "realisee"]
    assert not Operation.objects.exists()


def test_plan_bulk_changes_the_status_of_all_as_one_operation(cast, bulk):
    assert bulk.apply(status="bloquee", status_reason="Poste vacant").status_code == 302
    assert statuses(cast) == ["bloquee", "bloquee"]
    assert set(cast.convention.fiches.values_list("status_reason", flat=True)) == {"Poste vacant"}
    done = Operation.objects.get()
    assert (done.title, done.author) == ("Statut\u00a0: en difficulté (2 fiches)", cast.roles["coordinator"])
    assert cast.convention.fiches.order_by("updated_at").first().updated_at > done.created_at.replace(
        second=0
    )


def test_plan_bulk_forgets_the_reason_of_a_former_status(cast, bulk):
    bulk.apply(status="reportee", status_reason="Budget", postponed_to="2028-01-01")
    assert cast.convention.fiches.filter(postponed_to="2028-01-01", status_reason="Budget").count() == 2
    bulk.apply(status="en_cours", status_reason="Reste du formulaire", postponed_to="2028-01-01")
    assert cast.convention.fiches.filter(postponed_to=None, status_reason="", status="en_cours").count() == 2


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"status": "bloquee"}, "status_reason"),
        ({"status": "reportee", "status_reason": "x"}, "postponed_to"),
        ({"status": ""}, "status"),
        ({"status": "inconnu"}, "status"),
        ({"what": "theme"}, "theme"),
        ({"what": "pilot", "pilot_act": "add", "pilot": "999999"}, "pilot"),
        ({"what": "nimporte"}, "what"),
        ({"status": "reportee", "status_reason": "x", "postponed_to": "0026-01-01"}, "postponed_to"),
    ],
)
def test_plan_bulk_says_what_is_missing(bulk, asked, field):
    response = bulk.look(**asked)
    assert response.status_code == 422
    assert field in response.context["form"].errors


def test_plan_bulk_asks_once_for_the_basis_of_what_stops(cast, bulk):
    asked = {"status": "abandonnee", "status_reason": "Sans objet"}
    assert bulk.look(**asked).status_code == 200  # looking asks for nothing
    assert bulk.apply(**asked).status_code == 422
    assert bulk.apply(**asked, basis_kind="ajustement", basis_words="COPIL de mars").status_code == 302
    assert statuses(cast) == ["abandonnee", "abandonnee"]
    assert Operation.objects.get().basis == Basis.objects.get()
    assert bulk.apply(status="en_cours").status_code == 422  # taking it up again too


def test_plan_bulk_of_a_draft_asks_for_no_basis(draft_cast, client):
    draft = Bulk(draft_cast, client)
    assert draft.apply(status="abandonnee", status_reason="Sans objet").status_code == 302


def test_plan_bulk_adds_replaces_and_removes_a_theme(cast, bulk):
    theme = ThemeFactory(name="Logement")

    def themes():
        links = FicheTheme.objects.filter(fiche__convention=cast.convention).order_by("fiche", "position")
        return list(links.values_list("theme__name", flat=True))

    asked = {"what": "theme", "theme": theme.pk}
    assert lines(bulk.look(**asked, theme_act="add")) == {
        str(cast.fiche): f"{cast.theme.name} → {cast.theme.name}, Logement",
        str(cast.other): "– → Logement",
    }
    bulk.apply(**asked, theme_act="add")
    assert themes() == [cast.theme.name, "Logement", "Logement"]
    bulk.apply(**asked, theme_act="replace")
    assert themes() == ["Logement", "Logement"]
    assert lines(bulk.look(**asked, theme_act="replace")) == {
        str(cast.fiche): "l’a déjà",
        str(cast.other): "l’a déjà",
    }
    bulk.apply(**asked, theme_act="remove")
    assert themes() == []


def test_plan_bulk_sets_a_pilot_of_the_convention_only(cast, bulk):
    stranger = ContactFactory()
    known = ContactFactory(name="Zoé Weber", organisation=cast.convention.carrier)
    assert bulk.look(what="pilot", pilot_act="add", pilot=stranger.pk).status_code == 422
    assert bulk.apply(what="pilot", pilot_act="replace", pilot=known.pk).status_code == 302
    assert list(known.fiches_piloted.order_by("pk")) == [cast.fiche, cast.other]


def test_plan_bulk_leaves_what_is_out_of_ones_scope(cast, client):
    thematic = Bulk(cast, client, role="thematic")
    assert lines(thematic.look(status="en_pause")) == {
        str(cast.fiche): "en cours → en pause",
        str(cast.other): "hors de votre périmètre",
    }
    thematic.apply(status="en_pause")
    assert statuses(cast) == ["en_pause", "en_cours"]


def test_plan_bulk_does_only_what_was_seen(cast, bulk):
    """Somebody changes a fiche between the look and the act."""
    seen = bulk.look(status="en_pause").context["seen"]
    FicheAction.objects.filter(pk=cast.fiche.pk).update(status="realisee")
    response = bulk.apply(seen, status="en_pause")
    assert response.status_code == 409
    assert lines(response)[str(cast.fiche)] == "réalisée → en pause"
    assert statuses(cast) == ["realisee", "en_cours"]
    assert bulk.apply(response.context["seen"], status="en_pause").status_code == 302
    assert bulk.apply("", status="en_pause").status_code == 422  # nothing would change any more


def test_operation_undo_by_one_button(cast, bulk):
    message = bulk.client.get(bulk.apply(status="en_pause")["Location"]).content.decode()
    url = reverse("actions:operation_undo", args=[cast.convention.slug, Operation.objects.get().uuid])
    assert f'form="undo" formaction="{url}"' in message
    response = bulk.client.post(url, {"plan": "1"}, follow=True)
    assert "2\u00a0fiches remises comme avant" in response.content.decode()
    assert statuses(cast) == ["en_cours", "en_cours"]
    again = bulk.client.post(url, follow=True).content.decode()
    assert "déjà été défaite" in again
    assert "Statut\u00a0: en pause (2 fiches)" in again


def test_operation_undo_names_what_it_leaves(cast, bulk):
    bulk.apply(status="en_pause")
    with pghistory.context():  # as in a transaction of its own
        FicheAction.objects.filter(pk=cast.fiche.pk).update(status="realisee")
    url = reverse("actions:operation_undo", args=[cast.convention.slug, Operation.objects.get().uuid])
    body = bulk.client.post(url, follow=True).content.decode()
    assert f"Laissé tel quel : {cast.fiche} (modifié depuis)." in body


def test_operation_undo_is_for_its_author_and_whoever_steers(cast, client, sign_in):
    Bulk(cast, client).apply(status="en_pause")
    own = reverse("actions:operation_undo", args=[cast.convention.slug, Operation.objects.get().uuid])
    for role in ("thematic", "contributor", "caf", "reader"):
        assert sign_in(cast.roles[role]).post(own).status_code == 403
    assert statuses(cast) == ["en_pause", "en_pause"]
    foreign = make_cast()
    assert sign_in(foreign.roles["coordinator"]).post(own).status_code == 404
    elsewhere = reverse(
        "actions:operation_undo", args=[foreign.convention.slug, Operation.objects.get().uuid]
    )
    assert sign_in(foreign.roles["coordinator"]).post(elsewhere).status_code == 404


def test_operation_list_is_read_by_all_and_offers_undo_to_some(cast, client, sign_in):
    Bulk(cast, client, role="thematic").apply(status="en_pause")
    url = reverse("actions:operation_list", args=[cast.convention.slug])
    offered = {
        role: ">Défaire<" in sign_in(cast.roles[role]).get(url).content.decode()
        for role in cast.roles
        if role != "outsider"
    }
    assert {role for role, offer in offered.items() if offer} == {"coordinator", "thematic"}


@pytest.mark.parametrize("count", [1, 3, 300])
def test_plan_bulk_costs_the_same_whatever_it_changes(cast, client, django_assert_num_queries, count):
    FicheFactory.create_batch(count, convention=cast.convention)
    theme = ThemeFactory()
    bulk = Bulk(cast, client)
    asked = {"what": "theme", "theme_act": "add", "theme": theme.pk}
    with django_assert_num_queries(12):
        seen = bulk.look(**asked).context["seen"]
    with django_assert_num_queries(22):
        assert bulk.apply(seen, **asked).status_code == 302
    seen = bulk.look(status="en_pause").context["seen"]
    with django_assert_num_queries(19):
        assert bulk.apply(seen, status="en_pause").status_code == 302
