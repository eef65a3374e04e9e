"""The form of a connection: where a provider is, its key, and what is offered of it."""

import re
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from parley import encrypted
from parley.conf import conf
from parley.encrypted import KeyLost
from parley.models import Connection, connection
from parley.provider import secrets_in

from .connection_fields import (
    KEPT,
    AddressInput,
    HeadersInput,
    ObjectField,
    PatternsField,
    is_sendable,
    parsed_headers,
    with_kept,
)
from .organising import one_line

FIELDS = ("name", "base_url", "window", "offered", "hidden", "extra_body", "title_model", "enabled", "position")
BASIC = ("name", "base_url", "key", "forget", "window")
LONGEST_KEY = 4000
PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
LINES = {**PLAIN, "rows": 2}
PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[\w.:-]+")
IS_DEFAULT = _("This connection has the default model. Choose another default first.")
NO_ADDRESS = _("This is no address of an API. Write it as https://host/v1.")
REFUSED = {
    "metadata": _("This is the address of the machine's own metadata, which no connection may ask."),
    "not_https": _("Use https: your key is sent to this address."),
    "low_port": _("Ports below 1024 are for other services. Use 443."),
    "not_public": _("This address is not reachable from the internet, and connections of your own lead there only."),
}
TOKENS = _("Tokens, from 1,000 to 100,000,000.")


def _lines(kind: type[forms.CharField], label: Any, help_text: Any, widget: Any = forms.Textarea) -> forms.CharField:
    return kind(label=label, required=False, help_text=help_text, widget=widget(attrs=LINES))


