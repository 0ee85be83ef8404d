"""The database of the journeys: the trial, loaded once a run, and a fresh copy of it for each journey."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client, override_settings
from psycopg import sql

from ctg.accounts.models import User
from governance.importers.trial import load_trial
from territories.importers import load_reference

# First half of the key of the lock; the second is the run's.
SPACE = 0x6A6F7572


@contextmanager
def used(name: str) -> Iterator[None]:
    """Every thread that asks for the database is given this one."""
    before = connection.settings_dict["NAME"]
    connections.close_all()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before


@dataclass
class Loaded:
    """The trial, loaded: its database is only copied. `sessions`: one that is open, for each account."""

    name: str
    sessions: dict[str, str]
    server: psycopg.Connection

    @contextmanager
    def copied(self, copy: str) -> Iterator[None]:
        drop(self.server, copy)
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.server.execute(command.format(sql.Identifier(copy), sql.Identifier(self.name)))
        try:
            with used(copy):
                yield
        finally:
            drop(self.server, copy)


def drop(server: psycopg.Connection, name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def loaded(name: str, run: int) -> Iterator[Loaded]:
    """The first process of a run loads it, the others wait and share it, the last one drops it."""
    params = connection.get_connection_params() | {"dbname": "postgres", "autocommit": True}
    with psycopg.connect(**params) as server:
        server.execute("SELECT pg_advisory_lock(%s, %s)", [SPACE, run])
        if not server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone():
            load(server, name)
        with used(name):
            sessions = dict(User.objects.exclude(session_key=None).values_list("email", "session_key"))
        server.execute("SELECT pg_advisory_lock_shared(%s, %s)", [SPACE, run])
        server.execute("SELECT pg_advisory_unlock(%s, %s)", [SPACE, run])
        try:
            yield Loaded(name, sessions, server)
        finally:
            server.execute("SELECT pg_advisory_unlock_shared(%s, %s)", [SPACE, run])
            last = server.execute("SELECT pg_try_advisory_lock(%s, %s)", [SPACE, run]).fetchone()
            if last and last[0]:
                drop(server, name)
