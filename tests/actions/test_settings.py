"""Paramètres: who edits, what is refused, two people at once, logo and colours, avenants."""

import io
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from actions.forms.settings import IdentityForm, PerimeterForm
from actions.models import Avenant, Basis, Convention, Phase, Signatory, SignatoryAct
from actions.services.conventions import add_avenant, set_logo
from ctg.colours import contrast, identity
from ctg.refusal import Refused
from territories.models import Organisation
from tests.factories import (
    CommuneFactory,
    ConventionFactory,
    DepartementFactory,
    EpciFactory,
    OrganisationFactory,
    UserFactory,
)

PAGES = (
    "settings_identity",
    "settings_levels",
    "settings_perimeter",
    "settings_appearance",
    "avenant_list",
    "signatory_list",
    "phase_list",
)


def url(view, convention, *args):
    return reverse(f"actions:{view}", args=[convention.slug, *args])


def answers(client, address):
    """What the form of a page holds, with the values it starts from."""
    form = client.get(address).context["form"]
    given = {}
    for bound in form:
        value = bound.field.prepare_value(bound.value())
        value = value.isoformat() if isinstance(value, date) else value
        value = "" if value is None else value
        given[bound.html_name] = value
        if bound.field.show_hidden_initial:
            given[bound.html_initial_name] = value
    return given


def save(client, address, given=None, **fields):
    return client.post(address, (given if given is not None else answers(client, address)) | fields)


@pytest.fixture
def coordinator(cast, sign_in):
    return sign_in(cast.roles["coordinator"])


# --- Rights ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("coordinator", 200),
        ("thematic", 403),
        ("contributor", 403),
        ("services", 403),
        ("elected", 403),
        ("caf", 403),
        ("reader", 403),
        ("administrator", 403),
        ("outsider", 404),
    ],
)
def test_only_the_coordination_edits(cast, sign_in, page, who, status):
    client = sign_in(cast.roles[who])
    assert client.get(url(page, cast.convention)).status_code == status
    if status != 200:
        assert client.post(url(page, cast.convention), {"name": "x"}).status_code == status


@pytest.mark.parametrize(("who", "pencils"), [("coordinator", 9), ("caf", 1), ("administrator", 1)])
def test_settings_shows_its_pencils_to_those_who_may_use_them(cast, sign_in, who, pencils):
    page = sign_in(cast.roles[who]).get(url("settings", cast.convention)).content.decode()
    assert page.count('class="edit"') == pencils
    assert "Paramètres</a>" in page


@pytest.mark.parametrize(("who", "status"), [("reader", 403), ("elected", 403), ("outsider", 404)])
def test_settings_is_closed_to_others(cast, sign_in, who, status):
    assert sign_in(cast.roles[who]).get(url("settings", cast.convention)).status_code == status


@pytest.mark.parametrize("count", [1, 3])
def test_settings_costs_the_same_for_any_number(cast, coordinator, count, django_assert_num_queries):
    for number in range(count):
        signatory = Signatory.objects.create(convention=cast.convention, organisation=OrganisationFactory())
        SignatoryAct.objects.create(signatory=signatory, number=str(number))
        Phase.objects.create(convention=cast.convention, title="Atelier")
        Avenant.objects.create(convention=cast.convention, number=number, date=date(2026, 1, 1), object="x")
    with django_assert_num_queries(16):
        coordinator.get(url("settings", cast.convention))


# --- Identity, levels, perimeter ------------------------------------------------------------------
def test_settings_identity_saves(cast, coordinator):
    answer = save(
        coordinator,
        url("settings_identity", cast.convention),
        name="CTG du Sundgau",
        signed_on="2025-03-01",
        presentation="Un **territoire**\n\n- rural",
    )
    convention = Convention.objects.get(pk=cast.convention.pk)
    assert (answer.status_code, answer.url) == (302, url("settings", cast.convention))
    assert (convention.name, convention.signed_on) == ("CTG du Sundgau", date(2025, 3, 1))
    assert convention.presentation == "<p>Un <strong>territoire</strong></p><ul><li>rural</li></ul>"
    assert convention.slug == cast.convention.slug


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"period_end": "2024-01-01", "basis_kind": "correction"}, "period_end"),
        ({"period_start": ""}, "period_start"),
        ({"signed_on": "0225-01-01"}, "signed_on"),
        ({"signed_on": "31/02/2025"}, "signed_on"),
        ({"name": " "}, "name"),
        ({"territory_name": "x" * 100_000}, "territory_name"),
        ({"status": "autre"}, "status"),
        ({"previous": "0"}, "previous"),
    ],
)
def test_settings_identity_bad_answers_are_said_beside_the_field(cast, coordinator, fields, field):
    answer = save(coordinator, url("settings_identity", cast.convention), presentation="Gardé", **fields)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert "Gardé" in answer.content.decode()
    assert Convention.objects.get(pk=cast.convention.pk).presentation == ""
    assert cast.convention.territory_name in answer.content.decode()


