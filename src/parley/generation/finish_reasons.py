"""Finish reasons in the words of many vendors → their meaning. Pure.

Source: the references of OpenAI, Anthropic, Gemini, Mistral, Cohere, DeepSeek, Zhipu, Amazon Bedrock, Ollama, vLLM,
SGLang and Text Generation Inference. Words are compared in lower case, with underscores, and without the name of the
enumeration that Google puts before them.
"""

from typing import Any

from parley.text import clean_line

LONGEST_REASON = 40

STOP, LENGTH, TOOL_CALLS, CONTENT_FILTER = "stop", "length", "tool_calls", "content_filter"
_WORDS = {
    STOP: "stop end end_turn end_of_turn eos eos_token stop_sequence stop_token complete completed done finish "
    "finished normal",
    LENGTH: "length max_tokens max_output_tokens max_completion_tokens max_new_tokens max_length model_length "
    "token_limit context_length model_context_window_exceeded",
    TOOL_CALLS: "tool_calls tool_call tool_use function_call",
    CONTENT_FILTER: "content_filter content_filtered content_filtering safety image_safety sensitive refusal "
    "recitation prohibited_content blocklist spii guardrail_intervened error_toxic moderation",
}
GOOD = {word: meaning for meaning, words in _WORDS.items() for word in words.split()}
BAD = frozenset(
    (
        "error", "abort", "aborted", "cancelled", "canceled", "failed", "failure", "timeout", "network_error",
        "server_error", "internal_error", "insufficient_system_resource", "malformed_function_call",
    )
)  # fmt: skip
"""Words that no later one overrides: gateways append a ``stop`` of their own to whatever ended."""
NONE = frozenset(("", "null", "none", "unspecified"))
_ORDER = (STOP, TOOL_CALLS, LENGTH, CONTENT_FILTER)


class FinishReason:
    """The finish reasons of one stream; some gateways send one with every chunk.

    ``word``: the meaning of a known good end, or the vendor's own word for any other; ``alone``: see ``add``.

    >>> reason = FinishReason()
    >>> reason.add("FINISH_REASON_MAX_TOKENS", alone=True)
    >>> reason.word, reason.good, reason.bad
    ('length', True, False)
    """

    def __init__(self) -> None:
        self.word = ""
        self.alone = False
        self._disproved = ""

    @property
    def good(self) -> bool:
        """Whether a good end is known, after which no more of the answer came."""
        return self.word in _ORDER and self.word != self._disproved

    @property
    def bad(self) -> bool:
        return bool(self.word) and self.word not in _ORDER

    def add(self, value: Any, *, alone: bool) -> None:
        """Note a reason. ``alone``: whether nothing of the answer came with it, which makes an end certain."""
        own = clean_line(value, LONGEST_REASON)
        word = own.lower().replace("-", "_").removeprefix("finish_reason_")
        if word in NONE or self.word in BAD:
            return
        word = word if word in BAD else GOOD.get(word, own)
        if self.word in _ORDER and word in _ORDER and self.word != self._disproved:
            word = max(self.word, word, key=_ORDER.index)
        self.alone = alone or (self.alone and word == self.word)
        self.word = word

    def answer_goes_on(self) -> None:
        """Disprove the reason: more of the answer came after it."""
        self._disproved, self.alone = self.word, False
