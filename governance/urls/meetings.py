"""Addresses of meetings: agenda, session, decisions, minutes."""

from django.urls import path

from governance.views import agenda, decisions, meetings, session

HERE = "ctg/<slug:slug>/"
MEETING = HERE + "reunions/<uuid:uuid>/"
ITEM = MEETING + "points/<uuid:item>/"
SUBJECT = HERE + "sujets/<uuid:uuid>/"
DECISION = HERE + "decisions/<uuid:uuid>/"
EFFECT = DECISION + "fiches/<int:effect>/"
PERSON = MEETING + "participants/<uuid:person>/"

urlpatterns = [
    path(HERE + "reunions/", meetings.meeting_list, name="meeting_list"),
    path(HERE + "reunions/preparer/", meetings.meeting_add, name="meeting_add"),
    path(HERE + "reunions/enregistrer/", meetings.meeting_record, name="meeting_record"),
    path(HERE + "reunions/jour/", meetings.day_said, name="day_said"),
    path(MEETING, meetings.meeting_detail, name="meeting_detail"),
    path(MEETING + "modifier/", meetings.meeting_edit, name="meeting_edit"),
    path(MEETING + "supprimer/", meetings.meeting_delete, name="meeting_delete"),
    path(MEETING + "annuler/", meetings.meeting_cancel, name="meeting_cancel"),
    path(MEETING + "ouvrir/", meetings.meeting_open, name="meeting_open"),
    path(MEETING + "seance/", session.meeting_session, name="meeting_session"),
    path(MEETING + "seance/textes/", session.live_texts, name="live_texts"),
    path(MEETING + "seance/<slug:kind>/<uuid:row>/", session.live_save, name="live_save"),
    path(MEETING + "projection/", session.meeting_screen, name="meeting_screen"),
    path(MEETING + "clore/", session.meeting_close, name="meeting_close"),
    path(MEETING + "compte-rendu/approuver/", meetings.minutes_approve, name="minutes_approve"),
    path(MEETING + "points/ajouter/", agenda.item_add, name="item_add"),
    path(MEETING + "points/reprendre/", agenda.subject_plan, name="subject_plan"),
    path(ITEM, agenda.item_edit, name="item_edit"),
    path(ITEM + "retirer/", agenda.item_delete, name="item_delete"),
    path(ITEM + "deplacer/", agenda.item_move, name="item_move"),
    path(ITEM + "suite/", session.item_outcome, name="item_outcome"),
    path(ITEM + "options/ajouter/", agenda.option_add, name="option_add"),
    path(ITEM + "options/<uuid:option>/", agenda.option_edit, name="option_edit"),
    path(ITEM + "options/<uuid:option>/retirer/", agenda.option_delete, name="option_delete"),
    path(ITEM + "documents/ajouter/", agenda.document_add, name="document_add"),
    path(ITEM + "documents/<uuid:document>/", agenda.document_open, name="document_open"),
    path(ITEM + "documents/<uuid:document>/retirer/", agenda.document_delete, name="document_delete"),
    path(MEETING + "participants/ajouter/", session.person_add, name="person_add"),
    path(MEETING + "participants/membres/", session.person_fill, name="person_fill"),
    path(MEETING + "participants/selon-reponse/", session.person_follow, name="person_follow"),
    path(PERSON + "retirer/", session.person_remove, name="person_remove"),
    path(PERSON + "presence/", session.person_tick, name="person_tick"),
    path(MEETING + "decisions/ajouter/", decisions.decision_add, name="decision_add"),
    path(HERE + "sujets/", agenda.subject_list, name="subject_list"),
    path(HERE + "sujets/proposer/", agenda.subject_add, name="subject_add"),
    path(SUBJECT, agenda.subject_edit, name="subject_edit"),
    path(SUBJECT + "retirer/", agenda.subject_delete, name="subject_delete"),
    path(HERE + "decisions/", decisions.decision_list, name="decision_list"),
    path(DECISION, decisions.decision_edit, name="decision_edit"),
    path(DECISION + "supprimer/", decisions.decision_delete, name="decision_delete"),
    path(DECISION + "suite/", decisions.decision_follow, name="decision_follow"),
    path(DECISION + "fiches/ajouter/", decisions.effect_add, name="effect_add"),
    path(EFFECT, decisions.effect_edit, name="effect_edit"),
    path(EFFECT + "retirer/", decisions.effect_delete, name="effect_delete"),
]
