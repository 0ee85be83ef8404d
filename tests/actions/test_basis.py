"""The basis of a change, asked by every form of the plan."""

import pytest

from actions.forms.fiche import IdentityForm
from actions.forms.plan import EndForm, FicheForm
from tests.factories.cast import make_cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form_class", [EndForm, FicheForm, IdentityForm])
@pytest.mark.parametrize("day", ["0226-05-04", "9999-12-31"])
def test_a_date_typed_wrong_is_said_beside_it(cast, form_class, day):
    options = {"instance": cast.fiche} if form_class is IdentityForm else {}
    given = {"title": "x", "reason": "x", "basis_kind": "ajustement", "basis_words": "x", "basis_date": day}
    form = form_class(given, convention=cast.convention, user=cast.roles["coordinator"], **options)
    assert form.errors["basis_date"] == ["Écrivez une date entre 1990 et 2100."]


@pytest.mark.parametrize(
    ("fields", "contract"),
    [
        ({"status": "elaboration"}, False),
        ({"status": "deliberations"}, False),
        ({"status": "deliberations", "signed_on": "2025-01-01"}, True),
        ({"status": "en_vigueur"}, True),
        ({"status": "echue"}, True),
        ({"status": "renouvelee"}, True),
        ({"status": "resiliee"}, True),
    ],
)
def test_a_plan_once_agreed_stays_a_contract(fields, contract):
    cast = make_cast(**fields)
    form = EndForm(convention=cast.convention, user=cast.roles["coordinator"])
    assert form.asks_basis is contract
