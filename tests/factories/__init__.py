"""Rows for tests: each factory makes the least that the rules of the tables allow."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from actions import models as actions
from ctg.accounts.models import User
from ctg.files.services import store_bytes
from diagnostics import models as diagnostics
from territories import models as territories

PASSWORD = "un-mot-de-passe-de-test"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"personne{n}@example.org")
    name = factory.Sequence(lambda n: f"Personne {n}")
    password = factory.django.Password(PASSWORD)


class DepartementFactory(DjangoModelFactory):
    class Meta:
        model = territories.Departement
        django_get_or_create = ["code"]

    code = "68"
    name = "Haut-Rhin"


class EpciFactory(DjangoModelFactory):
    class Meta:
        model = territories.Epci

    siren = factory.Sequence(lambda n: f"{200000000 + n}")
    name = factory.Sequence(lambda n: f"Communauté de communes {n}")
    kind = "CC"


class CommuneFactory(DjangoModelFactory):
    class Meta:
        model = territories.Commune

    code = factory.Sequence(lambda n: f"68{n % 1000:03d}")
    name = factory.Sequence(lambda n: f"Commune {n}")
    departement = factory.SubFactory(DepartementFactory)
    population = 1000


class ThemeFactory(DjangoModelFactory):
    class Meta:
        model = territories.Theme

    name = factory.Sequence(lambda n: f"Thématique {n}")


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = territories.Organisation

    kind = "association"
    name = factory.Sequence(lambda n: f"Organisme {n}")


class CafFactory(OrganisationFactory):
    kind = "caf"
    name = factory.Sequence(lambda n: f"Caf {n}")


class CarrierFactory(OrganisationFactory):
    kind = "epci"
    epci = factory.SubFactory(EpciFactory)


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = territories.Membership
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    role = "reader"
    started_on = date(2020, 1, 1)

    @factory.post_generation
    def themes(self, create, extracted, **kwargs):
        if extracted:
            self.themes.set(extracted)

    @factory.post_generation
    def communes(self, create, extracted, **kwargs):
        if extracted:
            self.communes.set(extracted)


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = territories.Contact

    name = factory.Sequence(lambda n: f"Contact {n}")


class ConventionFactory(DjangoModelFactory):
    """A convention in force, not signed unless said: use `status="elaboration"` for a plan that is no contract."""

    class Meta:
        model = actions.Convention

    name = factory.Sequence(lambda n: f"CTG {n}")
    slug = factory.Sequence(lambda n: f"ctg-{n}-2025-2029")
    territory_name = factory.Sequence(lambda n: f"Territoire {n}")
    caf = factory.SubFactory(CafFactory)
    carrier = factory.SubFactory(CarrierFactory)
    epci = factory.SelfAttribute("carrier.epci")
    period_start = date(2025, 1, 1)
    period_end = date(2029, 12, 31)
    status = "en_vigueur"


class AxeFactory(DjangoModelFactory):
    class Meta:
        model = actions.Axe

    convention = factory.SubFactory(ConventionFactory)
    title = factory.Sequence(lambda n: f"Axe {n}")
    position = factory.Sequence(lambda n: n)


class OrientationFactory(DjangoModelFactory):
    class Meta:
        model = actions.Orientation

    axe = factory.SubFactory(AxeFactory)
    title = factory.Sequence(lambda n: f"Orientation {n}")
    position = factory.Sequence(lambda n: n)


class FicheFactory(DjangoModelFactory):
    class Meta:
        model = actions.FicheAction

    convention = factory.SubFactory(ConventionFactory)
    title = factory.Sequence(lambda n: f"Fiche {n}")
    number = factory.Sequence(str)
    position = factory.Sequence(lambda n: n)
    status = "en_cours"


class StepFactory(DjangoModelFactory):
    class Meta:
        model = actions.Step

    fiche = factory.SubFactory(FicheFactory)
    title = factory.Sequence(lambda n: f"Étape {n}")
    position = factory.Sequence(lambda n: n)


class ObjectiveFactory(DjangoModelFactory):
    class Meta:
        model = actions.Objective

    fiche = factory.SubFactory(FicheFactory)
    text = factory.Sequence(lambda n: f"Objectif {n}")


class IndicatorFactory(DjangoModelFactory):
    class Meta:
        model = actions.Indicator

    fiche = factory.SubFactory(FicheFactory)
    label = factory.Sequence(lambda n: f"Indicateur {n}")


class MeasurementFactory(DjangoModelFactory):
    class Meta:
        model = actions.Measurement

    indicator = factory.SubFactory(IndicatorFactory)
    period_start = date(2025, 1, 1)
    period_end = date(2025, 12, 31)
    value = 10


class WorkbookFactory(DjangoModelFactory):
    """A workbook that was sent in and not read yet. Its stored bytes are no workbook."""

    class Meta:
        model = actions.PlanWorkbook

    convention = factory.SubFactory(ConventionFactory)
    name = factory.Sequence(lambda n: f"plan-{n}.xlsx")
    stored = factory.LazyFunction(lambda: store_bytes("plan.csv", b"plan"))


class NoteFactory(DjangoModelFactory):
    class Meta:
        model = actions.ProgressNote

    fiche = factory.SubFactory(FicheFactory)
    date = date(2026, 1, 15)
    text = factory.Sequence(lambda n: f"Point d’étape {n}")


class HighlightFactory(DjangoModelFactory):
    class Meta:
        model = actions.Highlight

    fiche = factory.SubFactory(FicheFactory)
    convention = factory.SelfAttribute("fiche.convention")
    title = factory.Sequence(lambda n: f"Temps fort {n}")


class FundingCallFactory(DjangoModelFactory):
    class Meta:
        model = actions.FundingCall

    convention = factory.SubFactory(ConventionFactory)
    title = factory.Sequence(lambda n: f"Appel à projets {n}")
    funder = "Caf"


class EvaluationFactory(DjangoModelFactory):
    class Meta:
        model = actions.FicheEvaluation

    fiche = factory.SubFactory(FicheFactory)
    year = 2025


class DiagnosticFactory(DjangoModelFactory):
    class Meta:
        model = diagnostics.Diagnostic

    title = factory.Sequence(lambda n: f"Diagnostic {n}")


class KeyFigureFactory(DjangoModelFactory):
    class Meta:
        model = diagnostics.KeyFigure

    diagnostic = factory.SubFactory(DiagnosticFactory)
    label = factory.Sequence(lambda n: f"Chiffre {n}")
    value = 10
    is_national = True


class SurveyFactory(DjangoModelFactory):
    class Meta:
        model = diagnostics.Survey

    diagnostic = factory.SubFactory(DiagnosticFactory)
    title = factory.Sequence(lambda n: f"Enquête {n}")


class NeedFactory(DjangoModelFactory):
    class Meta:
        model = diagnostics.Need

    survey = factory.SubFactory(SurveyFactory)
    text = factory.Sequence(lambda n: f"Besoin {n}")


class EnjeuFactory(DjangoModelFactory):
    class Meta:
        model = diagnostics.Enjeu

    diagnostic = factory.SubFactory(DiagnosticFactory)
    text = factory.Sequence(lambda n: f"Enjeu {n}")
