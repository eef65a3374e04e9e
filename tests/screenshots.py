"""Takes the pictures of the documentation: `python -m tests.screenshots`."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.fake_provider import ThreadProvider
from tests.fake_provider.answers import ANSWERS, cuts
from tests.fake_provider.reply import Reply
from tests.fake_provider.scenarios import SCENARIOS, tell_all
from tests.support.browsers import Browsers, Tab, launch
from tests.support.exports import asked, chatgpt, node, root, zipped
from tests.support.processes import ROOT
from tests.support.stack import Stack

FOLDER = ROOT / "docs" / "images"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

QUESTION = "How does a pendulum's period grow with its amplitude?"
ANSWER = r"""## A little, and only for large swings

For small swings the period depends on the length alone: $T_0 = 2\pi\sqrt{\frac{L}{g}}$. For an amplitude
$\theta_0$ in radians, the first terms of the series are

$$T = T_0\left(1 + \frac{\theta_0^2}{16} + \frac{11\,\theta_0^4}{3072} + \dots\right)$$

| Amplitude | Longer by |
|----------:|----------:|
| 5°        | 0.05 %    |
| 30°       | 1.7 %     |
| 90°       | 18 %      |

The exact value needs an elliptic integral, which the *arithmetic-geometric mean* gives in a few steps:

```python
from math import cos, pi, radians, sqrt

def period(length: float, amplitude: float, g: float = 9.81) -> float:
    '''Seconds; the amplitude in degrees.'''
    a, b = 1.0, cos(radians(amplitude) / 2)
    while abs(a - b) > 1e-12:
        a, b = (a + b) / 2, sqrt(a * b)
    return 2 * pi * sqrt(length / g) / a
```

- Below **10°** you will not see the difference with a stopwatch.
- At **180°** the period has no limit: the pendulum balances on its head.
"""
FAILING = "What is the difference between a list and a tuple?"
OTHERS = ("A reading list about the history of clocks", "Translate a letter to the town hall", "Why is the sea salty?")
TEXTS = {QUESTION: ANSWER} | dict.fromkeys(OTHERS, "It depends on what you would like to know.")


async def answer_or_fail(reply: Reply) -> None:
    if reply.ask.question == FAILING:
        reply.error(429, "You exceeded your current quota.", "insufficient_quota")
    else:
        await tell_all(reply)


ANSWERS["echo"] = lambda ask: cuts(TEXTS.get(ask.question, ""))
SCENARIOS["echo"] = answer_or_fail


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with product() as stack, sync_playwright() as playwright:
        browser = launch(playwright)
        browsers = Browsers(browser)
        administrator = first_account(stack, browsers)
        converse(administrator)
        take_all(administrator, browsers)
        take_shared(administrator, browsers)
        organise(stack)
        take_organised(administrator, stack.folder)
        browser.close()


@contextmanager
def product() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="parley-screenshots-") as folder, ThreadProvider() as provider:
        chosen = {"OPENAI_BASE_URL": provider.base_url, "OPENAI_MODEL": "example-model"}
        stack = Stack(Path(folder), env=chosen)
        try:
            yield stack.up()
        finally:
            stack.down()


def first_account(stack: Stack, browsers: Browsers) -> Tab:
    tab = browsers.tab(stack.url, viewport=DESKTOP, reduced_motion="reduce", locale="en-GB")
    take(tab.goto("/").page, "first-account")
    return tab.set_up("ada")


def converse(tab: Tab) -> None:
    for question in (*OTHERS, FAILING, QUESTION):
        tab.goto("/").ask(question)
        tab.page.wait_for_url("**/c/*/")
        tab.wait_for_status("failed" if question == FAILING else "done")


def take_all(tab: Tab, browsers: Browsers) -> None:
    page, conversation = tab.page, f"/c/{tab.conversation}/"
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for name, size in (("conversation", DESKTOP), ("phone", PHONE)):
            page.set_viewport_size(size)
            take(from_the_top(tab.goto(conversation).page), f"{name}-{theme}")
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    take(tab.goto("/").page, "new-conversation")
    page.get_by_role("link", name=FAILING, exact=True).click()
    page.get_by_role("heading", name=FAILING).wait_for()
    take(page, "failed-reply")
    take(browsers.tab(tab.url, viewport=DESKTOP).goto("/").page, "sign-in")


def take_shared(tab: Tab, browsers: Browsers) -> None:
    """The sheet in which a link is made, and the page that it shows to everybody."""
    page = tab.page
    page.get_by_role("link", name=QUESTION, exact=True).click()
    page.get_by_role("heading", name=QUESTION).wait_for()
    page.get_by_role("button", name="Actions for this conversation").click()
    page.locator("#menu").get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Create a link").click()
    link = page.locator("[data-share]").get_by_role("textbox").input_value()
    take(page, "share")
    reader = browsers.tab(tab.url, locale="en-GB", java_script_enabled=False).page
    for theme in ("light", "dark"):
        reader.emulate_media(color_scheme=theme)
        for name, size in (("shared", DESKTOP), ("shared-phone", PHONE)):
            reader.set_viewport_size(size)
            reader.goto(link)
            take(reader, f"{name}-{theme}")


def organise(stack: Stack) -> None:
    """Put a conversation on top, some into folders, and some into the past."""
    code = f"""
