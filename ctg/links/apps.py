from django.apps import AppConfig


class LinksConfig(AppConfig):
    name = "ctg.links"
    verbose_name = "Liens signés"
