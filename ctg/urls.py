"""Every address of the site."""

from django.urls import include, path

handler403 = "ctg.faults.permission_denied"
handler500 = "ctg.faults.server_error"

urlpatterns = [
    path("", include("ctg.accounts.urls")),
    path("", include("ctg.jobs.urls")),
    path("", include("ctg.notices.urls")),
    path("", include("ctg.pages.urls")),
    path("", include("territories.urls")),
    path("", include("diagnostics.urls")),
    path("", include("actions.urls")),
    path("", include("governance.urls")),
]
