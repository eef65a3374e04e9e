"""Code in fenced documents. Pure.

Models write a whole document in three backticks, with code in three backticks in it, which would end the outer fence.
"""

import re
from collections.abc import Iterator

_DOCUMENT = re.compile(r"^ {0,3}```[ \t]*(?:markdown|md)[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^`\n]*)$", re.MULTILINE)

Marks = tuple[int, int, str]


def with_nested_fences(text: str) -> str:
    """Make the fences longer around Markdown that has fences in it; lines keep their numbers.

    In such a document, a fence with a language opens a level, and one without closes it.

    >>> with_nested_fences("```md\\n```sh\\nls\\n```\\n```").split("\\n")
    ['````md', '```sh', 'ls', '```', '````']
    """
    if "```" not in text or not _DOCUMENT.search(text):
        return text
    parts, end = [], 0
    for start, stop, marks in _longer_marks(text):
        parts += [text[end:start], marks]
        end = stop
    return "".join([*parts, text[end:]])


def _longer_marks(text: str) -> Iterator[Marks]:
    fences = _FENCE.finditer(text)
    for opener in fences:
        if opener[1] == "```" and opener[2].strip() in ("markdown", "md"):
            yield from _longer_marks_of(opener, fences)
        else:
            next((fence for fence in fences if fence[1].startswith(opener[1]) and not fence[2].strip()), None)


def _longer_marks_of(opener: re.Match[str], fences: Iterator[re.Match[str]]) -> list[Marks]:
    """Return (start, stop, longer marks) of the first and the last fence of a document with fences in it."""
    level, longest, nested, ends = 0, 3, False, [opener]
    for fence in fences:
        if fence[1].startswith("~"):
            continue
        if not fence[2].strip() and level == 0:
            ends.append(fence)
            break
        longest, nested = max(longest, len(fence[1])), True
        level += 1 if fence[2].strip() else -1
    return [(*end.span(1), "`" * (longest + 1)) for end in ends if nested]
