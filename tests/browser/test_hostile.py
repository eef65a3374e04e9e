"""Texts that try to act, in a real browser: none does, while each moment of a stream is shown and after a reload."""

from itertools import cycle
from random import Random

import orjson
import pytest
from playwright.sync_api import expect

from parley import redis
from parley.delivery.splice import Splicer, changes
from parley.ids import uuid7
from parley.markdown import render
from tests.support.processes import until
from tests.unit.texts import EXFILTRATION, PAYLOADS

pytestmark = pytest.mark.browser

TOGETHER = 100
"""Payloads in one message; all messages are on one page."""
MOMENTS = 10
"""Pieces in which a payload comes."""
BATCHES = [PAYLOADS[start : start + TOGETHER] for start in range(0, len(PAYLOADS), TOGETHER)]
CONTROL = "http://control.test/"
TITLES = [" ".join(PAYLOADS[start : start + 25]) for start in range(0, len(PAYLOADS), 25)]

CANARIES = (
    """for (const name of ["alert", "prompt", "confirm", "print"]) window[name] = (what) => fired(`${name} ${what}`)"""
)
POKE = """() => {
  const stay = (event) => /^(https?|mailto):/.test(event.target.closest("a")?.href) && event.preventDefault()
  addEventListener("click", stay, true)
  for (const element of document.querySelectorAll("[data-body] *:not([data-tools], [data-tools] *)")) {
    for (const type of ["mouseover", "mousedown", "focus", "click"])
      element.dispatchEvent(new MouseEvent(type, {cancelable: true}))
  }
}"""
ODDITIES = """() => [...document.querySelectorAll("[data-body] *")].flatMap(element => {
  const names = element.getAttributeNames()
  const acts = element.matches(
    "script, style, img, svg, iframe, object, embed, form, input, button:not([data-tools] *), textarea, select, " +
    " video, audio, base, link, meta, template, dialog, turbo-stream, turbo-frame, [popover]")
  const own = element.closest("[data-tools]")
  const odd = names.filter(name => /^on|^style$|^id$|^data-(turbo|controller|action)/.test(name))
  const scheme = element.href && new URL(element.href, location).protocol
  const away = scheme && !["http:", "https:", "mailto:"].includes(scheme)
  return !own && (acts || odd.length || away) ? [element.outerHTML] : []
})"""


@pytest.fixture
def hostile(browsers, person):
    """A person's tab in which whatever fires is noted in `tab.fired`."""
    tab = browsers.tab(person.url)
    tab.fired, tab.visited = [], []
    context = tab.page.context
    context.expose_binding("fired", lambda source, what: tab.fired.append(what))
    context.add_init_script(CANARIES)
    context.on("page", lambda page: tab.fired.append(f"opened {page.url}"))
    tab.page.on("dialog", lambda dialog: (tab.fired.append(dialog.message), dialog.dismiss()))
    tab.page.on("framenavigated", lambda frame: tab.visited.append(frame.url))
    tab.sign_in(person.name)
    yield tab
    assert tab.fired == []
    assert tab.problems == []


@pytest.fixture
def conversation(person):
    conversation = person.start("hello")
    person.settled(conversation)
    return conversation


def assert_nothing_acts(tab):
    tab.visited.clear()
    tab.page.evaluate(POKE)
    tab.page.wait_for_timeout(300)
    assert tab.page.evaluate(ODDITIES) == []
    assert tab.visited == []


def streamed(payloads, seed):
    """What the log of an answer holds in which each payload, at the top level, comes in random pieces."""
    dice, splicers, before = Random(seed), [Splicer() for _ in payloads], []
    ends = [[*sorted(dice.randint(0, len(payload)) for _ in range(MOMENTS - 1)), len(payload)] for payload in payloads]
    for moment in range(MOMENTS):
        for splicer, payload, end in zip(splicers, payloads, ends, strict=True):
            splicer.advance(payload[: end[moment]])
        blocks = [block for splicer in splicers for block in splicer.blocks]
        yield changes(before, blocks) if moment else [None, *blocks]
        before = blocks


