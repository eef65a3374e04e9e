"""Diagrams are drawn when somebody asks for them, in a frame that reaches nothing, and ask nobody for anything."""

import json

import pytest
from playwright.sync_api import expect

from tests.support.processes import until

pytestmark = pytest.mark.browser
DRAWN = "graph TD; A-->B"
BAD = "graph TD; A[[["
KINDS = [
    'graph TD; A["a *b* $c$"] -->|d| B{e}\nclassDef x fill:#f00\nclass A x\nclick A "https://example.org"',
    "sequenceDiagram\nactor A\nA->>B: $$x^2$$\nNote over A,B: c",
    "classDiagram\nclass A~T~ {\n+b() int\n}\nA <|-- B",
    "stateDiagram-v2\n[*] --> A\nA --> [*]",
    "erDiagram\nA ||--o{ B : has",
    "gantt\nsection A\nb :c, 2026-01-01, 3d",
    'pie title A\n"b" : 3\n"c" : 4',
    "mindmap\n  root((A))\n    B\n    C",
    "gitGraph\ncommit\nbranch b\ncommit",
    "journey\nsection A\nb: 5: C",
    'C4Context\nPerson(a, "A", "B")\nSystem(b, "B")\nRel(a, b, "c")',
    "timeline\n2026 : A : B",
    "quadrantChart\nx-axis A --> B\nC: [0.3, 0.6]",
    "kanban\n  A\n    b[c]",
]
ELSEWHERE = "https://elsewhere.test/x.png"
HTML = '%%{init: {"htmlLabels": true, "flowchart": {"htmlLabels": true}}}%%'
STYLED = '%%{init: {"themeCSS": ".node rect { mask-image: IMAGE }"}}%%\ngraph TD; A-->B'
ASKING = {
    "an image as a node": f'flowchart TD\nA@{{ img: "{ELSEWHERE}", label: "A" }}',
    "an image in a label": f"{HTML}\ngraph TD; A[\"<img src='{ELSEWHERE}'> A\"]",
    "a background in a label": f"{HTML}\ngraph TD; A[\"<table background='{ELSEWHERE}'><tr><td>A</td></tr></table>\"]",
    "an image beside a formula": f'sequenceDiagram\nA->>B: $$x$$ <img src="{ELSEWHERE}">',
    "a figure of a person": f'C4Context\nPerson(a, "A", "B", $sprite="{ELSEWHERE}")',
    "an icon": f'sequenceDiagram\nparticipant A\nproperties A: {{"icon": "{ELSEWHERE}"}}\nA->>A: B',
    "a style of a node": f"graph TD; A-->B\nstyle A mask-image:url({ELSEWHERE})",
    "a class of states": f"stateDiagram-v2\nA --> B\nclassDef x mask-image:url({ELSEWHERE})\nclass A x",
    "a theme": STYLED.replace("IMAGE", f"url({ELSEWHERE})"),
    "a theme that hides it": STYLED.replace("IMAGE", f"u\\\\72l({ELSEWHERE})"),
    "a theme with a variable": STYLED.replace("IMAGE", f"var(--x); --x: image-set('{ELSEWHERE}' 1x)"),
}
CAUGHT = "(async () => {{ try {{ {0}; return 'reached' }} catch (error) {{ return error.name }} }})()"
REFUSED = "Content Security Policy: script-src-elem inline "
INLINE = """() => {
  document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = true" }))
  return typeof window.ran
}"""
IMPATIENT = """() => {
  const later = window.setTimeout
  window.setTimeout = (action, wait, ...rest) => {
    if (wait === 20_000) window.setTimeout = later
    return later(action, wait === 20_000 ? 100 : wait, ...rest)
  }
}"""
NATIVE = """() => [
  Element.prototype.setAttribute, SVGImageElement.prototype.setAttribute, CSSStyleSheet.prototype.replaceSync
].map((method) => method.toString().includes("[native code]"))"""


def show(tab, *diagrams):
    """Let an answer hold some diagrams, and ask for each."""
    text = "\n\n".join(f"```mermaid\n{diagram}\n```" for diagram in diagrams)
    tab.ask("/say-text " + json.dumps(text)).wait_for_status("done")
    buttons = tab.body.get_by_role("button", name="Show diagram")
    expect(buttons).to_have_count(len(diagrams))
    for _ in diagrams:
        buttons.first.click()


