"""The « quartiers prioritaires de la politique de la ville », from the file the ANCT publishes."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from territories.importers import UnreadableFileError, load_qpv, parse_qpv


class Command(BaseCommand):
    help = (
        "Charge les QPV du fichier CSV de l’ANCT (code_qp, lib_qp, insee_com, lib_com). Peut être relancée."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("fichier", type=Path)

    def handle(self, *, fichier: Path, **_options: Any) -> None:
        try:
            report = load_qpv(parse_qpv(fichier.read_bytes()))
        except (OSError, UnreadableFileError) as error:
            raise CommandError(f"Fichier refusé : {error}") from error
        self.stdout.write(f"{report.created} QPV créés, {report.updated} déjà connus.")
        if report.unknown:
            self.stdout.write(f"Communes inconnues, laissées de côté : {', '.join(sorted(report.unknown))}.")
