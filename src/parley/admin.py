from django.contrib import admin

from .models import Conversation, Message


@admin.register(Conversation)
class ConversationAdmin(admin.ModelAdmin):
    list_display = ("title", "owner", "model", "updated_at")
    search_fields = ("title", "owner__username")
    raw_id_fields = ("owner",)
    ordering = ("-updated_at",)


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    list_display = ("__str__", "conversation", "role", "status", "model", "created_at")
    list_filter = ("role", "status", "model")
    raw_id_fields = ("conversation", "parent")
    list_select_related = ("conversation",)
    ordering = ("-created_at",)
