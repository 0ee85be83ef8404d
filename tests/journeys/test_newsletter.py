"""Somebody subscribes; a letter goes from its facts to their box; they read it on line, and leave in one click."""

import email
import email.policy
import re
from email.message import EmailMessage as Message
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from django.core.mail import EmailMessage
from playwright.sync_api import expect

from tests.journeys.people import COORDINATOR, PHONE, SUNDGAU

pytestmark = pytest.mark.journey


READER = "lea.martin@example.org"


def received(mail: EmailMessage) -> Message:
    """As a mail program reads it."""
    return email.message_from_bytes(mail.message().as_bytes(), policy=email.policy.default)


def link_in(text: str, before: str = "") -> str:
    """The path of the first address that follows these words."""
    return urlsplit(re.search(rf"{before}(https?://\S+)", text)[1]).path


def test_subscribed_drafted_rewritten_ordered_sent_read_and_left(someone, site, work_done, mailoutbox):
    coordinator, guest = someone(COORDINATOR), someone(**PHONE)
    page = coordinator.visit(f"/ctg/{SUNDGAU}/lettre/reglages/")
    page.get_by_label("Ouvrir l’abonnement au public").check()
    page.get_by_role("button", name="Enregistrer").click()

    seen = guest.visit(f"/ctg/{SUNDGAU}/lettre/abonnement/")
    seen.get_by_label("Adresse électronique").fill(READER)
    seen.get_by_label(re.compile("J’accepte")).check()
    seen.get_by_role("button", name="M’abonner").click()
    guest.look()
    work_done()
    [asked] = mailoutbox
    seen = guest.visit(link_in(asked.body))
    seen.get_by_role("button", name="Je confirme").click()
    expect(seen.locator("#messages")).to_contain_text("confirmé")
    guest.look()
    mailoutbox.clear()

    page = coordinator.visit(f"/ctg/{SUNDGAU}/lettres/")
    page.get_by_role("link", name="Préparer une lettre").click()
    coordinator.look()
    page.get_by_label("Faits du").fill("2025-01-01")
    page.get_by_role("button", name="Rédiger la lettre").click()
    expect(page.locator("#messages")).to_contain_text("parties à relire")
    coordinator.look()

    # Rewritten in its place; what is wrong is said there.
    part = page.locator(".letter > li").first
    part.get_by_role("link", name="Réécrire").click()
    part.get_by_label("Titre").fill("Deux actions abouties")
    part.get_by_label("Lien", exact=True).fill("javascript:alert(1)")
    part.get_by_role("button", name="Enregistrer").click()
    expect(part).to_contain_text("Donnez une adresse complète")
    coordinator.look()
    part.get_by_label("Lien", exact=True).fill("https://example.org/forum")
    part.get_by_role("button", name="Enregistrer").click()
    expect(part.get_by_role("heading", name="Deux actions abouties")).to_be_visible()
    part.locator("summary").click()
    part.get_by_role("button", name="Descendre").click()
    expect(page.locator(".letter > li").nth(1)).to_contain_text("Deux actions abouties")

    page.get_by_role("link", name=re.compile("destinataire")).click()
    coordinator.look()
    page.get_by_label("Membres des instances").check()
    page.get_by_label("Abonnés", exact=True).check()
    page.get_by_role("button", name="Enregistrer et voir la liste").click()
    coordinator.look()
    expect(page.get_by_role("main")).to_contain_text(READER)
    page.get_by_role("link", name="Revenir à la lettre").click()
    page.get_by_role("link", name="Voir le courriel").click()
    for look in ("Ordinateur", "Téléphone"):
        page.get_by_role("link", name=look).click()
        expect(page.frame_locator("iframe").get_by_text("Deux actions abouties")).to_be_visible()
        coordinator.look()
    page.get_by_role("link", name="Revenir à la lettre").click()
    page.get_by_role("button", name="M’envoyer un essai").click()
    work_done()
    [test] = mailoutbox
    assert (test.to, test.subject[:8]) == ([f"Coordination CTG Sundgau <{COORDINATOR}>"], "[Essai] ")

    page.get_by_role("link", name="Envoyer…").click()
    coordinator.look()
    page.get_by_role("button", name=re.compile("Envoyer à .* adresses")).click()
    expect(page.locator("#confirm")).to_contain_text("Une lettre envoyée ne se reprend pas.")
    page.locator("#confirm").get_by_role("button", name="Envoyer", exact=True).click()
    expect(page.locator("#messages")).to_contain_text("La lettre part vers")
    work_done()
    page.reload()
    expect(page.locator("#envoi")).to_contain_text("envoyés")
    coordinator.look()
    page.get_by_role("link", name="Voir à qui elle est partie").click()
    expect(page.get_by_role("main")).to_contain_text(READER)
    coordinator.look()
    letters = mailoutbox[1:]
    assert len(letters) == len({mail.to[0] for mail in letters}) > 5

    # Its reader, on a phone; their mail program then leaves by itself, without a cookie.
    [letter] = [received(mail) for mail in letters if READER in mail.to[0]]
    text = letter.get_body(("plain",)).get_content()
    expect(guest.visit(link_in(text, "En ligne : ")).get_by_role("main")).to_contain_text(
        "Deux actions abouties"
    )
    leave = link_in(letter["List-Unsubscribe"], "<").rstrip(">")
    assert leave == link_in(text, "Ne plus la recevoir : ")
    expect(guest.visit(leave).get_by_role("button", name="Me désabonner")).to_be_visible()
    with urlopen(Request(site + leave, letter["List-Unsubscribe-Post"].encode())) as answer:
        assert answer.status == 200
    page = coordinator.visit(f"/ctg/{SUNDGAU}/lettre/abonnes/?etat=desabonnes")
    expect(page.get_by_role("main")).to_contain_text(READER)
