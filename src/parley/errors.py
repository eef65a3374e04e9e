"""Why a reply failed: codes for the database, sentences for people."""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from .conf import conf
from .provider import Provider
from .sizes import sized, sized_above

SENTENCES = {
    "no_key": _("The provider wants an API key and none is set. Set {API_KEY} and try again."),
    "unauthorized": _("The provider refused the API key. Check {API_KEY} and try again."),
    "forbidden": _("The provider does not allow this key to use “{model}”. Choose another model or key."),
    "model_not_found": _("The provider does not know the model “{model}”. Check {MODEL} and {BASE_URL}."),
    "model_not_allowed": _("The model “{model}” may not be used here. Choose another in the settings of this "
        "conversation, then retry."),
    "connection_gone": _("The connection that this conversation asks was deleted. Choose another model, then retry."),
    "connection_off": _("The connection “{connection}” is switched off. Choose another model, then retry."),
    "connection_not_yours": _("You may not use the connection “{connection}”. Choose another model, then retry."),
    "key_lost": _("The key of the connection “{connection}” cannot be read: the encryption key of this site has "
        "changed. Ask whoever runs this site to type it again, or to put the old encryption key back."),
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
    "not_public": _("Your own connections may only lead to public addresses of the internet, by https. Check "
        "{BASE_URL}."),
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
    "over_budget": _("A budget has too little left for an answer of “{model}”. Choose a cheaper model, or ask whoever "
        "runs this site."),
    "file_unread": _("“{files}” could not be read. Remove it from your question, and ask again."),
    "missing": _("“{files}” is missing in the storage. Remove it from your question, and ask again."),
    "no_pictures": _("“{model}” takes no pictures. Ask another model, or ask without the pictures."),
    "too_long_with_files": _("This conversation with its files is too long for “{model}”: {files}. Remove a file, or "
        "choose a model with a larger context."),
    "budget_used_up": _("A budget has nothing left for the rest of this answer. What was written is kept. Ask whoever "
        "runs this site."),
    "refused_by_site": _("This site does not let this question be sent to a model. Ask whoever runs this site, or ask "
        "something else."),
    "internal": _("Something went wrong here while writing this answer. Retry; the worker's log has the details."),
}  # fmt: skip

REFUSED_BY_SITE = "refused_by_site"
"""Code of replies whose detail, where there is one, is what the policy of the site says to the person."""
OF_A_FILE = ("file_unread", "missing")
"""Codes of replies whose detail is the name of a file of their question."""

FILE_SENTENCES = {
    "empty": _("“{name}” is empty."),
    "too_large": _("“{name}” has {size}; at most {largest} can be sent."),
    "archive": _("“{name}” is an archive. Pictures, PDF, Word, Excel, PowerPoint, e-books and text can be sent."),
    "open_document": _("“{name}” is an OpenDocument file. Save it as DOCX, PPTX or PDF."),
    "unknown_kind": _("“{name}” is of a kind that no model here can read. Pictures, PDF, Word, Excel, PowerPoint, "
        "e-books and text can be sent."),
    "heic": _("“{name}” is a HEIC photo. Send it with Safari, which makes it a JPEG, or choose “Most Compatible” under "
        "“Options” where you pick it on an iPhone."),
    "old_office": _("“{name}” has an old Office format. Save it as DOCX, PPTX or PDF."),
    "password": _("“{name}” needs a password. Save a copy without one."),
    "no_text": _("No text was found in “{name}”: it looks like a scan. Send its pages as pictures."),
    "blank": _("“{name}” has no text. Pictures in a document are not read: send them on their own."),
    "damaged": _("“{name}” cannot be read; the file is damaged."),
    "too_large_unpacked": _("“{name}” is too large when unpacked."),
    "too_slow": _("“{name}” took too long to read."),
    "too_many_pages": _("“{name}” has {pages} pages; at most 1,000 can be read."),
    "too_many_pixels": _("“{name}” has {megapixels} million pixels; at most 50 million can be sent."),
    "not_text": _("“{name}” is not text."),
    "missing": _("“{name}” is missing in the storage."),
    "extra_missing": _("This site reads only text files so far, not “{name}”."),
    "worker_gone_again": _("“{name}” could not be read after three tries."),
    "host": _("“{name}” could not be read, because this server had no room for it: the file may be in order. Try again "
        "later."),
    "unreadable": _("“{name}” could not be read."),
}  # fmt: skip
"""Why a file could not be taken, or read."""

OF_CONNECTIONS = {
    "API_KEY": _("the key of the connection “{}”"),
    "BASE_URL": _("the address of the connection “{}”"),
    "MODEL": _("the models of the connection “{}”"),
}
"""Placeholder → what it is called where the provider is a connection."""
OF_BUDGET = {
    "over_budget": _("Too little is left for an answer of “{model}”: {left} ({budget}). The budget begins anew on "
        "{anew}. Choose a cheaper model, or ask whoever runs this site."),
    "tokens_refused": _("Too little is left for an answer: {left} ({budget}). The budget begins anew on {anew}. Until "
        "then, ask whoever runs this site."),
    "budget_used_up": _("Nothing is left for the rest of this answer ({budget}). The budget begins anew on {anew}: "
        "continue the answer then, or ask whoever runs this site."),
}  # fmt: skip
"""The sentences that name the budget; in tokens, no cheaper model helps."""


def sentence(code: str, *, model: str, provider: Provider, files: str = "") -> str:
    """Return what a person can do about an error, in their language, with the names of the settings to change.

    ``files``: the names of those that it is about.
    """
    words = gettext(SENTENCES.get(code, SENTENCES["internal"]))
    return words.format(model=model, connection=provider.name, files=files, **_called(provider))


def of_file(code: str, *, name: str, size: int = 0, pages: int = 0, megapixels: int = 0) -> str:
    """Return what a person can do about a file that was not taken, or not read. ``size``: in bytes."""
    words = gettext(FILE_SENTENCES.get(code, FILE_SENTENCES["unreadable"]))
    largest = conf.MAX_FILE_SIZE
    numbers = {"size": sized_above(size, largest), "largest": sized(largest)}
    return words.format(name=name, pages=pages, megapixels=megapixels, **numbers)


def _called(provider: Provider) -> dict[str, str]:
    """Return what to change at a provider, by the placeholders of SENTENCES."""
    if provider.slug:
        return {name: gettext(words).format(provider.name) for name, words in OF_CONNECTIONS.items()}
    return {name: provider.called.format(name) for name in OF_CONNECTIONS}


def of_budget(code: str, **values: str) -> str:
    """Return what a person can do about a budget, by a code of OF_BUDGET. ``values``: budget, left, model, anew."""
    return gettext(OF_BUDGET[code]).format(**values)
