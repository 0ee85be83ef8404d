"""The page of the diagnostic, and its editing in place by one or two people."""

import re
from datetime import date

import pytest
from django.urls import reverse

from diagnostics.models import Diagnostic, Enjeu, KeyFigure, Need, Survey
from tests.factories import (
    CommuneFactory,
    ConventionFactory,
    DiagnosticFactory,
    EnjeuFactory,
    KeyFigureFactory,
    MembershipFactory,
    NeedFactory,
    SurveyFactory,
    ThemeFactory,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def url(cast, name="diagnostic", *args):
    return reverse(f"diagnostics:{name}", args=[cast.convention.slug, *args])


def started(client, address):
    """The form as a browser would send it back untouched."""
    return sent_back(client.get(address).context["form"])


def sent_back(form):
    data = {}
    for bound in form:
        data[bound.html_name] = "" if bound.value() is None else bound.value()
        started_from = form.data.get(bound.html_initial_name) if form.is_bound else None
        if form.is_bound and hasattr(form.data, "getlist") and isinstance(data[bound.html_name], list):
            started_from = form.data.getlist(bound.html_initial_name)
        data[bound.html_initial_name] = data[bound.html_name] if started_from is None else started_from
    return data


def squeezed(response):
    """The page on one line; no-break spaces are kept."""
    return re.sub(r"[ \n]+", " ", response.content.decode())


# --- Reading ----------------------------------------------------------------------------------------


def test_diagnostic_shows_figures_surveys_and_enjeux_with_sources_and_years(cast, diagnostic, sign_in):
    KeyFigureFactory(
        diagnostic=diagnostic, label="Population", value=273767, unit="habitants", year=2020, source="Insee"
    )
    KeyFigureFactory(diagnostic=diagnostic, label="LAEP", value=15)
    survey = SurveyFactory(
        diagnostic=diagnostic,
        audience="familles",
        respondents=1888,
        starts_on=date(2023, 10, 1),
        ends_on=date(2023, 10, 31),
    )
    NeedFactory(survey=survey, text="Des horaires plus larges", share="37.5")
    EnjeuFactory(diagnostic=diagnostic, text="Coordonner les acteurs")
    response = sign_in(cast.roles["elected"]).get(url(cast))
    body = squeezed(response)
    assert "<b>2\u00a0chiffres clés</b>, dont 1 sans année" in body
    assert "<b>1\u00a0enquête</b>, 1\u202f888\u00a0réponses" in body
    assert "<b>1\u00a0enjeu</b>." in body
    for said in (
        "Population",
        "273\u202f767",
        "habitants",
        "2020",
        "Insee",
        "année non précisée",
        "source non précisée",
    ):
        assert said in body
    for said in (
        "familles",
        "Des horaires plus larges",
        "37,5&nbsp;% des réponses",
        "Coordonner les acteurs",
    ):
        assert said in body
    # A reader is offered nothing to change.
    assert "/modifier/" not in body


@pytest.mark.parametrize(
    ("state", "words"),
    [("not_collected", "non recueilli"), ("secret", "secret statistique"), ("not_applicable", "sans objet")],
)
def test_diagnostic_says_why_a_value_is_missing(cast, diagnostic, sign_in, state, words):
    KeyFigureFactory(diagnostic=diagnostic, state=state, value=None, unit="places")
    body = squeezed(sign_in(cast.roles["reader"]).get(url(cast)))
    assert f'<td class="absent" colspan="2">{words}</td>' in body
    assert 'class="r value"' not in body
    assert "dont 1 sans année et 1 sans valeur" in body


def test_diagnostic_says_in_words_that_it_holds_nothing_yet(cast, diagnostic, sign_in):
    body = squeezed(sign_in(cast.roles["reader"]).get(url(cast)))
    assert "Aucun chiffre clé, aucune enquête ni aucun enjeu pour l’instant." in body


def test_diagnostic_marks_an_estimate(cast, diagnostic, sign_in):
    KeyFigureFactory(diagnostic=diagnostic, state="estimated", value=0, unit="places")
    body = sign_in(cast.roles["reader"]).get(url(cast)).content.decode()
    assert '<td class="r value">0</td>' in body
    assert '<span class="flag">estimé</span>' in body


def test_diagnostic_ties_an_enjeu_to_what_it_rests_on(cast, diagnostic, sign_in):
    figure = KeyFigureFactory(diagnostic=diagnostic, label="Taux de pauvreté", value=33, unit="%")
    need = NeedFactory(survey=SurveyFactory(diagnostic=diagnostic), text="Des tarifs adaptés")
    enjeu = EnjeuFactory(diagnostic=diagnostic)
    enjeu.needs.set([need])
    enjeu.figures.set([figure])
    enjeu.themes.set([ThemeFactory(name="Familles fragilisées")])
    body = sign_in(cast.roles["reader"]).get(url(cast)).content.decode()
    assert f'<a href="#chiffres-{figure.uuid}">Taux de pauvreté\u00a0: 33\u00a0% (France)</a>' in body
    assert f'<a href="#besoins-{need.uuid}">Des tarifs adaptés</a>' in body
    assert '<span class="tag">Familles fragilisées</span>' in body


def test_diagnostic_shows_hostile_text_as_words(cast, diagnostic, sign_in):
    KeyFigureFactory(diagnostic=diagnostic, label="<script>alert(1)</script>")
    Diagnostic.objects.update(summary="<p>Bref</p><script>alert(2)</script>")
    body = sign_in(cast.roles["reader"]).get(url(cast)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body
    assert "<script>alert" not in body
    assert "<p>Bref</p>" in body


def test_diagnostic_is_seen_through_either_convention_that_rests_on_it(cast, diagnostic, sign_in):
    other = ConventionFactory()
    other.diagnostics.add(diagnostic)
    reader = MembershipFactory(role="reader", organisation=other.carrier).user
    for user, slug in ((reader, other.slug), (cast.roles["reader"], cast.convention.slug)):
        body = sign_in(user).get(reverse("diagnostics:diagnostic", args=[slug])).content.decode()
        assert "Diagnostic partagé" in body
        assert "commun à plusieurs conventions" in body


def test_diagnostic_shows_nothing_of_another_convention(cast, diagnostic, sign_in):
    foreign = DiagnosticFactory(title="Diagnostic d’ailleurs")
    ConventionFactory().diagnostics.add(foreign)
    body = sign_in(cast.roles["reader"]).get(url(cast)).content.decode()
    assert "Diagnostic partagé" in body
    assert "Diagnostic d’ailleurs" not in body
    assert "commun à plusieurs conventions" not in body


def test_diagnostic_empty_offers_to_create_it_to_those_who_may(cast, sign_in):
    assert "Créer le diagnostic" in sign_in(cast.roles["coordinator"]).get(url(cast)).content.decode()
    body = sign_in(cast.roles["reader"]).get(url(cast)).content.decode()
    assert "Pas encore de diagnostic" in body
    assert "Créer le diagnostic" not in body


@pytest.mark.parametrize("rows", [1, 3])
def test_diagnostic_costs_a_constant_number_of_queries(
    cast, diagnostic, sign_in, django_assert_num_queries, rows
):
    theme = ThemeFactory()
    for _ in range(rows):
        commune = CommuneFactory()
        figure = KeyFigureFactory(diagnostic=diagnostic, is_national=False, commune=commune)
        need = NeedFactory(survey=SurveyFactory(diagnostic=diagnostic))
        enjeu = EnjeuFactory(diagnostic=diagnostic)
        figure.themes.set([theme])
        enjeu.needs.set([need])
        enjeu.figures.set([figure])
    client = sign_in(cast.roles["coordinator"])
    with django_assert_num_queries(QUERIES):
        assert client.get(url(cast)).status_code == 200


# session, user, convention with rights, diagnostics, figures and their themes, surveys, needs and their themes,
# enjeux with their themes, needs and figures, switcher
QUERIES = 15


# --- Rights -----------------------------------------------------------------------------------------


def addresses(cast, diagnostic):
    figure = KeyFigureFactory(diagnostic=diagnostic)
    return [
        url(cast, "diagnostic_add"),
        url(cast, "diagnostic_edit", diagnostic.uuid),
        url(cast, "part_add", "chiffres", diagnostic.uuid),
        url(cast, "part_edit", "chiffres", figure.uuid),
        url(cast, "part_delete", "chiffres", figure.uuid),
    ]


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("coordinator", 200),
        ("thematic", 200),
        ("reader", 403),
        ("elected", 403),
        ("contributor", 403),
        ("caf", 403),
        ("outsider", 404),
    ],
)
def test_editing_needs_the_right(cast, diagnostic, sign_in, role, status):
    client = sign_in(cast.roles[role])
    pages = addresses(cast, diagnostic)
    assert [client.get(page).status_code for page in pages] == [status] * len(pages)
    if status != 200:
        assert [client.post(page, {"label": "x"}).status_code for page in pages] == [status] * len(pages)
        figure = KeyFigure.objects.get()
        assert client.post(url(cast, "part_move", "chiffres", figure.uuid)).status_code == status
    assert KeyFigure.objects.count() == 1


