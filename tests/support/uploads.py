"""Files that are attached in a running product, over HTTP."""

import time
import uuid

from parley.ids import uuid7
from tests.support.databases import Row
from tests.support.people import Person
from tests.support.processes import until

SLOWLY = "tests.support.uploads.read_slowly"
SETTLED = ("ready", "failed")


def upload(person: Person, content: bytes, name: str) -> str:
    """Choose a file for a new conversation, and return its id."""
    form = {"csrfmiddlewaretoken": person.http.cookies["csrftoken"], "key": str(uuid7())}
    headers = {"Origin": person.url, "Referer": person.url + "/"}
    response = person.http.post("/attachments/", data=form, files={"file": (name, content)}, headers=headers)
    assert response.status_code in (201, 303), response.text
    return str(uuid.UUID(str(attachment_of(person)["id"])))


def attachment_of(person: Person) -> Row:
    """The newest."""
    statement = "SELECT a.* FROM parley_attachment a JOIN auth_user u ON u.id = a.owner_id WHERE u.username = ?"
    return person.db.query(f"{statement} ORDER BY a.id", person.name)[-1]


def until_read(person: Person, seconds: float = 60) -> Row:
    def newest() -> Row | None:
        attachment = attachment_of(person)
        return attachment if attachment["status"] in SETTLED else None

    return until(newest, seconds, "The file is not read")


def start_with(person: Person, text: str, attachment: str) -> str:
    """Ask in a new conversation with a file, and return the id of the conversation."""
    response = person.post("/conversations/", text=text, attachment=attachment)
    assert response.status_code == 303, response.text
    return str(uuid.UUID(response.headers["location"].split("/c/")[1].split("/")[0]))


def read_slowly(path: str, media_type: str) -> str:
    """A host's own extractor (``EXTRACT``), which takes the seconds that the file names."""
    with open(path) as file:
        text = file.read()
    time.sleep(float(text.split()[0]))
    return text
