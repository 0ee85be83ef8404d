from django.apps import AppConfig


class CtgConfig(AppConfig):
    """The kernel. It knows no word of the field."""

    name = "ctg"
    verbose_name = "Noyau"
