"""A provider's refusal of a request → its meaning, a code of parley.errors. Pure.

There is no standard: one status is used for several things, and only the words tell them apart.
"""

import re
from dataclasses import dataclass
from typing import Any

STATUS_CODES = {
    400: "bad_request", 401: "unauthorized", 402: "no_credit", 403: "forbidden", 404: "model_not_found",
    405: "wrong_address", 408: "timeout", 409: "provider_down", 413: "too_long", 422: "bad_request",
    425: "provider_down", 429: "rate_limited", 499: "provider_down", 529: "overloaded",
}  # fmt: skip
MAY_PASS = frozenset({"timeout", "rate_limited", "provider_down", "overloaded"})
"""Codes of what may have passed when the same request is made again."""

TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|context[ _-]?(length|size|window|limit)|\bn_ctx\b"
    r"|(prompt|input|request|conversation|messages?) (is|are) too (long|large)|too many (input )?tokens"
    r"|input length and|reduce the length|exceeds? the (maximum|limit)[^.]{0,40} tokens|maximum prompt length"
    r"|tokens to keep from the initial prompt|inputs` tokens|range of input length"
)
TOKENS_REFUSED = re.compile(r"max_(completion_)?tokens\W? (is|must|should|cannot|can't|value|parameter)")
"""A limit that was set for the answer, which a refusal may name together with the length of the context."""
NO_CREDIT = re.compile(
    r"insufficient[ _](quota|balance|credit|fund)|credit balance|(out of|no|not enough|requires more) credits?\b"
    r"|payment[ _]required|exceeded your current quota(?!.*(retry in|retrydelay))|billing (hard )?limit|spending limit"
)
BAD_KEY = re.compile(
    r"api[ _-]?key[^.]{0,20} (not valid|invalid|expired|incorrect|not found|missing)"
    r"|(invalid|incorrect|expired|missing|no|wrong) (x-)?api[ _-]?key"
    r"|api_key_invalid|invalid_api_key|authentication_error|invalid (bearer )?token|unauthenticated"
)
NO_SUCH_ADDRESS = re.compile(
    r"invalid url|unknown[ _](url|path|route|endpoint)|unexpected endpoint|page not found|no (matching )?route"
    r"|cannot post|method not allowed"
)
SAYS_NOTHING = re.compile(
    r"(\W|\d|\b(detail|error|message|code|object|type|status|param|none|null|true|false|http|timestamp|not|found)\b"
    r"|notfound|invalid_request_error)*"
)
"""Words of a body that only says "Not Found", in any form."""
FILTERED = re.compile(
    r"content[_ ]filter(?!_error)|content management policy|content[_ ]policy|responsibleaipolicyviolation"
    r"|data_?inspection_?failed|inappropriate content|sensitive (content|words)|prohibited_content"
)
NO_SUCH_MODEL = re.compile(
    r"model[_ ]not[_ ](found|exist)|invalid[_ ]model\b(?! (param|input|config|type))|not a valid model|unknown model\b"
    r"|no such model|\bmodel [`'\"]?[\w./:@-]{1,100}[`'\"]? (does not exist|is not found|not found|was not found)"
)
RATE_LIMITED = re.compile(r"rate[ _-]?limit|too many requests")
OVERLOADED = re.compile(r"overloaded|over capacity|at capacity|no available (capacity|workers|slots)|loading model")
NO_PICTURES = re.compile(
    r"(\bnot?|n't|no endpoints found that)( \w+)? (support|accept)s?( the| any)? "
    r"(images?|pictures?|vision|multi-?modal)(?![/\w]| (format|type|size|file|mime|resolution))"
    r"|(images|(image|picture|vision|multi-?modal) (input|content)s?) (is|are) (not|only) (supported|enabled|allowed)"
    r"|image_url\W+is (not|only) supported|unknown variant \W*image_url|content( part)? type\W+image_url"
    r"|not a (multi-?modal|vision)|at most 0 image|\bmmproj\b|content\W+must be a string"
    r"|invalid type: sequence, expected a string|untagged enum chatcompletionrequestcontent"
)
"""Words about what a model does not take at all, not about one picture that is damaged, or of another format."""
ECHO = re.compile(r"""(?<=['"])input\\*['"]: ?[\[{].*""", re.DOTALL)
"""The request, which pydantic repeats in its errors, as vLLM writes them into a sentence."""
DEEPEST = 8
IN_BAND_STATUS_CODES = {429: "rate_limited", 503: "overloaded", 529: "overloaded"}
IN_BAND = 0
"""In place of a status, for errors inside a stream."""
WORDS = (
    ("no_credit", NO_CREDIT, (IN_BAND, 400, 402, 403, 429)),
    ("too_long", TOO_LONG, (IN_BAND, 400, 413, 422, 500, 501, 503)),
    ("no_pictures", NO_PICTURES, (400, 404, 415, 422, 500)),
    ("unauthorized", BAD_KEY, (IN_BAND, 400, 403)),
    ("filtered", FILTERED, (IN_BAND, 400, 403, 422)),
    ("model_not_found", NO_SUCH_MODEL, (400, 422)),
    ("overloaded", OVERLOADED, (IN_BAND, 500, 503)),
    ("rate_limited", RATE_LIMITED, (IN_BAND,)),
)
"""(code, words that mean it, statuses that leave it open)"""
NO_API = (400, 403, 404, 405)
"""Statuses with which a web page means that no API answers; with any other, a proxy tells it in its own form."""
WEB_PAGE = re.compile(r"<!doctype html|<html", re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """An HTTP response other than 2xx: its body as text, and the fields ``code`` and ``param`` of OpenAI's errors.

    ``pictures``: whether the request had any; else no words mean that the model takes none.
    """

    status: int
    message: str
    code: str = ""
    param: str = ""
    pictures: bool = False

    @property
    def words(self) -> str:
        return f"{self.code} {self.message}".strip().lower()

    @property
    def about_the_request(self) -> bool:
        """Whether the same request in another form might be accepted."""
        return self.status in (400, 422, 500, 501) and meaning(self) in ("bad_request", "provider_down")


def without_echo(message: Any, depth: int = DEEPEST) -> Any:
    """Return the body of a refusal without the request that it repeats: people's words are no reason.

    >>> without_echo({"loc": ["messages"], "msg": "Too long", "input": "What a person wrote"})
    {'loc': ['messages'], 'msg': 'Too long'}
    """
    if isinstance(message, str):
        return ECHO.sub("", message) if "loc" in message else message
    if not depth:
        return ""
    if isinstance(message, list):
        return [without_echo(one, depth - 1) for one in message]
    if not isinstance(message, dict):
        return message
    return {
        name: without_echo(value, depth - 1)
        for name, value in message.items()
        if name != "input" or "loc" not in message
    }


def meaning(refusal: Refusal) -> str:
    """Return the code of parley.errors for a refusal.

    >>> meaning(Refusal(429, "You exceeded your current quota")), meaning(Refusal(404, "404 page not found"))
    ('no_credit', 'wrong_address')
    """
    status, is_page = refusal.status, WEB_PAGE.search(refusal.message[:2000]) is not None
    if 300 <= status < 400:
        return "redirected"
    if (is_page and status in NO_API) or _is_lost(refusal):
        return "wrong_address"
    by_words = "" if is_page else _by_words(refusal.words, status, refusal.pictures)
    return by_words or STATUS_CODES.get(status, "provider_down" if status >= 500 else "bad_request")


def in_band(message: str, status: int = 0) -> str:
    """Return the code of parley.errors for an error inside a stream, which may name a status of HTTP.

    >>> in_band("The engine is overloaded"), in_band("", 429), in_band("Oops")
    ('overloaded', 'rate_limited', 'provider_error')
    """
    return _by_words(message.lower(), IN_BAND) or IN_BAND_STATUS_CODES.get(status, "provider_error")


def _is_lost(refusal: Refusal) -> bool:
    """Return whether the server has no such address, even if it says no more than "Not Found"."""
    if refusal.status not in (404, 405) or refusal.code == "model_not_found":
        return False
    return bool(NO_SUCH_ADDRESS.search(refusal.words) or SAYS_NOTHING.fullmatch(refusal.message.lower()))


def _by_words(words: str, status: int, pictures: bool = False) -> str:
    """Return the code that the words mean, or "" where they say no more than the status."""
    meaningful = (each for each in WORDS if pictures or each[0] != "no_pictures")
    meant = (code for code, known, statuses in meaningful if status in statuses and known.search(words))
    code = next(meant, "")
    return next(meant, "") if code == "too_long" and status and TOKENS_REFUSED.search(words) else code
