"""What connections are started from: where well-known providers and servers are, and what to know of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from .provider import host_of


@dataclass(frozen=True)
class Vendor:
    """``keys``: the page where a key is made, "" where none is needed; ``hint``: a sentence; ``window``: tokens.

    ``model``: is asked in the first test, in place of the first that it lists.
    """

    slug: str
    name: Any
    base_url: str
    keys: str = ""
    hint: Any = ""
    window: int | None = None
    model: str = ""
    extra_body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return host_of(self.base_url)


_LISTS_NONE = _("If it lists no models, write their names into “Models offered”, one a line.")

VENDORS = (
    Vendor("openai", "OpenAI", "https://api.openai.com/v1", "https://platform.openai.com/api-keys",
        model="gpt-6.1-terra"),
    Vendor("anthropic", "Anthropic", "https://api.anthropic.com/v1", "https://platform.claude.com/settings/keys",
        _LISTS_NONE),
    Vendor("gemini", "Gemini", "https://generativelanguage.googleapis.com/v1beta/openai",
        "https://aistudio.google.com/apikey", model="gemini-flash-latest"),
    Vendor("ollama", "Ollama", "http://127.0.0.1:11434/v1", window=4096,
        hint=_("With less than 24 GB of graphics memory, Ollama reads 4,096 tokens and silently drops the rest. For "
            "more, start it with OLLAMA_CONTEXT_LENGTH, for instance 32768, and write the same number into “Context "
            "window”.")),
    Vendor("lm-studio", "LM Studio", "http://127.0.0.1:1234/v1",
        hint=_("Start its server on the page “Developer”, and load a model there.")),
    Vendor("vllm", "vLLM", "http://127.0.0.1:8001/v1",
        hint=_("vLLM's own port is 8000, as is Parley's: start it with --port 8001, or name another machine here.")),
    Vendor("llama-cpp", "llama.cpp", "http://127.0.0.1:8080/v1",
        hint=_("Start llama-server with -c for its context window, and write the same number into “Context window”.")),
    Vendor("openrouter", "OpenRouter", "https://openrouter.ai/api/v1", "https://openrouter.ai/settings/keys",
        _("It has hundreds of models: “Models offered” keeps the list short, for instance qwen/*."),
        model="openrouter/auto"),
    Vendor("mistral", "Mistral", "https://api.mistral.ai/v1", "https://console.mistral.ai/api-keys",
        model="mistral-small-latest"),
    Vendor("groq", "Groq", "https://api.groq.com/openai/v1", "https://console.groq.com/keys"),
    Vendor("deepseek", "DeepSeek", "https://api.deepseek.com", "https://platform.deepseek.com/api_keys",
        model="deepseek-flash"),
    Vendor("azure", "Azure OpenAI", "https://<resource>.openai.azure.com/openai/v1", "https://ai.azure.com/",
        _("Put the name of your resource into the address, and the names of your deployments into “Models offered”.")),
    Vendor("other", _("Another address"), "", hint=_("Any endpoint that speaks OpenAI's chat completions.")),
)  # fmt: skip


def vendor_of(slug: str | None) -> Vendor | None:
    """Return the vendor of this name, or None."""
    return next((vendor for vendor in VENDORS if vendor.slug == slug), None)
