from django.urls import path

from . import views

app_name = "parley"
urlpatterns = [
    path("", views.conversation_new, name="conversation_new"),
    path("conversations/", views.conversation_create, name="conversation_create"),
    path("c/<uuid:pk>/", views.conversation_show, name="conversation_show"),
    path("c/<uuid:pk>/messages/", views.message_create, name="message_create"),
    path("c/<uuid:pk>/older/", views.conversation_older, name="conversation_older"),
    path("messages/<uuid:pk>/source/", views.message_source, name="message_source"),
    path("draft/", views.draft_save, name="draft_save"),
    path("messages/<uuid:pk>/retry/", views.message_retry, name="message_retry"),
    path("messages/<uuid:pk>/resume/", views.message_resume, name="message_resume"),
    path("messages/<uuid:pk>/stop/", views.message_stop, name="message_stop"),
    path("catch-up/", views.catch_up, name="catch_up"),
]