def test_settings_identity_a_renewal_stays_with_its_carrier(cast, coordinator):
    mine = ConventionFactory(carrier=cast.convention.carrier, caf=cast.convention.caf)
    other = ConventionFactory()
    address = url("settings_identity", cast.convention)
    assert save(coordinator, address, previous=other.pk).status_code == 422
    assert save(coordinator, address, previous=mine.pk).status_code == 302
    assert save(coordinator, address, previous=cast.convention.pk).status_code == 422


def test_settings_identity_keeps_what_someone_else_changed(cast, coordinator):
    address = url("settings_identity", cast.convention)
    given = answers(coordinator, address)
    Convention.objects.filter(pk=cast.convention.pk).update(territory_name="Nouveau territoire")
    assert save(coordinator, address, given, name="Mon nom").status_code == 302
    convention = Convention.objects.get(pk=cast.convention.pk)
    assert (convention.name, convention.territory_name) == ("Mon nom", "Nouveau territoire")


def test_settings_identity_two_changes_of_one_field_are_both_shown(cast, coordinator):
    address = url("settings_identity", cast.convention)
    given = answers(coordinator, address)
    Convention.objects.filter(pk=cast.convention.pk).update(name="Leur nom")
    answer = save(coordinator, address, given, name="Mon nom")
    page = answer.content.decode()
    assert (answer.status_code, "Leur nom" in page, "Mon nom" in page) == (409, True, True)
    assert "Rien n’est perdu" in page
    assert Convention.objects.get(pk=cast.convention.pk).name == "Leur nom"


def reread(convention):
    return Convention.objects.get(pk=convention.pk)


CORRECTION = {"basis_kind": "correction"}


@pytest.mark.parametrize("undone", [{"status": "elaboration"}, {"status": "preparation"}])
def test_settings_identity_a_contract_is_not_switched_off_without_a_basis(cast, coordinator, undone):
    address = url("settings_identity", cast.convention)
    answer = save(coordinator, address, **undone)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["basis_kind"])
    assert reread(cast.convention).is_contract
    answer = save(coordinator, address, basis_kind="ajustement", **undone)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["basis_words"])
    assert save(coordinator, address, **undone, **CORRECTION).status_code == 302
    assert not reread(cast.convention).is_contract
    assert context_of(cast.convention) == {
        "user": cast.roles["coordinator"].pk,
        "url": address,
        "basis": Basis.objects.get(convention=cast.convention, kind="correction").pk,
    }


def context_of(convention):
    """What the history keeps beside the last change."""
    return apps.get_model("actions", "ConventionEvent").objects.latest("pgh_id").pgh_context.metadata


def test_settings_identity_a_signature_is_not_taken_back_without_a_basis(draft_cast, sign_in):
    client, convention = sign_in(draft_cast.roles["coordinator"]), draft_cast.convention
    address = url("settings_identity", convention)
    assert save(client, address, signed_on="2025-03-01").status_code == 302
    assert save(client, address, signed_on="").status_code == 422
    assert reread(convention).signed_on == date(2025, 3, 1)
    assert save(client, address, signed_on="2025-03-02").status_code == 302
    assert save(client, address, signed_on="", **CORRECTION).status_code == 302
    assert not reread(convention).is_contract


