from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class CtgConfig(AppConfig):
    """The kernel. It knows no word of the field."""

    name = "ctg"
    verbose_name = "Noyau"

    def ready(self) -> None:
        from django.core.validators import validate_email

        # One word for it everywhere, in Django's forms and in allauth's.
        validate_email.message = "Saisissez une adresse électronique valide, comme prenom.nom@exemple.fr."


class ServedFilesConfig(StaticFilesConfig):
    """Django's static files, without what the packages ship and no page loads: it costs 20 s to compress."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "hx-*",
        "htm*-4*",
        "bootstrap-*",
        "bootstrap.[!bm]*",
        "bootstrap.bundle.js*",
        "*.rtl.*",
        "scss",
        "material-icons*",
        "configurable.js*",
        "overrides.css*",
    ]
