"""A COPIL from its preparation to what became of it: prepared, convened, run, decided, closed, followed."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from actions.models import FicheAction
from governance.models import AgendaItem, Meeting
from tests.journeys.people import COORDINATOR, ELU, PHONE, SUNDGAU, fiche_path

pytestmark = pytest.mark.journey


def prepare(page: Page, committee: str, day: str) -> None:
    """From the list of meetings; ends on the page of the new one."""
    page.get_by_role("link", name="Préparer une réunion").click()
    page.get_by_label("Instance", exact=True).select_option(label=committee)
    page.get_by_label("Date", exact=True).fill(day)
    page.get_by_label("De", exact=True).fill("14:00")
    page.get_by_label("À", exact=True).fill("16:00")
    page.get_by_label("Lieu").fill("Maison France Services, Ferrette")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#messages")).to_contain_text("rien n’est envoyé tant que vous ne convoquez pas")


def add_item(page: Page, title: str, options: tuple[str, ...] = ()) -> None:
    """To the agenda that is shown, with what one may choose between."""
    page.get_by_role("link", name="Ajouter un point").click()
    page.get_by_label("Sujet").fill(title)
    page.get_by_label("Durée (min)").fill("30")
    if options:
        page.get_by_label("Une décision est demandée").check()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    if not options:
        return
    for option in options:
        page.get_by_role("link", name="Ajouter une option").click()
        page.get_by_label("Option").fill(option)
        page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.get_by_role("button", name="Enregistrer", exact=True).click()


def test_from_its_preparation_to_the_fiche_and_the_next_one(someone, work_done, mailoutbox):
    coordinator = someone(COORDINATOR)
    page = coordinator.visit(f"/ctg/{SUNDGAU}/reunions/")
    day = timezone.localdate() + timedelta(days=120)
    prepare(page, "COPIL", day.isoformat())
    add_item(page, "Où en est le plan")
    add_item(page, "Un lieu fixe ou itinérant", ("Un lieu fixe", "Un lieu itinérant"))
    coordinator.look()
    meeting = Meeting.objects.latest("pk")

    # Convened: each person once, with the event for their agenda.
    page.get_by_role("link", name="Convoquer").click()
    coordinator.look()
    asked = meeting.attendances.exclude(contact__email="", contact__user=None).count()
    page.get_by_role("button", name=re.compile("Convoquer .* personnes")).click()
    work_done()
    assert len(mailoutbox) == len({mail.to[0] for mail in mailoutbox}) == asked > 5
    page.reload()
    coordinator.look()

    # Somebody without an account answers from a phone.
    path = re.search(r"http://\S+?(/r/[\w-]+/)", mailoutbox[0].body)[1]
    guest = someone(**PHONE)
    answer = guest.visit(path)
    expect(answer.get_by_role("main")).to_contain_text("Un lieu fixe ou itinérant")
    answer.get_by_label("Représenté", exact=False).first.check()
    answer.get_by_role("button", name="Envoyer ma réponse").click()
    guest.look()  # by whom is asked
    answer.get_by_label(re.compile("par qui|Représenté par", re.IGNORECASE)).last.fill("Mme Voisin")
    answer.get_by_role("button", name="Envoyer ma réponse").click()
    expect(answer.get_by_role("main")).to_contain_text("Mme Voisin")
    guest.look()

    # The day has come.
    Meeting.objects.filter(pk=meeting.pk).update(date=timezone.localdate())

    # The session: notes saved as they are typed, a decision that changes a fiche.
    page.reload()
    page.get_by_role("button", name="Ouvrir la séance").click()
    coordinator.look()
    point = page.locator("section").filter(has=page.get_by_role("heading", name="2. Un lieu fixe"))
    point.get_by_label("Notes").fill("- Tour de table\n- Vote à main levée")
    expect(page.locator("#live-state")).to_contain_text("Enregistré à")
    item = AgendaItem.objects.get(meeting=meeting, title="Un lieu fixe ou itinérant")
    assert item.notes == "- Tour de table\n- Vote à main levée"
    point.get_by_text("Ajouter une décision").click()
    point.get_by_label("Un lieu itinérant").check()
    point.get_by_label("Ce qui est décidé").fill("Le lieu d’accueil sera itinérant.")
    point.get_by_role("button", name="Ajouter la décision").click()
    page.get_by_role("button", name=re.compile("^Présent")).first.click()
    page.get_by_role("link", name="Préciser").click()
    coordinator.look()
    page.get_by_role("link", name="Ajouter une fiche concernée").click()
    fiche = FicheAction.objects.get(convention__slug=SUNDGAU, number="4")
    page.locator("select[name=fiche]").select_option(label=str(fiche))
    page.get_by_label("Nouveau statut").select_option("reportee")
    page.get_by_label("Motif").fill("Le véhicule arrive en 2028")
    page.get_by_label("Nouvelle date").fill("2028-03-01")
    coordinator.look()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.get_by_role("button", name="Enregistrer", exact=True).click()

    page.get_by_role("link", name="Clore la séance").click()
    expect(page.get_by_role("main")).to_contain_text("Le véhicule arrive en 2028")
    coordinator.look()
    page.get_by_role("button", name="Clore la réunion").click()
    expect(page.locator("#messages")).to_contain_text("La réunion est close")
    coordinator.look()

    # On the fiche, for an élu; what was not treated waits; the next meeting looks at the decision.
    elu = someone(ELU)
    seen = elu.visit(fiche_path(SUNDGAU, "4"))
    expect(seen.get_by_role("main")).to_contain_text("Le lieu d’accueil sera itinérant.")
    expect(seen.get_by_role("main")).to_contain_text("reportée")
    page = coordinator.visit(f"/ctg/{SUNDGAU}/sujets/")
    expect(page.get_by_role("main")).to_contain_text("Où en est le plan")
    page = coordinator.visit(f"/ctg/{SUNDGAU}/reunions/")
    prepare(page, "COPIL", (day + timedelta(days=90)).isoformat())
    expect(page.locator("#suites")).to_contain_text("Le lieu d’accueil sera itinérant.")


def test_two_secretaries_and_a_lost_network_lose_nothing(someone):
    first = someone(COORDINATOR)
    page = first.visit(f"/ctg/{SUNDGAU}/reunions/")
    prepare(page, "COTECH", timezone.localdate().isoformat())
    add_item(page, "Calendrier")
    page.get_by_role("button", name="Ouvrir la séance").click()
    notes = page.get_by_label("Notes", exact=True)
    expect(notes).to_be_visible()
    second = someone(COORDINATOR)
    other = second.visit(page.url.removeprefix(first.site))
    others = other.get_by_label("Notes", exact=True)

    notes.fill("- Le forum est en mai")
    expect(page.locator("#live-state")).to_contain_text("Enregistré à")
    others.fill("- La salle est réservée")
    expect(other.locator("#live-state")).to_contain_text("Enregistré à")
    expect(others).to_have_value("- Le forum est en mai\n- La salle est réservée")
    # What the other typed comes in by itself.
    expect(notes).to_have_value("- Le forum est en mai\n- La salle est réservée")

    first.context.set_offline(True)
    notes.press("Control+End")
    notes.press_sequentially(" (à confirmer)")
    expect(page.locator("#live-state")).to_contain_text("votre texte est gardé ici")
    first.context.set_offline(False)
    expect(page.locator("#live-state")).to_contain_text("Enregistré à")
    first.faults.clear()  # the browser said that the network was down
    item = AgendaItem.objects.get(title="Calendrier", meeting__date=timezone.localdate())
    assert item.notes == "- Le forum est en mai\n- La salle est réservée (à confirmer)"


def test_the_projector_is_driven_by_the_keyboard(someone):
    visitor = someone(ELU)
    meeting = Meeting.objects.get(convention__slug=SUNDGAU, state="convened")
    page = visitor.visit(f"/ctg/{SUNDGAU}/reunions/{meeting.uuid}/projection/")
    expect(page.get_by_role("heading", level=1)).to_have_text("COPIL")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Point 1 sur 4")).to_be_visible()
    page.keyboard.press("PageDown")
    expect(page.get_by_text("Point 2 sur 4")).to_be_visible()
    visitor.look()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("Point 1 sur 4")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Ordre du jour")).to_be_visible()
