"""Communes, EPCI and départements of France, and the first list of themes."""

from typing import Any

from django.core.management.base import BaseCommand

from territories.importers import load_reference


class Command(BaseCommand):
    help = "Charge les communes, les EPCI et les départements de France. Peut être relancée."

    def handle(self, **_options: Any) -> None:
        for name, count in load_reference().items():
            self.stdout.write(f"{count:,} {name}".replace(",", "\u202f"))
