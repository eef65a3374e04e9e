"""The words of many servers, each of which shall lead to what can be done about it."""

import json

import pytest

from parley.generation.refusals import Refusal, in_band, meaning, without_echo
from tests.fake_provider.refusals import NO_PICTURES as VENDORS_WITHOUT_PICTURES

HTML = "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>nginx</body></html>"
TOO_LONG = [
    (400, "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens."),
    (400, "This model's maximum context length is 2048 tokens. However, you requested 3000 tokens "
          "(200 in the messages)."),
    (400, "the request exceeds the available context size. try increasing the context size or enable context shift"),
    (500, "the request exceeds the available context size, try increasing it"),
    (400, "request (14429 tokens) exceeds the available context size (8192 tokens), 'n_ctx': 8192"),
    (500, "Requested tokens (2285) exceed context window of 2048"),
    (400, "Range of input length should be [1, 30720]"),
    (400, "prompt is too long: 210000 tokens > 200000 maximum"),
    (400, "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length"),
    (400, "Trying to keep the first 4821 tokens when context the overflows. However, the model is loaded with "
     "context length of only 4096 tokens, which is not enough."),
    (400, "The number of tokens to keep from the initial prompt is greater than the context length"),
    (400, "the input length exceeds the context length"),
    (400, "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length"),
    (400, "Please reduce the length of the messages or completion."),
    (400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
    (400, "Input is too long for requested model."),
    (400, "This model's maximum prompt length is 131072 but the request contains 200000 tokens."),
    (422, "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 100 `max_new_tokens`"),
    (413, "Request Entity Too Large"),
]  # fmt: skip
NO_CREDIT = [
    (402, "Insufficient Balance"),
    (402, "This request requires more credits, or fewer max_tokens."),
    (402, ""),
    (400, "Your credit balance is too low to access the API. Please go to Plans & Billing."),
    (429, "You exceeded your current quota, please check your plan and billing details."),
]
BAD_KEY = [
    (400, "[{'error': {'code': 400, 'message': 'API key not valid. Please pass a valid API key.'}}]"),
    (400, "API Key not found. Please pass a valid API key. API_KEY_INVALID"),
    (400, "Incorrect API key provided: xa***. You can obtain an API key from the console."),
    (403, "invalid api key"),
    (401, "Unauthorized"),
]
RATE = [
    (429, "Rate limit reached for gpt-4o in organization on tokens per min (TPM): Limit 30000, Used 29000."),
    (429, "You exceeded your current quota, please check your plan and billing details. Please retry in 38.2s."),
    (429, "Too Many Requests"),
    (429, HTML.replace("<", "&lt;")),
]
WRONG_ADDRESS = [
    (404, HTML),
    (400, HTML),
    (403, HTML),
    (405, HTML),
    (404, ""),
    (404, "404 page not found"),
    (404, "{'detail': 'Not Found'}"),
    (404, "{'message': 'Not Found', 'code': 404}"),
    (404, "Invalid URL (POST /chat/completions)"),
    (404, "Unexpected endpoint or method. (POST /chat/completions)"),
    (405, "Method Not Allowed"),
    (404, "Cannot POST /chat/completions"),
]
NO_MODEL = [
    (404, "The model `gpt-9` does not exist or you do not have access to it."),
    (404, 'model "llama9" not found, try pulling it first'),
    (404, "models/gemini-9 is not found for API version v1beta"),
    (404, "The API deployment for this resource does not exist."),
    (404, "No endpoints found for some/model."),
]

NO_MODEL_BUT_400 = [
    (400, "Model Not Exist"),
    (400, "some/model is not a valid model ID"),
    (400, "{'message': 'Invalid model: gpt-9', 'type': 'invalid_model'}"),
    (400, "The model `gpt-9` does not exist"),
    (422, "Unknown model: gpt-9"),
]
FILTERED = [
    (400, "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."),
    (400, "{'code': 'content_filter', 'innererror': {'code': 'ResponsibleAIPolicyViolation'}}"),
    (400, "Input data may contain inappropriate content."),
    (400, "{'code': 'data_inspection_failed'}"),
]


def cases(code, *text):
    return [(status, words, code) for status, words in text]


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        *cases("too_long", *TOO_LONG),
        *cases("no_credit", *NO_CREDIT),
        *cases("unauthorized", *BAD_KEY),
        *cases("rate_limited", *RATE),
        *cases("wrong_address", *WRONG_ADDRESS),
        *cases("model_not_found", *NO_MODEL, *NO_MODEL_BUT_400),
        *cases("filtered", *FILTERED),
        (402, HTML, "no_credit"), (408, HTML, "timeout"), (413, HTML, "too_long"), (422, HTML, "bad_request"),
        (425, HTML, "provider_down"), (429, HTML, "rate_limited"), (529, HTML, "overloaded"),
        *cases("bad_request", (400, "'top_p' is not supported with this model.")),
        *cases("bad_request", (400, "Invalid model parameter: top_p")),
        *cases("timeout", (408, "Request Timeout")),
        *cases("overloaded", (529, "Overloaded"), (503, "The model is overloaded. Please try again later.")),
        *cases("provider_down", (499, "client closed request"), (500, ""), (502, HTML)),
        *cases("provider_down", (503, HTML), (524, HTML), (409, "x")),
        *cases("bad_request", (400, "messages: too many"), (422, "{}"), (418, "I am a teapot")),
        *cases("bad_request", (400, "'max_tokens' or 'max_completion_tokens' is too large: 9000. This model's maximum "
                                    "context length is 4096 tokens and your request has 30 input tokens.")),
        *cases("forbidden", (403, "Project does not have access to model"), (403, "")),
        *cases("redirected", (301, ""), (307, HTML)),
    ],
)  # fmt: skip
def test_knows_what_a_refusal_means(status, text, code):
    assert meaning(Refusal(status, text)) == code


