"""Who is really at work: an advisory lock that goes with the connection when its worker dies."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection

# First half of the key of every lock of this module ("jobs" in ASCII); the second is the row's key.
SPACE = 0x6A6F6273

KEEPALIVE = {"keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 3}


def _second(pk: int) -> int:
    return pk & 0x7FFFFFFF


@contextmanager
def held(pk: int) -> Iterator[psycopg.Connection | None]:
    """Hold the row's lock on a connection of its own, or yield None when another worker holds it.

    The connection commits each statement: what is written through it is seen at once by the screen, even
    when the work itself is one long transaction.
    """
    params = KEEPALIVE | connection.get_connection_params() | {"autocommit": True}  # type: ignore[attr-defined]
    with psycopg.connect(**params) as own:
        taken = own.execute("SELECT pg_try_advisory_lock(%s, %s)", [SPACE, _second(pk)]).fetchone()
        yield own if taken and taken[0] else None


def held_keys() -> set[int]:
    """The second halves of all locks held now. Reads without taking: it cannot make a worker step back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = %s"
            " AND objsubid = 2 AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [SPACE],
        )
        return {row[0] for row in cursor.fetchall()}


def is_held(pk: int, keys: set[int]) -> bool:
    return _second(pk) in keys
