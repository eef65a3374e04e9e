import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from parley import files
from parley.generation.reaper import Reaper
from parley.models import Attached, Attachment, Conversation, Share
from parley.models.admission import used_by
from tests.support.attached import PNG, UPLOADED, a_document, a_picture, bytes_of, with_files
from tests.unit.texts import PAYLOADS
from tests.views.conftest import answered
from tests.views.shares import shared, shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _private_files(settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}


@pytest.fixture
def picture(owner):
    return a_picture(owner)


@pytest.fixture
def talk(owner, conversation, picture):
    with_files(conversation, picture, a_document(owner, "secret.txt", "Nobody reads this."))
    return conversation


def address(share, picture):
    return f"{share.get_absolute_url()}pictures/{picture.pk}/"


def test_serves_the_picture_that_was_made_and_never_what_was_uploaded(anonymous, talk, picture):
    response = anonymous.get(address(shared(talk, pictures=True), picture))
    body = b"".join(response)
    assert body == PNG != UPLOADED
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Robots-Tag"].startswith("noindex")
    assert not response.cookies


def test_a_link_without_the_tick_serves_no_bytes_and_names_everything(anonymous, talk, picture):
    share = shared(talk)
    assert anonymous.get(address(share, picture)).status_code == 404
    page = shown(anonymous, share).text
    assert "<img" not in page
    assert str(picture.pk) not in page + str(share.snapshot)
    for words in ("sea.png", "secret.txt", "18\xa0bytes"):
        assert words in page
    assert not Attached.objects.filter(share=share).exists()


def test_a_link_with_it_shows_the_picture_and_no_document(anonymous, talk, picture):
    share = shared(talk, pictures=True)
    page = shown(anonymous, share).text
    (source,) = re.findall(r'<img src="([^"]*)"', page)
    assert source == address(share, picture)
    assert 'alt="Picture sea.png"' in page
    assert "Nobody reads this." not in page
    document = Attachment.objects.get(name="secret.txt")
    assert anonymous.get(address(share, document)).status_code == 404
    assert str(document.pk) not in str(share.snapshot)


@pytest.mark.parametrize("end", ["revoked", "expired", "in the trash", "inactive"])
def test_a_link_that_ends_stops_the_bytes_at_once(anonymous, owner, talk, picture, end):
    share = shared(talk, pictures=True)
    assert anonymous.get(address(share, picture)).status_code == 200
    match end:
        case "revoked":
            share.revoke()
            assert not Attached.objects.filter(share=share).exists()
        case "expired":
            Share.objects.filter(pk=share.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        case "in the trash":
            Conversation.objects.filter(pk=talk.pk).update(deleted_at=timezone.now())
        case "inactive":
            get_user_model().objects.filter(pk=owner.pk).update(is_active=False)
    assert anonymous.get(address(share, picture)).status_code == 404


def test_knows_no_picture_of_another_link_and_none_that_is_not_there(anonymous, talk, picture, owner):
    other = shared(answered(owner, "Another", "one"), pictures=True)
    share = shared(talk, pictures=True)
    files.remove(picture.picture)
    missing = [address(other, picture), address(share, picture), f"{share.get_absolute_url()}pictures/{uuid4()}/"]
    assert [anonymous.get(path).status_code for path in missing] == [404] * 3


def test_a_link_keeps_its_picture_until_it_ends(anonymous, talk, picture):
    share, ended = shared(talk, pictures=True), shared(talk, pictures=True, lasts=timedelta(seconds=-1))
    talk.delete_message(talk.messages.get(role="user"))
    Attachment.objects.purge()
    assert bytes_of(picture.picture) == PNG
    assert b"".join(anonymous.get(address(share, picture))) == PNG
    share.revoke()
    Reaper().purge()
    assert not Attachment.objects.filter(pk=picture.pk).exists()
    assert not files.storage().exists(picture.picture)
    assert (ended.attached.count(), Share.objects.get(pk=ended.pk).length) == (0, 0)


def test_shows_a_question_of_files_alone_and_one_that_was_asked_twice(anonymous, talk, picture):
    question = talk.messages.get(role="user")
    talk.messages.filter(pk=question.pk).update(content="")
    talk.ask("Again", attachments=[picture.pk])
    share = shared(talk, pictures=True)
    page = shown(anonymous, share).text
    assert (page.count("<img"), page.count('data-role="user"')) == (2, 2)
    assert share.attached.count() == 1


def test_does_not_show_a_picture_that_is_not_read_yet(anonymous, talk, picture):
    Attachment.objects.filter(pk=picture.pk).update(status="reading", picture="")
    share = shared(talk, pictures=True)
    assert "<img" not in shown(anonymous, share).text
    assert anonymous.get(address(share, picture)).status_code == 404


def test_a_copy_names_the_files_and_has_none(stranger, talk):
    copy = shared(talk, pictures=True).copy_for(stranger)
    question = copy.messages.get(role="user")
    assert question.parts == [{"type": "image", "name": "sea.png"}, {"type": "file", "name": "secret.txt"}]
    assert not question.attached.exists()
    assert used_by(stranger) == 0


def test_offers_pictures_where_there_are_some(at_owner, owner, talk):
    assert "Show the pictures" in at_owner.get(f"/c/{talk.pk}/share/").text
    assert "Show the pictures" not in at_owner.get(f"/c/{answered(owner, 'No', 'files').pk}/share/").text
    assert at_owner.post(f"/c/{talk.pk}/share/", {"lasts": "7", "pictures": "on"}).status_code == 303
    assert Share.objects.latest("id").attached.count() == 1


def test_names_are_text_whatever_they_say(anonymous, owner, conversation):
    with_files(conversation, *(a_picture(owner, re.sub(r"[^ -\uffff]", "", name)[:200]) for name in PAYLOADS))
    share = shared(conversation, pictures=True)
    page = shown(anonymous, share).text
    sources = re.findall(r"<img [^>]*src=\"([^\"]*)\"", page)
    assert page.count("<img") == len(sources) == len(PAYLOADS)
    assert all(source.startswith(share.get_absolute_url()) for source in sources)
    assert "<script" not in page
