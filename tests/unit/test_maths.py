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


def test_shows_a_fence_of_maths_as_a_formula():
    [block] = render("```math\nx^2 < \\ce{H2O}\n```")
    assert '<math display="block"><msup>' in block
    assert text_of(block) == "x2<H2O"
    assert_harmless([block])


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("2H2 + O2 -> 2H2O", "2H2+O2→2H2O"),
        ("SO4^2-", "SO42−"),
        ("Na+ + Cl- <=> NaCl", "Na++Cl−⇌NaCl"),
        ("Fe^3+", "Fe3+"),
        ("(NH4)2SO4", "(NH4)2SO4"),
        ("A ->[heat] B", "A→heatB"),
        ("^{14}C", "14C"),
    ],
)
def test_shows_a_formula_of_chemistry(formula, shown):
    [block] = render(f"$\\ce{{{formula}}}$")
    assert "<math>" in block
    assert text_of(block) == shown
    assert_harmless([block])


@pytest.mark.parametrize("formula", ["{" * 400, "a" * 1_900, "->" * 900, "^{" * 900, "\\ce{" * 400, "H2" * 900])
def test_shows_any_other_formula_as_it_was_typed_or_as_maths(formula):
    assert_harmless(render(f"$\\ce{{{formula}}}$"))


@pytest.mark.parametrize("maths", ["|x|", "|x| + |y|", "P(A \\mid B) = |c|^{|d|}"])
@pytest.mark.parametrize("form", ["${}$", "\\({}\\)", "$${}$$", "\\( {} \\)"])
@pytest.mark.parametrize("beside", ["2", "https://example.com/a?b=$1", "[a](https://example.com/$5) for $5", "`$` \\("])
def test_keeps_the_cells_of_a_table_with_bars_in_maths(maths, form, beside):
    for cells in ((form.format(maths), beside), (beside, form.format(maths))):
        [table] = render(f"| a | b |\n|---|---|\n| {cells[0]} | {cells[1]} |")
        assert (table.count("<td>"), table.count("<math"), table.count("<a ")) == (2, 1, beside.count("http"))
        assert text_of(table).count("|") == maths.count("|")


@pytest.mark.parametrize(
    "row",
    [
        "| $5 | $10 |",
        "|$5|$10|",
        "| $a | b$ |",
        "| \\$a|b\\$ | c |",
        "| $a$ | $b$ |",
        "| \\(a | b\\) |",
        "| \\(a|b\\) |",
    ],
)
def test_leaves_other_dollars_in_tables_alone(row):
    with_dollars = render(f"| a | b |\n|---|---|\n{row}")[0]
    assert with_dollars.count("<td>") == 2


@pytest.mark.parametrize("name", ["align", "align*", "gather", "equation"])
def test_shows_an_equation_without_dollars(name):
    equation = f"\\begin{{{name}}}\na &= b \\\\\nc &= d\n\\end{{{name}}}".replace(
        "&" * (name in ("equation", "gather")), ""
    )
    before, formula, after = render(f"So\n\n{equation}\n\nand *on*.")
    assert '<math display="block">' in formula
    assert render(f"$$\n{equation}\n$$")[0].count("<math") == 1
    assert (before, after) == ("<p>So</p>", "<p>and <em>on</em>.</p>")


@pytest.mark.parametrize(
    "text", ["\\begin{align}\na", "| $|x|$ |\n\\begin{align}a\\end{align}\n|---|", "$|x|$", "| \\(|x|\\) |"]
)
@pytest.mark.parametrize("code", ["```\n{}\n```", "````latex\n{}\n````"])
def test_leaves_maths_in_code_as_it_was_typed(code, text):
    [block] = render(code.replace("{}", text))
    assert text_of(block) == f"{text}\n"
