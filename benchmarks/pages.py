"""Measure long conversations and long answers: `python -m benchmarks.pages` prints a table of ratios."""

import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable

TIMES = 15
SHORT, LONG, PICTURES = 20, 2_000, 20
TOKENS, TOKENS_A_TICK = 4_000, 20
"""At 200 tokens a second, sent every 100 ms."""
PARAGRAPH = "The quick **brown** fox jumps over the `lazy` dog, and [nobody](https://example.org/) minds. "
ANSWER = "\n\n".join(
    f"## Part {number}\n\n{PARAGRAPH * 4}\n\n- one\n- two\n- three\n\n```python\nprint({number})\n```"
    for number in range(33)
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "parley_server.settings", "PARLEY_DATA_DIR": folder, "DEBUG": "0"}
        os.environ |= {
            "SECRET_KEY": "of a benchmark",
            "ALLOWED_HOSTS": "testserver",
            "REDIS_URL": "redis://127.0.0.1:9/0",
        }
        os.environ |= {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "DATABASE_URL": f"sqlite:///{folder}/pages.sqlite3"}
        import django
        from django.conf import settings

        django.setup()
        settings.CELERY_BROKER_URL = "memory://"
        logging.disable(logging.WARNING)  # there is no Valkey
        print("|  | once | many times | ratio |\n| --- | --- | --- | --- |")
        print(open_conversations())
        print(render_answer())


def open_conversations() -> str:
    """Compare a page of a conversation of 2,000 messages with one of 20."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    owner = get_user_model().objects.create_user("reader")
    client = Client()
    client.force_login(owner)
    shown = [
        conversation_of(owner, SHORT),
        conversation_of(owner, LONG),
        conversation_of(owner, SHORT, pictures=PICTURES),
    ]
    pages = [conversation.get_absolute_url() for conversation in shown]
    short, long, pictured = (median_seconds(lambda page=page: client.get(page)) for page in pages)
    rows = {f"of {LONG:,}": long, f"with {PICTURES} pictures": pictured}
    return "\n".join(
        row(f"open a conversation of {SHORT} messages; {name}", short, each) for name, each in rows.items()
    )


def conversation_of(owner, messages: int, pictures: int = 0):
    """Make a conversation, with as many pictures in each of its questions as make these in all."""
    from parley.models import Conversation

    def files():
        return [picture_of(owner).pk for _ in range(pictures // (messages // 2))]

    conversation, reply = Conversation.start(owner, "A question?", attachments=files())
    for number in range(messages // 2):
        reply.claim(conversation.pk)
        reply.finish(f"{PARAGRAPH} {number}", finish_reason="stop", usage={})
        if number < messages // 2 - 1:
            _, reply = conversation.ask("And another question?", attachments=files())
    return conversation


def picture_of(owner):
    """Make the row of a picture that was chosen and read; no page opens its file."""
    from django.utils import timezone

    from parley.models import Attachment

    kept = {"picture": "picture", "thumb": "thumb", "width": 2048, "height": 1536, "settled_at": timezone.now()}
    made = {"name": "sea.jpg", "kind": "picture", "media_type": "image/jpeg", "status": "ready", "digest": "0" * 64}
    return Attachment.objects.create(owner=owner, **made, **kept)


def render_answer() -> str:
    """Compare an answer of 4,000 tokens sent tick by tick with the same answer rendered once."""
    from parley import markdown
    from parley.delivery.splice import Splicer

    def ticks() -> None:
        splicer = Splicer()
        step = len(ANSWER) * TOKENS_A_TICK // TOKENS
        for end in range(step, len(ANSWER) + step, step):
            splicer.advance(ANSWER[:end])

    once = median_seconds(lambda: markdown.render(ANSWER))
    return row(
        f"render {len(ANSWER):,} characters once; in {TOKENS // TOKENS_A_TICK} ticks", once, median_seconds(ticks)
    )


def median_seconds(function: Callable[[], object]) -> float:
    """Of the processor, after one call that warms up."""
    function()
    return statistics.median(seconds(function) for _ in range(TIMES))


def seconds(function: Callable[[], object]) -> float:
    started = time.process_time()
    function()
    return time.process_time() - started


def row(name: str, once: float, many: float) -> str:
    return f"| {name} | {once * 1000:.1f} ms | {many * 1000:.1f} ms | {many / once:.2f} × |"


if __name__ == "__main__":
    main()
