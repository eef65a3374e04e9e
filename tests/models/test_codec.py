"""Every field of a row is in the codec, or named here: what is in neither would be lost by exports without a word."""

import pytest

from parley import codec
from parley.models import Conversation, Folder, Message, Preset
from tests.models import test_round_trip as round_trip

CASES = {
    "message": (
        Message,
        codec.MESSAGE,
        "id parent conversation"  # names, which are other ones where it comes in
        " html"  # rendered again
        " attempt worker deaths enqueued_at started_at"  # who wrote it here
        " version idempotency_key"  # of the feed, and of the form that asked
        " without_pictures",  # how it was asked for; what came of it is in "included"
    ),
    "conversation": (
        Conversation,
        codec.CONVERSATION,
        "id owner folder shown"  # names
        " version turned deleted_at",  # of the feed, and the trash
    ),
    "folder": (Folder, codec.NAMED_SETTINGS, "id owner version created_at"),
    "preset": (Preset, codec.NAMED_SETTINGS, "id owner version created_at"),
}


@pytest.mark.parametrize(("model", "fields", "left_out"), CASES.values(), ids=CASES)
def test_knows_every_field(model, fields, left_out):
    assert {field.name for field in model._meta.concrete_fields} == {*fields, *left_out.split()}


def test_a_link_shows_fields_that_are_known():
    assert {*codec.SHARED, *codec.SHARED_REASONING} <= {*codec.MESSAGE}


@pytest.mark.parametrize(
    ("fields", "drawn"),
    [(codec.MESSAGE, round_trip.MESSAGE), (codec.CONVERSATION, round_trip.CONVERSATION)],
    ids=["message", "conversation"],
)
def test_the_round_trip_draws_every_field(fields, drawn):
    assert {*fields} - {"origin"} <= {*drawn}
