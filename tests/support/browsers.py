"""A real browser, and people in front of it."""

import os
import shutil
from typing import Any

from playwright.sync_api import Browser, Error, Page, Playwright, expect

from tests.support.people import PASSWORD, Person
from tests.support.processes import ROOT

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "The tests need a Chromium browser: install one (Debian: apt-get install chromium), "
    "let Playwright fetch its own (playwright install chromium), or set CHROMIUM to the path of one."
)

expect.set_options(timeout=15_000)


def launch(playwright: Playwright) -> Browser:
    """Start the Chromium that CHROMIUM names, or that is on PATH, or Playwright's own."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    try:
        return playwright.chromium.launch(executable_path=path, args=FLAGS)
    except Error as error:
        raise AssertionError(f"{MISSING}\n{error}") from error


class Tab:
    """A tab with Parley in it; `problems` are the errors that its console showed."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.problems: list[str] = []
        page.on("console", self.note)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def note(self, message: Any) -> None:
        if message.type == "error":
            self.problems.append(f"{message.text} {message.location}")

    def goto(self, path: str = "/") -> "Tab":
        self.page.goto(self.url + path)
        return self

    def set_up(self, name: str) -> "Tab":
        """Make the first account on an empty install."""
        self.goto("/")
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password1]", PASSWORD)
        self.page.fill("[name=password2]", PASSWORD)
        self.page.press("[name=password2]", "Enter")
        return self.ready()

    def sign_in(self, name: str) -> "Tab":
        self.goto("/accounts/login/")
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        return self.ready()

    def ready(self) -> "Tab":
        """Wait until the page with the composer is there and its scripts run: before, Enter breaks the line."""
        self.composer.wait_for()
        self.page.wait_for_load_state()
        return self

    def ask(self, text: str) -> "Tab":
        """Type a question, and send it with Enter."""
        self.ready().composer.fill(text)
        self.composer.press("Enter")
        return self

    def choose(self, name: str) -> "Tab":
        """Choose from the menu of the person."""
        self.page.locator("[popovertarget=account-menu]").click()
        self.page.locator("#account-menu").get_by_text(name, exact=True).click()
        return self

    @property
    def composer(self) -> Any:
        return self.page.locator("form[data-composer] textarea[name=text]")

    @property
    def messages(self) -> Any:
        return self.page.locator("[data-message]")

    @property
    def replies(self) -> Any:
        return self.page.locator("[data-message][data-role=assistant]")

    @property
    def reply(self) -> Any:
        return self.replies.last

    @property
    def body(self) -> Any:
        return self.reply.locator("[data-body]")

    @property
    def conversation(self) -> str:
        """Return the id of the conversation in the address."""
        return self.page.url.rstrip("/").rsplit("/", 1)[-1]

    def barriers(self, rules: list[str] | None = None) -> list[Any]:
        """Return what axe finds on the page when nothing moves any more: the rule and the elements."""
        if not self.page.evaluate("!!window.axe"):
            self.page.evaluate(AXE.read_text())
        self.page.evaluate(AT_REST)
        found = self.page.evaluate(SCAN, rules)
        return [(violation["id"], [node["target"] for node in violation["nodes"]]) for violation in found["violations"]]

    def barriers_in_both(self) -> list[Any]:
        """Return what axe finds in the light and, of colours, which are all that changes there, in the dark."""
        found = self.barriers()
        self.page.emulate_media(color_scheme="dark")
        found += self.barriers(["color-contrast", "link-in-text-block"])
        self.page.emulate_media(color_scheme="light")
        return found

    def wait_for_status(self, status: str, seconds: float = 30) -> "Tab":
        expect(self.reply).to_have_attribute("data-status", status, timeout=seconds * 1000)
        return self

    def watch(self) -> "Tab":
        """Start to note the texts that the next reply shows."""
        self.page.evaluate(WATCH, None)
        return self

    def texts_until_settled(self, seconds: float = 60) -> list[str]:
        """Return the different texts that the newest reply showed, since the watch began, until it ended."""
        if self.page.evaluate("!window.watch"):
            self.page.evaluate(WATCH, 0)
        return self.page.evaluate(WATCHED, seconds * 1000)


SCAN = "rules => axe.run(document, { resultTypes: ['violations'], ...(rules && { runOnly: rules }) })"
# What fades in has its colours only at the end.
AT_REST = """() => Promise.allSettled(
  document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
    .map(({ finished }) => finished)
)"""
# Looks at every frame that the browser paints, so that no text between two polls is missed.
WATCH = """known => {
  const texts = [], replies = () => [...document.querySelectorAll("[data-message][data-role=assistant]")]
  const before = known ?? replies().length
  const ended = ["done", "stopped", "failed", "interrupted"]
  window.watch = new Promise(resolve => {
    const look = () => {
      const reply = replies()[before] && replies().at(-1)
      const text = reply?.querySelector("[data-body]")?.innerText ?? ""
      if (text && text !== texts.at(-1)) texts.push(text)
      if (ended.includes(reply?.dataset.status)) resolve(texts)
      else requestAnimationFrame(look)
    }
    look()
  })
}"""
WATCHED = """limit => {
  const late = new Promise((resolve, reject) => setTimeout(() => reject(new Error("The reply did not settle.")), limit))
  return Promise.race([window.watch, late]).finally(() => delete window.watch)
}"""


REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
  console.error(`Content Security Policy: ${violatedDirective} ${blockedURI} ${sample}`))"""
OWN_SCHEMES = ("data:", "blob:", "about:")


class Browsers:
    """One browser; every person has cookies of their own.

    `offences` are what no page may do: violate its Content-Security-Policy, or ask another host for anything.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.contexts: list[Any] = []
        self.offences: list[str] = []

    def tab(self, url: str, **context_options: Any) -> Tab:
        """Open a tab of somebody who has no cookies yet."""
        context = self.browser.new_context(**context_options)
        self.contexts.append(context)
        self.watch(context, url)
        return Tab(context.new_page(), url)

    def watch(self, context: Any, url: str) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self.note)
        context.on("request", lambda request: self.note_request(request.url, url))

    def note(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.offences.append(message.text)

    def note_request(self, requested: str, url: str) -> None:
        if not requested.startswith((f"{url}/", f"{url.replace('http', 'ws', 1)}/", *OWN_SCHEMES)):
            self.offences.append(f"asked for {requested}")

    def tab_of(self, person: Person, url: str = "", **context_options: Any) -> Tab:
        """Open a tab that has the cookies of a person who is signed in. ``url``: of a proxy before the product."""
        tab = self.tab(url or person.url, **context_options)
        cookies = [{"name": each.name, "value": each.value, "url": tab.url} for each in person.http.cookies.jar]
        tab.page.context.add_cookies(cookies)
        return tab.goto("/").ready()

    def second(self, tab: Tab) -> Tab:
        """Open another tab of the same person, in a window of its own: a covered tab is painted once a second."""
        context = tab.page.context
        target = context.new_cdp_session(tab.page).send("Target.getTargetInfo")["targetInfo"]
        window = {"url": "about:blank", "browserContextId": target["browserContextId"], "newWindow": True}
        with context.expect_page() as opened:
            self.browser.new_browser_cdp_session().send("Target.createTarget", window)
        return Tab(opened.value, tab.url)

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        self.contexts.clear()