NO_PICTURES = [
    *((status, json.dumps(body)) for status, body in VENDORS_WITHOUT_PICTURES.values()),
    (500, 'Failed to parse messages: Unsupported content part type: "image_url"; messages = ['),
    (400, "unknown variant `image_url`, expected `text` at line 1 column 216"),
    (400, "data did not match any variant of untagged enum ChatCompletionRequestContent at line 1 column 18254"),
    (400, "'messages.0.content' : value must be one of the following: messages.0.content must be a string"),
    (400, "At most 0 image(s) may be provided in one request."),
    (400, "Qwen3-8B is not a multimodal model"),
    (415, "This model doesn't support image content blocks."),
    (400, "Images are not supported by this model."),
]
OTHERWISE_WRONG = [
    (400, "image/avif is not supported: this model does not support image/avif"),
    (400, "The image format is not supported. Image formats: png, jpeg."),
    (400, "messages.0.content.1: image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes"),
    (400, "Could not process image"),
    (400, "You uploaded an unsupported image. Please make sure your image has of one the following formats."),
]


@pytest.mark.parametrize(("status", "text"), NO_PICTURES)
def test_believes_that_a_model_takes_no_pictures_where_it_was_sent_some(status, text):
    assert meaning(Refusal(status, text, pictures=True)) == "no_pictures"
    assert meaning(Refusal(status, text)) != "no_pictures"


@pytest.mark.parametrize(("status", "text"), OTHERWISE_WRONG)
def test_does_not_take_one_wrong_picture_for_a_model_without(status, text):
    assert meaning(Refusal(status, text, pictures=True)) == "bad_request"


@pytest.mark.parametrize(("status", "text"), TOO_LONG)
def test_knows_what_is_too_long_with_pictures(status, text):
    assert meaning(Refusal(status, text, pictures=True)) == "too_long"


@pytest.mark.parametrize(
    ("status", "name", "code"),
    [
        (400, "context_length_exceeded", "too_long"),
        (400, "exceed_context_size_error", "too_long"),
        (429, "insufficient_quota", "no_credit"),
        (400, "invalid_api_key", "unauthorized"),
        (404, "model_not_found", "model_not_found"),
    ],
)
def test_believes_the_code_that_a_provider_gives(status, name, code):
    assert meaning(Refusal(status, "Something.", name)) == code


@pytest.mark.parametrize("text", [
    "a" * 4000, "exceeds the limit " * 200, "max_tokens' " * 300, "not found " * 400, "detail: " * 500,
    "api key " * 500, "model " * 600, "model a" * 500,
])  # fmt: skip
def test_reads_what_a_provider_says_in_no_time(text):
    for status in (400, 404, 429, 500):
        assert meaning(Refusal(status, text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[(text, "too_long") for _, text in TOO_LONG[:-1]],
        *[(text, "no_credit") for _, text in NO_CREDIT if text],
        *[(text, "unauthorized") for status, text in BAD_KEY if status != 401],
        *[(text, "filtered") for _, text in FILTERED],
        ("content_filter_error: The contents are not filtered", "provider_error"),
        ("Overloaded", "overloaded"),
        ("The engine is on fire.", "provider_error"),
        ("Rate limit reached for this model.", "rate_limited"),
        ("Too Many Requests", "rate_limited"),
        ("", "provider_error"),
    ],
)
def test_knows_what_an_error_inside_of_a_stream_means(text, code):
    assert in_band(text) == code


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limited"), (503, "overloaded"), (500, "provider_error")])
def test_knows_from_the_status_of_an_error_inside_of_a_stream_whether_it_may_pass(status, code):
    assert in_band("Provider returned error", status) == code
    assert in_band("credit balance is too low", status) == "no_credit"


ASKED = {"messages": [{"role": "user", "content": "<html> and context length, temperature"}], "temperature": 1}
ABOUT = {"type": "extra_forbidden", "loc": ["body", "x"], "msg": "Extra inputs are not permitted", "input": ASKED}


@pytest.mark.parametrize(
    "body",
    [
        {"detail": [ABOUT]},
        {"error": {"message": str([ABOUT]), "code": 400}},
        {"error": {"message": json.dumps([ABOUT]), "code": 400}},
        {"message": json.dumps({"upstream": json.dumps([ABOUT])})},
        str([ABOUT]),
    ],
)
def test_does_not_read_in_a_refusal_what_was_asked(body):
    text = repr(without_echo(body))
    assert "Extra inputs are not permitted" in text
    assert "temperature" not in text
    assert meaning(Refusal(400, text)) == "bad_request"


@pytest.mark.parametrize(
    "body", [None, "input: too long", {"input": [1], "message": "m"}, [1], {"error": {"message": "'input': {}"}}]
)
def test_leaves_any_other_refusal_as_it_is(body):
    assert without_echo(body) == body


def test_reads_no_deeper_than_an_error_is():
    deep = []
    for _ in range(500):
        deep = [deep]
    assert repr(without_echo(deep)).count("[") < 20
