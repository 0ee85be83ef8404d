from django.urls import path

from diagnostics import views

app_name = "diagnostics"
urlpatterns = [
    path("ctg/<slug:slug>/diagnostic/", views.diagnostic, name="diagnostic"),
    path("ctg/<slug:slug>/diagnostic/creer/", views.diagnostic_add, name="diagnostic_add"),
    path(
        "ctg/<slug:slug>/diagnostic/<uuid:uuid>/reprendre/", views.diagnostic_reuse, name="diagnostic_reuse"
    ),
    path("ctg/<slug:slug>/diagnostic/<uuid:uuid>/modifier/", views.diagnostic_edit, name="diagnostic_edit"),
    path("ctg/<slug:slug>/diagnostic/<slug:kind>/ajouter/<uuid:uuid>/", views.part_add, name="part_add"),
    path("ctg/<slug:slug>/diagnostic/<slug:kind>/<uuid:uuid>/modifier/", views.part_edit, name="part_edit"),
    path(
        "ctg/<slug:slug>/diagnostic/<slug:kind>/<uuid:uuid>/supprimer/", views.part_delete, name="part_delete"
    ),
    path("ctg/<slug:slug>/diagnostic/<slug:kind>/<uuid:uuid>/deplacer/", views.part_move, name="part_move"),
]
