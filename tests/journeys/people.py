"""Someone in front of a browser, and what every page must be whoever looks at it."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, expect

from ctg.accounts.models import User

AXE = Axe.from_file(Path(settings.NODE_MODULES) / "axe-core" / "axe.min.js")
WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
# The browser says it of each answer whose status is an error; answers are watched by themselves.
STATUS_SAID = "Failed to load resource: the server responded with a status of"


@dataclass
class Visitor:
    """One person with a browser of their own. `faults`: what went wrong without anything on screen."""

    context: BrowserContext
    site: str
    scripts: bool = True
    faults: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("page", self._watch)
        self.context.on("request", self._stays_here)
        self.context.on("response", self._answered)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"{page.url} : {error}"))
        page.on("console", self._said)

    def _said(self, message: ConsoleMessage) -> None:
        # What the Content-Security-Policy refuses is said here, as an error.
        if message.type in ("error", "warning") and not message.text.startswith(STATUS_SAID):
            self.faults.append(f"{message.location.get('url')} : {message.text}")

    def _stays_here(self, request: Request) -> None:
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.faults.append(f"demande à l’extérieur : {request.url}")

    def _answered(self, response: Response) -> None:
        missing = response.status == 404 and response.request.resource_type != "document"
        if response.status >= 500 or missing:
            self.faults.append(f"{response.status} : {response.url}")

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
        page = self.page()
        answer = page.goto(f"{self.site}{path}")
        assert answer is not None
        assert (path, answer.status) == (path, status)
        self.look(page)
        return page

    def look(self, page: Page) -> None:
        """Whatever is on screen: in French, one title, within WCAG 2.1 AA, nothing wider than the screen."""
        where = urlsplit(page.url).path
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        expect(page.locator("h1"), f"un seul titre : {where}").to_have_count(1)
        assert page.title().strip(" –"), where
        if self.scripts:
            seen = AXE.run(page, options=WCAG)
            assert not seen.violations_count, f"{where}\n{seen.generate_report()}"
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, f"{where} dépasse de {overflow} px"
        assert self.faults == [], where
