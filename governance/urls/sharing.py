"""Addresses of what goes out: invitations and their answers, packs, calendars."""

from django.urls import path

from governance.views import answer, convocations, invitation, pack

HERE = "ctg/<slug:slug>/"
MEETING = HERE + "reunions/<uuid:uuid>/"
LINK = "r/<str:token>/"
PACK = HERE + "dossiers/<uuid:uuid>/"

urlpatterns = [
    path(MEETING + "convoquer/", convocations.meeting_convene, name="meeting_convene"),
    path(MEETING + "convocation/relancer/", convocations.convocation_remind, name="convocation_remind"),
    path(MEETING + "convocation/renvoyer/", convocations.convocation_resend, name="convocation_resend"),
    path(MEETING + "convocation/reessayer/", convocations.convocation_retry, name="convocation_retry"),
    path(MEETING + "compte-rendu/envoyer/", convocations.minutes_send, name="minutes_send"),
    path(MEETING + "participants/<uuid:person>/reponse/", convocations.person_answer, name="person_answer"),
    path(MEETING + "ma-reponse/", answer.my_answer, name="my_answer"),
    path(LINK, invitation.invitation, name="invitation"),
    path(LINK + "reunion.ics", invitation.invitation_calendar, name="invitation_calendar"),
    path(LINK + "documents/<uuid:document>/", invitation.invitation_document, name="invitation_document"),
    path(LINK + "dossier/", invitation.invitation_pack, name="invitation_pack"),
    path(LINK + "dossier/pdf/", invitation.invitation_pack_pdf, name="invitation_pack_pdf"),
    path(LINK + "compte-rendu/", invitation.invitation_minutes, name="invitation_minutes"),
    path(HERE + "reunions/<uuid:uuid>/dossier/", pack.pack_build, name="pack_build"),
    path(PACK, pack.pack_detail, name="pack_detail"),
    path(PACK + "pdf/", pack.pack_pdf, name="pack_pdf"),
    path(PACK + "diaporama/", pack.pack_slides, name="pack_slides"),
    path(PACK + "partager/", pack.pack_share, name="pack_share"),
]