def test_settings_identity_the_end_of_a_contract_asks_for_a_basis(cast, coordinator):
    address = url("settings_identity", cast.convention)
    assert save(coordinator, address, period_end="2030-12-31").status_code == 422
    assert save(coordinator, address, period_end="2030-12-31", **CORRECTION).status_code == 302
    assert reread(cast.convention).period_end == date(2030, 12, 31)


def test_settings_identity_what_leaves_the_contract_alone_asks_for_nothing(cast, draft_cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    address = url("settings_identity", cast.convention)
    assert save(client, address, name="Autre nom", status="echue").status_code == 302
    assert (reread(cast.convention).is_contract, Basis.objects.count()) == (True, 0)
    client = sign_in(draft_cast.roles["coordinator"])
    address = url("settings_identity", draft_cast.convention)
    assert "basis_kind" not in answers(client, address)
    assert save(client, address, period_end="2031-12-31", status="deliberations").status_code == 302


def test_settings_identity_two_halves_of_the_contract_do_not_go_at_once(cast, coordinator):
    Convention.objects.filter(pk=cast.convention.pk).update(signed_on=date(2025, 3, 1))
    form = IdentityForm(
        answers(coordinator, url("settings_identity", cast.convention)) | {"signed_on": ""},
        instance=reread(cast.convention),
        user=cast.roles["coordinator"],
    )
    assert form.is_valid()  # it is in force still
    Convention.objects.filter(pk=cast.convention.pk).update(status="elaboration")
    assert (form.merge(), list(form.errors)) == (False, ["basis_kind"])


@pytest.mark.parametrize("day", ["0226-01-01", "9999-12-31"])
@pytest.mark.parametrize("field", ["basis_date", "period_end"])
def test_settings_identity_refuses_a_year_that_is_none(cast, coordinator, field, day):
    given = CORRECTION | {"status": "elaboration", field: day}
    answer = save(coordinator, url("settings_identity", cast.convention), **given)
    assert (answer.status_code, "Écrivez une date entre" in str(answer.context["form"].errors[field])) == (
        422,
        True,
    )


def test_settings_levels_takes_any_words(cast, coordinator):
    address = url("settings_levels", cast.convention)
    assert save(coordinator, address, fiche_name="fiche thématique", axe_name="défi").status_code == 302
    convention = Convention.objects.get(pk=cast.convention.pk)
    assert (convention.fiche_name, convention.axe_name) == ("fiche thématique", "défi")
    assert save(coordinator, address, axe_name="x" * 41).status_code == 422


def test_settings_perimeter(cast, coordinator):
    epci = cast.convention.epci
    inside = [CommuneFactory(epci=epci) for _ in range(3)]
    outside = CommuneFactory(name="L’Isle-sur-Tarn")
    cast.convention.communes.set(inside[:2])
    address = url("settings_perimeter", cast.convention)
    chosen = {"communes": [inside[1].pk, inside[2].pk], "other": "l'isle-sur-tarn"}
    assert save(coordinator, address, **chosen).status_code == 302
    assert set(cast.convention.communes.all()) == {inside[1], inside[2], outside}


@pytest.mark.parametrize(
    ("other", "message"), [("Nulle-Part", "Aucune commune"), ("Saint-Martin", "Plusieurs communes")]
)
def test_settings_perimeter_says_which_commune_is_meant(cast, coordinator, other, message):
    cast.convention.communes.add(CommuneFactory(epci=cast.convention.epci))
    for _ in range(2):
        CommuneFactory(name="Saint-Martin")
    answer = save(coordinator, url("settings_perimeter", cast.convention), other=other)
    assert (answer.status_code, message in answer.content.decode()) == (422, True)


def test_settings_perimeter_writes_all_or_nothing(cast, coordinator, monkeypatch):
    one, two = (CommuneFactory(epci=cast.convention.epci) for _ in range(2))
    cast.convention.communes.set([one, two])

    monkeypatch.setattr(PerimeterForm, "clean_other", lambda form: "no code of a commune")
    with pytest.raises(DataError):
        save(coordinator, url("settings_perimeter", cast.convention), communes=[one.pk])
    assert set(cast.convention.communes.all()) == {one, two}


def test_settings_perimeter_is_never_empty(cast, coordinator):
    cast.convention.communes.add(CommuneFactory(epci=cast.convention.epci))
    answer = save(coordinator, url("settings_perimeter", cast.convention), communes=[])
    assert (answer.status_code, cast.convention.communes.count()) == (422, 1)


# --- Signatories and acts -------------------------------------------------------------------------
def test_signatory_list_adds_known_places_and_new_ones(cast, coordinator):
    commune = CommuneFactory(name="Altkirch")
    cast.convention.communes.add(commune)
    address = url("signatory_list", cast.convention)
    assert coordinator.post(address, {"organisation": f"commune-{commune.pk}"}).status_code == 302
    new = {"new_name": "Département  du Haut-Rhin", "new_kind": "departement"}
    assert coordinator.post(address, new).status_code == 302
    assert coordinator.post(address, {"organisation": "epci-" + cast.convention.epci_id}).status_code == 302
    names = [str(row) for row in cast.convention.signatories.all()]
    assert names == ["Altkirch", "Département du Haut-Rhin", str(cast.convention.carrier)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "organisation"),
        ({"organisation": "commune-99999"}, "organisation"),
        ({"organisation": "\x00"}, "organisation"),
        ({"new_name": "Sans nature"}, "new_kind"),
        ({"new_name": "x", "new_kind": "caf"}, "new_kind"),
        ({"new_name": "x" * 201, "new_kind": "other"}, "new_name"),
    ],
)
def test_signatory_list_refuses(cast, coordinator, fields, field):
    answer = coordinator.post(url("signatory_list", cast.convention), fields)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert Signatory.objects.count() == 0


