"""Address of the digest, on screen."""

from django.urls import path

from governance.views import digest

urlpatterns = [
    path("mon-compte/courriels/recapitulatif/", digest.digest_preview, name="digest_preview"),
]
