"""Every address of Parley: who may do what there. tests/test_access.py asks each of them as everybody."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from parley.models import Attachment, Budget, Connection, Conversation, Draft, Folder, Message, Preset, Price, Share
from tests.support.attached import a_shown_picture
from tests.views.attachments import attachment_of, file_of
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
    def shown(self) -> Any:
        """A picture that the link shows."""
        return a_shown_picture(self.share, f"{self.secret}.png")

    @cached_property
    def transfer(self) -> Any:
        assert self.conversation, "There is something to export"
        return exported(self.user, name=f"{self.secret}.zip")

    @cached_property
    def attachment(self) -> Attachment:
        """One that has everything that any has, to be served at each address."""
        row = attachment_of(self.user, f"text of {self.secret}", name=f"{self.secret}.txt", media_type="image/png")
        row.picture = row.thumb = row.file
        row.save()
        return row

    @cached_property
    def filed(self) -> Attachment:
        return attachment_of(self.user, f"text of {self.secret}", folder=self.folder)

    @cached_property
    def connection(self) -> Connection:
        """One of the site, for whoever may change these."""
        return Connection.objects.create(name=f"connection {self.secret}", base_url="http://gateway.example/v1")

    @cached_property
    def price(self) -> Price:
        return Price.objects.create(model="gpt-x", input=1, output=2)

    @cached_property
    def budget(self) -> Budget:
        """One of the site, for whoever may change these."""
        return Budget.objects.create(limit=10**6)

    def promote(self) -> None:
        self.user.is_staff = self.user.is_superuser = True
        self.user.save()

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
        return [str(row.pk) for row in (*rows, self.attachment, self.filed)]


Fields = Callable[[Things], dict[str, Any]]


def nothing(mine: Things) -> dict[str, Any]:
    return {}


def text(mine: Things) -> dict[str, Any]:
    return {"text": "And then?"}


def name(mine: Things) -> dict[str, Any]:
    return {"name": "another name"}


def connection(mine: Things) -> dict[str, Any]:
    return {"name": "another", "base_url": "http://other.example/v1", "position": "0", "enabled": "on"}


def limit(mine: Things) -> dict[str, Any]:
    return {"whom": "everyone", "limit": "7", "unit": "tokens", "period": "day", "hard": "soft"}


@dataclass(frozen=True)
class Row:
    """``owner``: what each method answers the owner; ``sends`` goes with each, as query or as form.

    ``names``: fields that name a thing of Things → the status when that is somebody else's, or of another conversation.
    ``staff``: the owner is an administrator, and so may every other; who is none is answered 404.
    ``public``: what anonymous visitors and strangers are answered to GET, where that is no way to sign in and no 404.
    """

    owner: dict[str, int]
    sends: Fields = nothing
    names: dict[str, tuple[str, int]] = field(default_factory=dict)
    before: Callable[[Things], Any] = nothing
    public: dict[str, int] = field(default_factory=dict)
    staff: bool = False


SHOWS, DOES, ASKS = {"GET": 200}, {"POST": 303}, {"GET": 200, "POST": 303}
ROWS = {
    "conversation_new": Row(SHOWS, names={"folder": ("folder", 200)}),
    "conversation_create": Row(
        DOES, text, {"folder": ("folder", 303), "preset": ("preset", 422), "attachment": ("attachment", 404)}
    ),
    "conversation_show": Row(SHOWS, names={"message": ("reply", 404), "edit": ("question", 404)}),
    "conversation_older": Row(SHOWS, lambda mine: {"before": mine.reply.pk}, {"before": ("reply", 404)}),
    "message_create": Row(
        DOES, text, {"editing": ("question", 404), "below": ("reply", 404), "attachment": ("attachment", 404)}
    ),
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
    "model_list": Row(SHOWS, names={"for": ("conversation", 404)}),
    "model_favourite": Row(DOES, lambda mine: {"favourite": "fake-1"}, {"for": ("conversation", 404)}),
    "conversation_model": Row(DOES),
    "profile_edit": Row(ASKS, lambda mine: {"about": "I sail."}),
    "preset_list": Row(SHOWS),
    "preset_create": Row(ASKS, name),
    "preset_edit": Row(ASKS, name),
    "preset_start": Row(SHOWS, names={"folder": ("folder", 200)}),
    "preset_delete": Row(DOES),
    "connection_list": Row(SHOWS, staff=True),
    "connection_create": Row(ASKS, connection, staff=True),
    "connection_edit": Row(ASKS, connection, staff=True),
    "connection_test": Row(ASKS, staff=True),
    "connection_default": Row(DOES, lambda mine: {"model": "chat-1"}, staff=True),
    "connection_delete": Row(DOES, staff=True),
    "budget_list": Row(SHOWS, staff=True),
    "budget_create": Row(ASKS, limit, staff=True),
    "budget_edit": Row(ASKS, limit, staff=True),
    "budget_delete": Row(DOES, staff=True),
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
    "share_picture": Row(SHOWS, public={"anonymous": 200, "somebody": 200}),
    "share_copy": Row(ASKS, public={"somebody": 200}),
    "attachment_create": Row(
        DOES, lambda mine: {"file": file_of()}, {"conversation": ("conversation", 404), "folder": ("folder", 404)}
    ),
    "attachment_show": Row(ASKS, name),
    "attachment_file": Row(SHOWS),
    "attachment_picture": Row(SHOWS),
    "attachment_thumb": Row(SHOWS),
    "attachment_remove": Row(DOES),
    "attachment_retry": Row(
        DOES, before=lambda mine: Attachment.objects.filter(pk=mine.attachment.pk).update(status="failed")
    ),
    "folder_file_create": Row(DOES, lambda mine: {"file": file_of()}),
    "folder_file_change": Row(DOES, lambda mine: {"do": "off"}, before=lambda mine: mine.filed),
    "usage": Row(SHOWS),
    "usage_all": Row(SHOWS, staff=True),
    "usage_calls": Row(SHOWS),
    "price_list": Row(
        ASKS, lambda mine: {"choice": "x", "input": 1, "output": 2, "valid_from": "2026-11-01"}, staff=True
    ),
    "price_delete": Row(DOES, lambda mine: {"price": mine.price.pk}, staff=True),
    "manifest": Row(SHOWS, public={"anonymous": 200, "somebody": 200}),
}


def a_file() -> BytesIO:
    file = BytesIO(b"PK")
    file.name = "export.zip"
    return file
