import pytest

from parley.conf import Conf, conf
from parley.generation import inquiry
from parley.generation.inquiry import MAX_NAMES
from tests.fake_provider.server import LISTS

OPENAI = [
    *("babbage-002", "chatgpt-4o-latest", "dall-e-3", "davinci-002", "gpt-4o", "gpt-4o-audio-preview"),
    *("gpt-4o-mini-tts", "gpt-4o-realtime-preview", "gpt-4o-transcribe", "gpt-5-mini", "gpt-image-1", "o3"),
    *("omni-moderation-latest", "sora-2", "text-embedding-3-large", "tts-1-hd", "whisper-1"),
]


def listed(text, hidden=Conf.MODELS_HIDDEN):
    return inquiry.names_in(inquiry.rows_of(text), hidden)


def rows(names):
    return {"data": [{"id": name} for name in names]}


def test_leaves_out_what_nobody_talks_to():
    assert listed(rows(OPENAI)) == ["chatgpt-4o-latest", "gpt-4o", "gpt-5-mini", "o3"]


def test_keeps_what_others_call_their_models():
    names = ["Qwen/Qwen3-8B-Instruct", "llama3.2:3b", "mistral-small", "models/gemini-2.5-flash", "qwen2.5-vl"]
    assert listed(rows(names)) == sorted(names, key=str.casefold)


def test_leaves_out_what_the_administrator_says(settings):
    settings.PARLEY = {**settings.PARLEY, "MODELS_HIDDEN": ["gpt-*"]}
    assert listed(rows(["gpt-5-mini", "GPT-4", "tts-1", "o3"]), conf.provider.hidden) == ["o3", "tts-1"]


def test_takes_nothing_odd():
    assert listed(LISTS["/odd/v1/models"]) == ["<b>odd</b>", "fake-1"]


def test_takes_a_bare_list_and_no_more_than_a_page_can_show():
    assert listed([{"id": "one"}]) == ["one"]
    assert len(listed(LISTS["/many/v1/models"])) == MAX_NAMES


@pytest.mark.parametrize("nonsense", [None, {}, {"data": "x"}, "x", 7, {"data": {"id": "x"}}])
def test_refuses_what_is_no_list(nonsense):
    with pytest.raises(ValueError, match="no list"):
        listed(nonsense)
