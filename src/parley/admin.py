from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .models import Call, Conversation, Message
from .requests import stop_on_commit


@admin.register(Conversation)
class ConversationAdmin(admin.ModelAdmin):
    list_display = ("title", "owner", "model", "updated_at")
    search_fields = ("title", f"owner__{get_user_model().USERNAME_FIELD}")
    raw_id_fields = ("owner",)
    ordering = ("-updated_at",)


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    list_display = ("__str__", "conversation", "role", "status", "model", "created_at")
    list_filter = ("role", "status", "model")
    raw_id_fields = ("conversation", "parent")
    list_select_related = ("conversation",)
    ordering = ("-created_at",)
    actions = ("stop",)

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

    @admin.action(description=_("Stop the selected replies"), permissions=["change"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        stopped = [reply for reply in queryset.select_related("conversation") if reply.stop()]
        for reply in stopped:
            stop_on_commit(reply)
        self.message_user(
            request, ngettext("%d reply was stopped.", "%d replies were stopped.", len(stopped)) % len(stopped)
        )


@admin.register(Call)
class CallAdmin(admin.ModelAdmin):
    """Show calls read-only; they are deleted with their owner."""

    list_display = (
        *("started_at", "owner", "purpose", "provider", "model", "attempt", "outcome", "seconds"),
        *("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens", "cost"),
    )
    list_filter = ("purpose", "outcome", "provider", "model")
    search_fields = (f"owner__{get_user_model().USERNAME_FIELD}",)
    list_select_related = ("owner",)
    show_full_result_count = False
    ordering = ("-pk",)

    @admin.display(description=_("seconds"))
    def seconds(self, call: Call) -> str:
        return f"{(call.ended_at - call.started_at).total_seconds():.1f}" if call.ended_at else ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        """Forbid it on these pages; to delete a person is to delete their calls, which other pages ask about."""
        match = request.resolver_match
        here = match is not None and (match.url_name or "").startswith("parley_call_")
        return not here and super().has_delete_permission(request, obj)
