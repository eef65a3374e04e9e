from django.urls import path

from .views import conversations, drafts, following, messages

app_name = "parley"
urlpatterns = [
    path("", conversations.conversation_new, name="conversation_new"),
    path("conversations/", conversations.conversation_create, name="conversation_create"),
    path("c/<uuid:pk>/", conversations.conversation_show, name="conversation_show"),
    path("c/<uuid:pk>/older/", conversations.conversation_older, name="conversation_older"),
    path("c/<uuid:pk>/messages/", messages.message_create, name="message_create"),
    path("messages/<uuid:pk>/source/", messages.message_source, name="message_source"),
    path("messages/<uuid:pk>/retry/", messages.message_retry, name="message_retry"),
    path("messages/<uuid:pk>/resume/", messages.message_resume, name="message_resume"),
    path("messages/<uuid:pk>/stop/", messages.message_stop, name="message_stop"),
    path("draft/", drafts.draft_save, name="draft_save"),
    path("catch-up/", following.catch_up, name="catch_up"),
]
