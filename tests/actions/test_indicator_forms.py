"""An indicator and its values, typed on the page of the fiche."""

from datetime import date

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from actions.models import Document, Indicator, Measurement
from actions.services.closing import close_year
from tests.actions.test_fiche import started
from tests.factories import IndicatorFactory, MeasurementFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


@pytest.fixture
def plan(draft_cast, sign_in):
    """A plan still being written, and its coordinator."""
    return Typist(sign_in(draft_cast.roles["coordinator"]), draft_cast)


class Typist:
    """Types into a form and sends it, as a browser does: the form that comes back is typed into again."""

    def __init__(self, client, cast):
        self.client, self.cast = client, cast

    def url(self, view, *args):
        return reverse(f"actions:{view}", args=[self.cast.convention.slug, self.cast.fiche.uuid, *args])

    def new(self, **typed):
        self.address = self.url("part_add", "indicateurs")
        self.data = started(self.client, self.address)
        return self.send(**typed)

    def edit(self, indicator, **typed):
        self.address = self.url("part_edit", "indicateurs", indicator.uuid)
        self.data = started(self.client, self.address)
        return self.send(**typed)

    def send(self, **typed):
        self.data |= typed
        response = self.client.post(self.address, self.data)
        if response.status_code != 302:
            form = response.context["page"].opened.form
            self.data |= {
                bound.html_name: bound.value()
                for bound in form
                if bound.html_name in self.data or bound.name == "understood"
            }
            self.data = {name: "" if value is None else value for name, value in self.data.items()}
        return response


def body(response):
    return response.content.decode().replace("\u00a0", " ")


def target(indicator):
    value = indicator.target_value
    return indicator.kind, indicator.comparator, value, indicator.target_per, indicator.target_mode


def test_target_in_words_is_shown_back_then_saved(plan):
    response = plan.new(label="Nombre d’ateliers", target_words="> 24/an")
    assert response.status_code == 422
    assert "Nous comprenons : <b>nombre, plus de 24 par an</b>" in body(response)
    assert not Indicator.objects.exists()
    assert (plan.data["comparator"], plan.data["target_value"], plan.data["target_mode"]) == (
        ">",
        "24",
        "each_period",
    )
    assert plan.data["understood"] == "oui"
    assert plan.send().status_code == 302
    saved = Indicator.objects.get()
    assert target(saved) == ("count", ">", 24, "year", "each_period")
    assert saved.target_words == "> 24/an"


def test_target_in_the_label_is_proposed_too(plan):
    assert plan.new(label="Création de nouvelles structures (>2)").status_code == 422
    assert plan.send(target_mode="cumulative").status_code == 302
    saved = Indicator.objects.get()
    assert (saved.label, saved.target_words) == ("Création de nouvelles structures", ">2")
    assert target(saved) == ("count", ">", 2, "", "cumulative")


def test_only_the_words_are_kept_if_one_prefers(plan):
    plan.new(label="Fréquentation", target_words="+20 % de fréquentation")
    assert plan.send(understood="mots").status_code == 302
    saved = Indicator.objects.get()
    assert (saved.target_words, saved.comparator, saved.target_value, saved.target_mode) == (
        "+20 % de fréquentation",
        "",
        None,
        "",
    )
    assert "« +20 % de fréquentation »" in body(plan.client.get(plan.cast.fiche.url))


def test_what_was_understood_can_be_corrected(plan):
    plan.new(label="Nombre d’ateliers", target_words="> 24/an")
    assert plan.send(target_value="douze").status_code == 422
    assert plan.send(target_value="12,5", comparator="≥").status_code == 302
    assert target(Indicator.objects.get()) == ("count", "≥", 12.5, "year", "each_period")


@pytest.mark.parametrize(
    ("label", "kind", "aggregation", "frequency"),
    [
        ("Taux d’occupation", "rate", "mean", "year"),
        ("Réalisation d’une plaquette", "deliverable", "last", "once"),
        ("Satisfaction des familles", "satisfaction", "mean", "year"),
        ("Identification du service", "qualitative", "last", "year"),
    ],
)
def test_a_nature_is_proposed(plan, label, kind, aggregation, frequency):
    response = plan.new(label=label)
    assert (response.status_code, "Garder seulement les mots" in body(response)) == (422, False)
    assert plan.send().status_code == 302
    saved = Indicator.objects.get()
    assert (saved.kind, saved.aggregation, saved.frequency, saved.target_value) == (
        kind,
        aggregation,
        frequency,
        None,
    )


