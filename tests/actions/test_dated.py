"""The plan as it was: rebuilt, it is the plan that was."""

from datetime import date, datetime, time, timedelta

import pytest
from django.apps import apps
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.dated import TIES, began_on, plan_on
from actions.models import (
    Axe,
    FicheAction,
    FicheLead,
    FichePartner,
    FichePilot,
    Indicator,
    Measurement,
    Objective,
    Orientation,
    Step,
)
from tests.factories import (
    AxeFactory,
    ContactFactory,
    ConventionFactory,
    FicheFactory,
    IndicatorFactory,
    MeasurementFactory,
    NoteFactory,
    ObjectiveFactory,
    OrganisationFactory,
    OrientationFactory,
    StepFactory,
)

pytestmark = pytest.mark.django_db

FIRST = date(2026, 1, 1)
PLAN = ("Axe", "Orientation", "FicheAction", "Step", "Objective", "Indicator", "Measurement")


def tracked():
    """The tables of events of the plan."""
    names = [*PLAN, "Convention", *(name for name, _, _ in TIES.values())]
    return [apps.get_model("actions", f"{name}Event")._default_manager for name in names]


def happened_on(day):
    """Whatever the history has just recorded happened that day. Triggers know only the present."""
    at = timezone.make_aware(datetime.combine(day, time(10)))
    for events in tracked():
        events.filter(pgh_created_at__gte=timezone.now() - timedelta(hours=1)).update(pgh_created_at=at)


# --- As it stands ---------------------------------------------------------------------------------
def columns(row, *, without=()):
    """What a row holds, but what its history does not follow."""
    left_out = {"updated_at", "sort_title", *without}
    return {c.attname: getattr(row, c.attname) for c in row._meta.concrete_fields if c.name not in left_out}


def live(convention):
    """The plan as the tables hold it, in the order of the printed plan."""
    fiches = FicheAction.objects.filter(convention=convention).select_related("axe", "orientation")
    accepted = Measurement.objects.accepted().filter(indicator__fiche__convention=convention)
    return {
        "axes": [columns(row) for row in Axe.objects.filter(convention=convention)],
        "orientations": [
            columns(row) for row in Orientation.objects.filter(axe__convention=convention).order_by("pk")
        ],
        "fiches": [columns(row) for row in fiches],
        "steps": [columns(row) for fiche in fiches for row in fiche.steps.all()],
        "objectives": [columns(row) for fiche in fiches for row in fiche.objectives.all()],
        "indicators": [columns(row) for fiche in fiches for row in fiche.indicators.all()],
        "values": [columns(row) for row in accepted.order_by("pk")],
        "ties": [
            (
                fiche.pk,
                [str(row) for row in fiche.leads.all()],
                [str(row) for row in fiche.partners.all()],
                [str(row) for row in fiche.pilot_links.all()],
            )
            for fiche in fiches
        ],
    }


def rebuilt(plan):
    """The same, from a past plan."""
    orientations = [row for axe in plan.axes for row in axe.orientations.all()]
    indicators = [row for fiche in plan.fiches for row in fiche.indicators]
    values = [row for indicator in indicators for row in indicator.measurements.all()]
    return {
        "axes": [columns(row) for row in plan.axes],
        "orientations": [columns(row) for row in sorted(orientations, key=lambda row: row.pk)],
        "fiches": [columns(fiche.row) for fiche in plan.fiches],
        "steps": [columns(row) for fiche in plan.fiches for row in fiche.steps],
        "objectives": [columns(row) for fiche in plan.fiches for row in fiche.objectives],
        "indicators": [columns(row) for row in indicators],
        "values": [columns(row) for row in sorted(values, key=lambda row: row.pk)],
        "ties": [
            (fiche.row.pk, *(fiche.ties.get(kind, []) for kind in ("lead", "partner", "pilot")))
            for fiche in plan.fiches
        ],
    }


# --- A life ---------------------------------------------------------------------------------------
def one_of(rows, pick):
    found = list(rows.order_by("pk"))
    return found[pick % len(found)] if found else None


def add_axe(convention, pick):
    AxeFactory(convention=convention, position=pick)


def rename_axe(convention, pick):
    if axe := one_of(Axe.objects.filter(convention=convention), pick):
        axe.title, axe.position = f"Axe {pick}", pick
        axe.save()


