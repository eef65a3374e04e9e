from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry

from parley.models import Attachment, Call, Conversation, Folder, Message
from tests.support.attachments import ready, stored

pytestmark = pytest.mark.django_db

ADD = "/admin/parley/message/add/"


@pytest.fixture
def seen(settings):
    """Staff may see texts."""
    settings.PARLEY = {**settings.PARLEY, "STAFF_SEE_TEXTS": True}


@pytest.fixture
def add(admin_client, conversation, seen):
    """A function that adds a message to the owner's conversation, as an administrator, by the form of the admin."""

    def post(content, **chosen):
        fields = {"conversation": conversation.pk, "parent": "", "role": "assistant", "status": "done", "usage": "{}"}
        response = admin_client.post(ADD, {**fields, "content": content, **chosen})
        assert response.status_code == 302, response.context["errors"]
        return Message.objects.get(content=content)

    return post


@pytest.fixture
def attachment(owner, settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}
    return ready(owner)


def test_a_message_without_a_parent_follows_what_is_shown(add, at_owner, conversation):
    message = add("A word from the house.")
    assert conversation.transcript()[-1] == message
    page = at_owner.get(conversation.get_absolute_url()).text
    assert page.index("A talk between <em>enemies</em>.") < page.index("A word from the house.")


def test_a_message_has_the_parent_that_was_chosen(add, conversation):
    question = conversation.transcript()[0]
    assert add("Another answer.", parent=question.pk).parent == question


def test_the_first_message_of_a_conversation_has_no_parent(add, owner):
    empty = Conversation.objects.create(owner=owner, title="Empty")
    add("A word of welcome.", conversation=empty.pk)
    assert [message.parent for message in empty.transcript()] == [None]


