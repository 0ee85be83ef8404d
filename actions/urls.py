from django.urls import path, register_converter

from actions.views import fiche, home, parts, plan

register_converter(parts.PartConverter, "part")
register_converter(plan.LevelConverter, "level")

app_name = "actions"
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
    # What hangs on it
    path(f"{FICHE}/etapes/<uuid:row>/etat/", parts.step_state, name="step_state"),
    path(f"{FICHE}/indicateurs/<uuid:indicator>/valeurs/ajouter/", parts.value_add, name="value_add"),
    path(f"{FICHE}/evaluations/<int:year>/", parts.evaluation_edit, name="evaluation_edit"),
    path(f"{FICHE}/<part:kind>/ajouter/", parts.part_add, name="part_add"),
    path(f"{FICHE}/<part:kind>/<uuid:row>/modifier/", parts.part_edit, name="part_edit"),
    path(f"{FICHE}/<part:kind>/<uuid:row>/supprimer/", parts.part_delete, name="part_delete"),
    path(f"{FICHE}/<part:kind>/<uuid:row>/deplacer/", parts.part_move, name="part_move"),
]
