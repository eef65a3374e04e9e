"""From the form of a question to the provider: uploaded, read, shared out, recorded and sent."""

import json
import re
import struct
import uuid
import zlib

import pytest

from parley.included import sentences
from tests.fake_provider.ask import pictures, text_of


@pytest.fixture(scope="module")
def stack(make_stack):
    stack = make_stack(conf={"CONTEXT_WINDOW": 8000})
    yield stack
    stack.down()


@pytest.fixture(scope="module")
def person(stack):
    return stack.person()


def ask(person, text, *files, path="/conversations/"):
    """Ask with files in the form itself, as without JavaScript → the id of the conversation."""
    sent = {"csrfmiddlewaretoken": person.http.cookies["csrftoken"], "text": text}
    headers = {"Origin": person.url, "Referer": person.url + "/"}
    parts = [("files", (name, content)) for name, content in files]
    response = person.http.post(path, data=sent, files=parts, headers=headers)
    assert response.status_code == 303, response.text
    return re.search(r"/c/([0-9a-f-]{36})/", response.headers["location"])[1]


def png(width=40, height=30):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(3 * width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def included(reply):
    return json.loads(reply["included"]) if isinstance(reply["included"], str) else reply["included"]


def received(request):
    text = "\n\n".join(map(text_of, request.messages))
    return dict(re.findall(r'<file name="([^"]*)"[^>]* id="(?:\w+)">\n(.*?)\n</file \w+>', text, re.DOTALL))


def test_sends_what_it_says_and_the_same_again(person, stack):
    line = "A line of words of a document.\n"
    long, table = (line * 6000)[:160_000], "Größe;Preis\n" + "Bücher über Käse und Öl;1\n" * 20
    conversation = ask(
        person, "/files", ("q3.txt", long.encode("utf-16")), ("sizes.csv", table.encode("cp1252")), ("a.png", png())
    )
    reply = person.settled(conversation)
    entries = {entry["name"]: entry for entry in included(reply)}
    person.ask(conversation, "/say 3 words")
    again = person.settled(conversation)
    first, second = [request for request in stack.provider.completions if "a.png" in str(request.messages)]
    parts = received(first)
    assert parts == received(second)
    assert {name: len(part) for name, part in parts.items()} == {
        name: entry["upto"] for name, entry in entries.items() if name != "a.png"
    }
    assert long.startswith(parts["q3.txt"])
    assert 9000 < len(parts["q3.txt"]) < 12_000
    assert "Größe" in parts["sizes.csv"]
    assert second.messages[0] == first.messages[0]
    assert included(again) == [{name: entry[name] for name in entry if name != "notes"} for entry in included(reply)]
    [(media_type, data)] = pictures(first.messages[0])
    assert (media_type, data[:4]) == ("image/png", b"\x89PNG")
    assert sentences(included(reply))[0] in person.page(conversation).html


def test_a_new_name_does_not_change_what_was_sent(person, stack):
    conversation = ask(person, "/say 4 words", ("old.txt", b"The sea is salty."), ("old.png", png()))
    for entry in included(person.settled(conversation)):
        changed = person.post(f"/attachments/{entry['id']}/", name=entry["name"].replace("old", "new"), alt="")
        assert changed.status_code == 303
    person.ask(conversation, "/say 3 words")
    person.settled(conversation)
    first, second = [request for request in stack.provider.completions if "old.png" in str(request.messages)]
    assert "new.txt" in person.page(conversation).html
    assert json.dumps(second.messages).startswith(json.dumps(first.messages)[:-1] + ", ")


def test_asks_again_without_the_pictures_where_they_are_refused(person, stack):
    conversation = ask(person, "/refuse pictures as openrouter then /say 3 words", ("a.png", png()))
    refused = person.settled(conversation)
    assert (refused["status"], refused["error"]) == ("failed", "no_pictures")
    assert "Ask without the pictures" in person.page(conversation).html
    reply_id = uuid.UUID(str(refused["id"]))
    response = person.post(f"/c/{conversation}/messages/{reply_id}/regenerate/", model="", pictures="no")
    assert response.status_code == 303
    again = person.settled(conversation)
    assert (again["status"], [entry["why"] for entry in included(again)]) == ("done", ["pictures"])
