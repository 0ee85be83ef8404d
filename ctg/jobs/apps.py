from django.apps import AppConfig

from ctg.jobs.broker import spare_workers


class JobsConfig(AppConfig):
    name = "ctg.jobs"
    verbose_name = "Travaux"

    def ready(self) -> None:
        spare_workers()
