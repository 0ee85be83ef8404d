"""A partner without an account is asked, answers from a phone, and the coordination reads it."""

import re

import pytest
from playwright.sync_api import expect

from actions.models import Measurement
from tests.journeys.people import COORDINATOR, ELU, PHONE, SUNDGAU, fiche_path
from tests.journeys.test_highlight import photo

pytestmark = pytest.mark.journey


def test_ask_answer_accept(someone, work_done, mailoutbox):
    """The value counts only once it is accepted, and then everybody reads it."""
    coordinator = someone(COORDINATOR)
    page = coordinator.visit(fiche_path(SUNDGAU, "7"))
    page.get_by_role("link", name="Demander à un partenaire").click()
    expect(
        page.get_by_label("7 Guider et soutenir les jeunes dans leur parcours", exact=True)
    ).to_be_checked()
    page.get_by_label("Nom", exact=True).fill("Zoé Passerelle")
    page.get_by_label("Adresse électronique").fill("zoe@passerelles.example.org")
    page.get_by_label("Message").fill("Le COPIL est le 18 décembre.")
    coordinator.look()
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.locator("#messages")).to_contain_text("Le lien part à zoe@passerelles.example.org.")
    expect(page.get_by_label("Adresse du lien")).to_have_value(re.compile("/contribuer/"))
    coordinator.look()
    work_done()
    path = re.search(r"http://\S+(/contribuer/\S+/)", mailoutbox[0].body)[1]

    partner = someone(**PHONE)
    answer = partner.visit(path)
    expect(answer.get_by_role("main")).to_contain_text("Le COPIL est le 18 décembre.")
    expect(answer.get_by_role("main")).to_contain_text("Fréquentation du SIJ")
    value = answer.get_by_label("Valeur (visites)")
    value.fill("beaucoup")
    answer.get_by_label("Ce qui s’est passé").fill("La permanence a trouvé son public.")
    answer.get_by_role("button", name="Transmettre").click()
    expect(value).to_be_focused()
    expect(answer.get_by_label("Ce qui s’est passé")).to_have_value("La permanence a trouvé son public.")
    partner.look()
    value.fill("1\u202f234,5")
    answer.get_by_role("button", name="Transmettre").click()
    expect(answer.get_by_role("heading", level=1)).to_have_text("Merci, Zoé Passerelle")
    partner.look()

    # A slip: the same link corrects it. Then a temps fort, with its photograph.
    answer.get_by_role("link", name="Revoir ma contribution").click()
    partner.look()
    answer.get_by_role("link", name=re.compile("^Corriger : .*1")).first.click()
    answer.get_by_label("Valeur (visites)").fill("1334")
    partner.look()
    answer.get_by_role("button", name="Transmettre").click()
    answer.get_by_role("link", name="Raconter un temps fort").click()
    answer.get_by_label("Ce qui s’est passé").fill("Portes ouvertes du SIJ")
    answer.get_by_label("Personnes présentes").fill("46")
    answer.get_by_label("Photo", exact=True).set_input_files([photo()])
    answer.get_by_label("Ce que montre la photo").fill("La façade du SIJ")
    partner.look()
    answer.get_by_role("button", name="Transmettre").click()
    expect(answer.get_by_text("Transmis : Portes ouvertes du SIJ")).to_be_visible()

    elu = someone(ELU)
    shown = elu.visit(fiche_path(SUNDGAU, "7")).get_by_role("main")
    expect(shown).not_to_contain_text("Portes ouvertes du SIJ")

    page = coordinator.visit(f"/ctg/{SUNDGAU}/")
    page.get_by_role("link", name="Contributions à relire").click()
    expect(page.get_by_role("img", name="La façade du SIJ")).to_be_visible()
    coordinator.look()
    page.get_by_role("button", name="Zoé Passerelle : accepter ses 3 envois").click()
    expect(page.locator("#messages")).to_contain_text("3 envois acceptés.")
    expect(page.get_by_role("main")).to_contain_text("Rien à relire")
    coordinator.look()

    shown = elu.visit(fiche_path(SUNDGAU, "7")).get_by_role("main")
    for words in ("1 334 visites", "La permanence a trouvé son public.", "Portes ouvertes du SIJ"):
        expect(shown).to_contain_text(words)


