from django.urls import path

from ctg.jobs import views

app_name = "jobs"
urlpatterns = [
    path("travaux/", views.job_list, name="job_list"),
    path("travaux/<uuid:uuid>/", views.job_detail, name="job_detail"),
    path("travaux/<uuid:uuid>/annuler/", views.job_cancel, name="job_cancel"),
    path("travaux/<uuid:uuid>/relancer/", views.job_retry, name="job_retry"),
    path("travaux/<uuid:uuid>/fichier/", views.job_download, name="job_download"),
]
