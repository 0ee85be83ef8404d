from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "ctg.files"
    verbose_name = "Fichiers"
