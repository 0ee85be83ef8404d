from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ctg.accounts"
    verbose_name = "Comptes"
