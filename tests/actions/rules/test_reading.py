"""Targets in words: what the plans write is understood, and nothing else is made a number."""

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.rules.reading import read_target

NB = "\u00a0"


def read(label, words=""):
    """Kind, sign, value, rhythm, direction and mode."""
    found = read_target(label, words)
    value = None if found.value is None else str(found.value)
    return found.kind, found.comparator, value, found.per, found.direction, found.mode


# The twenty-four forms of the plans, each as it must be understood.
@pytest.mark.parametrize(
    ("form", "understood"),
    [
        ("Nombre de X", ("count", "", None, "", "up", "")),
        ("(> 200)", ("count", ">", "200", "", "up", "")),
        ("(>200)", ("count", ">", "200", "", "up", "")),
        ("(>10/mois)", ("count", ">", "10", "month", "up", "each_period")),
        ("(>24/an)", ("count", ">", "24", "year", "up", "each_period")),
        ("(+10%)", ("change", "≥", "10", "", "up", "at_end")),
        ("+20 % de fréquentation", ("change", "≥", "20", "", "up", "at_end")),
        ("Réduction de 10% des vacances de postes", ("change", "≤", "-10", "", "down", "at_end")),
        ("1 COPIl/an", ("cadence", "≥", "1", "year", "up", "each_period")),
        ("4 Cotech/an", ("cadence", "≥", "4", "year", "up", "each_period")),
        ("Réalisation d'une plaquette", ("deliverable", "", None, "", "none", "")),
        ("Création de nouvelles structures (>2)", ("count", ">", "2", "", "up", "")),
        ("Taux d'occupation", ("rate", "", None, "", "up", "")),
        ("Pourcentage de jeunes ayant une sortie positive", ("rate", "", None, "", "up", "")),
        ("Satisfaction des familles", ("satisfaction", "", None, "", "up", "")),
        ("Identification du service", ("qualitative", "", None, "", "none", "")),
        ("Nombre et nature des structures", ("count", "", None, "", "up", "")),
        ("Nombre (prévu/réalisé) d'usagers", ("count", "", None, "", "up", "")),
        ("Augmentation des taux d'admission", ("rate", "", None, "", "up", "")),
        ("Nombre de 10-18 ans différents participants (>200)", ("count", ">", "200", "", "up", "")),
        (
            "satisfaire la moitié des demandes d'ici 2026 (contre 36 %)",
            ("rate", "≥", "50", "", "up", "at_end"),
        ),
        ("(+16 places)", ("count", "≥", "16", "", "up", "cumulative")),
        ("Tableaux de bord annuels", ("deliverable", "", None, "", "none", "")),
        ("Nbre", ("count", "", None, "", "up", "")),
    ],
)
def test_the_twenty_four_forms(form, understood):
    assert read(form) == understood
    # Typographic quotes, no-break spaces and a true minus change nothing.
    assert read(form.replace("'", "’").replace(" ", NB).replace("-", "–")) == understood


@pytest.mark.parametrize(
    ("form", "left", "words"),
    [
        ("Création de nouvelles structures (>2)", "Création de nouvelles structures", ">2"),
        ("Nombre d’ateliers (> 24/an)", "Nombre d’ateliers", "> 24/an"),
        ("Nombre d’ateliers : > 24/an", "Nombre d’ateliers", "> 24/an"),
        ("(> 200)", "(> 200)", "> 200"),
        ("1 COPIl/an", "1 COPIl/an", "1 COPIl/an"),
        ("Réduction de 10% des vacances", "Réduction de 10% des vacances", "Réduction de 10% des vacances"),
        ("Nombre de X", "Nombre de X", ""),
    ],
)
def test_words_left(form, left, words):
    found = read_target(form)
    assert (found.label, found.words) == (left, words)


def test_what_goes_with_a_target():
    found = read_target("satisfaire la moitié des demandes d'ici 2026 (contre 36 %)")
    assert (found.target_on, found.baseline_value, found.baseline_year) == (date(2026, 12, 31), 36, None)
    found = read_target("Places", "> 60 (contre 48 en 2023)")
    assert (found.value, found.baseline_value, found.baseline_year) == (60, 48, 2023)