@pytest.mark.exhaustive
def test_nothing_acts_in_an_answer_that_streams_or_is_loaded(hostile, stack, person, conversation):
    worker = stack.db.add_worker()
    running = {"role": "assistant", "status": "streaming", "attempt": 1, "worker": worker, "content": "", "html": ""}
    replies = stack.db.add_messages(conversation, [running for _ in BATCHES])
    hostile.goto(f"/c/{conversation}/")
    expect(hostile.page.locator("parley-reply")).to_have_count(len(BATCHES))
    stream_all(stack, hostile, replies)
    assert_nothing_acts(hostile)
    for reply, batch in zip(replies, BATCHES, strict=True):
        html = "".join(block for payload in batch for block in render(payload))
        settle = "UPDATE parley_message SET status = 'done', content = ?, html = ? WHERE id = ?"
        stack.db.query(settle, "\n\n".join(batch), html, stack.db.key(reply))
    hostile.goto(f"/c/{conversation}/")
    expect(hostile.page.locator("parley-reply")).to_have_count(0)
    assert_nothing_acts(hostile)


def stream_all(stack, tab, replies):
    logs = [list(streamed(batch, seed)) for seed, batch in enumerate(BATCHES)]
    with stack.valkey.client() as client:
        for moment in range(MOMENTS):
            for reply, log in zip(replies, logs, strict=True):
                if log[moment]:
                    client.xadd(redis.log_key(reply), {"f": orjson.dumps(log[moment])}, id=f"1-{moment + 1}")
            tab.page.wait_for_timeout(200)
            expect(tab.page.locator("[data-status=streaming]")).to_have_count(len(BATCHES))
    shown = "position => [...document.querySelectorAll('parley-reply')].every(reply => reply.position === position)"
    tab.page.wait_for_function(shown, arg=f"1-{MOMENTS}", timeout=30_000)


def test_nothing_acts_in_an_answer_of_the_provider(hostile, stack):
    """The whole way: provider, worker, log, socket; the payloads are quoted, so that none swallows the next."""
    for batch in BATCHES[:1] + BATCHES[-1:]:
        text = "\n\n".join("> " + payload.replace("\n", "\n> ") for payload in batch)
        hostile.goto("/").ask("/say-text " + orjson.dumps(text).decode() + " at 2000").wait_for_status("done")
        assert_nothing_acts(hostile)


