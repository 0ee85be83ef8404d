"""Addresses of the public page of a convention: for its coordination, then for anyone."""

from django.urls import path

from governance.views import public_page as page
from governance.views import public_pages as pages

HERE = "ctg/<slug:slug>/page-publique/"
# For ever: it is printed in municipal bulletins.
DISCOVER = "decouvrir/<slug:slug>/"

urlpatterns = [
    path(HERE, pages.public_page_edit, name="public_page_edit"),
    path(HERE + "publier/", pages.public_page_publish, name="public_page_publish"),
    path(HERE + "retirer/", pages.public_page_withdraw, name="public_page_withdraw"),
    path(DISCOVER, page.public_page, name="public_page"),
    path(DISCOVER + "logo/", page.public_page_logo, name="public_page_logo"),
    path(DISCOVER + "theme.css", page.public_page_theme, name="public_page_theme"),
    path(DISCOVER + "images/<uuid:uuid>/", page.public_page_image, name="public_page_image"),
]