def test_rows_of_another_convention_are_unknown_here(cast, diagnostic, sign_in):
    foreign = DiagnosticFactory()
    ConventionFactory().diagnostics.add(foreign)
    figure, survey = KeyFigureFactory(diagnostic=foreign), SurveyFactory(diagnostic=foreign)
    client = sign_in(cast.roles["coordinator"])
    pages = [
        url(cast, "diagnostic_edit", foreign.uuid),
        url(cast, "part_add", "chiffres", foreign.uuid),
        url(cast, "part_add", "besoins", survey.uuid),
        url(cast, "part_edit", "chiffres", figure.uuid),
        url(cast, "part_delete", "chiffres", figure.uuid),
        url(cast, "part_move", "chiffres", figure.uuid),
        url(cast, "part_edit", "autres", figure.uuid),
        # A figure is not an enjeu.
        url(cast, "part_edit", "enjeux", figure.uuid),
    ]
    assert [client.post(page, {"label": "x"}).status_code for page in pages] == [404] * len(pages)
    assert KeyFigure.objects.get() == figure


# --- Editing ----------------------------------------------------------------------------------------


def test_diagnostic_add_ties_it_to_the_convention(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    data = {
        "title": "Diagnostic 2026",
        "year": "2026",
        "source": "Afut",
        "summary": "**En bref**\n\n- un point",
    }
    response = client.post(url(cast, "diagnostic_add"), data)
    row = cast.convention.diagnostics.get()
    assert response.status_code == 302
    assert response.url == f"{url(cast)}#diagnostic-{row.uuid}"
    assert (row.title, row.year, row.source) == ("Diagnostic 2026", 2026, "Afut")
    assert row.summary == "<p><strong>En bref</strong></p><ul><li>un point</li></ul>"


def test_part_add_puts_a_figure_last_with_its_territory_and_themes(cast, diagnostic, sign_in):
    KeyFigureFactory(diagnostic=diagnostic, position=7)
    commune, theme = CommuneFactory(name="Thann"), ThemeFactory()
    cast.convention.communes.add(commune)
    data = {"label": "Places", "state": "known", "value": "1\u202f816,5", "unit": "places", "year": ""}
    data |= {"territory": f"commune:{commune.pk}", "themes": [theme.pk], "words": "", "source": "Caf"}
    client = sign_in(cast.roles["coordinator"])
    response = client.post(url(cast, "part_add", "chiffres", diagnostic.uuid), data)
    assert response.status_code == 302
    figure = KeyFigure.objects.get(label="Places")
    assert (str(figure.value), figure.territory, figure.year, figure.position) == (
        "1816.5000",
        "Thann",
        None,
        8,
    )
    assert list(figure.themes.all()) == [theme]


def test_part_add_offers_only_the_territories_of_the_convention(cast, diagnostic, sign_in):
    inside, outside = CommuneFactory(name="Dedans"), CommuneFactory(name="Dehors")
    cast.convention.communes.add(inside)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_add", "chiffres", diagnostic.uuid)
    body = client.get(address).content.decode()
    assert "Dedans" in body
    assert "Dehors" not in body
    data = {"label": "Places", "state": "known", "value": "1", "territory": f"commune:{outside.pk}"}
    assert client.post(address, data).status_code == 422


def test_part_edit_keeps_a_territory_of_the_other_convention(cast, diagnostic, sign_in):
    outside = CommuneFactory(name="Dehors")
    figure = KeyFigureFactory(diagnostic=diagnostic, is_national=False, commune=outside)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "chiffres", figure.uuid)
    assert client.post(address, started(client, address) | {"label": "Nouveau nom"}).status_code == 302
    figure.refresh_from_db()
    assert (figure.label, figure.territory) == ("Nouveau nom", "Dehors")


