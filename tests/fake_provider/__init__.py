"""A deterministic OpenAI-compatible provider over real sockets, steered by the question it is asked."""

from tests.fake_provider.answers import expected_text, question_for, word
from tests.fake_provider.clients import Provider, RemoteProvider, ThreadProvider
from tests.fake_provider.requests import Received

__all__ = ["Provider", "Received", "RemoteProvider", "ThreadProvider", "expected_text", "question_for", "word"]
