"""A closed year: its accepted values change no more, whoever writes and however."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.urls import reverse

from actions.models import ClosedYear, Convention, Measurement
from actions.services.closing import close_year, reopen_year
from actions.services.plan import changing
from ctg.refusal import Refused
from tests.actions.test_fiche import started
from tests.factories import ConventionFactory, FicheFactory, IndicatorFactory, MeasurementFactory, UserFactory

pytestmark = pytest.mark.django_db
OTHER = {"period_start": date(2026, 1, 1), "period_end": date(2026, 6, 30)}
REFUSED = "L’année 2025 est close : ses valeurs ne changent plus."


@pytest.fixture
def values():
    """Accepted values of 2025, closed, and of 2026, open; a proposed one of 2025."""
    convention = ConventionFactory()
    indicator = IndicatorFactory(fiche=FicheFactory(convention=convention))
    closed, still_open = (
        MeasurementFactory(indicator=indicator),
        MeasurementFactory(indicator=indicator, **OTHER),
    )
    proposed = MeasurementFactory(indicator=indicator, status="proposed")
    close_year(convention, 2025, by=UserFactory())
    return closed, still_open, proposed


def refused(write):
    with pytest.raises(DatabaseError, match=REFUSED) as caught, transaction.atomic():
        write()
    assert not isinstance(caught.value, IntegrityError)  # a form would say « quelqu’un d’autre… »


def sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def test_closed_year_refuses_every_way_of_writing(values):
    closed, still_open, proposed = values
    rows, indicator = Measurement.objects, closed.indicator
    by_key = rows.filter(pk=closed.pk)
    before = list(rows.order_by("pk").values())
    another = {"indicator": indicator, "period_start": date(2025, 1, 1), "period_end": date(2025, 1, 31)}
    rows.filter(pk=proposed.pk).update(value=11)
    refused(lambda: by_key.update(value=99))
    refused(lambda: by_key.update(note="Après coup"))
    refused(by_key.delete)
    refused(closed.delete)
    closed.value = 99
    refused(closed.save)
    refused(lambda: rows.bulk_update([closed], ["value"]))
    refused(lambda: sql("UPDATE actions_measurement SET value = 1 WHERE id = %s", closed.pk))
    refused(lambda: sql("DELETE FROM actions_measurement WHERE id = %s", closed.pk))
    # Made somewhere else in the year, moved into it, moved out of it, accepted in it, put back to proposed.
    fresh = IndicatorFactory(fiche=indicator.fiche)
    refused(lambda: MeasurementFactory(**another | {"indicator": fresh}))
    refused(lambda: rows.bulk_create([Measurement(value=1, **another | {"indicator": fresh})]))
    moved = rows.filter(pk=still_open.pk)
    refused(
        lambda: moved.update(indicator=fresh, period_start=date(2025, 1, 1), period_end=date(2025, 3, 31))
    )
    refused(lambda: by_key.update(period_start=date(2027, 1, 1), period_end=date(2027, 12, 31)))
    refused(lambda: by_key.update(indicator=IndicatorFactory()))
    refused(lambda: rows.filter(pk=proposed.pk).update(status="accepted", indicator=fresh))
    refused(lambda: by_key.update(status="returned"))
    refused(indicator.fiche.delete)
    rows.filter(pk=proposed.pk).update(value=10)
    assert list(rows.order_by("pk").values()) == before


def test_closed_year_lets_the_rest_be(values):
    closed, still_open, proposed = values
    rows = Measurement.objects
    rows.filter(pk=still_open.pk).update(value=5)
    rows.filter(pk=still_open.pk).delete()
    rows.filter(pk=proposed.pk).update(value=5)
    MeasurementFactory(indicator=closed.indicator, status="proposed")  # « parvenue après clôture »
    MeasurementFactory(indicator=closed.indicator, **OTHER)
    MeasurementFactory()  # the same year of another convention
    # Begun in the closed year, ended in the next: it is of the next.
    fresh = IndicatorFactory(fiche=closed.indicator.fiche)
    MeasurementFactory(indicator=fresh, period_start=date(2025, 9, 1), period_end=date(2026, 8, 31))
    assert not rows.filter(pk=still_open.pk).exists()
    proposed.refresh_from_db()
    assert proposed.value == 5
    assert rows.filter(indicator=closed.indicator, status="proposed").count() == 2
    assert rows.filter(indicator=fresh, period_end=date(2026, 8, 31)).exists()


def test_closed_year_lets_go_of_people(values):
    closed, *_ = values
    reopen_year(closed.indicator.fiche.convention, 2025)
    author = UserFactory()
    Measurement.objects.filter(pk=closed.pk).update(author=author)
    close_year(closed.indicator.fiche.convention, 2025, by=author)
    author.delete()
    closed.refresh_from_db()
    assert (closed.author, closed.value) == (None, 10)
    refused(lambda: Measurement.objects.filter(pk=closed.pk).update(author=UserFactory()))


def test_reopen_year(values):
    closed, *_ = values
    reopen_year(closed.indicator.fiche.convention, 2025)
    Measurement.objects.filter(pk=closed.pk).update(value=99)
    closed.refresh_from_db()
    assert (closed.value, ClosedYear.objects.count()) == (99, 0)


def test_close_year_twice_closes_once(values):
    convention = values[0].indicator.fiche.convention
    close_year(convention, 2025, by=UserFactory())
    assert ClosedYear.objects.count() == 1


@pytest.mark.parametrize("year", [2024, 2026, 2030])
@time_machine.travel("2026-11-21")
def test_close_year_is_one_of_the_convention_and_over(year):
    with pytest.raises(Refused):
        close_year(ConventionFactory(), year, by=UserFactory())


def test_changing_tells_it_in_words(values):
    closed, *_ = values
    with pytest.raises(Refused, match=REFUSED), changing(by=UserFactory()):
        Measurement.objects.filter(pk=closed.pk).update(value=99)


@pytest.fixture
def closed_cast(cast):
    value = MeasurementFactory(indicator=IndicatorFactory(fiche=cast.fiche))
    close_year(cast.convention, 2025, by=cast.roles["coordinator"])
    return cast, value


def test_value_edit_in_a_closed_year_is_a_message(closed_cast, sign_in):
    cast, value = closed_cast
    client = sign_in(cast.roles["coordinator"])
    address = reverse(
        "actions:part_edit", args=[cast.convention.slug, cast.fiche.uuid, "valeurs", value.uuid]
    )
    response = client.post(address, started(client, address) | {"note": "Après coup"})
    assert (response.status_code, REFUSED in response.content.decode()) == (422, True)
    address = reverse(
        "actions:part_delete", args=[cast.convention.slug, cast.fiche.uuid, "valeurs", value.uuid]
    )
    response = client.post(address, {})
    assert (response.status_code, REFUSED in response.content.decode()) == (422, True)


@pytest.mark.django_db(transaction=True)
def test_close_year_waits_for_the_value_being_written(django_db_blocker):
    """Either the value is in before the closing, or it is refused: never after."""
    convention = ConventionFactory()
    indicator, user = IndicatorFactory(fiche=FicheFactory(convention=convention)), UserFactory()

    def close():
        with django_db_blocker.unblock():
            try:
                return close_year(Convention.objects.get(pk=convention.pk), 2025, by=user)
            finally:
                connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            MeasurementFactory(indicator=indicator)
            closing = pool.submit(close)
            with pytest.raises(TimeoutError):
                closing.result(timeout=0.3)
        closing.result(timeout=10)
    refused(lambda: Measurement.objects.update(value=1))
