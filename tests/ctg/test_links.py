"""Signed links: what an address opens, and what it never tells."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.utils import timezone

from ctg.links.access import MISSES, by_link
from ctg.links.models import LinkToken, LinkUse, SignedLink
from ctg.links.services import (
    LinkClosed,
    LinkUnknown,
    add_address,
    create_link,
    log_use,
    open_link,
    prolong,
    revoke,
)
from ctg.logs import hide_tokens
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)


@pytest.fixture
def given():
    """A link for « essai », and its token."""
    return create_link("essai", expires_at=timezone.now() + A_DAY, by=UserFactory())


@by_link
def page(_request, token):
    open_link(token, "essai")
    return HttpResponse("ouvert")


def test_a_token_opens_its_link_and_only_its_hash_is_kept(given):
    link, token = given
    assert open_link(token, "essai") == link
    assert len(token) == 43
    assert [row.token_hash for row in LinkToken.objects.all()] == [sha256(token.encode()).hexdigest()]


def test_every_address_of_a_link_opens_it_until_it_is_withdrawn(given):
    link, first = given
    second = add_address(link)
    assert first != second
    assert open_link(first, "essai") == open_link(second, "essai") == link
    revoke(link)
    for token in (first, second):
        with pytest.raises(LinkClosed, match="retiré"):
            open_link(token, "essai")


def test_an_expired_link_says_until_when(given):
    _, token = given
    end = datetime(2026, 3, 1, 12, tzinfo=UTC)
    SignedLink.objects.update(created_at=end - A_DAY, expires_at=end)
    with pytest.raises(LinkClosed, match="a servi jusqu’au 1er\u00a0mars 2026"):
        open_link(token, "essai")


@pytest.mark.parametrize("token", ["", "x", "é" * 500, "'; DROP TABLE links --", "\x00"])
def test_what_was_never_given_is_unknown(given, token):
    with pytest.raises(LinkUnknown):
        open_link(token, "essai")


def test_a_link_of_another_purpose_is_unknown_even_when_withdrawn(given):
    link, token = given
    for _ in range(2):
        with pytest.raises(LinkUnknown) as unknown:
            open_link(token, "autre")
        assert str(unknown.value) == str(LinkUnknown())
        revoke(link)


def test_revoke_keeps_the_first_date(given):
    link, _ = given
    revoke(link)
    link.refresh_from_db()
    first = link.revoked_at
    revoke(link)
    link.refresh_from_db()
    assert link.revoked_at == first


def test_prolong_never_shortens(given):
    link, _ = given
    end = link.expires_at
    prolong(link, end - A_DAY / 2)
    link.refresh_from_db()
    assert link.expires_at == end
    prolong(link, end + A_DAY)
    link.refresh_from_db()
    assert link.expires_at == end + A_DAY


def test_log_use_once_in_a_while(given):
    link, _ = given
    for _ in range(3):
        log_use(link, "opened", once_in=timedelta(hours=1))
    assert LinkUse.objects.count() == 1
    LinkUse.objects.update(at=timezone.now() - timedelta(hours=2))
    log_use(link, "opened", once_in=timedelta(hours=1))
    log_use(link, "sent")
    log_use(link, "sent")
    assert [use.act for use in LinkUse.objects.all()] == ["sent", "sent", "opened", "opened"]


# --- Pages ----------------------------------------------------------------------------------------
def ask(rf, token):
    request = rf.get(f"/essai/{token}/")
    request.user = None
    return page(request, token)


@pytest.mark.usefixtures("fresh_cache")
def test_a_page_is_neither_kept_nor_indexed_nor_told_elsewhere(rf, given):
    link, token = given
    opened = ask(rf, token)
    assert (opened.status_code, opened.content) == (200, b"ouvert")
    revoke(link)
    closed = ask(rf, token)
    assert closed.status_code == 410
    assert "retiré" in closed.content.decode()
    unknown = ask(rf, "jamais-donne")
    assert unknown.status_code == 404
    for response in (opened, closed, unknown):
        assert response["Cache-Control"] == "no-store"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert response["Referrer-Policy"] == "same-origin"


def test_the_logs_hide_the_tokens_and_nothing_else(given):
    _, token = given
    event = {"event": f"Gone: /essai/{token}/photos/", "request": f"POST /essai/{token}/", "code": 410}
    shown = {"event": "Gone: /essai/…/photos/", "request": "POST /essai/…/", "code": 410}
    assert hide_tokens(None, "warning", event) == shown
    kept = {"event": f"{uuid4()} {sha256(b'').hexdigest()} {'mot ' * 40}"}
    assert hide_tokens(None, "info", kept) == kept


@pytest.mark.usefixtures("fresh_cache")
def test_who_tries_addresses_is_slowed_down(rf, given):
    _, token = given
    for turn in range(MISSES):
        assert ask(rf, f"jeton-{turn}").status_code == 404
    assert ask(rf, "encore").status_code == 429
    assert ask(rf, token).status_code == 429
    cache.clear()
    assert ask(rf, token).status_code == 200


@pytest.mark.usefixtures("fresh_cache")
def test_a_withdrawn_link_is_no_guess(rf, given):
    link, token = given
    revoke(link)
    for _ in range(MISSES + 1):
        assert ask(rf, token).status_code == 410
