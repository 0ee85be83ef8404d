from django.urls import path

from ctg.pages import views

urlpatterns = [
    path("accessibilite/", views.accessibilite, name="accessibilite"),
    path("mentions-legales/", views.mentions_legales, name="mentions_legales"),
    path("donnees-personnelles/", views.donnees_personnelles, name="donnees_personnelles"),
    path("plan-du-site/", views.plan_du_site, name="plan_du_site"),
    path("glossaire/", views.glossaire, name="glossaire"),
    path("sante/vif", views.alive, name="alive"),
    path("sante/pret", views.ready, name="ready"),
    path("essai/courriels/", views.outbox, name="outbox"),
    path("essai/courriels/<str:name>", views.outbox_mail, name="outbox_mail"),
]
