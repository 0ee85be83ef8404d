"""Addresses of the papers of a meeting."""

from django.urls import path, register_converter

from governance.urls.meetings import MEETING
from governance.views import papers

register_converter(papers.PaperConverter, "paper")

urlpatterns = [
    path(MEETING + "compte-rendu/", papers.meeting_minutes, name="meeting_minutes"),
    path(MEETING + "documents/<paper:kind>/", papers.meeting_paper, name="meeting_paper"),
]
