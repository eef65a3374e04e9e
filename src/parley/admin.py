"""The admin as a desk for operators: what runs and what fails; texts only where the site says so, and then logged."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .conf import conf
from .models import Attachment, Call, Conversation, Message, RetentionHold, RetentionRule
from .models.admission import Refused
from .requests import stop_on_commit

BY_NAME = get_user_model().USERNAME_FIELD
LOOKED = "Looked at its text."


class Guarded(admin.ModelAdmin):
    """Finds rows by what is offered only: any other filter in an address would tell what stands in hidden fields."""

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        offered = {"pk", "id", *map(str, self.list_filter), *self.raw_id_fields}
        return lookup.split("__")[0] in offered and bool(super().lookup_allowed(lookup, value, request))


class WithTexts(Guarded):
    """Hides what people and models write (``texts``), unless STAFF_SEE_TEXTS, and then logs each look.

    Lists never show it, since a list is no look at one row.
    """

    texts: Sequence[str] = ()

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if conf.STAFF_SEE_TEXTS else tuple(self.texts)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return conf.STAFF_SEE_TEXTS and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return conf.STAFF_SEE_TEXTS and super().has_change_permission(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or super().has_change_permission(request, obj)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show one, and log who looks at its text."""
        if conf.STAFF_SEE_TEXTS and (row := kwargs.get("obj")):
            self._log(request, [row])
        return super().render_change_form(request, context, *args, **kwargs)

    def _log(self, request: HttpRequest, rows: list[Any]) -> None:
        LogEntry.objects.log_actions(str(request.user.pk), rows, CHANGE, LOOKED, single_object=True)


@admin.register(Conversation)
class ConversationAdmin(WithTexts):
    list_display = ("id", "owner", "model", "archived", "pinned", "updated_at")
    texts = ("title", "instructions", "folder")
    search_fields = ("id", f"owner__{BY_NAME}")
    list_filter = ("archived", "pinned")
    raw_id_fields = ("owner",)
    list_select_related = ("owner",)
    show_full_result_count = False
    ordering = ("-updated_at",)


@admin.register(Message)
class MessageAdmin(WithTexts):
    """Show replies by state, with the code and the provider's words of a failure; retry and stop them."""

    list_display = ("id", "person", "role", "status", "model", "error", "error_detail", "attempt", "created_at")
    texts = ("content", "reasoning")
    list_filter = ("role", "status", "error", "model")
    search_fields = ("id", f"conversation__owner__{BY_NAME}")
    raw_id_fields = ("conversation", "parent")
    list_select_related = ("conversation__owner",)
    show_full_result_count = False
    ordering = ("-created_at",)
    actions = ("stop", "retry")

    @admin.display(description=_("person"))
    def person(self, message: Message) -> str:
        return str(message.conversation.owner)

    def save_model(self, request: HttpRequest, obj: Message, form: Any, change: bool) -> None:
        """Put a new message without a parent at the end of the shown branch, where it is seen."""
        if not change and not obj.parent_id:
            obj.parent = obj.conversation.leaf()
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Message) -> None:
        """Delete a message with everything below it."""
        for reply in obj.conversation.delete_branch(obj):
            stop_on_commit(reply)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        for message in queryset.select_related("conversation"):
            if type(message).objects.filter(pk=message.pk).exists():
                self.delete_model(request, message)

    @admin.action(description=_("Stop the selected replies"), permissions=["act"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        stopped = _those(queryset, Message.stop)
        for reply in stopped:
            stop_on_commit(reply)
        self.message_user(
            request, ngettext("%d reply was stopped.", "%d replies were stopped.", len(stopped)) % len(stopped)
        )

    @admin.action(description=_("Retry the selected replies"), permissions=["act"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        asked = len(_those(queryset, _retried))
        self.message_user(request, ngettext("%d reply is asked again.", "%d replies are asked again.", asked) % asked)


def _those(queryset: QuerySet[Message], change: Callable[[Message], bool]) -> list[Message]:
    """Return the replies that were changed."""
    return [reply for reply in queryset.select_related("conversation") if change(reply)]


def _retried(reply: Message) -> bool:
    try:
        return reply.retry()
    except Refused:
        return False


class ReadOnly(Guarded):
    """Shows rows and changes nothing."""

    list_select_related = ("owner",)
    show_full_result_count = False
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Call)
class CallAdmin(ReadOnly):
    """Show calls, which outlive their owner."""

    list_display = (
        *("started_at", "owner", "owner_name", "purpose", "provider", "model", "attempt", "outcome", "seconds"),
        *("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens", "cost", "provider_cost"),
    )
    list_filter = ("purpose", "outcome", "provider", "model")
    search_fields = (f"owner__{BY_NAME}", "owner_name")

    @admin.display(description=_("seconds"))
    def seconds(self, call: Call) -> str:
        return f"{(call.ended_at - call.started_at).total_seconds():.1f}" if call.ended_at else ""

    def has_delete_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return False


@admin.register(Attachment)
class AttachmentAdmin(ReadOnly):
    """Show attachments without their text. One that nothing uses may be deleted, and so may its person."""

    exclude = ("alt",)

    list_display = ("name", "owner", "kind", "media_type", "size", "status", "error", "created_at")
    list_filter = ("status", "kind", "error")
    search_fields = ("name", f"owner__{BY_NAME}")


@admin.register(RetentionRule)
class RetentionRuleAdmin(admin.ModelAdmin):
    list_display = ("__str__", "group", "days", "archived_only", "keep_pinned")


@admin.register(RetentionHold)
class RetentionHoldAdmin(admin.ModelAdmin):
    list_display = ("person", "reason", "created_at")
    raw_id_fields = ("person",)
