from datetime import timedelta

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "ctg.notices"
    verbose_name = "Avis"

    def ready(self) -> None:
        from ctg.mail.services import register_writer
        from ctg.notices.letters import write_notices
        from ctg.notices.services import LETTER

        register_writer(LETTER, write_notices, kept_for=timedelta(days=60))