from datetime import timedelta
from django.utils import timezone
from parley.models import Conversation, Folder
pendulum, letter, sea = (Conversation.objects.get(title=title) for title in {[QUESTION, *OTHERS[1:]]!r})
folders = [Folder.objects.create(owner=pendulum.owner, name=name) for name in ("Physics", "Letters and other papers")]
for row, folder in ((pendulum, folders[0]), (letter, folders[1])):
    row.folder = folder
    row.save()
sea.organise("pin")
long = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
ages = {{"The tides at Saint-Malo": 1, long: 5, "A name for a cat": 40}}
for title, days in ages.items():
    row = Conversation.objects.create(owner=pendulum.owner, title=title)
    Conversation.objects.filter(pk=row.pk).update(updated_at=timezone.now() - timedelta(days=days))
"""
    stack.manage("shell", "-c", code)


def take_organised(tab: Tab, folder: Path) -> None:
    """The sidebar, a search, the versions of an answer, and the report of an import."""
    page = tab.page
    page.set_viewport_size(DESKTOP)
    paths = {"search": "/search/?q=pendulum", "branches": versions(tab), "import": imported(tab, folder)}
    for look, theme, size in (("light", "light", DESKTOP), ("dark", "dark", DESKTOP), ("phone", "light", PHONE)):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size(size)
        for name, path in paths.items():
            page.mouse.move(0, 0)
            take(tab.goto(path).page, f"{name}-{look}")
        unfold(tab.goto("/"), size)
        take(page, f"sidebar-{look}")


def versions(tab: Tab) -> str:
    """Ask a question in other words, and have it answered again: where both can be seen."""
    page = tab.goto("/").page
    page.get_by_role("link", name=OTHERS[2], exact=True).click()
    page.get_by_role("heading", name=OTHERS[2]).wait_for()
    page.get_by_role("link", name="Edit", exact=True).click()
    tab.ask(OTHERS[0]).wait_for_status("done")
    page.get_by_text("2 / 2").first.wait_for()
    tab.reply.get_by_role("button", name="Answer again").click()
    tab.reply.get_by_text("2 / 2").wait_for()
    tab.wait_for_status("done")
    return f"/c/{tab.conversation}/"


def imported(tab: Tab, folder: Path) -> str:
    """Import an archive in which not everything can be kept: the page of its report."""
    looked_up = {"content_type": "code", "language": "unknown", "text": 'search("shade")'}
    plants = chatgpt(
        root("q"),
        node("q", "client-created-root", "user", "What grows in the shade?", children=["t"]),
        node("t", "q", "assistant", looked_up, recipient="web", children=["a"]),
        node("a", "t", "assistant", "Ferns do **well**."),
        title="Shade plants",
        current="a",
    )
    archive = folder / "chatgpt-export.zip"
    files = {
        "conversations-000.json": [plants, {"mapping": 7}],
        "conversations-001.json": [asked("2")],
        "dalle.webp": [],
    }
    archive.write_bytes(zipped(files))
    page = tab.goto("/transfers/").page
    page.set_input_files("input[type=file]", archive)
    page.get_by_role("button", name="Import").click()
    transfer = page.locator("[data-transfer]").first
    transfer.and_(page.locator("[data-status=done]")).wait_for()
    return transfer.get_by_role("link").first.get_attribute("href") or ""


def unfold(tab: Tab, size: dict[str, int]) -> None:
    if size == PHONE:
        tab.page.get_by_role("button", name="Conversations", exact=True).click()
    folder = tab.page.locator("#sidebar .folders details").first
    folder.locator("summary").click()
    folder.locator("ol > li").first.wait_for()


def from_the_top(page: Page) -> Page:
    """A conversation opens at its end."""
    page.wait_for_function("scrollY > 0")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function("scrollY === 0")
    return page


def take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, animations="disabled", caret="hide")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
