from django.urls import path

from ctg.notices import views

app_name = "notices"
urlpatterns = [
    path("avis/", views.notice_list, name="notice_list"),
    path("avis/arreter/<str:token>/", views.mail_stop, name="mail_stop"),
]
