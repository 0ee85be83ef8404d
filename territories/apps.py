from django.apps import AppConfig


class TerritoriesConfig(AppConfig):
    name = "territories"
    verbose_name = "Territoires"

    def ready(self) -> None:
        from territories import glossary  # noqa: PLC0415 - the frame is ready only now

        glossary.load()
