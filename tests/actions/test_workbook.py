"""The plan goes out as a workbook, is changed in a spreadsheet, and comes back."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.importers.workbook import (
    compare,
    marked_workbook,
    plan_workbook,
    read_book,
    read_plan,
    report_of,
    write_edits,
)
from actions.importers.workbook.cells import canon
from actions.models import (
    ClosedYear,
    FicheAction,
    FicheLead,
    FichePartner,
    FichePilot,
    Indicator,
    Measurement,
    Step,
)
from ctg.refusal import Refused
from ctg.richtext import from_text, to_text
from ctg.sheets import read_workbook, to_ods, to_xlsx
from tests.actions.spreadsheet import Opened
from tests.factories import (
    AxeFactory,
    ContactFactory,
    ConventionFactory,
    FicheFactory,
    IndicatorFactory,
    MeasurementFactory,
    OrientationFactory,
    StepFactory,
    ThemeFactory,
)

RICH = "<p>Un <strong>mot</strong>.</p><ul><li>un point</li><li>un autre</li></ul>"


@pytest.fixture(autouse=True)
def _one_day():
    with time_machine.travel("2026-11-21 10:00:00+01:00", tick=False):
        yield


@pytest.fixture
def plan(cast):
    """A fiche « Accueillir » with a step, an indicator and a value; another one, empty."""
    axe = AxeFactory(convention=cast.convention, number="1", title="Vivre ensemble")
    fiche = cast.fiche
    fiche.number, fiche.title, fiche.axe, fiche.constat = "7", "Accueillir", axe, RICH
    fiche.save()
    FichePartner.objects.create(fiche=fiche, label="Associations")
    StepFactory(fiche=fiche, title="Ouvrir", number="1")
    indicator = IndicatorFactory(fiche=fiche, label="Visites", target_words="> 10")
    MeasurementFactory(indicator=indicator, value=Decimal("12.5"))
    cast.other.number, cast.other.title = "8", "Informer"
    cast.other.save()
    return cast


def download(cast, write=to_xlsx):
    return write(plan_workbook(read_plan(cast.convention, cast.roles["coordinator"]), timezone.now()))


def opened(cast):
    return Opened(download(cast))


def compared(cast, content):
    plan = read_plan(cast.convention, cast.roles["coordinator"])
    book = read_book(content, cast.convention, plan.form)
    return plan, compare(plan, book)


def changes_of(cast, content):
    """(sheet, field) → before and after, of lines that were there."""
    _, found = compared(cast, content)
    assert found.faults == []
    return {
        (edit.sheet.name, name): (canon(change.before), canon(change.after))
        for edit in found.edits
        for name, change in edit.changes.items()
    }


def faults_of(cast, content):
    _, found = compared(cast, content)
    return [(fault.sheet, fault.label, fault.reason) for fault in found.faults]


def load(cast, content):
    plan, found = compared(cast, content)
    assert (found.faults, list(found.conflicts)) == ([], [])
    write_edits(plan, found.edits, by=cast.roles["coordinator"])


# --- What comes back unchanged ------------------------------------------------------------------------
@pytest.mark.parametrize("write", [to_xlsx, to_ods])
def test_an_unchanged_workbook_changes_nothing(plan, write):
    content = download(plan, write)
    assert changes_of(plan, content) == {}
    assert changes_of(plan, Opened(content).saved(write)) == {}


def test_the_workbook_has_its_sheets_its_guide_and_what_it_started_from(plan):
    pages = Opened(download(plan)).pages
    assert list(pages) == ["Fiches", "Étapes", "Indicateurs", "Valeurs", "Mode d’emploi", "_ctg"]
    assert [len(pages[name]) for name in ("Fiches", "Étapes", "Indicateurs", "Valeurs")] == [3, 2, 2, 2]
    assert len(pages["_ctg"]) == 1 + 3 + 2 + 1 + 1 + 1


def test_a_cell_left_alone_leaves_the_stored_text_alone(plan):
    """Its HTML says more than the plain text of the cell: another cell of the row changes, this one does not."""
    stored = "<p>Un <em>mot</em></p>"
    FicheAction.objects.filter(pk=plan.fiche.pk).update(constat=stored)
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Public cible", "Les jeunes")
    load(plan, book.saved())
    plan.fiche.refresh_from_db()
    assert (plan.fiche.constat, plan.fiche.public_cible) == (stored, "Les jeunes")


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=200)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(title=TEXT.filter(lambda text: text.strip()), constat=TEXT, words=TEXT)
def test_any_text_goes_out_and_back_unchanged(plan, title, constat, words):
    FicheAction.objects.filter(pk=plan.fiche.pk).update(
        title=title, constat=from_text(constat), echeancier=words
    )
    for write in (to_xlsx, to_ods):
        content = download(plan, write)
        assert changes_of(plan, content) == {}
        assert all(not sheet.formulas for sheet in read_workbook(content).values())


def test_a_date_that_lost_its_format_is_still_one(plan):
    book = opened(plan)
    book.set("Valeurs", "Visites", "Du", (date(2025, 1, 1) - date(1899, 12, 30)).days)
    assert changes_of(plan, book.saved()) == {}


# --- Changes ------------------------------------------------------------------------------------------
def test_each_changed_cell_is_a_change(plan):
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Titre", "Mieux accueillir")
    book.set("Fiches", "Mieux accueillir", "Statut", "En  Pause")
    book.set("Fiches", "Mieux accueillir", "Fin", "31/12/2027")
    book.set("Étapes", "Ouvrir", "État", "faite")
    book.set("Étapes", "Ouvrir", "Faite le", date(2026, 2, 1))
    book.set("Indicateurs", "Visites", "Signe de la cible", ">")
    book.set("Indicateurs", "Visites", "Valeur visée", "1 234,5")
    book.set("Valeurs", "Visites", "Valeur", 13)
    assert changes_of(plan, book.saved()) == {
        ("Fiches", "title"): ("Accueillir", "Mieux accueillir"),
        ("Fiches", "status"): ("en cours", "en pause"),
        ("Fiches", "ends_on"): ("", "2027-12-31"),
        ("Étapes", "state"): ("à faire", "faite"),
        ("Étapes", "done_on"): ("", "2026-02-01"),
        ("Indicateurs", "comparator"): ("", "plus de (>)"),
        ("Indicateurs", "target_value"): ("", "1234.5"),
        ("Valeurs", "value"): ("12.5", "13"),
    }


def test_changes_are_written(plan):
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Constat", "Un **mot**.\n\n- un\n- deux")
    book.set("Fiches", "Accueillir", "Axe", "fiche transversale")
    book.set("Fiches", "Accueillir", "Porteurs", f"{plan.convention.carrier.name}\nUne association")
    book.set("Fiches", "Accueillir", "Pilotes", "Service jeunesse ; Service petite enfance")
    book.set("Fiches", "Accueillir", "Thématiques", "")
    book.set("Fiches", "Accueillir", "Élu référent", "Madame la maire")
    book.set("Étapes", "Ouvrir", "Échéance en toutes lettres", 2027)
    book.set("Valeurs", "Visites", "Valeur", "13,25")
    load(plan, book.saved())
    fiche = FicheAction.objects.get(pk=plan.fiche.pk)
    assert fiche.constat == "<p>Un <strong>mot</strong>.</p><ul><li>un</li><li>deux</li></ul>"
    assert (fiche.is_transversale, fiche.axe) == (True, None)
    leads = FicheLead.objects.filter(fiche=fiche)
    assert [(lead.organisation, lead.label) for lead in leads] == [
        (plan.convention.carrier, ""),
        (None, "Une association"),
    ]
    assert [str(link) for link in FichePilot.objects.filter(fiche=fiche)] == [
        "Service jeunesse",
        "Service petite enfance",
    ]
    assert list(fiche.themes.all()) == []
    assert str(fiche.elu_referent) == "Madame la maire"
    assert Step.objects.get().due_on == date(2027, 12, 31)  # a year alone ends on its last day
    assert Measurement.objects.get().value == Decimal("13.25")
    assert fiche.updated_at == timezone.now()
    assert FicheAction.objects.get(pk=plan.other.pk).updated_at <= timezone.now()


def test_links_that_stay_keep_their_rows(plan):
    kept = FichePartner.objects.get()
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Partenaires", "Les communes\nAssociations")
    load(plan, book.saved())
    assert [(one.pk == kept.pk, one.label) for one in FichePartner.objects.order_by("position")] == [
        (False, "Les communes"),
        (True, "Associations"),
    ]


def test_a_status_put_away_takes_its_reason_with_it(plan):
    FicheAction.objects.filter(pk=plan.fiche.pk).update(
        status="reportee", status_reason="Travaux", postponed_to=date(2027, 1, 1)
    )
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Statut", "en cours")
    load(plan, book.saved())
    fiche = FicheAction.objects.get(pk=plan.fiche.pk)
    assert (fiche.status, fiche.status_reason, fiche.postponed_to) == ("en_cours", "", None)


def test_a_sheet_that_is_not_of_the_form_is_left_aside(plan):
    book = opened(plan)
    book.pages["Budget"] = [["N°", "Fiche", "Prévu"], ["7", "Accueillir", 4500]]
    assert changes_of(plan, book.saved()) == {}


def test_an_orientation_is_found_in_its_axe(plan):
    inside = OrientationFactory(axe=plan.fiche.axe, title="Parentalité")
    OrientationFactory(axe=AxeFactory(convention=plan.convention), title="Parentalité")
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Orientation", "Parentalité")
    load(plan, book.saved())
    assert FicheAction.objects.get(pk=plan.fiche.pk).orientation == inside


# --- Lines that come and go ---------------------------------------------------------------------------
def test_lines_without_reference_are_added(plan):
    book = opened(plan)
    book.add("Fiches", Titre="Une nouvelle", Axe="1 Vivre ensemble")
    book.add("Étapes", Fiche="Une nouvelle", Étape="La préparer")
    book.add("Étapes", Fiche="7", Étape="Agrandir")
    book.add("Indicateurs", Fiche="une nouvelle", Indicateur="Ateliers", Nature="taux")
    book.add(
        "Valeurs",
        Fiche="Une nouvelle",
        Indicateur="Ateliers",
        Du="01/01/2025",
        Au="31/12/2025",
        Numérateur=3,
        Dénominateur=4,
    )
    book.add(
        "Valeurs",
        Fiche="7 Accueillir",
        Indicateur="Visites",
        Du="01/01/2026",
        Au="30/06/2026",
        État="non recueillie",
    )
    load(plan, book.saved())
    new = FicheAction.objects.get(title="Une nouvelle")
    assert (new.axe, new.status, new.convention) == (plan.fiche.axe, "non_demarree", plan.convention)
    assert new.position > max(plan.fiche.position, plan.other.position)
    assert [step.title for step in new.steps.all()] == ["La préparer"]
    assert [(step.title, step.position) for step in plan.fiche.steps.all()][1:] == [
        ("Agrandir", plan.fiche.steps.first().position + 1)
    ]
    added = Indicator.objects.get(label="Ateliers")
    assert (added.fiche, added.aggregation) == (new, "last")  # a rate is not summed
    value = added.measurements.get()
    assert (value.numerator, value.denominator, value.author) == (3, 4, plan.roles["coordinator"])
    assert Measurement.objects.filter(state="not_collected").count() == 1


def test_a_removed_line_is_left_as_it_is(plan):
    book = opened(plan)
    book.drop("Étapes", "Ouvrir")
    book.drop("Fiches", "Informer")
    plan_now, found = compared(plan, book.saved())
    assert (found.edits, found.removed) == ([], 2)
    assert report_of(found, plan_now)["removed"] == 2


def test_a_removed_column_is_left_as_it_is(plan):
    book = opened(plan)
    book.drop_column("Fiches", "Constat")
    book.set("Fiches", "Accueillir", "Public cible", "Tous")
    _, found = compared(plan, book.saved())
    assert found.absent == {"Fiches": ["Constat"]}
    assert [list(edit.changes) for edit in found.edits] == [["public_cible"]]


def test_columns_may_be_moved_and_a_title_written_above(plan):
    book = opened(plan)
    rows = book.pages["Fiches"]
    book.pages["Fiches"] = [["Notre plan"] + [None] * (len(rows[0]) - 1), *(row[::-1] for row in rows)]
    for row in book.pages["Fiches"]:
        if "Accueillir" in row:
            row[row.index("Accueillir")] = "Recevoir"
    assert changes_of(plan, book.saved()) == {("Fiches", "title"): ("Accueillir", "Recevoir")}


def test_a_fiche_renamed_in_the_file_is_still_the_one_of_its_steps(plan):
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Titre", "Recevoir")
    book.set("Étapes", "Ouvrir", "Fiche", "7 Recevoir")
    book.add("Étapes", Fiche="Recevoir", Étape="Autre")
    _, found = compared(plan, book.saved())
    assert [(edit.is_new, list(edit.changes)) for edit in found.edits] == [
        (False, ["title"]),
        (True, ["title"]),
    ]


# --- Conflicts ----------------------------------------------------------------------------------------
def test_a_cell_changed_on_both_sides_is_a_conflict(plan):
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Public cible", "Les jeunes")
    book.set("Fiches", "Accueillir", "Échéancier", "2027")
    FicheAction.objects.filter(pk=plan.fiche.pk).update(public_cible="Les familles", constat="<p>Autre.</p>")
    now, found = compared(plan, book.saved())
    ((edit, change),) = found.conflicts
    assert (change.field.name, change.before, change.after) == ("public_cible", "Les familles", "Les jeunes")
    assert list(edit.changes) == ["echeancier"]  # what changed here only is left as it is
    report = report_of(found, now)
    assert report["conflicts"] == [
        {
            "key": f"Fiches|{plan.fiche.uuid}|public_cible",
            "fiche": "7 Accueillir",
            "what": "",
            "label": "Public cible",
            "here": "Les familles",
            "file": "Les jeunes",
        }
    ]


def test_the_same_change_on_both_sides_is_none(plan):
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Statut", "en pause")
    FicheAction.objects.filter(pk=plan.fiche.pk).update(status="en_pause")
    assert changes_of(plan, book.saved()) == {}


def test_a_row_deleted_meanwhile_is_a_fault_only_if_it_was_changed(plan):
    book = opened(plan)
    Step.objects.all().delete()
    assert changes_of(plan, book.saved()) == {}
    book.set("Étapes", "Ouvrir", "État", "faite")
    assert [reason for _, _, reason in faults_of(plan, book.saved())] == [
        "Cette ligne a été supprimée du plan depuis le téléchargement : retirez-la du classeur."
    ]


# --- Faults -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("page", "text", "label", "value", "said"),
    [
        ("Fiches", "Accueillir", "Statut", "fini", "« fini » n’est pas reconnu. Choisissez : à l’étude"),
        ("Fiches", "Accueillir", "Statut", None, "Choisissez : à l’étude"),
        ("Fiches", "Accueillir", "Statut", "en difficulté", "Ce statut demande un motif"),
        ("Fiches", "Accueillir", "Titre", None, "Cette cellule ne peut pas être vide."),
        ("Fiches", "Accueillir", "Titre", "x" * 301, "301 caractères : 300 au plus."),
        ("Fiches", "Accueillir", "Constat", "x" * 20_001, "20001 caractères : 20000 au plus."),
        (
            "Fiches",
            "Accueillir",
            "Axe",
            "9 Inconnu",
            "Axe inconnu : « 9 Inconnu ». Choisissez : 1 Vivre ensemble",
        ),
        ("Fiches", "Accueillir", "Orientation", "Rien", "Orientation inconnue : « Rien »"),
        ("Fiches", "Accueillir", "Fin", "bientôt", "« bientôt » n’est pas une date : écrivez jj/mm/aaaa."),
        ("Fiches", "Accueillir", "Fin", "31/02/2027", "« 31/02/2027 » n’est pas une date"),
        ("Fiches", "Accueillir", "Fin", date(1950, 1, 1), "Écrivez une date entre 1990 et 2100."),
        ("Fiches", "Accueillir", "Fin", 2027, "« 2027 » n’est pas une date"),
        ("Fiches", "Accueillir", "Action permanente", "peut-être", "écrivez « oui » ou « non »"),
        ("Fiches", "Accueillir", "Thématiques", "Magie", "Thématique inconnue : « Magie »"),
        ("Fiches", "Accueillir", "Porteurs", "x" * 201, "200 caractères au plus par organisme"),
        (
            "Étapes",
            "Ouvrir",
            "Faite le",
            date(2026, 1, 1),
            "Seule une étape faite a une date de réalisation.",
        ),
        (
            "Étapes",
            "Ouvrir",
            "Fiche",
            "8",
            "Une ligne ne change pas de place ici : remettez « 7 Accueillir ».",
        ),
        ("Indicateurs", "Visites", "Valeur visée", 10, "Une cible se compose d’un signe et d’une valeur."),
        (
            "Indicateurs",
            "Visites",
            "Nature",
            "satisfaction",
            "Cet indicateur a déjà des valeurs : sa nature ne change plus.",
        ),
        ("Indicateurs", "Visites", "Année de référence", 26, "Écrivez une année à quatre chiffres."),
        ("Valeurs", "Visites", "Valeur", "N/A", "« N/A » n’est pas un nombre. Si la valeur manque"),
        ("Valeurs", "Visites", "Valeur", "12 visites", "« 12 visites » n’est pas un nombre"),
        ("Valeurs", "Visites", "Valeur", 1e13, "Ce nombre est trop grand."),
        ("Valeurs", "Visites", "Valeur", -1, "Une valeur ne peut pas être négative."),
        (
            "Valeurs",
            "Visites",
            "Valeur",
            None,
            "Donnez la valeur, ou choisissez un état qui dit pourquoi elle manque.",
        ),
        ("Valeurs", "Visites", "Constat", "Bien", "Cet indicateur se remplit dans la colonne « Valeur »."),
        ("Valeurs", "Visites", "État", "sans objet", "Cet état dit qu’il n’y a pas de valeur"),
        ("Valeurs", "Visites", "Au", date(2024, 12, 31), "La période doit finir après son début."),
        ("Valeurs", "Visites", "Du", date(2027, 1, 1), "La période doit finir après son début."),
        ("Valeurs", "Visites", "Indicateur", "Ventes", "Cette fiche n’a pas d’indicateur « Ventes »."),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_cell(plan, page, text, label, value, said):
    book = opened(plan)
    book.set(page, text, label, value)
    (fault,) = faults_of(plan, book.saved())
    assert fault[0] == page
    assert said in fault[2]


def test_a_postponed_fiche_asks_for_its_reason_and_its_date(plan):
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Statut", "reportée")
    assert [label for _, label, _ in faults_of(plan, book.saved())] == ["Motif", "Reportée au"]


def test_inverted_dates_are_refused(plan):
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Début", date(2027, 1, 1))
    book.set("Fiches", "Accueillir", "Fin", date(2026, 1, 1))
    assert faults_of(plan, book.saved()) == [("Fiches", "Fin", "La fiche doit finir après son début.")]


def test_a_date_from_before_the_convention_is_refused(plan):
    book = opened(plan)
    book.set("Valeurs", "Visites", "Du", date(2024, 1, 1))
    book.set("Valeurs", "Visites", "Au", date(2024, 12, 31))
    book.set("Fiches", "Accueillir", "Fin", date(2024, 6, 30))
    found = faults_of(plan, book.saved())
    assert [(sheet, label) for sheet, label, _ in found] == [("Fiches", "Fin"), ("Valeurs", "Au")]
    assert "« valeur de référence »" in found[1][2].replace("\u00a0", " ")


def test_a_closed_year_does_not_change(plan):
    ClosedYear.objects.create(convention=plan.convention, year=2025)
    book = opened(plan)
    assert faults_of(plan, book.saved()) == []
    book.set("Valeurs", "Visites", "Valeur", 99)
    book.add("Valeurs", Fiche="7", Indicateur="Visites", Du="01/01/2025", Au="01/02/2025", Valeur=1)
    assert {reason for _, _, reason in faults_of(plan, book.saved())} >= {
        "L’année 2025 est close : ses valeurs ne changent plus."
    }


def test_periods_do_not_overlap(plan):
    book = opened(plan)
    for start, end in (("01/06/2025", "31/12/2026"), ("01/01/2026", "31/01/2026")):
        book.add("Valeurs", Fiche="7", Indicateur="Visites", Du=start, Au=end, Valeur=1)
    said = "Une valeur existe déjà sur une partie de cette période."
    assert faults_of(plan, book.saved()) == [("Valeurs", "Du", said)] * 2


def test_an_orientation_of_another_axe_is_refused(plan):
    OrientationFactory(axe=AxeFactory(convention=plan.convention), title="Ailleurs")
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Orientation", "Ailleurs")
    assert faults_of(plan, book.saved()) == [
        ("Fiches", "Orientation", "Cette orientation n’est pas de l’axe « 1 Vivre ensemble ».")
    ]


def test_an_axe_that_has_ended_takes_no_fiche(plan):
    AxeFactory(convention=plan.convention, title="Ancien", ended_on=date(2026, 1, 1), end_reason="Fini")
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Axe", "Ancien")
    assert "Cet axe est arrêté." in faults_of(plan, book.saved())[0][2]


@pytest.mark.parametrize(
    ("cells", "label", "said"),
    [
        ({"Étape": "Seule"}, "Fiche", "À écrire pour une ligne que vous ajoutez."),
        ({"Étape": "Seule", "Fiche": "99"}, "Fiche", "Aucune fiche ne s’appelle « 99 »."),
        ({"Fiche": "7", "État": "faite"}, "Étape", "Cette cellule ne peut pas être vide."),
    ],
)
def test_an_added_line_says_where_it_goes(plan, cells, label, said):
    book = opened(plan)
    book.add("Étapes", **cells)
    assert faults_of(plan, book.saved()) == [("Étapes", label, said)]


def test_a_name_that_two_fiches_bear_is_not_enough(plan):
    FicheFactory(convention=plan.convention, number="9", title="Accueillir")
    book = opened(plan)
    book.add("Étapes", Fiche="Accueillir", Étape="Seule")
    book.add("Étapes", Fiche="9 Accueillir", Étape="Seule")
    assert faults_of(plan, book.saved()) == [
        ("Étapes", "Fiche", "Plusieurs fiches répondent à « Accueillir » : écrivez le numéro et le titre.")
    ]


def test_two_people_called_alike_are_not_guessed(plan):
    for _ in range(2):
        ContactFactory(name="Camille", organisation=plan.convention.carrier)
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Pilotes", "Camille")
    assert "Plusieurs personnes s’appellent « Camille »" in faults_of(plan, book.saved())[0][2]


def test_references_are_looked_at(plan):
    book = opened(plan)
    twice = list(book.line("Étapes", "Ouvrir"))
    book.pages["Étapes"].append(twice)
    book.set("Fiches", "Informer", "Réf.", "pas une référence")
    assert [(sheet, label) for sheet, label, _ in faults_of(plan, book.saved())] == [
        ("Fiches", "Réf."),
        ("Étapes", "Réf."),
    ]


def test_a_reference_of_another_convention_is_refused(plan):
    book = opened(plan)
    book.set("Étapes", "Ouvrir", "Réf.", str(StepFactory().uuid))
    (fault,) = faults_of(plan, book.saved())
    assert fault[2].startswith("Cette référence n’est pas de cette convention.")


def test_a_reference_that_was_wiped_is_not_a_new_line(plan):
    book = opened(plan)
    book.set("Étapes", "Ouvrir", "Réf.", None)
    book.set("Fiches", "Informer", "Réf.", None)
    assert [reason[:35] for _, _, reason in faults_of(plan, book.saved())] == [
        "Cette ligne est déjà dans le plan, m"[:35]
    ] * 2


def test_a_formula_is_a_fault_of_its_cell(plan):
    book = opened(plan)
    row, place = 1, book.place("Valeurs", "Valeur")
    content = book.saved_with_formula("Valeurs", row, place, "=cmd|' /C calc'!A0")
    assert faults_of(plan, content) == [
        ("Valeurs", "Valeur", "Cette cellule contient une formule : collez sa valeur à la place.")
    ]


# --- Whole files that are refused ---------------------------------------------------------------------
def refused(cast, content):
    plan = read_plan(cast.convention, cast.roles["coordinator"])
    with pytest.raises(Refused) as error:
        read_book(content, cast.convention, plan.form)
    return str(error.value)


def test_a_workbook_without_its_references_is_refused(plan):
    book = opened(plan)
    book.drop_column("Étapes", "Réf.")
    assert refused(plan, book.saved()).startswith(
        "La colonne « Réf. » de la feuille « Étapes » a été supprimée."
    )


def test_a_workbook_without_its_hidden_sheet_is_refused(plan):
    book = opened(plan)
    del book.pages["_ctg"]
    assert "n’est pas un « Plan complet, modifiable »" in refused(plan, book.saved())


def test_a_workbook_of_another_convention_is_refused(plan):
    other = ConventionFactory()
    content = to_xlsx(plan_workbook(read_plan(other, plan.roles["administrator"]), timezone.now()))
    assert refused(plan, content).startswith("Ce classeur est celui d’une autre convention")


def test_a_workbook_of_another_version_is_refused(plan):
    book = opened(plan)
    book.set("_ctg", "version", "Réf.", "0")
    assert refused(plan, book.saved()).startswith("Ce classeur est d’un ancien modèle.")


# --- The workbook to correct --------------------------------------------------------------------------
def test_what_was_sent_comes_back_with_its_faults_marked(plan):
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Statut", "fini")
    book.set("Fiches", "Accueillir", "Public cible", "=1+1")
    content = book.saved()
    now = read_plan(plan.convention, plan.roles["coordinator"])
    sent = read_book(content, plan.convention, now.form)
    found = compare(now, sent)
    marked = to_xlsx(marked_workbook(plan.convention, sent, found.faults))
    again = Opened(marked)
    assert again.get("Fiches", "Accueillir", "Statut") == "fini"
    assert again.get("Fiches", "Accueillir", "Public cible") == "=1+1"
    assert read_workbook(marked)["Fiches"].formulas == frozenset()
    again.set("Fiches", "Accueillir", "Statut", "en pause")
    assert changes_of(plan, again.saved()) == {
        ("Fiches", "status"): ("en cours", "en pause"),
        ("Fiches", "public_cible"): ("", "=1+1"),
    }


# --- In words -----------------------------------------------------------------------------------------
def test_the_report_says_each_difference_by_fiche(plan):
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Fin", date(2027, 12, 31))
    book.set("Valeurs", "Visites", "Valeur", 13)
    book.add("Fiches", Titre="Une nouvelle")
    now, found = compared(plan, book.saved())
    report = report_of(found, now)
    assert [(group["title"], group["uuid"]) for group in report["groups"]] == [
        ("7 Accueillir", str(plan.fiche.uuid)),
        ("Une nouvelle", ""),
    ]
    first = report["groups"][0]["entries"]
    assert first[0]["changes"] == [{"label": "Fin", "before": "(vide)", "after": "31/12/2027"}]
    assert (first[1]["what"], first[1]["changes"]) == (
        "valeur de « Visites », 2025",
        [{"label": "Valeur", "before": "12,5", "after": "13"}],
    )
    assert (report["changed"], report["added"], report["asks_basis"]) == (2, 1, True)


@pytest.mark.parametrize(
    ("page", "text", "label", "value", "asks"),
    [
        ("Fiches", "Accueillir", "Titre", "Recevoir", True),
        ("Fiches", "Accueillir", "Axe", None, True),
        ("Fiches", "Accueillir", "Objectif", "Un autre", True),
        ("Fiches", "Accueillir", "Statut", "abandonnée", True),
        ("Indicateurs", "Visites", "Cible, telle qu’écrite", "> 20", True),
        ("Fiches", "Accueillir", "Constat", "Autre", False),
        ("Fiches", "Accueillir", "Statut", "en pause", False),
        ("Étapes", "Ouvrir", "État", "faite", False),
        ("Valeurs", "Visites", "Valeur", 13, False),
        ("Indicateurs", "Visites", "Relevé", "chaque mois", False),
    ],
)
def test_what_was_agreed_asks_for_a_basis(plan, page, text, label, value, asks):
    book = opened(plan)
    book.set(page, text, label, value)
    if value == "abandonnée":
        book.set("Fiches", "Accueillir", "Motif", "Plus de financement")
    now, found = compared(plan, book.saved())
    assert report_of(found, now)["asks_basis"] is asks


def test_the_digest_is_that_of_what_would_be_written(plan):
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Public cible", "Tous")
    first = report_of(*reversed(compared(plan, book.saved())))["digest"]
    assert report_of(*reversed(compared(plan, book.saved())))["digest"] == first
    FicheAction.objects.filter(pk=plan.fiche.pk).update(public_cible="Les familles")
    assert report_of(*reversed(compared(plan, book.saved())))["digest"] != first


# --- Random edits -------------------------------------------------------------------------------------
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["Titre", "Constat", "Statut", "Fin", "Porteurs", "Axe", "Action permanente", "N°"]),
        st.one_of(
            TEXT, st.none(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.dates()
        ),
    ),
    max_size=6,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(edits=EDITS)
def test_random_edits_are_taken_or_said_never_anything_else(plan, edits):
    """Whatever is typed, a cell is unchanged, changed, or a fault; and what is changed is then what the plan says."""
    book = opened(plan)
    row = book.line("Fiches", "Accueillir")
    for label, value in edits:
        if not (isinstance(value, date) and value < date(1900, 1, 1)):  # no spreadsheet holds such a date
            row[book.place("Fiches", label)] = value
    now, found = compared(plan, book.saved())
    if found.faults:
        return
    said = {name: change.after for edit in found.edits for name, change in edit.changes.items()}
    write_edits(now, found.edits, by=plan.roles["coordinator"])
    after = read_plan(plan.convention, plan.roles["coordinator"])
    fiche = next(one for one in after.fiches if one.pk == plan.fiche.pk)
    for name, wanted in said.items():
        stored = canon(after.form.fiches.field(name).say(fiche))
        assert stored == canon(to_text(from_text(str(wanted))) if name == "constat" else wanted)
    FicheAction.objects.filter(pk=plan.fiche.pk).update(title="Accueillir", number="7")


@pytest.mark.parametrize("count", [1, 3])
def test_read_plan_costs_the_same(cast, count, django_assert_num_queries):
    for _ in range(count):
        fiche = FicheFactory(convention=cast.convention)
        fiche.themes.add(ThemeFactory())
        StepFactory(fiche=fiche)
        MeasurementFactory(indicator=IndicatorFactory(fiche=fiche))
    with django_assert_num_queries(10):
        plan = read_plan(cast.convention, cast.roles["coordinator"])
        to_xlsx(plan_workbook(plan, timezone.now()))
