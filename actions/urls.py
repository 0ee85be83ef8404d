from django.urls import path, register_converter

from actions.views import (
    conventions,
    directory,
    documents,
    fiche,
    home,
    members,
    parties,
    parts,
    plan,
    settings,
)

register_converter(parts.PartConverter, "part")
register_converter(plan.LevelConverter, "level")

app_name = "actions"
SETTINGS = "ctg/<slug:slug>/parametres"
PLAN, FICHE = "ctg/<slug:slug>/plan", "ctg/<slug:slug>/fiches/<uuid:uuid>"

urlpatterns = [
    path("", home.home, name="home"),
    # The plan
    path(f"{PLAN}/", plan.plan, name="plan"),
    path(f"{PLAN}/organiser/", plan.plan_edit, name="plan_edit"),
    path(f"{PLAN}/axes/ajouter/", plan.axe_add, name="axe_add"),
    path(f"{PLAN}/axes/<uuid:uuid>/orientations/ajouter/", plan.orientation_add, name="orientation_add"),
    path(f"{PLAN}/<level:kind>/<uuid:uuid>/modifier/", plan.level_edit, name="level_edit"),
    path(f"{PLAN}/<level:kind>/<uuid:uuid>/deplacer/", plan.level_move, name="level_move"),
    path(f"{PLAN}/<level:kind>/<uuid:uuid>/arreter/", plan.level_end, name="level_end"),
    path(f"{PLAN}/<level:kind>/<uuid:uuid>/supprimer/", plan.level_delete, name="level_delete"),
    # A fiche
    path("ctg/<slug:slug>/fiches/ajouter/", fiche.fiche_add, name="fiche_add"),
    path(f"{FICHE}/", fiche.fiche_detail, name="fiche_detail"),
    path(f"{FICHE}/sections/<slug:key>/", fiche.fiche_section, name="fiche_section"),
    path(f"{FICHE}/statut/", fiche.fiche_status, name="fiche_status"),
    path(f"{FICHE}/deplacer/", fiche.fiche_move, name="fiche_move"),
    path(f"{FICHE}/supprimer/", fiche.fiche_delete, name="fiche_delete"),
    path(f"{FICHE}/historique/", fiche.fiche_history, name="fiche_history"),
    path(f"{FICHE}/pdf/", documents.fiche_pdf, name="fiche_pdf"),
    # What hangs on it
    path(f"{FICHE}/etapes/<uuid:row>/etat/", parts.step_state, name="step_state"),
    path(f"{FICHE}/indicateurs/<uuid:indicator>/valeurs/ajouter/", parts.value_add, name="value_add"),
    path(f"{FICHE}/evaluations/<int:year>/", parts.evaluation_edit, name="evaluation_edit"),
    path(f"{FICHE}/<part:kind>/ajouter/", parts.part_add, name="part_add"),
    path(f"{FICHE}/<part:kind>/<uuid:row>/modifier/", parts.part_edit, name="part_edit"),
    path(f"{FICHE}/<part:kind>/<uuid:row>/supprimer/", parts.part_delete, name="part_delete"),
    path(f"{FICHE}/<part:kind>/<uuid:row>/deplacer/", parts.part_move, name="part_move"),
    # A new convention, its Paramètres, its people
    path("conventions/nouvelle/", conventions.convention_create, name="convention_create"),
    path("ctg/<slug:slug>/theme.css", conventions.theme_css, name="theme_css"),
    path("ctg/<slug:slug>/logo/", conventions.convention_logo, name="convention_logo"),
    path("ctg/<slug:slug>/annuaire/", directory.directory, name="directory"),
    path(f"{SETTINGS}/", settings.settings, name="settings"),
    path(f"{SETTINGS}/identite/", settings.settings_identity, name="settings_identity"),
    path(f"{SETTINGS}/niveaux/", settings.settings_levels, name="settings_levels"),
    path(f"{SETTINGS}/perimetre/", settings.settings_perimeter, name="settings_perimeter"),
    path(f"{SETTINGS}/apparence/", settings.settings_appearance, name="settings_appearance"),
    path(f"{SETTINGS}/apparence/logo/", settings.settings_logo, name="settings_logo"),
    path(f"{SETTINGS}/apparence/logo/retirer/", settings.settings_logo_remove, name="settings_logo_remove"),
    path(f"{SETTINGS}/avenants/", settings.avenant_list, name="avenant_list"),
    path(f"{SETTINGS}/avenants/<int:pk>/", settings.avenant_edit, name="avenant_edit"),
    path(f"{SETTINGS}/signataires/", parties.signatory_list, name="signatory_list"),
    path(f"{SETTINGS}/signataires/<int:pk>/retirer/", parties.signatory_remove, name="signatory_remove"),
    path(f"{SETTINGS}/signataires/<int:pk>/deplacer/", parties.signatory_move, name="signatory_move"),
    path(f"{SETTINGS}/signataires/<int:pk>/actes/ajouter/", parties.act_add, name="act_add"),
    path(f"{SETTINGS}/signataires/<int:pk>/actes/<int:act>/", parties.act_edit, name="act_edit"),
    path(f"{SETTINGS}/signataires/<int:pk>/actes/<int:act>/retirer/", parties.act_remove, name="act_remove"),
    path(f"{SETTINGS}/etapes/", parties.phase_list, name="phase_list"),
    path(f"{SETTINGS}/etapes/<int:pk>/", parties.phase_edit, name="phase_edit"),
    path(f"{SETTINGS}/etapes/<int:pk>/deplacer/", parties.phase_move, name="phase_move"),
    path(f"{SETTINGS}/etapes/<int:pk>/retirer/", parties.phase_remove, name="phase_remove"),
    path(f"{SETTINGS}/membres/", members.member_list, name="member_list"),
    path(f"{SETTINGS}/membres/inviter/", members.member_invite, name="member_invite"),
    path(f"{SETTINGS}/membres/<int:pk>/", members.member_edit, name="member_edit"),
    path(f"{SETTINGS}/membres/<int:pk>/fin/", members.member_end, name="member_end"),
    path(f"{SETTINGS}/membres/<int:pk>/renvoyer/", members.member_resend, name="member_resend"),
]