@pytest.fixture
def frame(tab):
    """The frame in which a first diagram was drawn."""
    show(tab, DRAWN)
    expect(tab.body.locator("img.diagram")).to_have_count(1)
    (frame,) = tab.page.frames[1:]
    return frame


def test_draws_a_diagram_when_asked_and_names_the_error_in_a_bad_one(tab):
    loaded = []
    tab.page.on("request", lambda request: loaded.append(request.url) if "mermaid" in request.url else None)
    tab.ask("/markdown").wait_for_status("done")
    assert loaded == []
    show(tab, DRAWN, BAD)
    expect(tab.body.locator("img.diagram")).to_have_count(1)
    assert tab.body.locator("img.diagram").evaluate("image => image.decode().then(() => image.naturalWidth)") > 20
    expect(tab.body.get_by_role("alert")).to_have_text("The diagram could not be drawn. Parse error on line 1.")
    expect(tab.body.locator("pre")).to_have_count(2)
    assert len(loaded) == 1
    assert tab.barriers() == []


def test_a_diagram_is_dark_where_the_page_is(tab):
    tab.page.emulate_media(color_scheme="dark")
    show(tab, DRAWN)
    dark = tab.body.locator("img.diagram").get_attribute("src")
    tab.page.emulate_media(color_scheme="light")
    show(tab, DRAWN)
    assert tab.body.locator("img.diagram").get_attribute("src") != dark


def test_the_frame_reaches_neither_the_page_nor_the_site(tab, frame, browsers):
    assert frame.evaluate("origin") == "null"
    assert "SecurityError" in frame.evaluate(CAUGHT.format("parent.document"))
    assert "SecurityError" in frame.evaluate(CAUGHT.format("localStorage"))
    assert "TypeError" in frame.evaluate(CAUGHT.format(f"await fetch('{tab.url}/')"))
    assert frame.evaluate(INLINE) == "undefined"
    until(lambda: tab.page.wait_for_timeout(20) or REFUSED in browsers.offences, 10, "The script was not refused")
    browsers.offences.clear()
    tab.problems.clear()


def test_the_page_keeps_its_own_ways(tab, frame):
    assert tab.page.evaluate(NATIVE) == [True] * 3
    assert tab.page.evaluate("document.adoptedStyleSheets.length") == 0


def test_a_drawing_without_an_end_is_given_up_and_the_next_one_drawn(tab, frame):
    frame.evaluate("void (mermaid.render = () => new Promise(() => {}))")
    tab.page.evaluate(IMPATIENT)
    show(tab, DRAWN)
    expect(tab.body.get_by_role("alert")).to_have_text("The diagram could not be drawn. It took too long.")
    expect(tab.page.locator("iframe.drawing")).to_have_count(0)
    show(tab, DRAWN)
    expect(tab.body.locator("img.diagram")).to_have_count(1)


def test_a_diagram_that_is_too_long_is_an_error(tab):
    tab.ask(f'/say-text "```mermaid\\n{DRAWN}\\n```"').wait_for_status("done")
    tab.body.locator("pre").evaluate("pre => (pre.textContent = 'graph TD;' + ' A-->B;'.repeat(8_000))")
    tab.body.get_by_role("button", name="Show diagram").click()
    expect(tab.body.get_by_role("alert")).to_contain_text("more than 50000 characters")


@pytest.mark.exhaustive
def test_draws_diagrams_of_every_kind(tab):
    show(tab, *KINDS)
    expect(tab.body.locator("img.diagram, [role=alert]")).to_have_count(len(KINDS), timeout=60_000)
    assert tab.body.get_by_role("alert").all_inner_texts() == []


@pytest.mark.exhaustive
def test_asks_no_other_host_for_anything_that_a_diagram_names(tab, browsers):
    asked = []
    tab.page.context.route("https://elsewhere.test/**", lambda route: (asked.append(route.request.url), route.abort()))
    show(tab, *ASKING.values())
    expect(tab.body.locator("img.diagram, [role=alert]")).to_have_count(len(ASKING), timeout=60_000)
    for each, source in zip(tab.body.locator("pre").all(), ASKING.values(), strict=True):
        assert each.inner_text().strip() == source
    expect(tab.body.get_by_role("alert").first).to_contain_text(ELSEWHERE)
    assert asked == []
    browsers.offences[:] = [offence for offence in browsers.offences if ELSEWHERE not in offence]
    tab.problems[:] = [problem for problem in tab.problems if ELSEWHERE not in problem]
