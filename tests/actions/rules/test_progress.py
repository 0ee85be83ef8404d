from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.rules.progress import contradictions, count, is_active, mean, progress, progress_of_steps

NB = "\u00a0"
STATUSES = [
    "a_discuter",
    "non_demarree",
    "en_cours",
    "realisee",
    "en_pause",
    "reportee",
    "bloquee",
    "abandonnee",
]


@pytest.mark.parametrize(
    ("status", "states", "percent", "words"),
    [
        ("realisee", [], 100, f"100{NB}%"),
        ("realisee", ["to_do"], 100, f"100{NB}%"),
        ("a_discuter", ["done"], 0, f"0{NB}%"),
        ("non_demarree", [], 0, f"0{NB}%"),
        ("reportee", ["done", "to_do"], 0, f"0{NB}%"),
        ("abandonnee", ["done"], None, "–"),
        ("en_cours", [], None, "–"),
        ("en_cours", ["dropped"], None, "–"),
        ("en_cours", ["to_do", "doing"], 0, f"0{NB}%"),
        ("en_cours", ["done", "doing", "to_do", "dropped"], 33, f"33{NB}%"),
        ("en_cours", ["done", "done", "to_do"], 67, f"67{NB}%"),
        ("en_cours", ["done", "dropped"], 100, f"100{NB}%"),
        ("en_pause", ["done", "to_do"], 50, f"50{NB}%"),
        ("bloquee", ["done", "to_do"], 50, f"50{NB}%"),
        ("en_cours", ["done"] * 199 + ["to_do"], 99, f"99{NB}%"),
        ("en_cours", ["done"] + ["to_do"] * 299, 1, f"1{NB}%"),
    ],
)
def test_progress_of_steps(status, states, percent, words):
    found = progress_of_steps(status, states)
    assert (found.percent, str(found)) == (percent, words)


@pytest.mark.parametrize("status", STATUSES)
def test_progress_permanent(status):
    found = progress(status, done=1, total=2, permanent=True)
    assert (found.percent, str(found), found.steps) == (None, "action permanente", f"1{NB}étape sur 2")


def test_progress_steps():
    assert (
        progress_of_steps("en_cours", ["done", "done", "to_do", "doing", "dropped"]).steps
        == f"2{NB}étapes sur 4"
    )
    assert progress_of_steps("en_cours", ["to_do"]).steps == f"0{NB}étape sur 1"
    assert progress_of_steps("en_cours", []).steps == "–"


def test_mean_leaves_out_what_has_none():
    found = mean(
        [
            progress("realisee", done=0, total=0),
            progress("en_cours", done=1, total=3),
            progress("en_cours", done=0, total=0),
            progress("abandonnee", done=1, total=1),
            progress("realisee", done=1, total=1, permanent=True),
        ]
    )
    assert (found.share, found.count, found.total) == (None, 2, 5)


@pytest.mark.parametrize(
    ("steps", "share", "words"),
    [
        # (done, total) of each fiche under way
        ([(2, 2), (1, 3)], Fraction(2, 3), f"67{NB}%, moyenne des étapes faites, 2{NB}fiches sur 2"),
        (
            [(2, 2), (1, 3), (0, 0), (0, 0)],
            Fraction(2, 3),
            f"67{NB}%, moyenne des étapes faites, 2{NB}fiches sur 4",
        ),
        ([(2, 2), (1, 3), (0, 0), (0, 0), (0, 0)], None, "–"),
        ([(1, 3)], None, "–"),
        ([(1, 3), (0, 0)], None, "–"),
    ],
)
def test_mean_is_said_when_it_speaks_for_the_group(steps, share, words):
    found = mean(progress("en_cours", done=done, total=total) for done, total in steps)
    assert (found.share, str(found)) == (share, words)


def test_mean_is_not_that_of_fiches_without_steps():
    """Done or not begun they have a share, yet no step says so."""
    without = [progress(status, done=0, total=0) for status in ("realisee", "non_demarree", "realisee")]
    assert mean(without).percent is None
    assert mean([*without, progress("en_cours", done=1, total=2)]).percent is None
    assert mean([*without[:2], *[progress("en_cours", done=1, total=2)] * 2]).percent == 50


def test_mean_of_none():
    found = mean([])
    assert (found.share, found.percent, found.count, str(found)) == (None, None, 0, "–")


def statuses(**numbers):
    return [status for status, number in numbers.items() for _ in range(number)]


