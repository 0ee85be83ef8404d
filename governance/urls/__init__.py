from django.urls import path

from governance.urls import (
    audience,
    bodies,
    digest,
    feeds,
    meetings,
    newsletter,
    papers,
    preferences,
    public,
    sharing,
)
from governance.views import bilan, dashboard

app_name = "governance"
urlpatterns = [
    path("ctg/<slug:slug>/", dashboard.dashboard, name="dashboard"),
    path("ctg/<slug:slug>/bilans/", bilan.bilan_list, name="bilan_list"),
    *audience.urlpatterns,
    *bodies.urlpatterns,
    *digest.urlpatterns,
    *feeds.urlpatterns,
    *meetings.urlpatterns,
    *newsletter.urlpatterns,
    *papers.urlpatterns,
    *preferences.urlpatterns,
    *public.urlpatterns,
    *sharing.urlpatterns,
]