def test_signatory_list_refuses_a_double_and_makes_no_organisation(cast, coordinator):
    address = url("signatory_list", cast.convention)
    given = {"new_name": "MSA d’Alsace", "new_kind": "msa"}
    assert coordinator.post(address, given).status_code == 302
    answer = coordinator.post(address, {"new_name": "msa d’alsace", "new_kind": "msa"})
    assert (answer.status_code, "déjà signataire" in answer.content.decode()) == (422, True)
    assert Organisation.objects.filter(kind="msa").count() == 1


def test_signatory_list_offers_the_perimeter_but_those_who_sign(cast, coordinator):
    commune, signing = CommuneFactory(name="Altkirch"), CommuneFactory(name="Ferrette")
    cast.convention.communes.add(commune, signing)
    OrganisationFactory(name="Association sans lien")
    body = OrganisationFactory(kind="commune", commune=signing)
    for organisation in (body, cast.convention.carrier):
        Signatory.objects.create(convention=cast.convention, organisation=organisation)
    form = coordinator.get(url("signatory_list", cast.convention)).context["form"]
    offered = [key for _, group in form.fields["organisation"].choices[1:] for key, _ in group]
    assert offered == [f"commune-{commune.pk}", f"organisation-{cast.convention.caf_id}"]


def test_signatories_move_and_leave(cast, coordinator):
    one, two = (
        Signatory.objects.create(
            convention=cast.convention, organisation=OrganisationFactory(), position=place
        )
        for place in range(2)
    )
    coordinator.post(url("signatory_move", cast.convention, two.pk), {"sens": "haut"})
    assert list(cast.convention.signatories.all()) == [two, one]
    coordinator.post(url("signatory_remove", cast.convention, one.pk))
    assert list(cast.convention.signatories.all()) == [two]


def test_signatory_remove_keeps_one_with_acts(cast, coordinator):
    signatory = Signatory.objects.create(convention=cast.convention, organisation=OrganisationFactory())
    SignatoryAct.objects.create(signatory=signatory, number="12")
    answer = coordinator.post(url("signatory_remove", cast.convention, signatory.pk), follow=True)
    assert "a des actes enregistrés" in answer.content.decode()
    assert signatory.acts.count() == 1