def test_part_add_of_each_kind(cast, diagnostic, sign_in):
    client = sign_in(cast.roles["coordinator"])
    dates = {"starts_on": "2023-10-01", "ends_on": "2023-10-31"}
    data = {"title": "Enquête", "audience": "familles", "respondents": "1 888", "period": ""} | dates
    assert client.post(url(cast, "part_add", "enquetes", diagnostic.uuid), data).status_code == 302
    survey = Survey.objects.get()
    assert (survey.respondents, survey.ends_on) == (1888, date(2023, 10, 31))
    data = {"text": "Des places", "share": "12,5"}
    assert client.post(url(cast, "part_add", "besoins", survey.uuid), data).status_code == 302
    need = Need.objects.get()
    assert (need.survey, float(need.share)) == (survey, 12.5)
    figure = KeyFigureFactory(diagnostic=diagnostic)
    data = {"text": "Accueillir", "needs": [need.pk], "figures": [figure.pk]}
    assert client.post(url(cast, "part_add", "enjeux", diagnostic.uuid), data).status_code == 302
    enjeu = Enjeu.objects.get()
    assert (list(enjeu.needs.all()), list(enjeu.figures.all())) == ([need], [figure])


def test_part_add_refuses_to_rest_an_enjeu_on_another_diagnostic(cast, diagnostic, sign_in):
    foreign = NeedFactory()
    client = sign_in(cast.roles["coordinator"])
    data = {"text": "Accueillir", "needs": [foreign.pk]}
    response = client.post(url(cast, "part_add", "enjeux", diagnostic.uuid), data)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["needs"]