def add_orientation(convention, pick):
    if axe := one_of(Axe.objects.filter(convention=convention), pick):
        OrientationFactory(axe=axe, position=pick)


def add_fiche(convention, pick):
    axe = one_of(Axe.objects.filter(convention=convention), pick) if pick % 3 else None
    inside = one_of(Orientation.objects.filter(axe=axe), pick) if axe and pick % 2 else None
    FicheFactory(
        convention=convention, axe=axe, orientation=inside, is_transversale=pick % 3 == 0 and pick % 2 == 0
    )


def of_fiche(act):
    def done(convention, pick):
        if fiche := one_of(FicheAction.objects.filter(convention=convention), pick):
            act(fiche, pick)

    return done


@of_fiche
def change_fiche(fiche, pick):
    fiche.title, fiche.constat, fiche.status = f"Titre {pick}", f"<p>{pick}</p>", "realisee"
    fiche.save()


@of_fiche
def delete_fiche(fiche, pick):
    Measurement.objects.filter(indicator__fiche=fiche).delete()
    fiche.delete()


@of_fiche
def add_parts(fiche, pick):
    StepFactory(fiche=fiche, position=pick)
    ObjectiveFactory(fiche=fiche, position=pick)
    MeasurementFactory(
        indicator=IndicatorFactory(fiche=fiche, position=pick), status=("accepted", "proposed")[pick % 2]
    )


@of_fiche
def add_ties(fiche, pick):
    FicheLead.objects.create(fiche=fiche, label=f"Commune {pick}", position=pick)
    FichePartner.objects.create(fiche=fiche, organisation=OrganisationFactory(), position=pick)
    FichePilot.objects.create(fiche=fiche, contact=ContactFactory(), position=pick)


@of_fiche
def drop_ties(fiche, pick):
    (fiche.leads if pick % 2 else fiche.partners).all().delete()


def tick_step(convention, pick):
    if step := one_of(Step.objects.filter(fiche__convention=convention), pick):
        Step.objects.filter(pk=step.pk).update(state=("done", "dropped", "doing")[pick % 3], position=pick)


def drop_part(convention, pick):
    model = (Step, Objective, Measurement)[pick % 3]
    if row := one_of(model.objects.of(convention), pick):
        row.delete()


def review_value(convention, pick):
    if value := one_of(Measurement.objects.of(convention), pick):
        value.status, value.value = ("accepted", "returned", "proposed")[pick % 3], pick
        value.save()


ACTS = [add_axe, rename_axe, add_orientation, add_fiche, change_fiche, delete_fiche, add_parts, add_ties]
ACTS += [drop_ties, tick_step, drop_part, review_value]
LIVES = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 12)), max_size=14)


@settings(max_examples=30)
@given(life=LIVES)
def test_rebuilt_at_now_is_the_plan_that_stands(life):
    convention = ConventionFactory()
    for act, pick in [(add_axe, 1), (add_fiche, 1), (add_parts, 0), *life]:
        act(convention, pick)
    assert rebuilt(plan_on(convention, timezone.localdate())) == live(convention)


@settings(max_examples=8)
@given(life=LIVES)
def test_rebuilt_on_any_day_is_the_plan_that_stood(life):
    convention = ConventionFactory()
    stood = {}
    for place, (act, pick) in enumerate([(add_axe, 1), (add_fiche, 1), (add_parts, 0), *life]):
        act(convention, pick)
        day = FIRST + timedelta(days=2 * place)
        happened_on(day)
        stood[day] = live(convention)
    for day, plan in stood.items():
        assert rebuilt(plan_on(convention, day)) == plan
        assert rebuilt(plan_on(convention, day + timedelta(days=1))) == plan


# --- What it says ---------------------------------------------------------------------------------
def test_before_the_history_there_is_no_plan(cast):
    AxeFactory(convention=cast.convention)
    happened_on(date(2026, 3, 1))
    assert began_on(cast.convention) == date(2026, 3, 1)
    assert plan_on(cast.convention, date(2026, 2, 28)).fiches == []
    assert len(plan_on(cast.convention, date(2026, 3, 1)).fiches) == 2
    assert began_on(ConventionFactory()) is None


