"""The only routes of django-allauth that exist here: nobody signs up, nor changes an address, alone.

An address is who a person is: invitations and contacts are tied to it. Changing it without proof would let
somebody take the next invitation of another.
"""

from allauth.account import views
from django.urls import path, re_path

urlpatterns = [
    path("compte/login/", views.login, name="account_login"),
    path("compte/logout/", views.logout, name="account_logout"),
    path("compte/signup/", views.signup, name="account_signup"),  # says that sign-up is closed
    path("compte/inactive/", views.account_inactive, name="account_inactive"),
    path("compte/reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("compte/password/change/", views.password_change, name="account_change_password"),
    path("compte/password/reset/", views.password_reset, name="account_reset_password"),
    path("compte/password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^compte/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "compte/password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