FIGURE = {"label": "Places", "state": "known", "value": "10", "territory": "france", "year": "2020"}
SURVEY = {"title": "Enquête", "respondents": "120"}


@pytest.mark.parametrize(
    ("kind", "typed", "field"),
    [
        ("chiffres", FIGURE | {"value": "beaucoup"}, "value"),
        ("chiffres", FIGURE | {"value": "1e999"}, "value"),
        ("chiffres", FIGURE | {"value": "NaN"}, "value"),
        ("chiffres", FIGURE | {"value": ""}, "value"),
        ("chiffres", FIGURE | {"state": "secret"}, "value"),
        ("chiffres", FIGURE | {"state": "inventé"}, "state"),
        ("chiffres", FIGURE | {"year": "20255"}, "year"),
        ("chiffres", FIGURE | {"year": "l’an dernier"}, "year"),
        ("chiffres", FIGURE | {"territory": ""}, "territory"),
        ("chiffres", FIGURE | {"territory": "commune:x"}, "territory"),
        ("chiffres", FIGURE | {"label": "a" * 100_000}, "label"),
        ("chiffres", FIGURE | {"label": "a\x00b"}, "label"),
        ("chiffres", FIGURE | {"themes": ["0", "x"]}, "themes"),
        ("enquetes", SURVEY | {"respondents": "-3"}, "respondents"),
        ("enquetes", SURVEY | {"respondents": "douze"}, "respondents"),
        ("enquetes", SURVEY | {"respondents": "9" * 30}, "respondents"),
        ("enquetes", SURVEY | {"starts_on": "2023-10-31", "ends_on": "2023-10-01"}, "ends_on"),
        ("enquetes", SURVEY | {"starts_on": "hier"}, "starts_on"),
        ("enjeux", {"text": "a" * 100_000}, "text"),
        ("enjeux", {}, "text"),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_kept(cast, diagnostic, sign_in, kind, typed, field):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_add", kind, diagnostic.uuid)
    response = client.post(address, typed)
    assert response.status_code == 422
    form = response.context["form"]
    assert list(form.errors) == [field]
    for name, value in typed.items():
        assert form[name].value() == value
    assert not any(model.objects.exists() for model in (KeyFigure, Survey, Enjeu))


def test_bad_input_by_htmx_comes_back_in_place(cast, diagnostic, sign_in):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_add", "chiffres", diagnostic.uuid)
    response = client.post(address, FIGURE | {"year": "20255"}, headers=HTMX)
    assert response.status_code == 422
    body = response.content.decode()
    assert body.strip().startswith('<div data-part data-new class="editing">')
    assert "Donnez une année entre 1900 et 2100." in body
    assert 'value="20255"' in body


@pytest.mark.parametrize("share", ["101", "-1", "beaucoup", "12,345"])
def test_a_share_is_a_percentage(cast, diagnostic, sign_in, share):
    survey = SurveyFactory(diagnostic=diagnostic)
    client = sign_in(cast.roles["coordinator"])
    response = client.post(
        url(cast, "part_add", "besoins", survey.uuid), {"text": "Des places", "share": share}
    )
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["share"]


def test_diagnostic_edit_too_long_a_summary_is_kept_and_refused(cast, diagnostic, sign_in):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "diagnostic_edit", diagnostic.uuid)
    response = client.post(address, started(client, address) | {"summary": "a" * 100_000})
    assert response.status_code == 422
    assert response.context["form"]["summary"].value() == "a" * 100_000


def test_part_edit_by_htmx_answers_with_the_row_then_the_contents(cast, diagnostic, sign_in):
    figure = KeyFigureFactory(diagnostic=diagnostic, label="Places")
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "chiffres", figure.uuid)
    opened = client.get(address, headers=HTMX)
    assert opened.content.decode().strip().startswith('<tr data-part class="editing">')
    assert opened["Vary"].count("HX-Request") == 1
    response = client.post(address, started(client, address) | {"label": "Places de crèche"}, headers=HTMX)
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#diagnostic", "outerHTML")
    body = squeezed(response)
    assert body.strip().startswith('<div id="diagnostic"')
    assert f'<tr id="chiffres-{figure.uuid}" data-part data-focus>' in body