def test_acts_are_added_changed_and_removed(cast, coordinator):
    signatory = Signatory.objects.create(convention=cast.convention, organisation=cast.convention.caf)
    add = url("act_add", cast.convention, signatory.pk)
    given = answers(coordinator, add)
    assert given["kind"] == "decision"
    assert (
        save(coordinator, add, given, number="583", date="2026-02-11", outcome="à l’unanimité").status_code
        == 302
    )
    act = SignatoryAct.objects.get()
    assert (str(act), act.date) == ("décision n° 583", date(2026, 2, 11))
    assert "11\u00a0février 2026" in coordinator.get(url("signatory_list", cast.convention)).content.decode()
    edit = url("act_edit", cast.convention, signatory.pk, act.pk)
    assert save(coordinator, edit, date="0226-01-01").status_code == 422
    assert save(coordinator, edit, number="584").status_code == 302
    act.refresh_from_db()
    assert (act.number, act.outcome) == ("584", "à l’unanimité")
    assert coordinator.post(url("act_remove", cast.convention, signatory.pk, act.pk)).status_code == 302
    assert SignatoryAct.objects.count() == 0


def test_rows_of_another_convention_are_not_found(cast, coordinator):
    other = ConventionFactory()
    signatory = Signatory.objects.create(convention=other, organisation=other.caf)
    act = SignatoryAct.objects.create(signatory=signatory)
    phase = Phase.objects.create(convention=other, title="Ailleurs")
    avenant = Avenant.objects.create(convention=other, number=1, date=date(2026, 1, 1), object="x")
    here = cast.convention
    mine = Signatory.objects.create(convention=here, organisation=here.caf)
    for address in (
        url("signatory_remove", here, signatory.pk),
        url("signatory_move", here, signatory.pk),
        url("act_add", here, signatory.pk),
        url("act_edit", here, signatory.pk, act.pk),
        url("act_edit", here, mine.pk, act.pk),
        url("act_remove", here, mine.pk, act.pk),
        url("phase_edit", here, phase.pk),
        url("phase_move", here, phase.pk),
        url("phase_remove", here, phase.pk),
        url("avenant_edit", here, avenant.pk),
        url("avenant_remove", here, avenant.pk),
        url("phase_remove", here, 2**70),
    ):
        assert coordinator.post(address).status_code == 404
    assert (Signatory.objects.count(), SignatoryAct.objects.count(), Phase.objects.count()) == (2, 1, 1)


# --- Phases ---------------------------------------------------------------------------------------
def test_phases_are_added_changed_moved_and_removed(cast, coordinator):
    address = url("phase_list", cast.convention)
    for title in ("Lancement", "Ateliers"):
        assert coordinator.post(address, {"title": title, "words": "printemps 2025"}).status_code == 302
    wrong = {"title": "Validation", "starts_on": "2025-06-10", "ends_on": "2025-06-01"}
    answer = coordinator.post(address, wrong)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["ends_on"])
    first, second = cast.convention.phases.all()
    edit = url("phase_edit", cast.convention, first.pk)
    assert save(coordinator, edit, starts_on="2025-04-01", words="").status_code == 302
    coordinator.post(url("phase_move", cast.convention, second.pk), {"sens": "haut"})
    assert [phase.title for phase in cast.convention.phases.all()] == ["Ateliers", "Lancement"]
    assert "1er\u00a0avr. 2025" in coordinator.get(address).content.decode()
    coordinator.post(url("phase_remove", cast.convention, second.pk))
    assert [phase.title for phase in cast.convention.phases.all()] == ["Lancement"]


# --- Colours and logo -----------------------------------------------------------------------------
@pytest.mark.parametrize("colour", ["#ffff00", "vert", "#12345", "#0f4c4a; }", "javascript:"])
def test_settings_appearance_refuses_a_colour_that_does_not_read(cast, coordinator, colour):
    answer = save(coordinator, url("settings_appearance", cast.convention), brand_colour=colour)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["brand_colour"])


def test_theme_css_gives_the_colours_and_its_address_changes_with_them(cast, coordinator, sign_in):
    assert cast.convention.theme_url is None
    save(
        coordinator,
        url("settings_appearance", cast.convention),
        brand_colour="#123A6B",
        accent_colour="#B4481C",
    )
    convention = Convention.objects.get(pk=cast.convention.pk)
    address = convention.theme_url
    assert address == url("theme_css", convention) + "?v=123a6b-b4481c"
    assert address in coordinator.get(url("settings", convention)).content.decode()
    answer = coordinator.get(address)
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.content.decode().startswith(":root {\n  --brand: #123a6b;\n  --brand-tint: #e7ebf0;\n")
    assert coordinator.get(url("theme_css", convention))["Cache-Control"] == "private, no-cache"
    assert sign_in(cast.roles["outsider"]).get(address).status_code == 404


