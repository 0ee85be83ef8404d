from django.urls import path, re_path

from territories.views import administration, people, places

app_name = "territories"
urlpatterns = [
    path("territoires/", places.place_search, name="place_search"),
    re_path(r"^territoires/epci/(?P<siren>[0-9]{9})/$", places.epci_detail, name="epci_detail"),
    re_path(
        r"^territoires/communes/(?P<code>[0-9][0-9AB][0-9]{3})/$",
        places.commune_detail,
        name="commune_detail",
    ),
    # People, and the administration of the instance
    path("invitation/<str:uidb64>/<str:token>/", people.invitation, name="invitation"),
    path("compte/profil/", people.account, name="account"),
    path("administration/", administration.administration, name="administration"),
    path("administration/caf/nouvelle/", administration.caf_create, name="caf_create"),
    path("administration/caf/<uuid:uuid>/", administration.caf_detail, name="caf_detail"),
    path("administration/caf/<uuid:uuid>/modifier/", administration.caf_edit, name="caf_edit"),
    path("administration/caf/<uuid:uuid>/membres/<int:pk>/fin/", administration.agent_end, name="agent_end"),
    path("administration/thematiques/ajouter/", administration.theme_add, name="theme_add"),
    path("administration/thematiques/<int:pk>/", administration.theme_edit, name="theme_edit"),
    path("administration/thematiques/<int:pk>/deplacer/", administration.theme_move, name="theme_move"),
]
