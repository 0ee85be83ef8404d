"""A letter from its facts to the box of a reader, who leaves in one click."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.people import COORDINATOR, PHONE, SUNDGAU

pytestmark = pytest.mark.journey


def test_drafted_rewritten_ordered_sent_read_and_left(someone, work_done, mailoutbox):
    coordinator = someone(COORDINATOR)
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
    page.get_by_role("button", name="Voir la liste").click()
    coordinator.look()
    page.get_by_role("link", name="Revenir à la lettre").click()
    page.get_by_role("button", name="M’envoyer un essai").click()
    work_done()
    [test] = mailoutbox
    assert (test.to, test.subject[:8]) == ([f"Coordination CTG Sundgau <{COORDINATOR}>"], "[Essai] ")

    page.get_by_role("link", name="Envoyer…").click()
    coordinator.look()
    page.get_by_role("button", name=re.compile("Envoyer à .* adresses")).click()
    work_done()
    expect(page.locator("#messages")).to_contain_text("La lettre part vers")
    page.reload()
    expect(page.locator("#envoi")).to_contain_text("envoyés")
    coordinator.look()
    letters = mailoutbox[1:]
    assert len(letters) == len({mail.to[0] for mail in letters}) > 5

    # A reader, on a phone.
    guest = someone(**PHONE)
    read = re.search(r"En ligne : https?://[^/]+(/\S+)", letters[0].body)[1]
    expect(guest.visit(read).get_by_role("main")).to_contain_text("Deux actions abouties")
    leave = re.search(r"Ne plus la recevoir : https?://[^/]+(/\S+)", letters[0].body)[1]
    seen = guest.visit(leave)
    seen.get_by_role("button", name="Me désabonner").click()
    expect(seen.get_by_role("main")).to_contain_text("C’est fait")
    page = coordinator.visit(f"/ctg/{SUNDGAU}/lettre/abonnes/?etat=desabonnes")
    expect(page.get_by_role("main")).to_contain_text(re.search(r"<(.+)>", letters[0].to[0])[1])