@pytest.mark.parametrize(
    ("label", "words", "understood"),
    [
        ("Nombre d’ateliers", "24/an", ("count", "≥", "24", "year", "up", "each_period")),
        ("Nombre d’ateliers", "plus de 24 par an", ("count", ">", "24", "year", "up", "each_period")),
        ("Nombre d’ateliers", "+ de 24", ("count", ">", "24", "", "up", "")),
        ("Délai d’attente", "moins de 12 dossiers", ("count", "<", "12", "", "down", "")),
        ("COPIL", "1/an", ("cadence", "≥", "1", "year", "up", "each_period")),
        ("Instances", "4 COTECH annuels", ("cadence", "≥", "4", "year", "up", "each_period")),
        ("Familles aidées", "50 %", ("rate", "≥", "50", "", "up", "")),
        ("Taux d’occupation", "80", ("rate", "≥", "80", "", "up", "")),
        ("Taux d’occupation", "≥ 82,5 %", ("rate", "≥", "82.5", "", "up", "")),
        ("Accueil", "≥ 4,5 sur 5", ("satisfaction", "≥", "4.5", "", "up", "")),
        ("Nombre de visites", "> 1 000", ("count", ">", "1000", "", "up", "")),
        ("Nombre de visites", ">= 300 visites par trimestre", ("count", "≥", "300", "quarter", "up", "each_period")),
        ("Augmentation du nombre de places", "+10 %", ("change", "≥", "10", "", "up", "at_end")),
        ("Familles suivies", "plus de la moitié des familles", ("rate", ">", "50", "", "up", "")),
    ],
)  # fmt: skip
def test_words_beside_a_label(label, words, understood):
    assert read(label, words) == understood
    assert read_target(label, words).label == label


@pytest.mark.parametrize(
    "words",
    [
        "> 10 et < 20",
        "entre 10 et 20",
        "10 à 20",
        "> 10-18",
        "> 2026",
        "2026",
        "d’ici 2027",
        "> 31/12/2026",
        "> 3/semaine",
        "2 par jour",
        "> 10 participants par atelier",
        "+10 % par an",
        "± 10 %",
        "+/- 10 %",
        "=> 10",
        "1.000",
        "> 1,000",
        "> 10 la première année, 20 ensuite",
        "> 18 ans",
        "plus de 6 mois",
        "≥ 30 min",
        "3ème édition",
        "2/3 des communes",
        "> 1234567890",
        "¾",
        "> ²³",
        "> ٣",
    ],
)
def test_a_false_number_is_worse_than_none(words):
    found = read_target("Nombre d’ateliers", words)
    assert (found.kind, found.value, found.comparator, found.words) == ("count", None, "", words)


@pytest.mark.parametrize(
    "label",
    [
        "Communes de plus de 2000 habitants équipées",
        "Augmentation du taux de réussite de 10 %",
        "Nombre d’enfants de plus de 6 ans",
        "36 % des enfants",
        "Classes de CP 12 élèves",
    ],
)
def test_a_number_that_describes_is_no_target(label):
    assert (read_target(label).value, read_target(label).label) == (None, label)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("(>24/an)", "plus de 24 par an"),
        ("1 COPIl/an", "au moins 1 COPIL par an"),
        ("Réduction de 10% des vacances de postes", "−10 %"),
        ("(+16 places)", "au moins 16 places"),
        ("Réalisation d'une plaquette", "livrable"),
        ("Nbre", "sans cible"),
    ],
)
def test_said_back(form, said):
    assert read_target(form).said.replace(NB, " ") == said


def test_how_values_are_gathered():
    found = read_target("Nombre de 10-18 ans différents participants (>200)")
    assert (found.aggregation, found.frequency) == ("last", "year")
    assert read_target("Tableaux de bord annuels").frequency == "year"
    assert read_target("Réalisation d’une plaquette").frequency == "once"
    assert read_target("Fréquentation (>10/mois)").frequency == "month"


PIECES = st.sampled_from(
    ["> ", "<", "≥", "+", "-", "−", "%", "/an", "/mois", "par", "an", "mois", "(", ")", "contre", "d’ici",
     "2026", "10", "10,5", "1 000", "1.000", "-18 ans", "moitié", "la moitié des", "COPIL", "plus de",
     "Réduction de", "taux", "sur 5", "Nombre", " ", NB, "\u202f", ","]
)  # fmt: skip
TEXTS = (
    st.text(max_size=60)
    | st.lists(PIECES, max_size=9).map("".join)
    | st.lists(PIECES, max_size=9).map(" ".join)
)


def numbers_typed(text):
    """Every number that can be seen in a text, its thousands parted or not."""
    plain = re.sub(r"[\s\u00a0\u202f]", " ", text)
    runs = re.findall(r"[0-9][0-9 .,]*", plain)
    seen = {piece for run in runs for piece in (run.replace(" ", ""), *run.split(" "))}
    found = (one.replace(",", ".").rstrip(".") for one in seen)
    return {Decimal(one) for one in found if re.fullmatch(r"[0-9]+(\.[0-9]+)?", one)}


@given(TEXTS, TEXTS)
def test_any_text_is_read_and_no_number_is_invented(label, words):
    found = read_target(label, words)
    assert (found.value is None) == (found.comparator == "")
    numbers = numbers_typed(label) | numbers_typed(words)
    if "moiti" in label + words:
        numbers.add(Decimal(50))
    assert found.value is None or abs(found.value) in numbers
    assert found.baseline_value is None or found.baseline_value in numbers
    assert found.said
