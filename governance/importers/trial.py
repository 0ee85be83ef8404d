"""The trial: three real public plans, and a fictitious life beside them (trial/README.md)."""

from collections.abc import Iterator

import pghistory
import pgtrigger
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import Model, ProtectedError
from pghistory.models import Context

from actions.models import Axe, Convention, FicheAction
from ctg.accounts.models import User
from diagnostics.models import Diagnostic
from governance.importers.trial_fiches import load_fiches
from governance.importers.trial_files import PASSWORD, Table, TrialError, TrialFiles, read_files
from governance.importers.trial_history import Timeline
from governance.importers.trial_letters import forget_letters, load_letters
from governance.importers.trial_money import load_money
from governance.importers.trial_people import load_directory
from governance.importers.trial_plan import load_convention, load_highlights, stable_uuid
from governance.importers.trial_steering import load_steering
from governance.models import Meeting
from territories.importers import load_themes
from territories.models import Commune
from territories.models.people import Role

COUNTED = ("Convention", "FicheAction", "Objective", "Step", "Indicator", "Measurement", "ProgressNote")


def load_trial(files: TrialFiles | None = None) -> dict[str, int] | None:
    """Load the trial, or load it anew when its files changed; None when they did not.

    Raises TrialError on any database that is not a trial.
    """
    if not settings.TRIAL:
        raise TrialError(
            "Cette base n’est pas celle d’un essai (CTG_TRIAL n’est pas activé) : rien n’a été chargé."
        )
    files = files or read_files()
    if is_loaded(files):
        return None
    if others := User.objects.filter(is_fictitious=False).count():
        raise TrialError(
            f"Cette base contient des comptes réels ({others}) : rien n’a été chargé. "
            "Pour un essai, partez d’une base vide."
        )
    if not Commune.objects.exists():
        raise TrialError("Les communes manquent : lancez d’abord « manage.py load_reference ».")
    with transaction.atomic():
        forget(files)
        write(files)
    return {str(model._meta.verbose_name_plural): model._default_manager.count() for model in counted()}


def counted() -> Iterator[type[Model]]:
    yield from (apps.get_model("actions", name) for name in COUNTED)


def is_loaded(files: TrialFiles) -> bool:
    """The context of the history remembers which files it was loaded from."""
    slugs = [convention.slug for convention in files.conventions]
    return Context.objects.filter(metadata__trial=files.digest).exists() and Convention.objects.filter(
        slug__in=slugs
    ).count() == len(slugs)


def forget(files: TrialFiles) -> None:
    """Delete the conventions of the files with all that hangs on them. Their history is not kept either."""
    slugs = [convention.slug for convention in files.conventions]
    diagnostics = [
        stable_uuid(convention.slug, "diagnostic", row["key"])
        for convention in files.conventions
        for row in convention.plan.get("diagnostic", [])
    ]
    # Closed years and history are the business of triggers: a trial starts afresh.
    with pgtrigger.ignore():
        try:
            forget_letters(slugs)
            Meeting.objects.filter(convention__slug__in=slugs).delete()
            FicheAction.objects.filter(convention__slug__in=slugs).delete()
            Axe.objects.filter(convention__slug__in=slugs).delete()
            Convention.objects.filter(slug__in=slugs).delete()
            Diagnostic.objects.filter(uuid__in=diagnostics).delete()
        except ProtectedError as error:
            raise TrialError(
                f"L’essai ne peut pas être rechargé, partez d’une base vide : {error.args[0]}"
            ) from error


def write(files: TrialFiles) -> None:
    """Everything, in the order in which one thing names another, then the dates of the history."""
    timeline = Timeline()
    diagnostics: dict[str, Diagnostic] = {}
    load_themes()
    directory = load_directory(files, timeline)
    for convention in files.conventions:
        coordinator = directory.coordinator(convention.plan["convention"]["carrier"])
        with pghistory.context(user=coordinator.pk, trial=files.digest):
            load = load_convention(convention, directory, timeline, diagnostics)
            load_fiches(load)
            load_highlights(load)
            load_money(load)
            load_steering(load)
            load_letters(load)
    timeline.write()


def accounts(files: TrialFiles | None = None) -> list[tuple[str, str, str]]:
    """Who may sign in to the trial: role, address, password."""
    files = files or read_files()
    names = {row["key"]: row["short_name"] or row["name"] for row in files.organisations}
    rows = []
    for row in files.people:
        if not row["account"]:
            continue
        role = row["function"]
        if memberships := row.get("membership"):
            role = " ; ".join(told(line, names[line["organisation"]]) for line in memberships)
        rows.append((role[0].upper() + role[1:], row["email"], PASSWORD))
    return rows


def told(membership: Table, organisation: str) -> str:
    """« Coordination CTG, CCS, jeunesse »."""
    if membership["role"] == Role.CAF:
        return organisation
    words = [
        dict(Role.choices)[membership["role"]],
        organisation,
        *(name.lower() for name in membership["themes"]),
    ]
    if membership["communes"]:
        words.append(f"{len(membership['communes'])} communes")
    return ", ".join(words)