class ConnectionForm(forms.Form):
    """A connection; ``instance``: the row that there is, or a new one with its owner.

    ``refusal``: tells by a code of REFUSED why requests may not go to an address, or "".
    """

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        error_messages={"required": _("Give the connection a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    base_url = forms.CharField(
        label=_("Address"),
        max_length=500,
        error_messages={"required": NO_ADDRESS},
        help_text=_("The base of an OpenAI-compatible API, which often ends in /v1."),
        widget=AddressInput(attrs={**PLAIN, "inputmode": "url"}),
    )
    key = forms.CharField(
        label=_("Key"), required=False, widget=forms.PasswordInput(attrs={**PLAIN, "autocomplete": "new-password"})
    )
    forget = forms.BooleanField(label=_("Delete the key that is kept"), required=False)
    window = forms.IntegerField(
        label=_("Context window"),
        required=False,
        min_value=1000,
        max_value=100_000_000,
        help_text=_("Tokens that a model reads at most. Empty: what the provider tells, else that of the settings."),
        error_messages=dict.fromkeys(("min_value", "max_value", "invalid"), TOKENS),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    offered = _lines(
        PatternsField, _("Models offered"), _("Names, one a line, with * for any letters. Empty: all that it lists.")
    )
    hidden = _lines(PatternsField, _("Models hidden"), _("What nobody chats with, in the same way."))
    headers = _lines(
        forms.CharField,
        _("Headers"),
        _("Sent with each request, one a line: “Name: value”. Values are kept as the key is, and not shown."),
        HeadersInput,
    )
    extra_body = _lines(
        ObjectField,
        _("Extra JSON"),
        _('Its entries are sent with each request: {"chat_template_kwargs": {"enable_thinking": false}}.'),
    )
    title_model = forms.CharField(
        label=_("Model for titles"),
        required=False,
        max_length=150,
        help_text=_("It names conversations after their first answer. Empty: they are named by their first words."),
        widget=forms.TextInput(attrs=PLAIN),
    )
    groups = forms.ModelMultipleChoiceField(
        Group.objects.none(),
        label=_("Only for these groups"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: everybody may use it."),
    )
    position = forms.IntegerField(
        label=_("Place in lists"), min_value=0, max_value=1000, help_text=_("Lower numbers come first.")
    )
    enabled = forms.BooleanField(label=_("Switched on"), required=False)

    def __init__(self, data: Any = None, *, instance: Connection, refusal: Callable[[str], str]) -> None:
        self.instance, self.refusal = instance, refusal
        self.kept_key, self.kept_headers, self.is_lost = self._read_secret()
        self.kept_body = False
        initial = {name: getattr(instance, name) for name in FIELDS}
        initial["headers"] = "\n".join(f"{name}: {KEPT}" for name in self.kept_headers)
        super().__init__(data, initial=initial)
        self._offer_groups()
        if self.is_lost:
            self.fields["key"].help_text = _("The one that is kept cannot be read any more. Type it again.")
        elif instance.secret:
            self.fields["key"].help_text = _("One is kept, and shown to nobody. Empty: it stays.")
            self.fields["key"].widget.attrs["placeholder"] = f"{KEPT}{instance.key_hint}"
        else:
            self.fields["key"].help_text = "" if instance.owner_id else _("Empty where none is needed.")
            del self.fields["forget"]

    def _offer_groups(self) -> None:
        groups = cast("forms.ModelMultipleChoiceField[Group]", self.fields["groups"])
        groups.queryset = Group.objects.order_by("name")
        if self.instance.owner_id or not groups.queryset.exists():
            del self.fields["groups"]
        elif not self.instance._state.adding:
            self.initial["groups"] = self.instance.groups.all()

    def _read_secret(self) -> tuple[str, dict[str, str], bool]:
        """Return the key and the headers that are kept, and whether they cannot be read."""
        try:
            return self.instance.key, self.instance.headers, False
        except KeyLost:
            return "", {}, True

    @property
    def more(self) -> list[forms.BoundField]:
        """Return the fields that few people need."""
        return [field for field in self if field.name not in BASIC]

    @property
    def is_unusual(self) -> bool:
        """Tell whether those are to be seen at once: one of them has an error."""
        return any(field.errors for field in self.more)

    # One field

    def clean_name(self) -> str:
        name, others = one_line(self, "name"), Connection.objects.filter(owner_id=self.instance.owner_id)
        if others.exclude(pk=self.instance.pk).filter(name__iexact=name).exists():
            raise forms.ValidationError(_("There is already a connection of this name."))
        return name

    def clean_base_url(self) -> str:
        url: str = self.cleaned_data["base_url"]
        if has_login(url):
            raise forms.ValidationError(_("Put the password into the key: an address is shown to others."))
        if secrets_in(url):
            raise forms.ValidationError(_("Take the key out of the address, and type it below."))
        if not origin_of(url):
            raise forms.ValidationError(NO_ADDRESS)
        if code := self.refusal(url):
            raise forms.ValidationError(REFUSED[code])
        return url

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if len(key) > LONGEST_KEY or not is_sendable(key):
            raise forms.ValidationError(
                _("This is no key: a key has neither line breaks nor letters such as ä, and at most %(most)s signs."),
                params={"most": LONGEST_KEY},
            )
        return key

    def clean_offered(self) -> list[str]:
        return self.cleaned_data["offered"] or ["*"]

    def clean_hidden(self) -> list[str]:
        hidden = [pattern.casefold() for pattern in self.cleaned_data["hidden"]]
        if "*" in hidden:
            raise forms.ValidationError(_("Every model would be hidden."))
        return hidden

    def clean_headers(self) -> dict[str, str]:
        return parsed_headers(self.cleaned_data["headers"], self.kept_headers)

    def clean_extra_body(self) -> dict[str, Any]:
        typed = self.cleaned_data["extra_body"]
        body: dict[str, Any] = with_kept(typed, self.instance.extra_body)
        self.kept_body = body != typed
        return body

    def clean_enabled(self) -> bool:
        enabled: bool = self.cleaned_data["enabled"]
        if self.instance.default_model and not enabled:
            raise forms.ValidationError(IS_DEFAULT)
        return enabled

    # Several fields

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._check_kept(cleaned)
        self._check_headers(cleaned)
        if self.instance.owner_id and not (cleaned.get("key") or self._keeps_key(cleaned)):
            self._refuse("key", _("Type your own key: keys of this site are not sent to your addresses."))
        if self.errors and self.data.get("key"):
            self._refuse("key", _("Type the key again: no page shows what was typed."))
        return cleaned

    def _refuse(self, name: str, words: Any) -> None:
        """Add an error to a field that has none."""
        if name not in self.errors:
            self.add_error(name, words)

    def _check_headers(self, cleaned: dict[str, Any]) -> None:
        headers = {name.lower() for name in cleaned.get("headers", ())}
        if not encrypted.possible() and (cleaned.get("key") or headers):
            words = _("This site cannot keep keys yet: set %(setting)s, see hosting.md.")
            self._refuse("key", words % {"setting": conf.SETTINGS_CALLED.format("ENCRYPTION_KEYS")})
        if "authorization" in headers and (cleaned.get("key") or self._keeps_key(cleaned)):
            self._refuse("headers", _("“Authorization” is set by Parley itself, from the key."))

    def _check_kept(self, cleaned: dict[str, Any]) -> None:
        """Refuse to send what is kept to another scheme, host or port than it was typed for."""
        url = cleaned.get("base_url")
        if not url or self.instance._state.adding or origin_of(url) == origin_of(self.initial["base_url"]):
            return
        if self._keeps_key(cleaned):
            self._refuse("key", _("The address has changed. Type the key again: it goes only where it was typed for."))
        for name, is_kept in (("headers", KEPT in self.data.get("headers", "")), ("extra_body", self.kept_body)):
            if is_kept:
                self._refuse(name, _("The address has changed. Type these values again: they go only where they were "
                    "typed for."))  # fmt: skip

    def _keeps_key(self, cleaned: dict[str, Any]) -> bool:
        """Tell whether a key is kept and stays, also where it cannot be read."""
        return bool(self.kept_key or self.is_lost) and not cleaned.get("key") and not cleaned.get("forget")

    def save(self) -> Connection:
        """Save what was typed into the row, of a form that is valid, and return it."""
        cleaned, row = self.cleaned_data, self.instance
        for name in FIELDS:
            setattr(row, name, cleaned[name])
        if not self.is_lost or cleaned["key"] or cleaned["headers"] or cleaned["forget"]:
            row.set_secret(cleaned["key"] or ("" if cleaned.get("forget") else self.kept_key), cleaned["headers"])
        row.save(update_fields=None if row._state.adding else (*FIELDS, "secret", "key_hint", "updated_at"))
        if "groups" in cleaned:
            row.groups.set(cleaned["groups"])
            connection.forget()
        return row


def has_login(url: str) -> bool:
    """Tell whether an address has a user or a password in it."""
    return "@" in url.partition("//")[2].partition("/")[0]


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Return (scheme, host, port) of an address of the web, without a fragment; None for anything else.

    >>> origin_of("HTTPS://Host.example/v1"), origin_of("ftp://host"), origin_of("https://<name>/v1")
    (('https', 'host.example', 443), None, None)
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    sound = _HOST.fullmatch(parts.hostname or "") and url.isprintable() and " " not in url and "#" not in url
    return (parts.scheme, parts.hostname or "", port) if sound else None
