"""Someone in front of a browser, and what every page must be whoever looks at it."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect

from actions.models import FicheAction
from ctg.accounts.models import User

SUNDGAU, M2A, ARGENT = "sundgau-2025-2029", "m2a-2024-2026", "val-d-argent-2026-2030"
COORDINATOR, YOUTH = "coordination.sundgau@example.org", "coordination.jeunesse.sundgau@example.org"
ELU, STRANGER = "elu.sundgau@example.org", "elu.m2a@example.org"
CAF = "conseil.caf68@example.org"

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}

AXE = Axe.from_file(Path(settings.NODE_MODULES) / "axe-core" / "axe.min.js")
WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
    # The frame of a letter’s preview runs no script, so axe would wait for it for ever: the letter on line is looked at.
    "iframes": False,
}
# The browser says this of each answer whose status is an error; answers are watched by themselves.
STATUS_SAID = "Failed to load resource: the server responded with a status of"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def fiche_path(slug: str, number: str) -> str:
    return FicheAction.objects.get(convention__slug=slug, number=number).get_absolute_url()


@dataclass
class Visitor:
    """One person with a browser of their own. `faults`: what went wrong without anything on screen."""

    context: BrowserContext
    site: str
    scripts: bool = True
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("page", self._watch)
        self.context.on("request", self._sent)
        self.context.on("response", self._answered)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"{page.url} : {error}"))
        page.on("console", self._said)

    def _said(self, message: ConsoleMessage) -> None:
        # What the Content-Security-Policy refuses is said here, as an error.
        if message.type in {"error", "warning"} and not message.text.startswith(STATUS_SAID):
            self.faults.append(f"{message.location.get('url')} : {message.text}")

    def _sent(self, request: Request) -> None:
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.faults.append(f"demande à l’extérieur : {request.url}")

    def _answered(self, response: Response) -> None:
        lost = response.status == 404 and response.request.resource_type != "document"
        if response.status >= 500 or lost:
            self.faults.append(f"{response.status} : {response.url}")

    @property
    def page(self) -> Page:
        return self.context.pages[0] if self.context.pages else self.context.new_page()

    def sign_in(self, email: str) -> None:
        """Without the form: a journey of its own goes through it."""
        client = Client()
        client.force_login(User.objects.get(email=email))
        name = settings.SESSION_COOKIE_NAME
        self.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.site}])

    def session_expires(self) -> None:
        self.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)

    def visit(self, path: str, status: int = 200) -> Page:
        """Go to a page, which must be what every page is."""
        answer = self.page.goto(f"{self.site}{path}")
        assert answer is not None
        assert (path, answer.status) == (path, status)
        self.look()
        return self.page

    def look(self) -> None:
        """Whatever is on screen: in French, one h1, within WCAG 2.1 AA, no wider than the screen."""
        page, where = self.page, urlsplit(self.page.url).path
        expect(page.locator("html"), where).to_have_attribute("lang", "fr")
        expect(page.locator("h1"), where).to_have_count(1)
        assert page.title().strip(" –"), where
        if self.scripts:
            seen = AXE.run(page, options=WCAG)
            assert not seen.violations_count, f"{where}\n{seen.generate_report()}"
            assert (where, page.evaluate(TOO_WIDE)) == (where, 0)
        assert self.faults == [], where


def open_section(page: Page, key: str, label: str) -> Locator:
    """Open a long text of a fiche for writing, from its pencil or from « À compléter »; its editor."""
    section = page.locator(f"#{key}")
    page.get_by_role("link", name=f"Modifier : {label}").or_(
        page.locator("#vides").get_by_role("link", name=label)
    ).click()
    expect(section.locator(".ProseMirror")).to_be_visible()
    return section.get_by_role("textbox", name=label)