@pytest.mark.parametrize(
    ("given_statuses", "words", "sentence"),
    [
        ([], "aucune fiche", "Le plan n’a pas encore de fiche."),
        (
            statuses(en_cours=5, realisee=3, en_pause=1, non_demarree=2, abandonnee=1),
            "9 fiches engagées sur 12, 3 réalisées, 1 abandonnée",
            "Neuf fiches sur douze sont engagées, trois sont réalisées. Une est abandonnée.",
        ),
        (
            statuses(en_cours=7, realisee=2, bloquee=2, reportee=1),
            "11 fiches engagées sur 12, 2 réalisées, 2 en difficulté",
            (
                "Onze fiches sur douze sont engagées, deux sont réalisées. "
                "Deux sont en difficulté et attendent une décision."
            ),
        ),
        (
            statuses(bloquee=1, a_discuter=11),
            "1 fiche engagée sur 12, 1 en difficulté",
            "Une fiche sur douze est engagée. Une est en difficulté et attend une décision.",
        ),
        (
            statuses(realisee=1, non_demarree=1),
            "1 fiche engagée sur 2, 1 réalisée",
            "Une fiche sur deux est engagée, une est réalisée.",
        ),
        (
            statuses(a_discuter=6, non_demarree=6),
            "aucune fiche engagée sur 12",
            "Aucune des douze fiches n’est engagée.",
        ),
        (
            statuses(abandonnee=21),
            "aucune fiche engagée sur 21, 21 abandonnées",
            "Aucune des vingt et une fiches n’est engagée. Vingt et une sont abandonnées.",
        ),
        (
            statuses(en_cours=2),
            "2 fiches engagées sur 2",
            "Les deux fiches sont engagées.",
        ),
        (statuses(en_cours=1), "1 fiche engagée sur 1", "La seule fiche du plan est engagée."),
        (statuses(realisee=1), "1 fiche engagée sur 1, 1 réalisée", "La seule fiche du plan est réalisée."),
        (statuses(reportee=1), "aucune fiche engagée sur 1", "La seule fiche du plan n’est pas engagée."),
        (
            statuses(bloquee=1),
            "1 fiche engagée sur 1, 1 en difficulté",
            "La seule fiche du plan est engagée. Elle est en difficulté et attend une décision.",
        ),
        (
            statuses(abandonnee=1),
            "aucune fiche engagée sur 1, 1 abandonnée",
            "La seule fiche du plan n’est pas engagée. Elle est abandonnée.",
        ),
    ],
)
def test_counts(given_statuses, words, sentence):
    counts = count(given_statuses)
    assert counts.words.replace(NB, " ") == words
    assert counts.sentence == sentence
    assert "".join(str(piece) for piece in counts.pieces) == sentence


def test_counts_pieces_mark_what_counts():
    pieces = count(statuses(en_cours=1, realisee=2, bloquee=2)).pieces
    assert [(piece.text, piece.tone) for piece in pieces if piece.tone] == [
        ("deux sont réalisées", "strong"),
        ("Deux sont en difficulté", "alert"),
    ]


@pytest.mark.parametrize(
    ("given_statuses", "sentence"),
    [
        (statuses(en_cours=1, a_discuter=1), "Au 1er mai 2026, une fiche sur deux est engagée."),
        ([], "Au 1er mai 2026, le plan n’a pas encore de fiche."),
        (
            statuses(bloquee=2),
            "Au 1er mai 2026, les deux fiches sont engagées. Deux sont en difficulté et attendent une décision.",
        ),
    ],
)
def test_counts_dated(given_statuses, sentence):
    assert "".join(piece.text for piece in count(given_statuses).dated("1er mai 2026")) == sentence


@given(st.lists(st.sampled_from(STATUSES)))
def test_counts_add_up(given_statuses):
    counts = count(given_statuses)
    assert counts.total == len(given_statuses)
    assert counts.done + counts.blocked <= counts.engaged <= counts.total - counts.stopped
    assert counts.sentence.endswith(".")


@pytest.mark.parametrize(
    ("status", "states", "permanent", "said"),
    [
        ("realisee", ["done", "to_do"], False, ["La fiche est réalisée, mais une étape reste ouverte."]),
        (
            "realisee",
            ["to_do", "doing"],
            False,
            ["La fiche est réalisée, mais deux étapes restent ouvertes."],
        ),
        ("realisee", ["to_do"], True, ["La fiche est réalisée, mais une étape reste ouverte."]),
        ("realisee", ["done", "dropped"], False, []),
        ("realisee", [], False, []),
        ("a_discuter", ["doing"], False, ["La fiche est à l’étude, mais une étape est commencée."]),
        (
            "non_demarree",
            ["doing", "done"],
            False,
            ["La fiche est à engager, mais deux étapes sont commencées."],
        ),
        ("non_demarree", ["to_do", "dropped"], False, []),
        ("en_cours", ["done"], False, ["La fiche est en cours, mais sa seule étape est faite."]),
        (
            "en_cours",
            ["done", "done", "dropped"],
            False,
            ["La fiche est en cours, mais toutes ses étapes sont faites."],
        ),
        ("en_cours", ["done", "done"], True, []),
        ("en_cours", ["dropped"], False, []),
        ("en_cours", [], False, []),
        ("en_cours", ["done", "doing"], False, []),
        ("reportee", ["doing"], False, []),
        ("bloquee", ["done"], False, []),
        ("abandonnee", ["doing"], False, []),
    ],
)
def test_contradictions(status, states, permanent, said):
    assert contradictions(status, states, permanent=permanent) == said


def test_is_active():
    assert is_active(2025, [date(2024, 12, 31), date(2025, 12, 31)])
    assert not is_active(2025, [date(2024, 12, 31), date(2026, 1, 1)])
    assert not is_active(2025, [])
