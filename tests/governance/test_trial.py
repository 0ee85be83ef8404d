"""Loading the trial: once, twice, anew, or not at all."""

import pytest
from django.core.management import CommandError, call_command

from actions.models import (
    Axe,
    Convention,
    FicheAction,
    Indicator,
    Measurement,
    Step,
)
from ctg.accounts.models import User
from governance.importers import trial
from governance.importers.trial_files import PASSWORD, ConventionFiles, TrialError, read_files
from territories.importers import load_reference
from territories.models import Contact, Membership, Organisation, Theme

M2A, SUNDGAU, ARGENT, BEFORE = (
    "m2a-2024-2026",
    "sundgau-2025-2029",
    "val-d-argent-2026-2030",
    "val-d-argent-2021-2025",
)


@pytest.fixture
def reference(db, settings) -> None:
    settings.TRIAL = True
    load_reference("68")


@pytest.fixture
def loaded(reference) -> None:
    assert trial.load_trial() is not None


def snapshot() -> list:
    models = (
        Organisation,
        User,
        Membership,
        Contact,
        Theme,
        Convention,
        Axe,
        FicheAction,
        Step,
        Indicator,
        Measurement,
    )
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def test_load_trial_twice(loaded, django_assert_num_queries):
    before = snapshot()
    files = read_files()
    with django_assert_num_queries(2):
        assert trial.load_trial(files) is None
    assert snapshot() == before


def test_load_trial_again_when_files_changed(loaded):
    """Rows are new, but accounts and addresses of pages are the same."""
    before = [
        list(model.objects.order_by("uuid").values_list("uuid")) for model in (Convention, FicheAction, Step)
    ]
    users = list(User.objects.order_by("pk").values_list("pk", "email", "password"))
    files = read_files()
    changed = type(files)(files.organisations, files.people, files.conventions, "another digest")
    assert trial.load_trial(changed) is not None
    assert [
        list(model.objects.order_by("uuid").values_list("uuid")) for model in (Convention, FicheAction, Step)
    ] == before
    assert list(User.objects.order_by("pk").values_list("pk", "email", "password")) == users
    assert trial.load_trial(changed) is None


def test_load_trial_refuses_a_database_that_is_no_trial(db, settings):
    settings.TRIAL = False
    with pytest.raises(CommandError, match="n’est pas celle d’un essai"):
        call_command("load_trial")
    assert Convention.objects.count() == 0


def test_load_trial_refuses_real_accounts(reference):
    User.objects.create_user("quelquun@example.org", "x" * 20, name="Quelqu’un")
    with pytest.raises(CommandError, match=r"comptes réels \(1\)"):
        call_command("load_trial")
    assert Convention.objects.count() == 0


def test_load_trial_asks_for_the_reference(db, settings):
    settings.TRIAL = True
    with pytest.raises(CommandError, match="load_reference"):
        call_command("load_trial")


def test_load_trial_accounts(capsys):
    call_command("load_trial", "--accounts")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Rôle", "Adresse", "Mot", "de", "passe"]
    assert len(lines) == 2 + 21
    assert lines[6].split("  ")[0] == "Coordination CTG, CCS, jeunesse"
    assert all(line.endswith(PASSWORD) for line in lines[2:])


def test_fiches_unknown_number():
    files = ConventionFiles("x", {"fiche": [{"number": "1"}]}, {"fiche": [{"number": "2"}]})
    with pytest.raises(TrialError, match=r"x\.fictif\.toml : fiches inconnues : 2"):
        list(files.fiches())
