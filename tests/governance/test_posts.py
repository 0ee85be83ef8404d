"""Postes de coopération: who holds them, how much of them there is."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from governance.models import CooperationPost
from governance.views.posts import Posts
from tests.actions.browser import as_sent
from tests.factories import ContactFactory, OrganisationFactory, ThemeFactory
from tests.factories.cast import make_cast
from tests.factories.steering import PostFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def sign_in(client):
    def signed(user):
        client.force_login(user)
        return client

    return signed


@pytest.fixture
def coordinator(cast, sign_in):
    return sign_in(cast.roles["coordinator"])


def url(cast, view, *args):
    return reverse(f"governance:{view}", args=[cast.convention.slug, *args])


def post(client, address, **given):
    return client.post(address, as_sent(client.get(address).context["form"]) | given)


def pdf(content=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"):
    return SimpleUploadedFile("poste.pdf", content, "application/pdf")


NEW = {"title": "Coordination", "scope": "globale", "state": "pourvu"}


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (["1", "1", "0.5", "1", None], "3,5 ETP, 4 postes sur 5 renseignés"),
        (["1", "0.8"], "1,8 ETP, 2 postes"),
        (["10"], "10 ETP, 1 poste"),
        ([None, None], "2 postes, ETP non renseignés"),
        (["0", None], "0 ETP, 1 poste sur 2 renseignés"),
    ],
)
def test_total_of_posts(hours, words):
    posts = Posts([CooperationPost(etp=Decimal(one) if one else None, state="pourvu") for one in hours])
    assert posts.words.replace("\u00a0", " ") == words


def test_posts_by_state():
    posts = Posts([CooperationPost(state=state) for state in ("vacant", "pourvu", "pourvu", "a_transformer")])
    assert [words.replace("\u00a0", " ") for _, _, words in posts.states] == [
        "2 pourvus",
        "1 à transformer",
        "1 vacant",
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_post_list_costs_the_same(cast, coordinator, count, django_assert_num_queries):
    for _ in range(count):
        row = PostFactory(
            convention=cast.convention, employer=OrganisationFactory(), holder=ContactFactory(), etp=1
        )
        row.themes.add(ThemeFactory())
    PostFactory(title="D’une autre convention")
    with django_assert_num_queries(8):
        page = coordinator.get(url(cast, "post_list"))
    assert "D’une autre convention" not in page.content.decode()


def test_post_add(cast, coordinator):
    carrier = cast.convention.carrier
    given = NEW | {
        "employer": carrier.pk,
        "etp": "0,8",
        "cofunding": "Caf",
        "new_holder": "Nouvelle personne",
        "missions": "Animer",
        "trainings": "Conduite de projet",
        "themes": [cast.theme.pk],
        "upload": pdf(),
    }
    assert post(coordinator, url(cast, "post_add"), **given).url == url(cast, "post_list")
    row = CooperationPost.objects.get()
    assert (row.convention, row.employer, row.etp) == (cast.convention, carrier, Decimal("0.8"))
    assert (row.holder.name, row.holder.organisation) == ("Nouvelle personne", carrier)
    assert (row.job_description.extension, list(row.themes.all())) == ("pdf", [cast.theme])


@pytest.mark.parametrize(
    ("given", "faulty"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 10_000}, "title"),
        ({"etp": "beaucoup"}, "etp"),
        ({"etp": "-1"}, "etp"),
        ({"etp": "21"}, "etp"),
        ({"etp": "0,123"}, "etp"),
        ({"scope": "cosmique"}, "scope"),
        ({"state": ""}, "state"),
        ({"state": "vacant", "new_holder": "Quelqu’un"}, "state"),
        ({"new_holder": "www.exemple.org"}, "new_holder"),
        ({"upload": SimpleUploadedFile("poste.pdf", b"MZ ce n'est pas un PDF")}, "upload"),
    ],
)
def test_post_add_bad_input(cast, coordinator, given, faulty):
    response = post(coordinator, url(cast, "post_add"), **NEW | given)
    assert response.status_code == 422
    assert faulty in response.context["form"].errors
    assert not CooperationPost.objects.exists()


def test_post_add_takes_nothing_from_another_convention(cast, coordinator):
    theirs = make_cast().convention.carrier
    for given in ({"employer": theirs.pk}, {"holder": ContactFactory(organisation=theirs).pk}):
        assert post(coordinator, url(cast, "post_add"), **NEW | given).status_code == 422


def test_post_edit_replaces_and_removes_the_file(cast, coordinator):
    row = PostFactory(convention=cast.convention)
    address = url(cast, "post_edit", row.uuid)
    post(coordinator, address, upload=pdf())
    row.refresh_from_db()
    assert row.job_description is not None
    post(coordinator, address, title="Un autre intitulé")
    row.refresh_from_db()
    assert (row.title, row.job_description is None) == ("Un autre intitulé", False)
    post(coordinator, address, without_file="on")
    row.refresh_from_db()
    assert row.job_description is None


def test_post_becomes_vacant_once_nobody_holds_it(cast, coordinator):
    contact = ContactFactory(organisation=cast.convention.carrier)
    row = PostFactory(convention=cast.convention, holder=contact)
    address = url(cast, "post_edit", row.uuid)
    assert post(coordinator, address, state="vacant").status_code == 422
    assert post(coordinator, address, state="vacant", holder="").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.holder) == ("vacant", None)


def test_post_delete(cast, coordinator):
    row = PostFactory(convention=cast.convention)
    assert coordinator.get(url(cast, "post_delete", row.uuid)).status_code == 405
    assert coordinator.post(url(cast, "post_delete", row.uuid)).status_code == 302
    assert not CooperationPost.objects.exists()


def test_post_of_another_convention(cast, coordinator):
    theirs = PostFactory()
    for view in ("post_edit", "post_file"):
        assert coordinator.get(url(cast, view, theirs.uuid)).status_code == 404
    assert coordinator.post(url(cast, "post_delete", theirs.uuid)).status_code == 404


def test_post_file_is_read_by_members_only(cast, sign_in):
    row = PostFactory(convention=cast.convention)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "post_file", row.uuid)
    assert client.get(address).status_code == 404
    post(client, url(cast, "post_edit", row.uuid), upload=pdf())
    for role, status in (("reader", 200), ("caf", 200), ("outsider", 404)):
        response = sign_in(cast.roles[role]).get(address)
        assert response.status_code == status
        if status == 200:
            assert response["Content-Type"] == "application/pdf"
            assert b"".join(response.streaming_content).startswith(b"%PDF")
