from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "ctg.notices"
    verbose_name = "Avis"
