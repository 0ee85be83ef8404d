"""What anyone reads of the newsletter: an issue that has left, its pictures, and the archive of a convention."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from actions.models import Convention
from actions.views.conventions import serve_logo
from ctg.access import public
from ctg.files.responses import serve
from governance.models import Newsletter, NewsletterBlock, NewsletterSettings, PublicPage
from governance.newsletter import signature_of


def issue_read(request: HttpRequest, uuid: Any) -> Newsletter:
    """One that has left, for anyone; before, for whoever writes it. Raises Http404."""
    found = Newsletter.objects.public().filter(uuid=uuid).select_related("convention").first()
    if found is None and request.user.is_authenticated:
        found = (
            Newsletter.objects.visible_to(request.user).filter(uuid=uuid).select_related("convention").first()
        )
    if found is None:
        raise Http404("Lettre inconnue")
    return found


@dataclass(frozen=True)
class Listing:
    """Where anyone finds the letters of a convention: the subscription while it is open, its page once published."""

    settings: NewsletterSettings | None
    page: PublicPage | None

    @property
    def convention(self) -> Convention | None:
        """None where nothing lists them."""
        source = self.settings or (self.page if self.page and self.page.has_letters else None)
        return source.convention if source else None


def listing_of(slug: str) -> Listing:
    here = {"convention__slug": slug}
    return Listing(
        NewsletterSettings.objects.public().filter(**here).select_related("convention").first(),
        PublicPage.objects.public().filter(**here).select_related("convention").first(),
    )


@public
@require_safe
def newsletter_read(request: HttpRequest, uuid: Any) -> HttpResponse:
    """Its permanent address."""
    newsletter = issue_read(request, uuid)
    convention = newsletter.convention
    listing = listing_of(convention.slug)
    # Signed in or not, whoever found the issue may read its parts.
    blocks = NewsletterBlock.objects.public().filter(newsletter=newsletter)
    if not newsletter.is_out and request.user.is_authenticated:
        blocks = NewsletterBlock.objects.visible_to(request.user).filter(newsletter=newsletter)
    context = {
        "issue": newsletter,
        "convention": convention,
        "blocks": blocks.select_related("image"),
        "signature": signature_of(convention),
        "is_open": listing.settings is not None,
        "is_listed": listing.convention is not None,
    }
    return render(request, "governance/newsletter_read.html", context)


@public
@require_safe
def newsletter_image(request: HttpRequest, uuid: Any, block: Any) -> HttpResponseBase:
    """A picture of that issue, and of no other."""
    blocks = NewsletterBlock.objects.public().filter(uuid=block, newsletter__uuid=uuid)
    found = blocks.select_related("image").first()
    if found is None and request.user.is_authenticated:
        own = NewsletterBlock.objects.visible_to(request.user).filter(uuid=block, newsletter__uuid=uuid)
        found = own.select_related("image").first()
    if found is None or found.image is None:
        raise Http404("Image inconnue")
    return serve(found.image, "image")


@public
@require_safe
def newsletter_logo(request: HttpRequest, uuid: Any) -> HttpResponse:
    """That of the convention, in the head of an issue."""
    return serve_logo(issue_read(request, uuid).convention)


@public
@require_safe
def newsletter_archive(request: HttpRequest, slug: str) -> HttpResponse:
    """The issues that left, where the public may subscribe or the public page lists them."""
    listing = listing_of(slug)
    if listing.convention is None:
        raise Http404("Page inconnue")
    issues = Newsletter.objects.public().of(listing.convention)
    context = {
        "convention": listing.convention,
        "settings": listing.settings,
        "issues": issues,
        "page": listing.page,
    }
    return render(request, "governance/newsletter_archive.html", context)