def test_a_day_ends_at_midnight_in_paris(cast):
    happened_on(date(2026, 3, 1))
    cast.fiche.title = "Le soir"
    cast.fiche.save()
    late = apps.get_model("actions", "FicheActionEvent").objects.latest("pgh_id")
    late.pgh_created_at = datetime.fromisoformat("2026-03-10T23:30:00+01:00")
    late.save()
    titles = {
        day: next(f.row.title for f in plan_on(cast.convention, day).fiches if f.row.pk == cast.fiche.pk)
        for day in (date(2026, 3, 9), date(2026, 3, 10))
    }
    assert titles == {date(2026, 3, 9): FicheAction.objects.get(pk=cast.fiche.pk).events.first().title} | {
        date(2026, 3, 10): "Le soir"
    }


def test_the_agreement_is_that_of_the_day(cast):
    happened_on(date(2026, 3, 1))
    cast.convention.period_end, cast.convention.status = date(2030, 12, 31), "prolongee"
    cast.convention.save()
    then = plan_on(cast.convention, date(2026, 3, 1)).convention
    assert (then.period_end, then.status, then.slug) == (
        date(2029, 12, 31),
        "en_vigueur",
        cast.convention.slug,
    )


def test_its_figures_are_those_of_the_day(cast):
    axe = AxeFactory(convention=cast.convention, title="Lien")
    fiche = FicheFactory(convention=cast.convention, axe=axe)
    done, _ = StepFactory(fiche=fiche, state="done"), StepFactory(fiche=fiche)
    StepFactory(fiche=fiche, state="dropped")
    indicator = IndicatorFactory(
        fiche=fiche,
        label="Visites",
        comparator=">",
        target_value=10,
        target_mode="each_period",
    )
    MeasurementFactory(indicator=indicator, value=12)
    happened_on(date(2026, 3, 1))
    done.delete()
    Measurement.objects.update(value=20)
    FicheAction.objects.filter(pk=fiche.pk).update(status="realisee")
    plan = plan_on(cast.convention, date(2026, 3, 1))
    past = next(one for one in plan.fiches if one.row.pk == fiche.pk)
    assert (str(past.progress), past.row.status) == ("50\u00a0%", "en_cours")
    assert [(aim.label, aim.target, aim.latest) for aim in past.aims] == [
        ("Visites", ">\u00a010", "12 · 2025")
    ]
    assert plan.plan.counts.words == "3 fiches engagées sur 3".replace(" fiches", "\u00a0fiches")
    assert [(branch.title, len(branch.fiches)) for branch in plan.tree] == [("Lien", 1), ("À classer", 2)]


def test_what_is_not_for_all_is_not_rebuilt(cast):
    NoteFactory(fiche=cast.fiche, text="Entre nous", visibility="confidential")
    MeasurementFactory(indicator=IndicatorFactory(fiche=cast.fiche), status="proposed", value=987)
    assert "987" not in str(rebuilt(plan_on(cast.convention, timezone.localdate()))["values"])


def test_another_convention_is_left_out(cast):
    StepFactory(fiche=FicheFactory(title="Ailleurs"))
    plan = plan_on(cast.convention, timezone.localdate())
    assert {one.row.pk for one in plan.fiches} == {cast.fiche.pk, cast.other.pk}


@pytest.mark.parametrize("count", [1, 3, 30])
def test_rebuilding_costs_the_same(cast, django_assert_num_queries, count):
    for place in range(count):
        fiche = FicheFactory(convention=cast.convention, axe=AxeFactory(convention=cast.convention))
        add_to = (StepFactory, ObjectiveFactory)
        for factory in add_to:
            factory(fiche=fiche)
        MeasurementFactory(indicator=IndicatorFactory(fiche=fiche))
        FicheLead.objects.create(fiche=fiche, organisation=OrganisationFactory(), position=place)
        FichePilot.objects.create(fiche=fiche, contact=ContactFactory())
    with django_assert_num_queries(12):
        plan = plan_on(cast.convention, timezone.localdate())
        assert plan.plan.mean.total == count + 2
        assert all(fiche.aims for fiche in plan.fiches if fiche.indicators)


def test_indicator_rows_know_their_fiche(cast):
    IndicatorFactory(fiche=cast.fiche)
    plan = plan_on(cast.convention, timezone.localdate())
    assert [one.fiche for fiche in plan.fiches for one in fiche.indicators] == [Indicator.objects.get().fiche]
