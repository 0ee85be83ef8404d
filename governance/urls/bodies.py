"""Addresses of bodies, posts and weather."""

from django.urls import path

from governance.views import committees, posts, seats, weather

urlpatterns = [
    path("ctg/<slug:slug>/instances/", committees.committee_list, name="committee_list"),
    path("ctg/<slug:slug>/instances/ajouter/", committees.committee_add, name="committee_add"),
    path("ctg/<slug:slug>/instances/<uuid:uuid>/", committees.committee_detail, name="committee_detail"),
    path("ctg/<slug:slug>/instances/<uuid:uuid>/modifier/", committees.committee_edit, name="committee_edit"),
    path("ctg/<slug:slug>/instances/<uuid:uuid>/clore/", committees.committee_end, name="committee_end"),
    path("ctg/<slug:slug>/instances/<uuid:uuid>/membres/ajouter/", seats.seat_add, name="seat_add"),
    path("ctg/<slug:slug>/instances/<uuid:uuid>/membres/<uuid:seat>/", seats.seat_edit, name="seat_edit"),
    path(
        "ctg/<slug:slug>/instances/<uuid:uuid>/membres/<uuid:seat>/retirer/", seats.seat_end, name="seat_end"
    ),
    path("ctg/<slug:slug>/postes/", posts.post_list, name="post_list"),
    path("ctg/<slug:slug>/postes/ajouter/", posts.post_add, name="post_add"),
    path("ctg/<slug:slug>/postes/<uuid:uuid>/", posts.post_edit, name="post_edit"),
    path("ctg/<slug:slug>/postes/<uuid:uuid>/supprimer/", posts.post_delete, name="post_delete"),
    path("ctg/<slug:slug>/postes/<uuid:uuid>/fiche-de-poste/", posts.post_file, name="post_file"),
    path("ctg/<slug:slug>/meteo/", weather.weather_list, name="weather_list"),
    path("ctg/<slug:slug>/meteo/projets/<uuid:uuid>/", weather.weather_edit, name="weather_edit"),
    path(
        "ctg/<slug:slug>/meteo/projets/<uuid:uuid>/publier/", weather.weather_publish, name="weather_publish"
    ),
    path(
        "ctg/<slug:slug>/meteo/projets/<uuid:uuid>/supprimer/", weather.weather_delete, name="weather_delete"
    ),
    path("ctg/<slug:slug>/meteo/transversales/", weather.weather_add, name="weather_add"),
    path("ctg/<slug:slug>/meteo/<uuid:axe>/", weather.weather_add, name="weather_add"),
]
