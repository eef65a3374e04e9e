"""Every address of Parley: who may do what there. tests/test_access.py asks each of them as everybody."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from parley.models import Conversation, Draft, Folder, Message, Preset, Share
from tests.views.transfers import exported

IMAGE = "https://pictures.example/cat.png"
READER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


class Things:
    """A person, and what is theirs: each text of it has the person's secret. It is made when it is asked for."""

    def __init__(self, name: str, **rights: bool) -> None:
        self.secret = f"secret-of-{name}"
        self.user = get_user_model().objects.create_user(name, **rights)
        self.client = Client()
        self.client.force_login(self.user)

    @cached_property
    def conversation(self) -> Conversation:
        return self.answered("first")

    @cached_property
    def other(self) -> Conversation:
        return self.answered("second")

    @cached_property
    def archived(self) -> Conversation:
        return self.answered("third", archived=True)

    @cached_property
    def reply(self) -> Message:
        return self.conversation.messages.get(role="assistant")

    @cached_property
    def elsewhere(self) -> Message:
        return self.other.messages.get(role="assistant")

    @cached_property
    def question(self) -> Message:
        return self.conversation.messages.get(role="user")

    @cached_property
    def folder(self) -> Folder:
        return Folder.objects.create(owner=self.user, name=f"folder {self.secret}")

    @cached_property
    def preset(self) -> Preset:
        return Preset.objects.create(owner=self.user, name=f"preset {self.secret}")

    @cached_property
    def share(self) -> Share:
        return Share.of(self.conversation)

    @cached_property
    def transfer(self) -> Any:
        assert self.conversation, "There is something to export"
        return exported(self.user, name=f"{self.secret}.zip")

    def answered(self, words: str, **values: Any) -> Conversation:
        conversation, reply = Conversation.start(self.user, f"{words} {self.secret}")
        content = f"Here is {self.secret}: ![a cat]({IMAGE})."
        conversation.messages.filter(pk=reply.pk).update(status="done", content=content)
        Conversation.objects.filter(pk=conversation.pk).update(**values)
        return conversation

    def put(self, **values: Any) -> None:
        Conversation.objects.filter(pk=self.conversation.pk).update(**values)

    def put_reply(self, **values: Any) -> None:
        Message.objects.filter(pk=self.reply.pk).update(**values)

    @property
    def ids(self) -> list[str]:
        """Of everything there is, which is made here."""
        Draft.keep(self.user, None, f"draft {self.secret}")
        rows = (self.conversation, self.other, self.archived, self.folder, self.preset, self.share, self.transfer)
        return [str(row.pk) for row in rows]


Fields = Callable[[Things], dict[str, Any]]


def nothing(mine: Things) -> dict[str, Any]:
    return {}


def text(mine: Things) -> dict[str, Any]:
    return {"text": "And then?"}


def name(mine: Things) -> dict[str, Any]:
    return {"name": "another name"}


@dataclass(frozen=True)
class Row:
    """``owner``: what each method answers the owner; ``sends`` goes with each, as query or as form.

    ``names``: fields that name a thing of Things → the status when that is somebody else's, or of another conversation.
    ``public``: what anonymous visitors and strangers are answered to GET, where that is no way to sign in and no 404.
    """

    owner: dict[str, int]
    sends: Fields = nothing
    names: dict[str, tuple[str, int]] = field(default_factory=dict)
    before: Callable[[Things], Any] = nothing
    public: dict[str, int] = field(default_factory=dict)


SHOWS, DOES, ASKS = {"GET": 200}, {"POST": 303}, {"GET": 200, "POST": 303}
ROWS = {
    "conversation_new": Row(SHOWS, names={"folder": ("folder", 200)}),
    "conversation_create": Row(DOES, text, {"folder": ("folder", 303), "preset": ("preset", 422)}),
    "conversation_show": Row(SHOWS, names={"message": ("reply", 404), "edit": ("question", 404)}),
    "conversation_older": Row(SHOWS, lambda mine: {"before": mine.reply.pk}, {"before": ("reply", 404)}),
    "message_create": Row(DOES, text, {"editing": ("question", 404), "below": ("reply", 404)}),
    "conversation_list": Row(SHOWS),
    "conversations_change": Row(
        DOES,
        lambda mine: {"do": "move", "folder": mine.folder.pk, "conversation": [mine.conversation.pk]},
        {"folder": ("folder", 422), "conversation": ("conversation", 303)},
    ),
    "conversation_archived": Row(SHOWS),
    "conversation_menu": Row(SHOWS),
    "conversation_rename": Row(ASKS, lambda mine: {"title": "another"}),
    "conversation_pin": Row(DOES),
    "conversation_unpin": Row(DOES, before=lambda mine: mine.put(pinned=True)),
    "conversation_archive": Row(DOES),
    "conversation_unarchive": Row(DOES, before=lambda mine: mine.put(archived=True)),
    "conversation_move": Row(ASKS, lambda mine: {"folder": mine.folder.pk}, {"folder": ("folder", 422)}),
    "conversation_delete": Row(DOES),
    "conversation_restore": Row(DOES, before=lambda mine: mine.conversation.soft_delete()),
    "folder_create": Row(ASKS, name),
    "folder_edit": Row(ASKS, name),
    "folder_delete": Row(DOES),
    "branch_show": Row(DOES, lambda mine: {"message": mine.reply.pk}, {"message": ("reply", 404)}),
    "message_menu": Row(SHOWS),
    "message_regenerate": Row(DOES),
    "message_fork": Row(DOES),
    "message_delete": Row(DOES),
    "branch_delete": Row(DOES),
    "message_source": Row(SHOWS),
    "diagram_draw": Row(SHOWS),
    "message_image": Row(SHOWS, lambda mine: {"url": IMAGE}),
    "message_retry": Row(DOES, before=lambda mine: mine.put_reply(status="failed")),
    "message_resume": Row(DOES, before=lambda mine: mine.put_reply(status="interrupted")),
    "message_stop": Row(DOES, before=lambda mine: mine.put_reply(status="streaming")),
    "conversation_settings": Row(ASKS, lambda mine: {"instructions": "Be brief."}),
    "models_refresh": Row(DOES),
    "preset_list": Row(SHOWS),
    "preset_create": Row(ASKS, name),
    "preset_edit": Row(ASKS, name),
    "preset_start": Row(SHOWS, names={"folder": ("folder", 200)}),
    "preset_delete": Row(DOES),
    "search": Row(SHOWS, lambda mine: {"q": "secret"}),
    "draft_save": Row({"POST": 204}, text, {"conversation": ("conversation", 404)}),
    "catch_up": Row(
        SHOWS, lambda mine: {"version": 0}, {"conversation": ("conversation", 200)}, before=lambda mine: mine.other
    ),
    "conversation_export": Row(SHOWS),
    "transfer_list": Row(SHOWS),
    "export_create": Row(DOES, names={"conversation": ("conversation", 404)}),
    "import_create": Row(DOES, lambda mine: {"file": a_file()}),
    "transfer_show": Row(SHOWS),
    "transfer_download": Row(SHOWS),
    "transfer_delete": Row(DOES),
    "share_create": Row(ASKS, lambda mine: {"lasts": "30"}),
    "share_list": Row(SHOWS),
    "share_revoke": Row(DOES),
    "share_show": Row(SHOWS, public={"anonymous": 200, "somebody": 200}),
    "share_copy": Row(ASKS, public={"somebody": 200}),
    "manifest": Row(SHOWS, public={"anonymous": 200, "somebody": 200}),
}


def a_file() -> BytesIO:
    file = BytesIO(b"PK")
    file.name = "export.zip"
    return file