@pytest.mark.parametrize("words", ["", "entre 10 et 20", "> 2026", "chaque année davantage"])
def test_words_without_a_number_are_saved_at_once(plan, words):
    assert plan.new(label="Nombre de 10-18 ans", target_words=words).status_code == 302
    saved = Indicator.objects.get()
    assert (saved.target_words, saved.comparator, saved.target_value) == (words, "", None)


def test_a_number_given_beside_its_words_is_not_asked_again(plan):
    given = {"target_words": "> 24/an", "comparator": ">", "target_value": "24"}
    assert plan.new(label="Nombre d’ateliers", **given).status_code == 302


def test_a_kind_chosen_by_the_person_stays(plan):
    assert plan.new(label="Heures", kind="amount", target_words="> 200").status_code == 422
    assert plan.send().status_code == 302
    assert target(Indicator.objects.get())[:3] == ("amount", ">", 200)


def test_indicator_with_values_keeps_its_kind(plan):
    indicator = MeasurementFactory(
        indicator=IndicatorFactory(fiche=plan.cast.fiche, label="Visites")
    ).indicator
    assert plan.edit(indicator, target_words="+10 %").status_code == 302  # a change it is not: words only
    assert plan.edit(indicator, target_words="> 200").status_code == 422
    assert plan.send().status_code == 302
    indicator.refresh_from_db()
    assert target(indicator) == ("count", ">", 200, "", "")


def test_editing_something_else_asks_nothing(plan):
    indicator = IndicatorFactory(fiche=plan.cast.fiche, label="Visites", target_words="> 200")
    assert plan.edit(indicator, unit="visites").status_code == 302


def test_target_understood_in_a_contract_asks_its_basis_once(cast, sign_in):
    plan = Typist(sign_in(cast.roles["coordinator"]), cast)
    assert (
        plan.new(label="Nombre d’ateliers", target_words="> 24/an", basis_kind="correction").status_code
        == 422
    )
    assert plan.send().status_code == 302
    assert Indicator.objects.get().target_value == 24


@pytest.mark.parametrize("words", ["<script>alert(1)</script> > 3", "> " + "9" * 150, "\x00", "💥 > 3/an"])
def test_hostile_words_are_no_fault(plan, words):
    response = plan.new(label="Nombre d’ateliers", target_words=words)
    assert response.status_code in (302, 422)
    assert "<script>alert(1)" not in response.content.decode()


# --- Counted by itself -------------------------------------------------------------------------------
@time_machine.travel("2026-11-21")
def test_feeding_begins_with_the_next_year(plan):
    assert plan.new(label="Nombre de forums", fed_by="temps forts").status_code == 302
    indicator = Indicator.objects.get()
    assert (indicator.fed_by, indicator.fed_from) == ("temps forts", date(2027, 1, 1))
    assert plan.edit(indicator, fed_from="2026-01-01").status_code == 302
    page = body(plan.client.get(plan.cast.fiche.url))
    assert "2026 : <b>0</b>" in page
    assert "compté : temps forts de la fiche" in page
    assert plan.edit(indicator, fed_by="").status_code == 302
    indicator.refresh_from_db()
    assert (indicator.fed_by, indicator.fed_from) == ("", None)


def test_feeding_counts_only_what_it_can(plan):
    response = plan.new(label="Taux d’occupation", kind="rate", aggregation="mean", fed_by="temps forts")
    assert response.status_code == 422
    assert plan.send(fed_by="ailleurs").status_code == 422


# --- Values ------------------------------------------------------------------------------------------
class Reporter(Typist):
    def value(self, indicator, **typed):
        self.address = self.url("value_add", indicator.uuid)
        self.data = started(self.client, self.address) | {
            "period_start": "2025-01-01",
            "period_end": "2025-12-31",
        }
        return self.send(**typed)


@pytest.fixture
def reporter(cast, sign_in):
    return Reporter(sign_in(cast.roles["contributor"]), cast)


