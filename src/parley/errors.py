"""Why a reply failed: codes for the database, sentences for people."""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from .provider import Provider

SENTENCES = {
    "no_key": _("The provider wants an API key and none is set. Set {API_KEY} and try again."),
    "unauthorized": _("The provider refused the API key. Check {API_KEY} and try again."),
    "forbidden": _("The provider does not allow this key to use “{model}”. Choose another model or key."),
    "model_not_found": _("The provider does not know the model “{model}”. Check {MODEL} and {BASE_URL}."),
    "model_not_allowed": _("The model “{model}” may not be used here. Choose another in the settings of this "
        "conversation, then retry."),
    "refused_temperature": _("“{model}” does not take the temperature that is set. Change or empty it in the settings "
        "of this conversation, then retry."),
    "refused_top_p": _("“{model}” does not take the top-p that is set. Change or empty it in the settings of this "
        "conversation, then retry."),
    "refused_max_tokens": _("“{model}” does not take the limit of tokens that is set. Change or empty it in the "
        "settings of this conversation, then retry."),
    "refused_reasoning_effort": _("“{model}” does not take the reasoning effort that is set. Change or empty it in the "
        "settings of this conversation, then retry."),
    "bad_request": _("The provider refused the request for “{model}”. Choose another model; the worker's log has the "
        "details."),
    "too_long": _("This conversation is too long for “{model}”. Start a new one, or choose a model with a larger "
        "context."),
    "rate_limited": _("The provider says there were too many requests in a short time. Wait a little and retry."),
    "no_credit": _("The provider says that the credit or the quota of this account is used up. Check plan and billing "
        "there, then retry."),
    "wrong_address": _("No model answers at {BASE_URL}: the server knows no such address, or sent a web page. Check "
        "the address, which often ends in /v1, then retry."),
    "overloaded": _("The provider is overloaded at the moment. Wait a little and retry."),
    "provider_down": _("The provider has a problem of its own. Retry in a moment."),
    "unreachable": _("The provider could not be reached. Check {BASE_URL} and the network, then retry."),
    "timeout": _("The provider did not answer in time. Retry in a moment."),
    "garbage": _("The provider sent something that is not an answer. Check that {BASE_URL} is an OpenAI-compatible "
        "endpoint."),
    "redirected": _("The provider answered with a redirect, which is not followed. Set {BASE_URL} to the final "
        "address."),
    "empty": _("The provider ended without writing anything. Retry, or choose another model."),
    "filtered": _("The provider's content filter withheld the answer. Ask in other words."),
    "no_text": _("The model answered with something that is not text and cannot be shown here. Retry, or choose "
        "another model."),
    "too_much": _("The answer became longer than one that can be kept here, and was cut off. Ask for it in several "
        "parts."),
    "only_thought": _("The model thought, and ended without writing an answer. Retry, or choose another model."),
    "thought_too_long": _("The model used up all its tokens with thinking, before it wrote an answer. Change the limit "
        "of tokens or the reasoning effort in the settings of this conversation, then retry."),
    "provider_error": _("The provider reported an error. What came before is kept. Retry, or continue an answer that "
        "had begun."),
    "broken_off": _("The provider broke off before the end of the answer. What came before is kept. Retry, or continue "
        "an answer that had begun."),
    "cut": _("The connection to the provider broke. What came before is kept. Retry, or continue an answer that had "
        "begun."),
    "stalled": _("The provider stopped sending. What came before is kept. Retry, or continue an answer that had "
        "begun."),
    "worker_gone": _("The process that wrote this answer ended. The text so far is kept. Continue or retry."),
    "worker_gone_again": _("The process that should write this answer ended several times. Look at the worker's log, "
        "then retry."),
    "internal": _("Something went wrong here while writing this answer. Retry; the worker's log has the details."),
}  # fmt: skip


def sentence(code: str, *, model: str, provider: Provider) -> str:
    """Return what a person can do about an error, in their language, with the names of the settings to change."""
    called = {name: provider.called.format(name) for name in ("API_KEY", "BASE_URL", "MODEL")}
    return gettext(SENTENCES.get(code, SENTENCES["internal"])).format(model=model, **called)