def test_calls_can_be_read_and_nothing_else(admin_client, conversation, owner):
    reply = conversation.transcript()[1]
    call = Call.objects.create(owner=owner, reply_id=reply.pk, attempt=1, model="fake-1", outcome="done", cost="0.5")
    page = admin_client.get("/admin/parley/call/").text
    assert "fake-1" in page
    assert "0.50000000" in page
    assert admin_client.get("/admin/parley/call/add/").status_code == 403
    assert admin_client.get(f"/admin/parley/call/{call.pk}/change/").status_code == 200
    assert admin_client.post(f"/admin/parley/call/{call.pk}/change/", {"cost": "0"}).status_code == 403
    assert admin_client.post(f"/admin/parley/call/{call.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Call.objects.get().cost == Decimal("0.5")


def test_attachments_are_listed_without_their_text_and_cannot_be_changed(admin_client, owner, attachment):
    page = admin_client.get("/admin/parley/attachment/").text
    page += admin_client.get(f"/admin/parley/attachment/{attachment.pk}/change/").text
    assert "sea.txt" in page
    assert "salty" not in page
    assert admin_client.get("/admin/parley/attachment/add/").status_code == 403
    assert admin_client.post(f"/admin/parley/attachment/{attachment.pk}/change/", {"name": "x"}).status_code == 403
    assert Attachment.objects.get().name == "sea.txt"


def test_attachments_do_not_keep_a_person_from_being_deleted_and_go_with_them(
    admin_client, owner, attachment, django_capture_on_commit_callbacks
):
    Conversation.start(owner, "?", attachments=[attachment.pk])
    assert admin_client.post(f"/admin/parley/attachment/{attachment.pk}/delete/", {"post": "yes"}).status_code == 200
    assert stored() == [attachment.file], "One that is used stays."
    with django_capture_on_commit_callbacks(execute=True):
        assert admin_client.post(f"/admin/auth/user/{owner.pk}/delete/", {"post": "yes"}).status_code == 302
    assert (stored(), Attachment.objects.count()) == ([], 0)


def test_calls_do_not_keep_a_person_from_being_deleted_and_stay(admin_client, owner):
    Call.objects.create(owner=owner, attempt=1, model="fake-1", outcome="done")
    assert admin_client.post(f"/admin/auth/user/{owner.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Call.objects.get().owner_name == "owner"


TEXTS = ("A talk between", "Why is the sea salty?", "rivers carry salt")


@pytest.fixture
def talk(owner):
    conversation, reply = Conversation.start(owner, "Why is the sea salty?")
    Message.objects.filter(pk=reply.pk).update(
        status="failed", content="Because rivers carry salt.", error="provider_unavailable", error_detail="503: busy"
    )
    return conversation


def pages(client, talk, owner):
    """Every page of the admin that knows of a conversation, the one that deletes its person included."""
    rows = [*talk.messages.all()]
    addresses = [f"/admin/parley/message/{row.pk}/{page}/" for row in rows for page in ("change", "delete", "history")]
    addresses += [f"/admin/parley/conversation/{talk.pk}/{page}/" for page in ("change", "delete", "history")]
    addresses += [
        "/admin/parley/message/",
        "/admin/parley/conversation/",
        "/admin/",
        f"/admin/auth/user/{owner.pk}/delete/",
    ]
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        yield response.text


def test_no_page_shows_what_people_and_models_write(admin_client, talk, owner):
    Conversation.objects.filter(pk=talk.pk).update(title="A talk between us")
    for page in pages(admin_client, talk, owner):
        assert not [text for text in TEXTS if text in page]
    assert admin_client.get("/admin/parley/message/add/").status_code == 403
    reply = talk.messages.get(role="assistant")
    assert admin_client.post(f"/admin/parley/message/{reply.pk}/change/", {"content": "x"}).status_code == 403
    assert "talk" not in admin_client.get("/admin/parley/conversation/?q=between").text
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("staff_see_texts", [False, True])
def test_no_filter_in_an_address_finds_rows_by_what_is_in_their_texts(admin_client, talk, settings, staff_see_texts):
    settings.PARLEY = {**settings.PARLEY, "STAFF_SEE_TEXTS": staff_see_texts}
    for page, field in (
        *(("message", field) for field in ("content", "reasoning", "html", "parts", "included")),
        *(("conversation", field) for field in ("title", "instructions", "folder__name", "owner__password")),
        ("attachment", "alt"),
    ):
        assert admin_client.get(f"/admin/parley/{page}/?{field}__contains=a").status_code == 400, field
    for query in ("status__exact=failed", f"conversation__exact={talk.pk}", f"id__exact={talk.pk}"):
        assert admin_client.get(f"/admin/parley/message/?{query}").status_code == 200


def test_lists_show_no_title_since_a_list_is_not_logged(admin_client, talk, seen):
    Conversation.objects.filter(pk=talk.pk).update(title="A talk between us")
    page = admin_client.get("/admin/parley/conversation/").text
    assert str(talk.pk) in page
    assert "A talk between us" not in page


def test_no_page_shows_the_name_of_a_folder(admin_client, talk, owner):
    Conversation.objects.filter(pk=talk.pk).update(folder=Folder.objects.create(owner=owner, name="Divorce"))
    for page in pages(admin_client, talk, owner):
        assert "Divorce" not in page


def test_each_look_at_a_text_is_logged_where_staff_may_see_it(admin_client, admin_user, talk, seen):
    reply = talk.messages.get(role="assistant")
    assert "rivers carry salt" in admin_client.get(f"/admin/parley/message/{reply.pk}/change/").text
    assert admin_client.get(f"/admin/parley/conversation/{talk.pk}/change/").status_code == 200
    looks = [(look.user, look.object_id, look.change_message) for look in LogEntry.objects.order_by("pk")]
    assert looks == [(admin_user, str(pk), "Looked at its text.") for pk in (reply.pk, talk.pk)]


def test_replies_are_listed_by_state_with_the_words_of_the_provider(admin_client, talk):
    failed = admin_client.get("/admin/parley/message/?status__exact=failed").text
    assert "provider_unavailable" in failed
    assert "503: busy" in failed
    assert "503: busy" not in admin_client.get("/admin/parley/message/?status__exact=done").text


def test_failed_replies_are_asked_again_by_an_action(admin_client, talk):
    reply = talk.messages.get(role="assistant")
    chosen = {"action": "retry", "_selected_action": [str(reply.pk)]}
    page = admin_client.post("/admin/parley/message/", chosen, follow=True).text
    assert "1 reply is asked again." in page
    assert Message.objects.get(pk=reply.pk).status == "pending"
