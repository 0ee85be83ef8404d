from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "ctg.mail"
    verbose_name = "Courriels"
