"""The database of the journeys: the trial, loaded once a run, and a fresh copy of it for each journey."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from django.test import override_settings
from psycopg.sql import SQL, Identifier

from governance.importers.trial import load_trial
from territories.importers import load_reference

# First halves of the keys of two locks on the server: "jou0" and "jou1" in ASCII.
IN_HAND, IN_USE = 0x6A6F7530, 0x6A6F7531


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


@contextmanager
def loaded(name: str) -> Iterator[psycopg.Connection]:
    """The first process of a run loads the trial, the others share it, the last one drops it.

    Yields a connection to the server, and to none of these databases: a copy needs its model at rest.
    """
    params = connection.get_connection_params() | {"dbname": "postgres", "autocommit": True}
    with psycopg.connect(**params) as server:
        with alone(server, name):
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                load(server, name)
            server.execute("SELECT pg_advisory_lock_shared(%s, hashtext(%s))", [IN_USE, name])
        try:
            yield server
        finally:
            with alone(server, name):
                server.execute("SELECT pg_advisory_unlock_shared(%s, hashtext(%s))", [IN_USE, name])
                last = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
                if server.execute(last, [IN_USE, name]).fetchone() == (True,):
                    drop(server, name)


@contextmanager
def alone(server: psycopg.Connection, name: str) -> Iterator[None]:
    """One process at a time looks whether the database is there."""
    server.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [IN_HAND, name])
    try:
        yield
    finally:
        server.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [IN_HAND, name])


def load(server: psycopg.Connection, name: str) -> None:
    """Migrations cost more than the trial: the database of the other tests, if there is one, saves them."""
    connections.close_all()
    settings = connection.settings_dict
    migrated = settings["NAME"] if settings["NAME"] == settings["TEST"]["NAME"] else "template1"
    create(server, name, like=migrated)
    try:
        with used(name), override_settings(TRIAL=True):
            call_command("migrate", verbosity=0)
            call_command("createcachetable", verbosity=0)
            load_reference("68")
            load_trial()
    except BaseException:
        drop(server, name)
        raise


@contextmanager
def copied(server: psycopg.Connection, name: str, copy: str) -> Iterator[None]:
    """A database like `name` for the time of a journey."""
    drop(server, copy)
    create(server, copy, like=name)
    try:
        with used(copy):
            yield
    finally:
        drop(server, copy)


def create(server: psycopg.Connection, name: str, *, like: str) -> None:
    server.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(like)))


def drop(server: psycopg.Connection, name: str) -> None:
    server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
