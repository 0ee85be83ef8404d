"""Addresses of the audience of a newsletter: the public page, the links of letters, the coordination's list."""

from django.urls import path, register_converter

from governance.views import subscribers, subscriptions

register_converter(subscribers.SheetConverter, "sheet")

HERE = "ctg/<slug:slug>/lettre/"
ONE = HERE + "abonnes/<uuid:uuid>/"
LINK = "lettre/<str:token>/"

urlpatterns = [
    path(HERE + "abonnement/", subscriptions.subscribe, name="subscribe"),
    path(HERE + "abonnement/demande/", subscriptions.subscribe_sent, name="subscribe_sent"),
    path(LINK, subscriptions.subscription, name="subscription"),
    path(LINK + "confirmer/", subscriptions.subscription_confirm, name="subscription_confirm"),
    path(LINK + "desabonnement/", subscriptions.unsubscribe, name="unsubscribe"),
    path(HERE + "reglages/", subscribers.newsletter_audience, name="newsletter_audience"),
    path(HERE + "abonnes/", subscribers.subscriber_list, name="subscriber_list"),
    path(HERE + "abonnes/ajouter/", subscribers.subscriber_add, name="subscriber_add"),
    path(HERE + "abonnes/importer/", subscribers.subscriber_import, name="subscriber_import"),
    path(HERE + "abonnes/exporter/<sheet:kind>/", subscribers.subscriber_export, name="subscriber_export"),
    path(ONE + "retirer/", subscribers.subscriber_remove, name="subscriber_remove"),
    path(ONE + "effacer/", subscribers.subscriber_erase, name="subscriber_erase"),
]
