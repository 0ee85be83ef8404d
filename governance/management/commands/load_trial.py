"""The trial's conventions, accounts and fictitious values."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.importers.trial import accounts, load_trial
from governance.importers.trial_files import TrialError


class Command(BaseCommand):
    help = "Charge les trois conventions de l’essai et leurs valeurs fictives. Peut être relancée."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--accounts", action="store_true", help="affiche les comptes de l’essai, sans rien charger"
        )

    def handle(self, **options: Any) -> None:
        if options["accounts"]:
            self.print_accounts()
            return
        try:
            counts = load_trial()
        except TrialError as error:
            raise CommandError(str(error)) from error
        if counts is None:
            self.stdout.write("L’essai est déjà chargé.")
        for name, count in (counts or {}).items():
            self.stdout.write(f"{count} {name}")

    def print_accounts(self) -> None:
        rows = [("Rôle", "Adresse", "Mot de passe"), *accounts()]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        rows.insert(1, tuple("-" * width for width in widths))  # type: ignore[arg-type]
        for row in rows:
            self.stdout.write(
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            )