def test_nothing_acts_in_a_question_a_title_or_a_name(hostile, stack, person, conversation):
    stack.db.add_messages(conversation, [{"role": "user", "content": " ".join(batch)} for batch in BATCHES[:30]])
    row = stack.db.one("SELECT * FROM parley_conversation WHERE id = ?", stack.db.key(conversation))
    titled = {str(uuid7()): title for title in TITLES}
    stack.db.insert(
        "parley_conversation", [{**row, "id": stack.db.key(pk), "title": title} for pk, title in titled.items()]
    )
    rename(stack, person, "\n".join(PAYLOADS))
    try:
        for shown in (conversation, *list(titled)[:: 1 + len(titled) // 3]):
            hostile.goto(f"/c/{shown}/")
            hostile.page.wait_for_function(ALL_ROWS, arg=len(TITLES) + 1)
            assert_nothing_acts(hostile)
    finally:
        rename(stack, person, person.name)


ALL_ROWS = """count => {
  document.querySelector("#conversations .more")?.scrollIntoView()
  return document.querySelectorAll("#conversations .entry").length === count
}"""


def rename(stack, person, name):
    where = "WHERE id = (SELECT owner_id FROM parley_conversation ORDER BY created_at DESC LIMIT 1)"
    stack.db.query(f"UPDATE auth_user SET username = ? {where}", name)


NAMES = [" ".join(EXFILTRATION + PAYLOADS)[start : start + 200] for start in range(0, 40_000, 200)]
ODD_IN_FILES = """() => [...document.querySelectorAll(".files *, .attachment *, .extracted *")].filter((element) =>
  !element.matches("a, p, svg, path, img[src^='/attachments/'], li, span, div, button, input, progress") ||
  element.getAttributeNames().some(name => /^on|^style$/.test(name))).map(({ outerHTML }) => outerHTML)"""


def test_nothing_acts_in_the_name_or_the_content_of_a_file(hostile, browsers, stack):
    content = "\n\n".join(EXFILTRATION + PAYLOADS).replace("\0", "")
    given = {"name": NAMES[0].replace("/", "∕"), "mimeType": "text/plain", "buffer": content.encode()}
    hostile.goto("/").ready()
    hostile.page.locator("input[name=files][multiple]").set_input_files(given)
    expect(hostile.page.locator("#attachments > [data-attachment]")).to_have_count(1)
    assert hostile.page.evaluate(ODD_IN_FILES) == []
    hostile.ask("hello").page.wait_for_url("**/c/*/")
    hostile.wait_for_status("done")
    add_files(stack, hostile.conversation, content)
    page = hostile.goto(f"/c/{hostile.conversation}/").page
    expect(page.locator("[data-file]")).to_have_count(len(NAMES) + 1)
    for address in (None, page.locator("[data-file] a").first.get_attribute("href")):
        if address:
            hostile.goto(address)
            expect(page.locator(".extracted")).to_contain_text("https://evil.example/?1>")
        assert_nothing_acts(hostile)
        assert page.evaluate(ODD_IN_FILES) == []
    assert browsers.offences == []


def add_files(stack, conversation, text):
    """Put files of all names, which could not be read, beside the one of a question, whose text is this."""
    [question] = [row for row in stack.db.messages(conversation) if row["role"] == "user"]
    row = stack.db.one("SELECT * FROM parley_attachment ORDER BY id DESC LIMIT 1")
    stack.db.query("DELETE FROM parley_attachmenttext WHERE attachment_id = ?", row["id"])
    stack.db.query("UPDATE parley_attachment SET status = 'ready', characters = ? WHERE id = ?", len(text), row["id"])
    stack.db.insert("parley_attachmenttext", [{"attachment_id": row["id"], "text": text, "breaks": "[]"}])
    failed = {**row, "status": "failed", "error": "damaged", "file": "", "version": 0}
    ids = [stack.db.key(str(uuid7())) for _ in NAMES]
    stack.db.insert(
        "parley_attachment",
        [{**failed, "id": pk, "key": pk, "name": name} for pk, name in zip(ids, NAMES, strict=True)],
    )
    use = {"message_id": question["id"], "on": True}
    stack.db.insert(
        "parley_attached",
        [
            {f'"{column}"': value for column, value in {**use, "attachment_id": pk, "position": number}.items()}
            for number, pk in enumerate(ids, 1)
        ],
    )


def test_nothing_acts_in_a_title_that_comes_over_the_socket(hostile, stack, person):
    for number in range(3):
        text = "<img src=x onerror=alert(1)>" if number == 0 else PAYLOADS[number]
        person.start(f"{text} {number}")
        expect(hostile.page.locator("#conversations .entry")).to_have_count(number + 1)
    assert_nothing_acts(hostile)


ENOUGH = 10
"""Scripts that ran and addresses that were asked for: a third of what these texts can do, however slow the machine."""
INSERT = """batch => {
  const places = batch.map(() => document.body.appendChild(document.createElement("div")))
  batch.forEach((html, number) => (places[number].innerHTML = html))
}"""


def test_would_see_what_acts_where_nothing_is_made_safe(browsers):
    """The control: the same texts as the HTML of a page without a policy."""
    context, fired, asked = browsers.browser.new_context(), [], []
    browsers.contexts.append(context)
    context.expose_binding("fired", lambda source, what: fired.append(what))
    context.add_init_script(CANARIES)
    context.route("**/*", lambda route: serve_control(route, asked))
    page = context.new_page()
    pages = (insert(page, batch) for batch in cycle(BATCHES))
    until(lambda: next(pages) or min(len(fired), len(asked)) >= ENOUGH, 60, "Nothing would be seen")


def insert(page, batch):
    page.goto(CONTROL)
    page.evaluate(INSERT, batch)
    page.wait_for_timeout(200)


def serve_control(route, asked):
    if route.request.url == CONTROL:
        return route.fulfill(body="<!doctype html><body>", content_type="text/html")
    asked.append(route.request.url)
    return route.abort()
