"""LaTeX as MathML: what is shown, and how far from its place."""

import re

import pytest

from parley.markdown import render
from tests.unit.elements import assert_harmless, text_of

LENGTH = re.compile(r' (?:height|depth|voffset|width|lspace|rspace|linethickness|minsize|maxsize)="([^"]*)"')


@pytest.mark.parametrize(
    "latex",
    [
        "\\raisebox{30em}{x}",
        "\\raisebox{-30em}{x}",
        "\\raisebox{300pt}{x}",
        "\\raisebox{9999999cm}{x}",
        "\\raisebox{2em}{\\raisebox{30em}{x}}",
        "\\hspace{300em}x",
        "\\hspace{9000mm}x",
        "\\kern 30in x",
        "\\mkern 9000mu x",
        "\\hskip -30em x",
        "\\genfrac{}{}{30em}{}{a}{b}",
        "\\genfrac{}{}{900pt}{}{a}{b}",
    ],
)
def test_draws_nothing_far_from_its_place(latex):
    [block] = render(f"${latex}$")
    assert "<math>" in block
    for length in LENGTH.findall(block):
        assert re.fullmatch(r"-?[\d.]{1,9}(r?em)?", length)
        assert abs(float(length.rstrip("rem"))) <= 20
    assert_harmless([block])


@pytest.mark.parametrize(
    ("latex", "kept"),
    [
        ("\\raisebox{0.5em}{x}", 'voffset="0.5em"'),
        ("a\\quad b", 'width="1em"'),
        ("\\hspace{20pt}x", 'width="2rem"'),
        ("\\genfrac(){0pt}{}{a}{b}", 'linethickness="0"'),
        ("\\Bigg(x", 'minsize="2.470em"'),
    ],
)
def test_keeps_lengths_as_they_are_used(latex, kept):
    [block] = render(f"${latex}$")
    assert kept in block


def test_shows_what_is_not_known_as_it_was_typed():
    [block] = render("$\\nonsense{x}$")
    assert text_of(block) == "\\nonsense{x}"
