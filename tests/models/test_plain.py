"""A plain reply is one of which a page shows text, model and tokens: the very parts that an end of a log brings."""

from itertools import product

import pytest
from django.template.loader import render_to_string

from parley.models import Conversation, Message, Status

FIELDS = {
    "finish_reason": ["stop", "length", "content_filter", "other"],
    "left_out": [0, 2],
    "sent_tokens": [0, 9000],
    "reasoning": ["", "Let me see."],
    "parts": [[], [{"kind": "source", "url": "https://example.com/"}]],
    "usage": [{}, {"prompt_tokens": 4000, "completion_tokens": 96}],
}
BESIDE = ("_reasoning", "_parts", "_outcome")


@pytest.mark.parametrize("status", Status.values)
def test_a_plain_reply_shows_nothing_beside_its_text(status):
    for values in product(*FIELDS.values()):
        fields = dict(zip(FIELDS, values, strict=True))
        reply = Message(conversation=Conversation(), role="assistant", attempt=1, status=status, **fields)
        if reply.is_plain:
            assert status == "done"
            shown = [render_to_string(f"parley/{name}.html", {"message": reply}) for name in BESIDE]
            assert "".join(shown).strip() == "", fields
    plain = Message(conversation=Conversation(), role="assistant", attempt=1, status=status, finish_reason="stop")
    assert plain.is_plain == (status == "done")