def test_a_page_taken_from_history_is_whole(cast, diagnostic, sign_in):
    headers = HTMX | {"HX-History-Restore-Request": "true"}
    assert "<html" in sign_in(cast.roles["reader"]).get(url(cast), headers=headers).content.decode()


# --- Two people -------------------------------------------------------------------------------------


def test_part_edit_leaves_alone_what_someone_else_changed(cast, diagnostic, sign_in):
    theme = ThemeFactory()
    figure = KeyFigureFactory(diagnostic=diagnostic, label="Places", value=10, unit="places")
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "chiffres", figure.uuid)
    mine = started(client, address) | {"value": "12"}
    KeyFigure.objects.update(label="Places de crèche", year=2024)
    figure.themes.set([theme])
    assert client.post(address, mine).status_code == 302
    figure.refresh_from_db()
    assert (figure.label, figure.year, figure.value) == ("Places de crèche", 2024, 12)
    assert list(figure.themes.all()) == [theme]


@pytest.mark.parametrize(
    ("field", "mine", "theirs", "said"),
    [
        ("label", "Le mien", {"label": "Le sien"}, ("Le mien", "Le sien")),
        ("value", "12", {"value": 15}, ("12", "15")),
        ("year", "2021", {"year": 2022}, ("2021", "2022")),
        ("state", "estimated", {"state": "secret", "value": None}, ("estimé", "secret statistique")),
    ],
)
def test_part_edit_of_a_field_someone_else_changed_shows_both(
    cast, diagnostic, sign_in, field, mine, theirs, said
):
    figure = KeyFigureFactory(diagnostic=diagnostic, label="Places", value=10)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "chiffres", figure.uuid)
    data = started(client, address) | {field: mine}
    KeyFigure.objects.update(**theirs)
    response = client.post(address, data, headers=HTMX)
    assert response.status_code == 409
    form = response.context["form"]
    assert [(conflict.yours, conflict.theirs) for conflict in form.conflicts] == [said]
    assert form[field].value() == mine
    stored = KeyFigure.objects.values(*theirs).get()
    assert stored == theirs
    body = response.content.decode()
    assert "a modifié ce champ pendant que vous écriviez." in body
    assert said[1] in body


