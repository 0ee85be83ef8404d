"""The fiche: read, edited section by section, two people at once."""

import pytest
from django.urls import reverse

from actions.models import Basis, FicheAction
from territories.services import invite_member
from tests.factories import (
    CommuneFactory,
    IndicatorFactory,
    MeasurementFactory,
    NoteFactory,
    OrganisationFactory,
    StepFactory,
)

pytestmark = pytest.mark.django_db


def section(cast, key, fiche=None):
    return reverse("actions:fiche_section", args=[cast.convention.slug, (fiche or cast.fiche).uuid, key])


def started(client, url):
    """The form as a browser would send it back untouched."""
    form = client.get(url).context["page"].opened.form
    data = {}
    for bound in form:
        value = bound.value()
        data[bound.html_name] = "" if value is None else value
        if bound.field.show_hidden_initial:
            data[bound.html_initial_name] = data[bound.html_name]
    return data


def test_fiche_detail_shows_every_heading_in_the_printed_order(cast, sign_in):
    body = sign_in(cast.roles["reader"]).get(cast.fiche.url).content.decode()
    places = [body.index(f'<section id="{key}"') for key in ("constat", "enjeux", "objectif", "description")]
    places += [body.index(f'<section id="{key}"') for key in ("etapes", "moyens", "resultats", "partenaires")]
    assert places == sorted(places)


def test_fiche_section_saves_the_typed_text(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "constat")
    response = client.post(url, started(client, url) | {"constat": "Un **constat**\n\n- a\n- b"})
    assert response.status_code == 302
    cast.fiche.refresh_from_db()
    assert cast.fiche.constat == "<p>Un <strong>constat</strong></p><ul><li>a</li><li>b</li></ul>"


def test_fiche_section_stale_save_of_the_same_field_is_refused_with_both_texts(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "constat")
    data = started(client, url)
    FicheAction.objects.filter(pk=cast.fiche.pk).update(constat="<p>Écrit par un autre</p>")
    response = client.post(url, data | {"constat": "Écrit par moi"})
    assert response.status_code == 409
    conflict = response.context["page"].opened.form.conflicts[0]
    assert (conflict.yours, conflict.theirs) == ("Écrit par moi", "Écrit par un autre")
    cast.fiche.refresh_from_db()
    assert cast.fiche.constat == "<p>Écrit par un autre</p>"
    # Sent again knowingly, from what is stored now, it is saved.
    again = started_from(response.context["page"].opened.form)
    assert client.post(url, again).status_code == 302
    cast.fiche.refresh_from_db()
    assert cast.fiche.constat == "<p>Écrit par moi</p>"


def started_from(form):
    """What a browser sends when the form shown is sent as it stands."""
    data = {}
    for bound in form:
        value = bound.value()
        data[bound.html_name] = "" if value is None else value
        if bound.field.show_hidden_initial:
            data[bound.html_initial_name] = form.data.get(bound.html_initial_name, "")
    return data


def test_fiche_section_leaves_the_fields_that_others_changed(draft_cast, sign_in):
    cast = draft_cast
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "identite")
    data = started(client, url)
    FicheAction.objects.filter(pk=cast.fiche.pk).update(public_cible="Familles")
    assert client.post(url, data | {"title": "Nouveau titre"}).status_code == 302
    cast.fiche.refresh_from_db()
    assert (cast.fiche.title, cast.fiche.public_cible) == ("Nouveau titre", "Familles")


def test_fiche_section_two_dates_that_do_not_go_together_are_refused(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "echeancier")
    data = started(client, url)
    FicheAction.objects.filter(pk=cast.fiche.pk).update(starts_on="2027-06-01")
    response = client.post(url, data | {"ends_on": "2026-01-01"})
    assert response.status_code == 422
    cast.fiche.refresh_from_db()
    assert cast.fiche.ends_on is None


def test_fiche_section_inverted_dates_are_said_and_kept(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "echeancier")
    data = started(client, url) | {"starts_on": "2027-01-01", "ends_on": "2026-01-01"}
    response = client.post(url, data)
    assert response.status_code == 422
    assert "La fiche doit finir après son début." in response.content.decode()
    assert 'value="2026-01-01"' in response.content.decode()


def test_fiche_section_too_long_a_text_is_refused_and_kept(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "constat")
    response = client.post(url, started(client, url) | {"constat": "a" * 100_000})
    assert response.status_code == 422
    assert "a" * 100_000 in response.content.decode()