@pytest.mark.parametrize(
    ("typed", "content"),
    [
        ({"numerator": "12", "denominator": "40"}, (12, 40, None)),
        ({"value": "77,4"}, (None, None, 77.4)),
        ({"value": "1 234,5"}, (None, None, 1234.5)),
        ({"numerator": "12"}, None),
        ({"numerator": "12", "denominator": "0"}, None),
        ({"numerator": "12", "denominator": "40", "value": "30"}, None),
        ({}, None),
    ],
)
def test_a_rate_is_a_fraction_or_a_percentage(reporter, typed, content):
    indicator = IndicatorFactory(fiche=reporter.cast.fiche, kind="rate", aggregation="mean")
    assert reporter.value(indicator, **typed).status_code == (302 if content else 422)
    found = Measurement.objects.values_list("numerator", "denominator", "value").first()
    assert (found and tuple(None if one is None else float(one) for one in found)) == content


def test_evidence_is_kept_with_the_fiche(reporter):
    indicator = IndicatorFactory(fiche=reporter.cast.fiche)
    sheet = SimpleUploadedFile("Émargement 2025.pdf", PDF)
    assert reporter.value(indicator, value="84", upload=sheet).status_code == 302
    value, document = Measurement.objects.get(), Document.objects.get()
    assert (value.evidence, document.title, document.fiche) == (
        document,
        "Émargement 2025",
        reporter.cast.fiche,
    )
    page = reporter.client.get(reporter.cast.fiche.url).content.decode()
    assert (
        page.count(reporter.url("document_read", document.uuid)) >= 2
    )  # among the documents, beside the value
    # Chosen again for another value.
    data = {"value": "9", "evidence": document.pk, "period_start": "2026-01-01", "period_end": "2026-12-31"}
    assert reporter.value(indicator, **data).status_code == 302
    assert Document.objects.count() == 1
    assert Measurement.objects.filter(evidence=document).count() == 2


def test_evidence_that_lies_is_refused_and_nothing_is_saved(reporter):
    indicator = IndicatorFactory(fiche=reporter.cast.fiche)
    response = reporter.value(indicator, value="84", upload=SimpleUploadedFile("Vu.pdf", b"MZ\x90\x00"))
    assert response.status_code == 422
    assert "upload" in response.context["page"].opened.form.errors
    assert not (Measurement.objects.exists())
    assert not (Document.objects.exists())


def test_evidence_of_another_fiche_is_not_offered(reporter):
    other = Reporter(reporter.client, reporter.cast)
    reporter.client.force_login(reporter.cast.roles["coordinator"])
    foreign = IndicatorFactory(fiche=reporter.cast.other)
    address = reverse(
        "actions:value_add", args=[reporter.cast.convention.slug, foreign.fiche.uuid, foreign.uuid]
    )
    data = started(other.client, address) | {
        "value": "1",
        "period_start": "2025-01-01",
        "period_end": "2025-12-31",
    }
    other.client.post(address, data | {"upload": SimpleUploadedFile("Vu.pdf", PDF)})
    mine = IndicatorFactory(fiche=reporter.cast.fiche)
    reporter.value(mine, value="84", evidence=Document.objects.get().pk)
    assert Measurement.objects.get(indicator=mine).evidence is None


@time_machine.travel("2026-11-21")
@pytest.mark.parametrize(
    ("entered", "asked"), [((), "2025-01-01&amp;au=2025-12-31"), ((2025,), "2026-01-01&amp;au=2026-12-31")]
)
def test_value_add_is_offered_for_what_is_due_then_for_what_runs(reporter, entered, asked):
    indicator = IndicatorFactory(fiche=reporter.cast.fiche)
    for year in entered:
        MeasurementFactory(indicator=indicator, period_start=date(year, 1, 1), period_end=date(year, 12, 31))
    assert f"valeurs/ajouter/?du={asked}" in reporter.client.get(reporter.cast.fiche.url).content.decode()


def test_value_of_a_closed_year_is_proposed(reporter):
    cast = reporter.cast
    indicator = IndicatorFactory(fiche=cast.fiche)
    close_year(cast.convention, 2025, by=cast.roles["coordinator"])
    assert reporter.value(indicator, value="84").status_code == 302
    assert Measurement.objects.get().status == "proposed"
    seen = {}
    for role in ("contributor", "coordinator", "reader"):
        reporter.client.force_login(cast.roles[role])
        seen[role] = "parvenue après clôture" in body(reporter.client.get(cast.fiche.url))
    assert seen == {"contributor": True, "coordinator": True, "reader": False}
