from django.urls import path

from governance.urls import audience, bodies, feeds, meetings, newsletter, papers, sharing
from governance.views import bilan, dashboard

app_name = "governance"
urlpatterns = [
    path("ctg/<slug:slug>/", dashboard.dashboard, name="dashboard"),
    path("ctg/<slug:slug>/bilans/", bilan.bilan_list, name="bilan_list"),
    *audience.urlpatterns,
    *bodies.urlpatterns,
    *feeds.urlpatterns,
    *meetings.urlpatterns,
    *newsletter.urlpatterns,
    *papers.urlpatterns,
    *sharing.urlpatterns,
]
