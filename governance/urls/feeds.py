"""Addresses of calendars."""

from django.urls import path

from governance.views import feeds

urlpatterns = [
    path("mon-agenda/", feeds.feed_list, name="feed_list"),
    path("mon-agenda/<uuid:uuid>/retirer/", feeds.feed_remove, name="feed_remove"),
    path("agenda/<str:token>/ctg.ics", feeds.feed_read, name="feed_read"),
    path("ctg/<slug:slug>/reunions/<uuid:uuid>/reunion.ics", feeds.meeting_ics, name="meeting_ics"),
]