def test_fiche_section_script_is_neutralised(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "constat")
    client.post(url, started(client, url) | {"constat": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in client.get(cast.fiche.url).content.decode()


def test_fiche_section_of_a_contract_asks_for_its_basis(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "identite")
    data = started(client, url)
    response = client.post(url, data | {"title": "Autre titre"})
    assert response.status_code == 422
    assert "basis_kind" in response.context["page"].opened.form.errors
    given = {"basis_kind": "ajustement", "basis_words": "Décision du COPIL", "basis_date": "2026-03-01"}
    assert client.post(url, data | {"title": "Autre titre"} | given).status_code == 302
    basis = Basis.objects.get()
    assert (basis.kind, basis.words, basis.author) == (
        "ajustement",
        "Décision du COPIL",
        cast.roles["coordinator"],
    )


def test_fiche_section_asks_no_basis_for_what_is_no_contract(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "identite")
    assert client.post(url, started(client, url) | {"public_cible": "Tous"}).status_code == 302
    assert not Basis.objects.exists()


def test_fiche_section_conflict_takes_its_basis_back(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "identite")
    data = started(client, url)
    FicheAction.objects.filter(pk=cast.fiche.pk).update(title="Titre d’un autre")
    response = client.post(url, data | {"title": "Mon titre", "basis_kind": "correction"})
    assert response.status_code == 409
    assert not Basis.objects.exists()


@pytest.mark.parametrize("role", ["reader", "elected", "services", "caf", "contributor"])
def test_fiche_section_is_refused_to_those_who_may_not_edit(cast, sign_in, role):
    assert sign_in(cast.roles[role]).post(section(cast, "constat"), {"constat": "x"}).status_code == 403


def test_fiche_section_of_a_thematic_coordinator_ends_at_the_theme(cast, sign_in):
    client = sign_in(cast.roles["thematic"])
    assert client.get(section(cast, "constat")).status_code == 200
    assert client.get(section(cast, "constat", cast.other)).status_code == 403


def test_fiche_of_another_convention_is_unknown(cast, sign_in):
    client = sign_in(cast.roles["outsider"])
    assert client.get(cast.fiche.url).status_code == 404
    foreign = FicheAction.objects.exclude(convention=cast.convention).first()
    assert foreign is None
    assert client.get(section(cast, "constat")).status_code == 404


def test_fiche_section_partners_keep_lines_and_find_organisations(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "partenaires")
    lines = f"Associations locales\n{cast.convention.caf.name}"
    assert client.post(url, started(client, url) | {"lines": lines}).status_code == 302
    partners = [(str(p), p.organisation) for p in cast.fiche.partners.all()]
    assert partners == [("Associations locales", None), (cast.convention.caf.name, cast.convention.caf)]


def test_fiche_section_partners_stale_save_is_refused(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "partenaires")
    data = started(client, url)
    cast.fiche.partners.create(label="Ajouté par un autre")
    response = client.post(url, data | {"lines": "Ma ligne"})
    assert response.status_code == 409
    assert [str(p) for p in cast.fiche.partners.all()] == ["Ajouté par un autre"]


def test_fiche_section_themes_are_saved_and_seen_in_the_history(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "portee")
    data = started(client, url)
    data["themes"] = []
    assert client.post(url, data).status_code == 302
    assert not cast.fiche.themes.exists()
    body = client.get(
        reverse("actions:fiche_history", args=[cast.convention.slug, cast.fiche.uuid])
    ).content.decode()
    assert "suppression" in body
    assert str(cast.theme) in body


def test_fiche_status_asks_for_its_reason(cast, sign_in):
    client = sign_in(cast.roles["contributor"])
    url = reverse("actions:fiche_status", args=[cast.convention.slug, cast.fiche.uuid])
    data = started(client, url)
    assert client.post(url, data | {"status": "bloquee"}).status_code == 422
    assert client.post(url, data | {"status": "bloquee", "status_reason": "Poste vacant"}).status_code == 302
    cast.fiche.refresh_from_db()
    assert (cast.fiche.status, cast.fiche.status_reason) == ("bloquee", "Poste vacant")
    assert client.post(url, started(client, url) | {"status": "en_cours"}).status_code == 302
    cast.fiche.refresh_from_db()
    assert (cast.fiche.status, cast.fiche.status_reason) == ("en_cours", "")


@pytest.mark.parametrize("status", ["reportee", "abandonnee"])
def test_fiche_status_a_contributor_does_not_postpone_nor_stop(cast, sign_in, status):
    client = sign_in(cast.roles["contributor"])
    url = reverse("actions:fiche_status", args=[cast.convention.slug, cast.fiche.uuid])
    data = started(client, url) | {"status": status, "status_reason": "Motif", "postponed_to": "2027-01-01"}
    assert client.post(url, data).status_code == 422


def test_fiche_status_two_at_once_is_refused(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    url = reverse("actions:fiche_status", args=[cast.convention.slug, cast.fiche.uuid])
    data = started(client, url)
    FicheAction.objects.filter(pk=cast.fiche.pk).update(status="realisee")
    assert client.post(url, data | {"status": "en_pause"}).status_code == 409


def test_fiche_delete_refuses_a_fiche_with_values(draft_cast, sign_in):
    cast = draft_cast
    MeasurementFactory(indicator=IndicatorFactory(fiche=cast.fiche))
    client = sign_in(cast.roles["coordinator"])
    url = reverse("actions:fiche_delete", args=[cast.convention.slug, cast.fiche.uuid])
    response = client.post(url, {})
    assert response.status_code == 422
    assert "elle s’abandonne avec un motif" in response.content.decode()
    FicheAction.objects.filter(pk=cast.other.pk).update(status="non_demarree")
    assert client.post(url.replace(str(cast.fiche.uuid), str(cast.other.uuid)), {}).status_code == 302
    assert list(cast.convention.fiches.all()) == [cast.fiche]


def test_fiche_add_needs_only_its_title(draft_cast, sign_in):
    client = sign_in(draft_cast.roles["coordinator"])
    url = reverse("actions:fiche_add", args=[draft_cast.convention.slug])
    assert client.post(url, {"title": ""}).status_code == 422
    assert client.post(url, {"title": "Ouvrir un lieu"}).status_code == 302
    fiche = FicheAction.objects.get(title="Ouvrir un lieu")
    assert (fiche.status, fiche.axe, fiche.is_transversale) == ("non_demarree", None, False)


def test_fiche_add_by_a_thematic_coordinator_stays_in_scope(draft_cast, sign_in):
    client = sign_in(draft_cast.roles["thematic"])
    client.post(reverse("actions:fiche_add", args=[draft_cast.convention.slug]), {"title": "Du thème"})
    assert list(FicheAction.objects.get(title="Du thème").themes.all()) == [draft_cast.theme]


@pytest.mark.parametrize("count", [1, 3])
def test_fiche_detail_costs_the_same_for_one_and_three(cast, sign_in, django_assert_num_queries, count):
    for _ in range(count):
        StepFactory(fiche=cast.fiche)
        NoteFactory(fiche=cast.fiche)
        MeasurementFactory(indicator=IndicatorFactory(fiche=cast.fiche))
    client = sign_in(cast.roles["coordinator"])
    with django_assert_num_queries(28):  # two of them for what meetings decided
        assert client.get(cast.fiche.url).status_code == 200


def test_fiche_section_partners_sent_without_a_script_are_no_conflict(cast, sign_in):
    """A browser posts CRLF by itself, LF by a script: neither is a change."""
    for label in ("Un", "Deux"):
        cast.fiche.partners.create(label=label)
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "partenaires")
    data = {name: str(value).replace("\n", "\r\n") for name, value in started(client, url).items()}
    assert client.post(url, data | {"lines": data["lines"] + "\r\nTrois"}).status_code == 302
    assert [str(partner) for partner in cast.fiche.partners.all()] == ["Un", "Deux", "Trois"]


def test_fiche_section_partners_do_not_open_the_convention_to_a_namesake(cast, sign_in):
    stranger = OrganisationFactory(name="Mission locale")
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "partenaires")
    assert client.post(url, started(client, url) | {"lines": "Mission locale"}).status_code == 302
    assert cast.fiche.partners.get().organisation is None
    assert not stranger.fiches_helped.exists()


def test_fiche_section_keeps_a_commune_that_left_the_perimeter(cast, sign_in):
    gone = CommuneFactory()
    cast.fiche.communes.add(gone)
    client = sign_in(cast.roles["coordinator"])
    url = section(cast, "portee")
    assert client.post(url, started(client, url)).status_code == 302
    assert list(cast.fiche.communes.all()) == [gone]


def test_fiche_status_decided_by_the_coordination_is_not_a_contributors_to_change(cast, sign_in):
    FicheAction.objects.filter(pk=cast.fiche.pk).update(status="abandonnee", status_reason="COPIL")
    client = sign_in(cast.roles["contributor"])
    url = reverse("actions:fiche_status", args=[cast.convention.slug, cast.fiche.uuid])
    assert client.post(url, started(client, url) | {"status": "en_cours"}).status_code == 422


def test_pilot_may_be_any_member_of_the_convention(client, cast):
    """A member has a contact from the invitation on: named a pilot, the fiche is theirs."""
    body = cast.fiche.leads.get().organisation
    member = invite_member(
        cast.convention.carrier,
        email="nouvelle@example.org",
        name="Nouvelle Venue",
        role="reader",
        by=cast.roles["administrator"],
    ).user
    helper = invite_member(
        body,
        email="porteuse@example.org",
        name="Porteuse",
        role="contributor",
        by=cast.roles["administrator"],
    ).user
    client.force_login(cast.roles["coordinator"])
    url = reverse("actions:fiche_section", args=[cast.convention.slug, cast.fiche.uuid, "pilotes"])
    page = client.get(url).content.decode()
    assert "Nouvelle Venue" in page
    assert "Porteuse" in page
    chosen = [member.contacts.get().pk, helper.contacts.get().pk]
    assert client.post(url, {"pilots": chosen, "new_pilot": "", "elu_referent": ""}).status_code == 302
    assert set(cast.fiche.pilots.values_list("user", flat=True)) == {member.pk, helper.pk}
