"""Connections: providers that administrators, or people for themselves, set up in the browser."""

import json
import time
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from parley import encrypted
from parley.choice import joined, split
from parley.conf import conf
from parley.encrypted import KeyLost
from parley.ids import uuid7
from parley.policy import has_right
from parley.provider import Provider, host_of, secrets_of

CACHED = 2.0
"""Seconds after which a change made in another process counts here."""
SHORTEST_HINTED = 12
"""Characters: of a shorter key nothing is shown."""
_kept: tuple[float, "list[Connection]"] = (0.0, [])


class Unavailable(Exception):
    """A choice that cannot be asked now; its text is a code of parley.errors."""


def every_model() -> list[str]:
    return ["*"]


def hidden_by_settings() -> list[str]:
    return list(conf.MODELS_HIDDEN)


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def editable_by(self, user: Any) -> "ConnectionQuerySet":
        """Return those a person may change: the site's with the permission, and their own where these are allowed."""
        own = Q(owner=user.pk) if conf.PERSONAL_CONNECTIONS else Q(pk=None)
        return self.filter(own | Q(owner=None) if has_right(user, "parley.change_connection") else own)


class Connection(models.Model):
    """A provider to ask. ``slug`` names it in choices (see parley.choice); ``owner``: null for one of the site.

    ``secret``: an encrypted JSON object with ``key`` and ``headers``; ``offered``, ``hidden``: patterns, which are
    ``models`` and ``hidden`` of its Provider; ``window``: tokens; ``default_model``: not empty in the one connection
    whose model is the site's default; ``groups``: none for everybody.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=40, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=100)
    base_url = models.CharField(_("address"), max_length=500)
    secret = models.TextField(blank=True, editable=False)
    key_hint = models.CharField(max_length=4, blank=True, editable=False)
    extra_body = models.JSONField(_("sent with every request"), default=dict, blank=True)
    offered = models.JSONField(_("models offered"), default=every_model, blank=True)
    hidden = models.JSONField(_("models hidden"), default=hidden_by_settings, blank=True)
    window = models.PositiveIntegerField(_("context window"), null=True, blank=True)
    default_model = models.CharField(_("default model"), max_length=150, blank=True)
    title_model = models.CharField(_("model for titles"), max_length=150, blank=True)
    groups = models.ManyToManyField(Group, blank=True, related_name="+", verbose_name=_("groups"))
    enabled = models.BooleanField(_("enabled"), default=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("connection"), _("connections")
        ordering = ["position", "name", "id"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it, with a slug if it has none; in this process the change counts at once."""
        self.slug = self.slug or _new_slug(self)
        super().save(*args, **kwargs)
        forget()

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        deleted = super().delete(*args, **kwargs)
        forget()
        return deleted

    # Its secret

    @property
    def key(self) -> str:
        """Return the key, "" for none. Raises KeyLost."""
        return str(self._secrets.get("key", ""))

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of every request. Raises KeyLost."""
        return dict(self._secrets.get("headers", {}))

    def set_secret(self, key: str, headers: dict[str, str]) -> None:
        """Encrypt a key and headers, for ``save``. Raises KeyLost where the site has no encryption key."""
        given = {"key": key, "headers": headers}
        self.secret = encrypted.encrypt(json.dumps(given)) if any(given.values()) else ""
        self.key_hint = key[-4:] if len(key) >= SHORTEST_HINTED else ""
        vars(self).pop("_secrets", None)

    @property
    def key_lost(self) -> bool:
        """Return whether no encryption key of this site reads its secret."""
        try:
            return self._secrets is None
        except KeyLost:
            return True

    @cached_property
    def _secrets(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(encrypted.decrypt(self.secret)) if self.secret else {}
        encrypted.remember(str(found.get("key", "")), *found.get("headers", {}).values())
        return found

    # What it is

    @property
    def host(self) -> str:
        return host_of(self.base_url)

    def make_default(self, model: str) -> None:
        """Make one of its models the site's default; with "", that of the settings."""
        chosen = Case(When(pk=self.pk, then=Value(model)), default=Value(""))
        Connection.objects.filter(owner=None).update(default_model=chosen)
        forget()

    # What it is asked

    @property
    def provider(self) -> Provider:
        """Return it as a value. Raises KeyLost."""
        encrypted.remember(*secrets_of(self.extra_body))
        return replace(
            self.nameplate, base_url=self.base_url, key=self.key, headers=tuple(self.headers.items()),
            extra_body=self.extra_body, title_model=self.title_model, models=tuple(self.offered),
            hidden=tuple(self.hidden), window=self.window or conf.CONTEXT_WINDOW, window_listed=not self.window,
            public_only=self.owner_id is not None,
        )  # fmt: skip

    @property
    def nameplate(self) -> Provider:
        """Return what errors and ledgers say of it: a provider that cannot be asked."""
        return replace(conf.provider, base_url="", key="", model="", name=self.name, slug=self.slug)

    def choice(self, model: str) -> str:
        """Return the choice of one of its models."""
        return joined(self.slug, model)

    @cached_property
    def group_ids(self) -> set[Any]:
        return {group.pk for group in self.groups.all()}

    def is_for(self, owner_id: Any) -> bool:
        """Return whether a person may ask it; a query only where it is for groups."""
        if self.owner_id is not None or not self.group_ids:
            return self.owner_id in (None, owner_id)
        people = get_user_model()._default_manager
        return hasattr(get_user_model(), "groups") and people.filter(pk=owner_id, groups__in=self.group_ids).exists()