@pytest.mark.parametrize("colour", ["#0f4c4a", "#000000", "#767676", "#b4481c", "#123a6b", "#007a3d"])
def test_derived_colours_read_on_white_and_on_the_tints(colour):
    colours = identity(colour, colour)
    for text, tint in (("brand-2", "brand-tint"), ("accent", "accent-tint")):
        for ground in ("#ffffff", colours[tint]):
            assert contrast(colours[text], ground) >= 4.5


@pytest.mark.parametrize(
    ("typed", "pick", "kept"),
    [
        ("", "#0f4c4a", ""),
        ("", "#123a6b", "#123a6b"),
        ("#123a6b", "#0f4c4a", "#123a6b"),
        ("#123a6b", "#123a6b", "#123a6b"),
    ],
    ids=["neither", "picked", "typed", "both"],
)
def test_settings_appearance_takes_what_is_typed_or_picked(cast, coordinator, typed, pick, kept):
    """As a form without a script sends it: the palette does not follow the text."""
    address = url("settings_appearance", cast.convention)
    assert 'type="color"' in coordinator.get(address).content.decode()
    fields = {"brand_colour": typed, "brand_colour-pick": pick, "brand_colour-shown": ""}
    assert save(coordinator, address, **fields).status_code == 302
    assert Convention.objects.get(pk=cast.convention.pk).brand_colour == kept


def test_settings_appearance_a_picked_colour_must_read_too(cast, coordinator):
    fields = {"accent_colour": "", "accent_colour-pick": "#ffff00", "accent_colour-shown": ""}
    answer = save(coordinator, url("settings_appearance", cast.convention), **fields)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["accent_colour"])


def picture(kind="PNG", size=(40, 20)):
    file = io.BytesIO()
    Image.new("RGB", size, "#123a6b").save(file, kind)
    return file.getvalue()


def send_logo(client, cast, content, name="logo.png"):
    return client.post(url("settings_logo", cast.convention), {"logo": SimpleUploadedFile(name, content)})


@pytest.mark.parametrize(("kind", "served"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_convention_logo_is_known_by_its_bytes(cast, coordinator, sign_in, kind, served):
    content = picture(kind)
    assert send_logo(coordinator, cast, content, "../../../etc/passwd.exe").status_code == 302
    answer = coordinator.get(url("convention_logo", cast.convention))
    assert (answer["Content-Type"], answer.content) == (served, content)
    assert answer["X-Content-Type-Options"] == "nosniff"
    stored = Convention.objects.get(pk=cast.convention.pk).logo.name
    assert stored.startswith(f"logos/{cast.convention.uuid}")
    assert "convention_logo" not in stored
    assert (
        url("convention_logo", cast.convention)
        in coordinator.get(url("settings", cast.convention)).content.decode()
    )
    shown = sign_in(cast.roles["reader"]).get(url("convention_logo", cast.convention))
    assert shown.status_code == 200
    assert sign_in(cast.roles["outsider"]).get(url("convention_logo", cast.convention)).status_code == 404


def test_the_logo_is_in_the_header_of_every_page(cast, coordinator, django_assert_max_num_queries):
    page = url("directory", cast.convention)
    with CaptureQueriesContext(connection) as before:
        assert "top-logo" not in coordinator.get(page).content.decode()
    cost = len(before)
    send_logo(coordinator, cast, picture())
    with django_assert_max_num_queries(cost):
        shown = coordinator.get(page).content.decode()
    first = Convention.objects.get(pk=cast.convention.pk).logo_url
    alt = f'alt="Logo\u00a0: {cast.convention.territory_name}"'
    assert (f'src="{first}"' in shown, alt in shown) == (True, True)
    assert coordinator.get(first).status_code == 200
    send_logo(coordinator, cast, picture(size=(50, 20)))
    assert Convention.objects.get(pk=cast.convention.pk).logo_url != first


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 40,
        picture("GIF"),
        picture("BMP"),
        picture()[:50],
        picture() + b"\x00" * 1_000_000,
        picture(size=(4001, 2)),
    ],
    ids=["empty", "svg", "torn png", "gif", "bmp", "cut", "heavy", "wide"],
)
def test_settings_logo_refuses(cast, coordinator, content):
    answer = send_logo(coordinator, cast, content)
    assert (answer.status_code, list(answer.context["logo_form"].errors)) == (422, ["logo"])
    assert not Convention.objects.get(pk=cast.convention.pk).logo