def test_part_edit_sent_again_after_a_conflict_decides(cast, diagnostic, sign_in):
    figure = KeyFigureFactory(diagnostic=diagnostic, label="Places")
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "chiffres", figure.uuid)
    data = started(client, address) | {"label": "Le mien"}
    KeyFigure.objects.update(label="Le sien")
    form = client.post(address, data).context["form"]
    assert client.post(address, sent_back(form)).status_code == 302
    figure.refresh_from_db()
    assert figure.label == "Le mien"


def test_part_edit_of_the_themes_someone_else_changed_shows_both(cast, diagnostic, sign_in):
    old, mine, theirs = ThemeFactory(name="Ancien"), ThemeFactory(name="Mien"), ThemeFactory(name="Sien")
    figure = KeyFigureFactory(diagnostic=diagnostic)
    figure.themes.set([old])
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "chiffres", figure.uuid)
    data = started(client, address) | {"themes": [mine.pk]}
    figure.themes.set([theirs])
    response = client.post(address, data)
    assert response.status_code == 409
    assert [(c.yours, c.theirs) for c in response.context["form"].conflicts] == [("Mien", "Sien")]
    assert list(figure.themes.all()) == [theirs]


def test_part_edit_of_the_territory_someone_else_changed_shows_both(cast, diagnostic, sign_in):
    one, other = CommuneFactory(name="Thann"), CommuneFactory(name="Cernay")
    cast.convention.communes.add(one, other)
    figure = KeyFigureFactory(diagnostic=diagnostic)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "chiffres", figure.uuid)
    data = started(client, address) | {"territory": f"commune:{one.pk}"}
    KeyFigure.objects.update(is_national=False, commune=other)
    response = client.post(address, data)
    assert response.status_code == 409
    assert KeyFigure.objects.get().territory == "Cernay"
    assert client.post(address, sent_back(response.context["form"])).status_code == 302
    assert KeyFigure.objects.get().territory == "Thann"


def test_part_edit_two_changes_that_do_not_go_together(cast, diagnostic, sign_in):
    """One says the figure is secret and empties it while the other types a value into a row that had none."""
    figure = KeyFigureFactory(diagnostic=diagnostic, state="known", value=10)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "chiffres", figure.uuid)
    data = started(client, address) | {"value": "12"}
    KeyFigure.objects.update(state="secret", value=None)
    assert client.post(address, data).status_code == 409
    assert KeyFigure.objects.values("state", "value").get() == {"state": "secret", "value": None}


def test_a_theme_ticked_in_a_refused_form_is_not_lost(cast, diagnostic, sign_in):
    theme = ThemeFactory()
    figure = KeyFigureFactory(diagnostic=diagnostic)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "chiffres", figure.uuid)
    data = started(client, address) | {"themes": [theme.pk], "year": "20255"}
    refused = client.post(address, data)
    assert refused.status_code == 422
    # The page still says that the form started with no theme.
    body = refused.content.decode()
    assert f'name="themes" value="{theme.pk}"' in squeezed(refused)
    assert 'name="initial-themes"' not in body
    again = sent_back(refused.context["form"]) | {"initial-themes": [], "year": "2025"}
    assert client.post(address, again).status_code == 302
    assert list(figure.themes.all()) == [theme]


def test_part_edit_of_a_row_deleted_meanwhile_is_not_found(cast, diagnostic, sign_in):
    figure = KeyFigureFactory(diagnostic=diagnostic)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_edit", "chiffres", figure.uuid)
    data = started(client, address)
    figure.delete()
    assert client.post(address, data).status_code == 404


# --- Order and deletion -----------------------------------------------------------------------------


def test_part_move_changes_the_order(cast, diagnostic, sign_in):
    first, second = EnjeuFactory(diagnostic=diagnostic), EnjeuFactory(diagnostic=diagnostic)
    client = sign_in(cast.roles["coordinator"])
    response = client.post(url(cast, "part_move", "enjeux", second.uuid), {"direction": "up"})
    assert response.url == f"{url(cast)}#enjeux-{second.uuid}"
    assert list(diagnostic.enjeux.all()) == [second, first]
    assert client.get(url(cast, "part_move", "enjeux", second.uuid)).status_code == 405


