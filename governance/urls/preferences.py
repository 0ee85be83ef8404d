"""Addresses of what a member receives by mail."""

from django.urls import path

from governance.views import preferences

urlpatterns = [
    path("mon-compte/courriels/", preferences.preferences, name="preferences"),
    path(
        "mon-compte/courriels/lettres/<uuid:uuid>/", preferences.newsletter_choice, name="newsletter_choice"
    ),
]