def test_settings_logo_without_a_file(cast, coordinator):
    answer = coordinator.post(url("settings_logo", cast.convention))
    assert (answer.status_code, "Choisissez un fichier" in answer.content.decode()) == (422, True)


@pytest.mark.django_db(transaction=True)
def test_a_logo_replaced_or_removed_leaves_no_file():
    convention = ConventionFactory()
    set_logo(convention, ("png", picture()))
    first = Convention.objects.get().logo
    set_logo(convention, ("jpg", picture("JPEG")))
    second = Convention.objects.get().logo
    assert (first.storage.exists(first.name), second.storage.exists(second.name)) == (False, True)
    set_logo(convention, None)
    assert (second.storage.exists(second.name), bool(Convention.objects.get().logo)) == (False, False)


def test_settings_logo_remove(cast, coordinator):
    send_logo(coordinator, cast, picture())
    assert coordinator.post(url("settings_logo_remove", cast.convention)).status_code == 302
    assert coordinator.get(url("convention_logo", cast.convention)).status_code == 404


# --- Avenants -------------------------------------------------------------------------------------
def amend(convention, by, **fields):
    given = {"number": 1, "on": date(2026, 3, 1), "subject": "Prolongation", "new_end": None} | fields
    return add_avenant(convention, by=by, **given)


def test_avenant_list_prolongs_the_convention(cast, coordinator):
    address = url("avenant_list", cast.convention)
    given = answers(coordinator, address)
    assert given["number"] == 1
    assert (
        save(coordinator, address, given, date="2026-03-01", object="Un an de plus", new_end="2030-12-31").url
        == address
    )
    convention = Convention.objects.get(pk=cast.convention.pk)
    assert (convention.period_end, convention.status) == (date(2030, 12, 31), "prolongee")
    assert answers(coordinator, address)["number"] == 2
    assert "Un an de plus" in coordinator.get(url("settings", convention)).content.decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"new_end": "2029-12-31"}, "new_end"),
        ({"new_end": "2020-01-01"}, "new_end"),
        ({"number": "1"}, "number"),
        ({"number": "-1"}, "number"),
        ({"number": "99999"}, "number"),
        ({"number": "deux"}, "number"),
        ({"date": ""}, "date"),
        ({"object": ""}, "object"),
        ({"object": "x" * 100_000}, "object"),
    ],
)
def test_avenant_list_bad_answers_are_said_beside_the_field(cast, coordinator, fields, field):
    amend(cast.convention, cast.roles["coordinator"])
    given = {"number": "2", "date": "2026-03-01", "object": "Gardé"} | fields
    answer = coordinator.post(url("avenant_list", cast.convention), given)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert Avenant.objects.count() == 1
    assert Convention.objects.get(pk=cast.convention.pk).period_end == date(2029, 12, 31)


def test_an_unsigned_convention_has_no_avenant(draft_cast, sign_in):
    client = sign_in(draft_cast.roles["coordinator"])
    address = url("avenant_list", draft_cast.convention)
    assert "n’est pas encore signée" in client.get(address).content.decode()
    answer = client.post(address, {"number": "1", "date": "2026-03-01", "object": "x"})
    assert (answer.status_code, Avenant.objects.count()) == (422, 0)


@pytest.mark.parametrize(
    ("status", "days", "after"),
    [
        ("en_vigueur", 30, "prolongee"),
        ("prolongee", 30, "prolongee"),
        ("echue", 30, "prolongee"),
        ("echue", -30, "echue"),
        ("renouvelee", 30, "renouvelee"),
        ("resiliee", 30, "resiliee"),
    ],
)
def test_the_status_after_a_prolongation(db, status, days, after):
    today = timezone.localdate()
    convention = ConventionFactory(
        status=status, period_start=date(2020, 1, 1), period_end=today - timedelta(days=90)
    )
    amend(convention, UserFactory(), new_end=today + timedelta(days=days))
    convention.refresh_from_db()
    assert (convention.status, convention.period_end) == (after, today + timedelta(days=days))


