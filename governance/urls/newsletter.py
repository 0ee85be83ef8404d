"""Addresses of the newsletter: its issues for whoever writes them, and what anyone reads."""

from django.urls import path

from governance.views import newsletter_blocks as blocks
from governance.views import newsletter_public as public
from governance.views import newsletter_sending as sending
from governance.views import newsletters

HERE = "ctg/<slug:slug>/lettres/"
ONE = HERE + "<uuid:uuid>/"
BLOCK = ONE + "parties/<uuid:block>/"
# For ever: it is printed in what was sent.
READ = "lettres/<uuid:uuid>/"

urlpatterns = [
    path(HERE, newsletters.newsletter_list, name="newsletter_list"),
    path(HERE + "preparer/", newsletters.newsletter_create, name="newsletter_create"),
    path(ONE, newsletters.newsletter_detail, name="newsletter_detail"),
    path(ONE + "modifier/", newsletters.newsletter_edit, name="newsletter_edit"),
    path(ONE + "completer/", newsletters.newsletter_complete, name="newsletter_complete"),
    path(ONE + "reprendre/", newsletters.newsletter_reopen, name="newsletter_reopen"),
    path(ONE + "abandonner/", newsletters.newsletter_drop, name="newsletter_drop"),
    path(ONE + "parties/ajouter/", blocks.newsletter_block_add, name="newsletter_block_add"),
    path(BLOCK, blocks.newsletter_block_edit, name="newsletter_block_edit"),
    path(BLOCK + "deplacer/", blocks.newsletter_block_move, name="newsletter_block_move"),
    path(BLOCK + "retirer/", blocks.newsletter_block_delete, name="newsletter_block_delete"),
    path(ONE + "apercu/", sending.newsletter_preview, name="newsletter_preview"),
    path(ONE + "destinataires/", sending.newsletter_recipients, name="newsletter_recipients"),
    path(ONE + "essai/", sending.newsletter_test, name="newsletter_test"),
    path(ONE + "envoyer/", sending.newsletter_send, name="newsletter_send"),
    path(ONE + "renvoyer/", sending.newsletter_resend, name="newsletter_resend"),
    path(ONE + "reessayer/", sending.newsletter_retry, name="newsletter_retry"),
    path(READ, public.newsletter_read, name="newsletter_read"),
    path(READ + "logo/", public.newsletter_logo, name="newsletter_logo"),
    path(READ + "images/<uuid:block>/", public.newsletter_image, name="newsletter_image"),
    path("ctg/<slug:slug>/lettre/numeros/", public.newsletter_archive, name="newsletter_archive"),
]
