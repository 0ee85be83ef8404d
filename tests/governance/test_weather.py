"""Weather: the coordination prepares it, everybody reads what is published, nothing that was said is lost."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from governance.models import Weather
from governance.rules.weather import SKIES
from tests.actions.browser import as_sent
from tests.factories import AxeFactory, FicheFactory
from tests.factories.cast import make_cast
from tests.factories.steering import WeatherFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22 10:00:00+01:00", tick=False):
        yield


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def axe(cast):
    return AxeFactory(convention=cast.convention)


@pytest.fixture
def sign_in(client):
    def signed(user):
        client.force_login(user)
        return client

    return signed


@pytest.fixture
def coordinator(cast, sign_in):
    return sign_in(cast.roles["coordinator"])


def url(cast, view, *args):
    return reverse(f"governance:{view}", args=[cast.convention.slug, *args])


def post(client, address, **given):
    return client.post(address, as_sent(client.get(address).context["form"]) | given)


def published(**given):
    return WeatherFactory(published_at=timezone.now(), **given)


def test_every_level_has_its_own_look():
    assert set(SKIES) == set(Weather.Level)
    assert len({sky.icon for sky in SKIES.values()}) == len({sky.kind for sky in SKIES.values()}) == 4


@pytest.mark.parametrize("count", [1, 3])
def test_weather_list_costs_the_same(cast, coordinator, count, django_assert_num_queries):
    for _ in range(count):
        axe = AxeFactory(convention=cast.convention)
        for _ in range(count):
            published(axe=axe)
            WeatherFactory(axe=axe)
    with django_assert_num_queries(8):
        assert coordinator.get(url(cast, "weather_list")).status_code == 200


def test_weather_is_prepared_then_published(cast, axe, sign_in):
    client = sign_in(cast.roles["coordinator"])
    response = post(client, url(cast, "weather_add", axe.uuid), level="2", text="Deux postes manquent.")
    assert response.url == url(cast, "weather_list")
    draft = Weather.objects.get()
    assert (draft.axe, draft.author, draft.date) == (axe, cast.roles["coordinator"], date(2026, 11, 22))
    assert draft.published_at is None
    seen = {
        role: "Deux postes manquent."
        in sign_in(cast.roles[role]).get(url(cast, "weather_list")).content.decode()
        for role in ("coordinator", "thematic", "elected", "caf", "reader")
    }
    assert seen == {"coordinator": True, "thematic": True, "elected": False, "caf": False, "reader": False}
    client = sign_in(cast.roles["coordinator"])
    post(client, url(cast, "weather_edit", draft.uuid), text="Un poste manque.")
    assert client.post(url(cast, "weather_publish", draft.uuid)).status_code == 302
    page = sign_in(cast.roles["reader"]).get(url(cast, "weather_list")).content.decode()
    assert "Un poste manque." in page


def test_weather_is_published_from_its_form(cast, axe, coordinator):
    post(coordinator, url(cast, "weather_add", axe.uuid), level="4", publier="")
    first = Weather.objects.get()
    assert first.published_at is not None
    post(coordinator, url(cast, "weather_add", axe.uuid), level="3", text="Un retard.", publier="")
    sky = coordinator.get(url(cast, "weather_list")).context["skies"][0]
    assert (sky.now.level, sky.before, sky.drafts) == (3, [first], [])


def test_a_new_weather_begins_with_the_last_level(cast, axe, coordinator):
    published(axe=axe, level=1)
    address = url(cast, "weather_add", axe.uuid)
    assert coordinator.get(address).context["form"]["level"].value() == 1
    other = url(cast, "weather_add", AxeFactory(convention=cast.convention).uuid)
    assert coordinator.get(other).context["form"]["level"].value() is None


@pytest.mark.parametrize(
    ("given", "faulty"),
    [
        ({"level": ""}, "level"),
        ({"level": "5"}, "level"),
        ({"level": "beau"}, "level"),
        ({"date": "2026-11-23"}, "date"),
        ({"date": "0026-11-01"}, "date"),
        ({"text": "x" * 2000}, "text"),
    ],
)
def test_weather_add_bad_input(cast, axe, coordinator, given, faulty):
    response = post(coordinator, url(cast, "weather_add", axe.uuid), **{"level": "3"} | given)
    assert response.status_code == 422
    assert faulty in response.context["form"].errors
    assert not Weather.objects.exists()


def test_a_published_weather_does_not_change(cast, axe, coordinator):
    said = published(axe=axe)
    for view in ("weather_edit", "weather_publish", "weather_delete"):
        assert coordinator.post(url(cast, view, said.uuid)).status_code == 404
    assert Weather.objects.get() == said


def test_a_draft_published_by_somebody_else_meanwhile(cast, axe, coordinator, monkeypatch):
    draft = WeatherFactory(axe=axe, text="Avant")
    address = url(cast, "weather_edit", draft.uuid)
    form = as_sent(coordinator.get(address).context["form"], text="Après")
    from governance.views import weather as views

    find = views.find_draft

    def found_then_published(request, uuid):
        found = find(request, uuid)
        Weather.objects.update(published_at=timezone.now())
        return found

    monkeypatch.setattr(views, "find_draft", found_then_published)
    response = coordinator.post(address, form)
    assert response.status_code == 422
    assert Weather.objects.get().text == "Avant"


def test_weather_delete_is_for_drafts(cast, axe, coordinator):
    draft = WeatherFactory(axe=axe)
    assert coordinator.post(url(cast, "weather_delete", draft.uuid)).status_code == 302
    assert not Weather.objects.exists()


def test_weather_of_fiches_transversales_when_there_are_some(cast, coordinator):
    address = url(cast, "weather_add")
    assert coordinator.get(address).status_code == 404
    FicheFactory(convention=cast.convention, is_transversale=True)
    post(coordinator, address, level="3", publier="")
    weather = Weather.objects.get()
    assert (weather.convention, weather.axe) == (cast.convention, None)
    skies = coordinator.get(url(cast, "weather_list")).context["skies"]
    assert [(sky.label, sky.now) for sky in skies] == [("Fiches transversales", weather)]


def test_weather_of_another_convention(cast, coordinator):
    theirs = WeatherFactory(text="Ailleurs")
    assert coordinator.get(url(cast, "weather_add", theirs.axe.uuid)).status_code == 404
    assert coordinator.get(url(cast, "weather_edit", theirs.uuid)).status_code == 404
    published(text="Ailleurs aussi")
    assert "Ailleurs" not in coordinator.get(url(cast, "weather_list")).content.decode()


def test_dashboard_shows_the_last_published_weather_beside_each_axe(cast, axe, coordinator):
    published(axe=axe, level=4, text="Ancienne", date=date(2026, 3, 1))
    now = published(axe=axe, level=1, text="Tout est arrêté", date=date(2026, 10, 1))
    WeatherFactory(axe=axe, level=2, text="En projet")
    FicheFactory(convention=cast.convention, is_transversale=True)
    across = published(convention=cast.convention, axe=None, level=3)
    page = coordinator.get(reverse("governance:dashboard", args=[cast.convention.slug]))
    shown = {group.label: weather for group, _, weather in page.context["page"].rows}
    assert shown == {str(axe): now, "Fiches transversales": across, "À classer": None}
    text = page.content.decode()
    assert ("Tout est arrêté" in text, "Ancienne" in text, "En projet" in text) == (True, False, False)