def test_return_and_replace(someone, work_done, mailoutbox):
    """What comes back says why; what meets another value lets the coordination choose."""
    coordinator = someone(COORDINATOR)
    page = coordinator.visit(f"/ctg/{SUNDGAU}/liens/demander/")
    page.get_by_label("Nom", exact=True).fill("Zoé Passerelle")
    page.get_by_label("Adresse électronique").fill("zoe@passerelles.example.org")
    page.get_by_label("2 Renforcer le lien social pour bien vivre ensemble dans le Sundgau").check()
    page.get_by_role("button", name="Envoyer la demande").click()
    link = page.get_by_label("Adresse du lien").input_value()
    path = "/" + link.split("/", 3)[3]

    partner = someone(**PHONE)
    answer = partner.visit(path)
    answer.get_by_text("Pas de valeur, une remarque, une autre période").first.click()
    answer.get_by_label("Du (obligatoire)").first.fill("2025-01-01")
    answer.get_by_label("Au (obligatoire)").first.fill("2025-12-31")
    answer.get_by_label("Valeur (personnes)").fill("240")
    answer.get_by_role("button", name="Transmettre").click()

    page = coordinator.visit(f"/ctg/{SUNDGAU}/contributions/")
    expect(page.get_by_role("main")).to_contain_text("Déjà enregistré pour 2025 : 236 personnes")
    page.get_by_role("link", name="Garder l’autre").click()
    coordinator.look()
    page.get_by_label("Ce qui est à revoir").fill("Est-ce le comptage des entrées ?")
    page.get_by_role("button", name="Renvoyer").click()
    work_done()
    assert "Est-ce le comptage des entrées ?" in mailoutbox[-1].body

    answer = partner.visit(path)
    expect(answer.get_by_text("Est-ce le comptage des entrées ?")).to_be_visible()
    answer.get_by_role("link", name=re.compile("^Corriger")).first.click()
    partner.look()
    answer.get_by_label("Remarque").fill("Comptage aux deux entrées.")
    answer.get_by_role("button", name="Transmettre").click()

    page = coordinator.visit(f"/ctg/{SUNDGAU}/contributions/")
    page.get_by_role("button", name="Remplacer par celle-ci").click()
    expect(page.locator("#messages")).to_contain_text("Accepté")
    kept = Measurement.objects.accepted().filter(
        indicator__label="Nombre de personnes au forum des associations"
    )
    assert [str(row.value) for row in kept] == ["240.0000"]

    page = coordinator.visit(f"/ctg/{SUNDGAU}/liens/")
    page.get_by_role("button", name="Retirer le lien de Zoé Passerelle").click()
    page.get_by_role("dialog").get_by_role("button", name="Retirer").click()
    expect(page.locator("#messages")).to_contain_text("n’ouvre plus rien")
    coordinator.look()
    partner.visit(path, status=410)


def test_without_scripts(someone):
    """The partner's page is a plain form."""
    coordinator = someone(COORDINATOR, java_script_enabled=False)
    page = coordinator.visit(f"/ctg/{SUNDGAU}/liens/demander/")
    page.get_by_label("Nom", exact=True).fill("Zoé Passerelle")
    page.get_by_label("7 Guider et soutenir les jeunes dans leur parcours", exact=True).check()
    page.get_by_role("button", name="Envoyer la demande").click()
    path = "/" + page.get_by_label("Adresse du lien").input_value().split("/", 3)[3]
    partner = someone(java_script_enabled=False, **PHONE)
    answer = partner.visit(path)
    answer.get_by_label("Valeur (visites)").fill("12")
    answer.get_by_role("button", name="Transmettre").click()
    expect(answer.get_by_role("heading", level=1)).to_have_text("Merci, Zoé Passerelle")
    page.goto(f"{coordinator.site}/ctg/{SUNDGAU}/contributions/")
    page.get_by_role("button", name=re.compile("^Accepter : ")).click()
    expect(page.get_by_role("main")).to_contain_text("Rien à relire")
