"""How much of CommonMark is rendered to the letter."""

import re
from html import unescape

import pytest

from parley.markdown import render
from tests.unit.texts import corpus

EXAMPLES = [
    case
    for case in corpus("commonmark.json")
    if case["section"] not in ("HTML blocks", "Raw HTML", "Images") and "<img" not in case["html"]
]
AT_LEAST = 0.95


def as_specified(html):
    """The specification's HTML, in the spelling of a browser and with the language of code where we say it."""
    html = re.sub(r'<pre><code class="language-([^"]*)">', r'<pre data-language="\1"><code>', html)
    return even(re.sub(r"<(br|hr) />", r"<\1>", html))


def as_rendered(blocks):
    """Our HTML without what the product adds to it on purpose: the safety of links, and colours of code."""
    html = "\n".join(blocks).replace(' target="_blank"', "").replace(' rel="noopener noreferrer nofollow"', "")
    return even(re.sub(r'<span class="[a-z0-9]+">|</span>', "", html))


def even(html):
    """Without the line breaks between tags, and with characters instead of entities."""
    return unescape(re.sub(r">\s*\n\s*<", "><", html).strip())


@pytest.mark.skipif(not EXAMPLES, reason="The examples of CommonMark are not there.")
def test_renders_the_examples_of_commonmark_to_the_letter(record_testsuite_property, capsys):
    different = [
        f"{case['example']} ({case['section']}): {case['markdown']!r}"
        for case in EXAMPLES
        if as_rendered(render(case["markdown"])) != as_specified(case["html"])
    ]
    share = 1 - len(different) / len(EXAMPLES)
    record_testsuite_property("commonmark", f"{share:.3f}")
    with capsys.disabled():
        print(f" CommonMark: {share:.1%} of {len(EXAMPLES)} examples ", end="")
    assert share >= AT_LEAST, "\n".join(different)