def usable_by(user: Any) -> list[Connection]:
    """Return the connections that a person may ask, those of the site first."""
    return [row for row in (*_site(), *_own(user.pk)) if row.enabled and row.is_for(user.pk)]


def provider_of(choice: str, owner_id: Any) -> Provider:
    """Return whom a person's choice asks; a query at most every two seconds. Raises Unavailable."""
    slug, _name = split(choice)
    if not slug:
        return conf.provider
    row = _found(slug, owner_id)
    if row is None:
        raise Unavailable("connection_gone")
    if not (row.enabled and row.is_for(owner_id)):
        raise Unavailable("connection_not_yours" if row.enabled else "connection_off")
    try:
        return row.provider
    except KeyLost:
        raise Unavailable("key_lost") from None


def nameplate_of(choice: str, owner_id: Any) -> Provider:
    """Return whom a choice names, for errors and ledgers, also where it is gone; without its address and key."""
    slug, _name = split(choice)
    if not slug:
        return conf.provider
    row = _found(slug, owner_id)
    return row.nameplate if row else replace(conf.provider, base_url="", key="", model="", name=slug, slug=slug)


def title_of(choice: str, asked_by: Any) -> str:
    """Return the name of whom a choice asks; "" where the site has no connection that it could be taken for.

    ``asked_by``: a row with an ``owner_id``, who alone reads the name of a connection of theirs.
    """
    slug, _name = split(choice)
    if slug.startswith("p-"):
        return _own_titles(asked_by.owner_id, int(time.monotonic() // CACHED)).get(slug, slug)
    titles = {row.slug: row.name for row in _site()}
    return titles.get(slug, slug) if slug else conf.provider.name if titles else ""


@lru_cache(maxsize=100)
def _own_titles(owner_id: Any, moment: int) -> dict[str, str]:
    """Return {slug: name} of a person's connections; another ``moment`` reads them anew."""
    return {row.slug: row.name for row in _own(owner_id)}


def default_choice() -> str:
    """Return the choice of who has made none."""
    chosen = (row.choice(row.default_model) for row in _site() if row.enabled)
    return next(filter(None, chosen), conf.MODEL)


def forget() -> None:
    """Read the connections anew when they are next needed; call it after changing the groups of one."""
    global _kept
    _kept = (0.0, [])
    _own_titles.cache_clear()


def _found(slug: str, owner_id: Any) -> Connection | None:
    return next((row for row in (*_site(), *_own(owner_id)) if row.slug == slug), None)


def _site() -> list[Connection]:
    """Return all connections of the site, as they were at most two seconds ago."""
    global _kept
    until, rows = _kept
    if time.monotonic() > until:
        rows = list(Connection.objects.filter(owner=None).prefetch_related("groups"))
        _kept = (time.monotonic() + CACHED, rows)
    return rows


def _own(owner_id: Any) -> list[Connection]:
    return list(Connection.objects.filter(owner=owner_id)) if conf.PERSONAL_CONNECTIONS else []


def _new_slug(connection: Connection) -> str:
    """Return a slug that no other has, and that was never asked: a deleted one's conversations go nowhere else."""
    if connection.owner_id is not None:
        return f"p-{uuid4().hex[:12]}"
    base = slugify(connection.name)[:30].strip("-_").replace("_", "-") or "connection"
    base = f"the-{base}" if base.startswith("p-") else base
    taken = set(Connection.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    asked = apps.get_model("parley.Call").objects.filter(connection__startswith=base)
    taken |= set(asked.order_by().values_list("connection", flat=True).distinct())
    return next(slug for slug in (base, *(f"{base}-{number}" for number in range(2, 1000))) if slug not in taken)
