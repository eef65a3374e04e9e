"""Connections to providers: the list, the form, the test, and the model that answers where nobody chose one."""

from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parley import encrypted
from parley.conf import conf
from parley.encrypted import KeyLost
from parley.forms.connections import IS_DEFAULT, ConnectionForm
from parley.generation import egress, probing
from parley.models import Connection, locks
from parley.policy import has_right
from parley.text import clean_line
from parley.vendors import VENDORS, Vendor, vendor_of

from .base import RIGHT, framed, is_on_local_model, is_without_model, may_connect, page, private, redirect_to

LONGEST_MODEL = 150
MOST_OF_SITE, MOST_OF_ONE = 20, 5
PATIENCE = 10
"""Seconds after which a page says that no worker has come."""
FULL = _("There are %(most)s connections, and no more are possible. Delete one first.")
NO_MODEL = _("There is no model “%(name)s” to choose. Choose one of the list.")


@private
@require_safe
def connection_list(request: HttpRequest) -> HttpResponse:
    """Show the provider of the settings, and the connections that this person may change."""
    rows = list(_own(request))
    context: dict[str, Any] = {
        "site": [row for row in rows if row.owner_id is None],
        "mine": [row for row in rows if row.owner_id is not None],
        "default": next((row for row in rows if row.default_model), None),
        "edits_site": has_right(request.user, RIGHT),
        "has_own": conf.PERSONAL_CONNECTIONS,
        "local_only": conf.LOCAL_MODEL,
    }
    return page(request, "connection_list", provider=conf.provider, vendors=VENDORS, **context)


@sensitive_post_parameters("key", "headers")
@private
@require_http_methods(["GET", "HEAD", "POST"])
def connection_create(request: HttpRequest) -> HttpResponse:
    """Make a connection of the site, or with ``?mine`` one's own, from the ``?template=`` of a vendor."""
    _mask(request)
    mine, vendor = "mine" in request.GET, vendor_of(request.GET.get("template"))
    if not (conf.PERSONAL_CONNECTIONS if mine else has_right(request.user, RIGHT)):
        raise Http404
    if vendor is None and request.method != "POST":
        public = [each for each in VENDORS if not each.base_url.startswith("http:")]
        return page(request, "connection_choose", vendors=public if mine else VENDORS, of_person=mine)
    vendor = vendor or VENDORS[-1]
    return _save(request, _started_from(vendor, request.user if mine else None), "connection_create", vendor=vendor)


@sensitive_post_parameters("key", "headers")
@private
@require_http_methods(["GET", "HEAD", "POST"])
def connection_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a connection, and test it."""
    _mask(request)
    row = get_object_or_404(_own(request), pk=pk)
    return _save(request, row, "connection_edit")


@private
@require_http_methods(["GET", "HEAD", "POST"])
def connection_test(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin a test, or show the last one; its frame looks again by itself."""
    row = get_object_or_404(_own(request), pk=pk)
    if request.method != "POST":
        return _test_page(request, row)
    probing.begin(row, clean_line(request.POST.get("model"), LONGEST_MODEL), request.user.pk)
    return redirect_to("parley:connection_test", row.pk)


@private
@require_POST
def connection_default(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a model of a connection of the site the default; with no model, that of the settings."""
    row, model = get_object_or_404(_own(request).filter(owner=None), pk=pk), request.POST.get("model", "")
    if model and not _can_be_default(row, model):
        return _test_page(request, row, status=422, problem=NO_MODEL % {"name": model[:LONGEST_MODEL]})
    row.make_default(model)
    return redirect_to("parley:conversation_new" if model else "parley:connection_list")


@private
@require_POST
def connection_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a connection; conversations that ask it need another model."""
    row = get_object_or_404(_own(request), pk=pk)
    if row.default_model:
        return page(request, "connection_edit", status=422, form=_form(row), connection=row, problem=IS_DEFAULT)
    row.delete()
    return redirect_to("parley:connection_list")


def _own(request: HttpRequest) -> Any:
    """Return the connections that this person may change. Raises Http404 for who may have none."""
    if not may_connect(request.user):
        raise Http404
    return Connection.objects.editable_by(request.user)


def _started_from(vendor: Vendor, owner: Any) -> Connection:
    """Return a new connection, with what is known of a vendor."""
    known = {"base_url": vendor.base_url, "window": vendor.window, "extra_body": dict(vendor.extra_body)}
    return Connection(owner=owner, name=vendor.name if vendor.base_url else "", **known)


def _mask(request: HttpRequest) -> None:
    """Have what is secret in a form masked in the logs and error pages of this process."""
    values = (line.partition(":")[2].strip() for line in request.POST.get("headers", "").splitlines())
    encrypted.remember(request.POST.get("key", "").strip(), *values)


def _form(row: Connection, data: QueryDict | None = None) -> ConnectionForm:
    return ConnectionForm(data, instance=row, refusal=partial(_refusal, row.owner_id is not None))


def _refusal(is_own: bool, url: str) -> str:
    if egress.is_metadata(urlsplit(url).hostname or ""):
        return "metadata"
    return egress.refusal_of(url) if is_own else ""


def _save(request: HttpRequest, row: Connection, name: str, vendor: Vendor | None = None) -> HttpResponse:
    """Show the form of a connection, or save it and begin a test."""
    form = _form(row, request.POST if request.method == "POST" else None)
    saved = _saved(form) if form.is_valid() else None
    if saved is None:
        shown = {"form": form, "connection": row, "vendor": vendor}
        return page(request, name, status=422 if form.is_bound else 200, **shown)
    if not saved.enabled:
        return redirect_to("parley:connection_list")
    asked = saved.default_model or (vendor.model if vendor and saved.offered == ["*"] else "")
    transaction.on_commit(partial(probing.begin, saved, asked, request.user.pk))
    return redirect_to("parley:connection_test", saved.pk)


def _saved(form: ConnectionForm) -> Connection | None:
    """Save a connection, or return None where no more are possible; a new one is counted while nobody else adds one."""
    row = form.instance
    most = MOST_OF_ONE if row.owner_id else MOST_OF_SITE
    with transaction.atomic():
        if row._state.adding:
            locks.lock_table(Connection)
            if Connection.objects.filter(owner=row.owner_id).count() >= most:
                form.add_error(None, FULL % {"most": most})
                return None
        return form.save()


def _test_page(request: HttpRequest, row: Connection, *, status: int = 200, problem: str = "") -> HttpResponse:
    """Show how the last test of a connection goes, or went."""
    result = probing.result(row)
    if result and result.status == "done" and row.key_lost:
        result = replace(result, status="failed", code="key_lost")
    context: dict[str, Any] = {"connection": row, "result": result, "problem": problem}
    if result:
        seconds = (timezone.now() - result.at).total_seconds()
        context["is_late"] = result.status == "waiting" and seconds > PATIENCE
        context["sentence"] = probing.sentence(result, row) if result.code else ""
        context["choice"] = row.choice(result.model)
    context["becomes_default"] = row.owner_id is None and (is_on_local_model() or is_without_model())
    return framed(request, "connection_test", frame="_connection_test", status=status, **context)


def _can_be_default(row: Connection, model: str) -> bool:
    try:
        return row.enabled and len(model) <= LONGEST_MODEL and row.provider.allows(model)
    except KeyLost:
        return False