def test_add_avenant_refuses_the_same_number_and_changes_nothing(cast):
    by = cast.roles["coordinator"]
    amend(cast.convention, by)
    with pytest.raises(Refused) as refused:
        amend(cast.convention, by, new_end=date(2031, 1, 1))
    assert refused.value.field == "number"
    assert Convention.objects.get(pk=cast.convention.pk).period_end == date(2029, 12, 31)


def test_avenant_edit_corrects_a_slip(cast, coordinator):
    avenant = amend(cast.convention, cast.roles["coordinator"], new_end=date(2030, 12, 31))
    other = amend(cast.convention, cast.roles["coordinator"], number=2)
    address = url("avenant_edit", cast.convention, avenant.pk)
    assert save(coordinator, address, object="Corrigé", new_end="2040-01-01").status_code == 302
    avenant.refresh_from_db()
    assert (avenant.object, avenant.new_end) == ("Corrigé", date(2030, 12, 31))
    assert save(coordinator, address, number=str(other.number)).status_code == 422


def remove(client, convention, avenant):
    return client.post(url("avenant_remove", convention, avenant.pk), follow=True).content.decode()


def test_avenant_remove_takes_back_the_end_it_moved(cast, coordinator):
    first = amend(cast.convention, cast.roles["coordinator"], new_end=date(2030, 12, 31))
    second = amend(cast.convention, cast.roles["coordinator"], number=2, new_end=date(2031, 12, 31))
    assert "retirez-le d’abord" in remove(coordinator, cast.convention, first)
    assert "Avenant n° 2 retiré" in remove(coordinator, cast.convention, second)
    assert (reread(cast.convention).period_end, reread(cast.convention).status) == (
        date(2030, 12, 31),
        "prolongee",
    )
    remove(coordinator, cast.convention, first)
    assert (reread(cast.convention).period_end, reread(cast.convention).status) == (
        date(2029, 12, 31),
        "en_vigueur",
    )
    assert Avenant.objects.count() == 0


def test_avenant_remove_leaves_an_end_corrected_since(cast, coordinator):
    avenant = amend(cast.convention, cast.roles["coordinator"], new_end=date(2030, 12, 31))
    Convention.objects.filter(pk=cast.convention.pk).update(period_end=date(2030, 6, 30), status="resiliee")
    remove(coordinator, cast.convention, avenant)
    after = reread(cast.convention)
    assert (after.period_end, after.status) == (date(2030, 6, 30), "resiliee")


def test_avenant_remove_refuses_what_rests_on_it(cast, coordinator):
    avenant = amend(cast.convention, cast.roles["coordinator"])
    basis = Basis.objects.create(
        convention=cast.convention, kind="avenant", avenant=avenant, date=date(2026, 3, 1)
    )
    assert "fonde des changements" in remove(coordinator, cast.convention, avenant)
    basis.delete()
    signatory = Signatory.objects.create(convention=cast.convention, organisation=cast.convention.caf)
    act = SignatoryAct.objects.create(signatory=signatory, avenant=avenant)
    assert "retirez d’abord leurs actes" in remove(coordinator, cast.convention, avenant)
    act.delete()
    remove(coordinator, cast.convention, avenant)
    assert Avenant.objects.count() == 0


def test_avenant_remove_says_when_the_history_does_not_know(cast, coordinator):
    avenant = Avenant.objects.create(
        convention=cast.convention,
        number=1,
        date=date(2026, 1, 1),
        object="x",
        new_end=cast.convention.period_end,
    )
    assert "L’historique ne dit pas" in remove(coordinator, cast.convention, avenant)
    assert Avenant.objects.get() == avenant


def test_the_places_of_a_signatory_are_those_of_the_convention(cast, coordinator):
    CommuneFactory(name="Commune d’ailleurs", epci=EpciFactory())
    OrganisationFactory(name="Service d’un autre département", departement=DepartementFactory(code="75"))
    page = coordinator.get(url("signatory_list", cast.convention)).content.decode()
    assert ("Commune d’ailleurs" in page, "autre département" in page) == (False, False)
