"""What the provider answers: pure functions of the question."""

import base64
import json
import random
from collections.abc import Callable

from tests.fake_provider.ask import Ask

SYLLABLES = ("ba", "co", "di", "fu", "ga", "ho", "ji", "ke", "lu", "ma", "no", "pe", "ri", "su", "ta", "vo")
WORDS_IN_PARAGRAPH = 50
HUGE = 17_000_000
MANY_SCRIPTS = "Grüße 😀 👩‍👩‍👧 你好，世界 مرحبا بالعالم नमस्ते 🏳️‍🌈 fin."
MARKDOWN = """# Heading one

A paragraph with **bold**, *emphasis*, `code`, ~~strike~~ and a [link](https://example.com/).

## A list

- first
- second
  - nested
- third

1. one
2. two

| left | right |
|:-----|------:|
| a    |     1 |
| b    |     2 |

```python
def greet(name: str) -> str:
    return f"Hello, {name} <b>&</b>"
```

> A quotation
> over two lines.

Euler wrote $e^{i\\pi} + 1 = 0$.

The last paragraph.
"""


def word(index: int) -> str:
    """Return the word at an index: always the same, and its neighbours differ."""
    first, second = divmod(index * 7 + index // 16, 16)
    return SYLLABLES[first % 16] + SYLLABLES[second] + ("." if index % 10 == 9 else "")


def words(count: int, paragraph: int = WORDS_IN_PARAGRAPH) -> list[str]:
    """Return one piece per word, each with the space or the blank line before it."""
    return [separator(index, paragraph) + word(index) for index in range(count)]


def separator(index: int, paragraph: int) -> str:
    if index == 0:
        return ""
    return "\n\n" if index % paragraph == 0 else " "


def cuts(text: str, seed: int = 0, longest: int = 12) -> list[str]:
    """Cut a text at random but repeatable places."""
    dice = random.Random(seed)
    blocks, start = [], 0
    while start < len(text):
        end = start + dice.randint(1, longest)
        blocks.append(text[start:end])
        start = end
    return blocks


def answer(ask: Ask) -> list[str]:
    flat = ask.arguments.endswith("flat")
    count = ask.count(20)
    return words(count, paragraph=count + 1 if flat else WORDS_IN_PARAGRAPH)


def said_text(ask: Ask) -> list[str]:
    if ask.arguments.startswith('"'):
        text = json.JSONDecoder().raw_decode(ask.arguments)[0]
    else:
        text = base64.b64decode(ask.arguments.split()[0]).decode()
    return cuts(text, seed=int(ask.option("seed", 0)))


def broken_off(ask: Ask) -> list[str]:
    """Return the words before something happens: `/cut-after 5 of 20`."""
    return words(int(ask.option("of", 20)))[: ask.count(5)]


def later(ask: Ask) -> list[str]:
    """Return the answer of what follows `then`."""
    return blocks_of(follow_up(ask))


def follow_up(ask: Ask) -> Ask:
    return Ask(ask.arguments.partition("then ")[2], ask.model, ask.key, ask.prefill, ask.usage_wanted)


def echoed(ask: Ask) -> list[str]:
    return cuts(f"You said: {ask.question}")


def few_words(ask: Ask) -> list[str]:
    return words(ask.count(20))


def nothing(ask: Ask) -> list[str]:
    return []


ANSWERS: dict[str, Callable[[Ask], list[str]]] = {
    "echo": echoed,
    "files": lambda ask: [", ".join(ask.files) or "no files"],
    "say": answer,
    "say-text": said_text,
    "fail-first": later,
    "refuse": later,
    "markdown": lambda ask: cuts(MARKDOWN, seed=1),
    "stall-after": broken_off,
    "cut-after": broken_off,
    "drop-after": broken_off,
    "reset-after": broken_off,
    "broken-json": broken_off,
    "in-band-error": broken_off,
    "no-done": few_words,
    "length": few_words,
    "content-filter": few_words,
    "crlf": few_words,
    "comments": few_words,
    "multiline-data": few_words,
    "missing-choices": few_words,
    "null-content": few_words,
    "usage-last": few_words,
    "two-done": few_words,
    "after-done": few_words,
    "gzip": few_words,
    "reasoning": few_words,
    "slow-bytes": few_words,
    "huge-line": lambda ask: ["word " * (HUGE // 5)],
    "utf8-every-byte": lambda ask: cuts(MANY_SCRIPTS, longest=6),
    "surrogates": lambda ask: ["Smile ", "\ud83d", "\ude00", " done"],
    "half-surrogate": lambda ask: ["Half ", "\ud83d", " done"],
    "nul": lambda ask: ["a", "\0", "b"],
    "error": nothing,
    "endless-error": nothing,
    "forged-error": nothing,
    "body": nothing,
    "json": lambda ask: ["x"],
    "empty": nothing,
    "nothing": nothing,
    "no-first-byte": nothing,
    "redirect": lambda ask: words(20),
}


def blocks_of(ask: Ask) -> list[str]:
    """Return the content of every chunk, in order, less what a prefill already says."""
    blocks = ANSWERS.get(ask.verb, echoed)(ask)
    return continued(blocks, ask.prefill) if ask.prefill else blocks


def continued(blocks: list[str], prefill: str) -> list[str]:
    whole = "".join(blocks)
    rest = whole.removeprefix(prefill.rstrip()) if prefill.strip() else whole
    return cuts(rest)


def question_for(body: bytes, content_type: str = "text/event-stream", seed: int = 0) -> str:
    """Return the question that is answered with these very bytes."""
    return f"/body {base64.b64encode(body).decode()} as {content_type} seed {seed}"


def expected_text(question: str) -> str:
    """Return the text that a careful client holds when the answer to a question has ended."""
    text = "".join(blocks_of(Ask(question)))
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return joined.replace("\0", "\ufffd")