def test_part_delete_asks_then_deletes(cast, diagnostic, sign_in):
    survey = SurveyFactory(diagnostic=diagnostic, title="Enquête aux familles")
    NeedFactory(survey=survey)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "part_delete", "enquetes", survey.uuid)
    body = client.get(address).content.decode()
    assert "Supprimer cette enquête et tous ses besoins\u00a0?" in body
    assert "Enquête aux familles" in body
    assert Survey.objects.count() == 1
    assert client.post(address).url == f"{url(cast)}#enquetes-de-{diagnostic.uuid}"
    assert (Survey.objects.count(), Need.objects.count()) == (0, 0)
    assert client.post(address).status_code == 404


def test_part_delete_by_htmx_answers_with_the_contents(cast, diagnostic, sign_in):
    figure, kept = KeyFigureFactory(diagnostic=diagnostic), KeyFigureFactory(diagnostic=diagnostic)
    client = sign_in(cast.roles["coordinator"])
    response = client.post(url(cast, "part_delete", "chiffres", figure.uuid), headers=HTMX)
    assert response["HX-Retarget"] == "#diagnostic"
    assert f"chiffres-{kept.uuid}" in response.content.decode()
    assert KeyFigure.objects.get() == kept


# --- Reusing ----------------------------------------------------------------------------------------
def test_diagnostic_reuse_takes_up_the_one_of_the_carrier_or_of_the_convention_before(cast, sign_in):
    before = ConventionFactory(territory_name="Val d’Argent", caf=cast.convention.caf)
    cast.convention.previous = before
    cast.convention.save()
    kin = ConventionFactory(carrier=cast.convention.carrier)
    of_before, of_kin, foreign = (DiagnosticFactory(title=title) for title in ("Avant", "Parent", "Ailleurs"))
    before.diagnostics.add(of_before)
    kin.diagnostics.add(of_kin)
    ConventionFactory(caf=cast.convention.caf).diagnostics.add(foreign)
    MembershipFactory(user=cast.roles["coordinator"], organisation=before.carrier)
    client = sign_in(cast.roles["coordinator"])
    page = squeezed(client.get(url(cast)))
    assert [title in page for title in ("Avant", "Parent", "Ailleurs")] == [True, True, False]
    assert "Reprendre le diagnostic de Val d’Argent 2025-2029" in page
    assert client.post(url(cast, "diagnostic_reuse", foreign.uuid)).status_code == 404
    assert client.post(url(cast, "diagnostic_reuse", of_before.uuid)).status_code == 302
    assert set(of_before.conventions.all()) == {before, cast.convention}
    page = squeezed(client.get(url(cast)))
    assert ("commun à plusieurs conventions" in page, "Reprendre un diagnostic" in page) == (True, False)
    assert "a déjà un diagnostic" in squeezed(
        client.post(url(cast, "diagnostic_reuse", of_kin.uuid), follow=True)
    )
    assert list(of_kin.conventions.all()) == [kin]


def test_diagnostic_reuse_needs_to_see_it_and_the_right(cast, sign_in):
    before = ConventionFactory()
    cast.convention.previous = before
    cast.convention.save()
    hidden = DiagnosticFactory(title="Caché")
    before.diagnostics.add(hidden)
    client = sign_in(cast.roles["coordinator"])
    assert "Caché" not in squeezed(client.get(url(cast)))
    assert client.post(url(cast, "diagnostic_reuse", hidden.uuid)).status_code == 404
    client = sign_in(cast.roles["reader"])
    assert "Reprendre un" not in squeezed(client.get(url(cast)))
    assert client.post(url(cast, "diagnostic_reuse", hidden.uuid)).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_diagnostic_offers_to_reuse_at_the_same_cost(cast, sign_in, count, django_assert_num_queries):
    for _ in range(count):
        ConventionFactory(carrier=cast.convention.carrier).diagnostics.add(DiagnosticFactory())
    client = sign_in(cast.roles["coordinator"])
    with django_assert_num_queries(8):
        client.get(url(cast))
