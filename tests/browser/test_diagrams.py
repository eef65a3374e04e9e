"""Diagrams are drawn when somebody asks for them, and ask nobody for anything."""

import json

import pytest
from playwright.sync_api import expect

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


def show(tab, *diagrams):
    """Let an answer hold some diagrams, and ask for each."""
    text = "\n\n".join(f"```mermaid\n{diagram}\n```" for diagram in diagrams)
    tab.ask("/say-text " + json.dumps(text)).wait_for_status("done")
    buttons = tab.body.get_by_role("button", name="Show diagram")
    expect(buttons).to_have_count(len(diagrams))
    for _ in diagrams:
        buttons.first.click()


def test_draws_a_diagram_when_asked_and_names_the_error_in_a_bad_one(tab):
    loaded = []
    tab.page.on("request", lambda request: loaded.append(request.url) if "/later/" in request.url else None)
    tab.ask("/markdown").wait_for_status("done")
    assert loaded == []
    show(tab, DRAWN, BAD)
    expect(tab.body.locator("img.diagram")).to_have_count(1)
    assert tab.body.locator("img.diagram").evaluate("image => image.decode().then(() => image.naturalWidth)") > 20
    expect(tab.body.get_by_role("alert")).to_contain_text("Parse error")
    expect(tab.body.locator("pre")).to_have_count(2)


def test_draws_diagrams_of_every_kind(tab):
    show(tab, *KINDS)
    expect(tab.body.locator("img.diagram, [role=alert]")).to_have_count(len(KINDS), timeout=60_000)
    assert tab.body.get_by_role("alert").all_inner_texts() == []


def test_asks_no_other_host_for_anything_that_a_diagram_names(tab, browsers):
    show(tab, *ASKING.values())
    expect(tab.body.locator("img.diagram, [role=alert]")).to_have_count(len(ASKING), timeout=60_000)
    assert browsers.offences == []
    for each, source in zip(tab.body.locator("pre").all(), ASKING.values(), strict=True):
        assert each.inner_text().strip() == source
    expect(tab.body.get_by_role("alert").first).to_contain_text(ELSEWHERE)
