r"""Formulas of chemistry such as ``\ce{2H2 + O2 -> 2H2O}``, the usual part of mhchem, as plain LaTeX. Pure."""

import re

_FORMULA = re.compile(r"\\ce\{((?:[^{}]|\{[^{}]*\}){0,500})\}")
_TOKEN = re.compile(
    r"""(?P<arrow> <=>> | <<=> | <=> | <-> | -> | <- ) (?: \[ (?P<above>[^\[\]]*) \] )?
    | \^ (?: \{ (?P<raised>[^{}]*) \} | (?P<charge>\d*[+-]|\d+) )
    | _ (?: \{ (?P<lowered>[^{}]*) \} | (?P<index>\d+) )
    | (?<=[A-Za-z)\]]) (?: (?P<count>\d+) | (?P<sign>[+-])(?![>\w(]) )
    | (?P<word>[A-Za-z]+)
    | (?P<space>\s+)""",
    re.VERBOSE,
)
_ARROWS = {
    "->": "\\rightarrow", "<-": "\\leftarrow", "<->": "\\leftrightarrow", "<=>": "\\rightleftharpoons",
    "<=>>": "\\rightleftharpoons", "<<=>": "\\rightleftharpoons",
}  # fmt: skip


def with_formulas(latex: str) -> str:
    r"""Write out each formula of chemistry in LaTeX.

    >>> print(with_formulas(r"\ce{H2O}"))
    {\mathrm{H}_{2}\mathrm{O}}
    """
    return _FORMULA.sub(lambda formula: f"{{{_TOKEN.sub(_written, formula[1])}}}", latex) if "\\ce{" in latex else latex


def _written(token: re.Match[str]) -> str:
    if token["arrow"]:
        above = f"\\overset{{\\text{{{token['above']}}}}}" if token["above"] else ""
        return f" {above}{{{_ARROWS[token['arrow']]}}} "
    if raised := token["raised"] or token["charge"] or token["sign"]:
        return f"^{{{raised}}}"
    if lowered := token["lowered"] or token["index"] or token["count"]:
        return f"_{{{lowered}}}"
    return f"\\mathrm{{{token['word']}}}" if token["word"] else "\\, " if token["space"] else token[0]
