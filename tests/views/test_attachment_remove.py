import pytest

from parley import files
from parley.models import Attached
from tests.views.attachments import attachment_of
from tests.views.conftest import TURBO

pytestmark = pytest.mark.django_db


def remove(client, row, **fields):
    return client.post(f"/attachments/{row.pk}/remove/", fields)


def test_takes_the_file_out_of_its_draft(at_owner, owner, conversation, django_capture_on_commit_callbacks):
    row = attachment_of(owner, conversation=conversation)
    with django_capture_on_commit_callbacks(execute=True):
        response = remove(at_owner, row)
    assert (response.status_code, response.url) == (303, conversation.get_absolute_url())
    assert "notes.txt" not in at_owner.get(response.url).text
    assert not files.storage().exists(row.file)
    assert remove(at_owner, row).status_code == 404


def test_answers_with_the_removal_of_its_chip(at_owner, owner):
    row = attachment_of(owner)
    response = at_owner.post(f"/attachments/{row.pk}/remove/", headers={"accept": TURBO})
    assert f'action="remove" target="attachment_{row.pk}"' in response.text


def test_leaves_a_file_that_was_sent(at_owner, owner, conversation):
    row = attachment_of(owner, "the text", message=conversation.messages.get(role="user"))
    assert remove(at_owner, row).status_code == 303
    assert at_owner.get(f"/attachments/{row.pk}/").status_code == 200
    assert Attached.objects.count() == 1
