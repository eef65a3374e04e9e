"""Exports and imports of a running product, over HTTP."""

import io
import json
from typing import Any
from uuid import UUID
from zipfile import ZipFile

from tests.support.databases import Row
from tests.support.people import Person
from tests.support.processes import until

MOMENT = "2026-01-02T03:04:05Z"


def archive_of(count: int) -> bytes:
    """An export with so many conversations of two messages each."""
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for number in range(count):
            archive.writestr(f"conversations/{number}.json", json.dumps(document(number)))
    return file.getvalue()


def document(number: int) -> dict[str, Any]:
    words = {"status": "done", "created_at": MOMENT}
    messages = [{**words, "id": "q", "parent": None, "role": "user", "content": f"Question {number}"}]
    messages += [{**words, "id": "a", "parent": "q", "role": "assistant", "content": f"Answer *{number}*"}]
    facts = {"id": f"n{number}", "title": f"Conversation {number}", "created_at": MOMENT}
    return {"format": "parley", "version": 1, "conversation": {**facts, "messages": messages}}


def documents_in(content: bytes) -> list[dict[str, Any]]:
    with ZipFile(io.BytesIO(content)) as archive:
        return [json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("conversations/")]


def send_import(person: Person, content: Any, name: str = "export.zip") -> None:
    form = {"csrfmiddlewaretoken": person.http.cookies["csrftoken"]}
    headers = {"Origin": person.url, "Referer": person.url + "/transfers/"}
    response = person.http.post("/transfers/import/", data=form, files={"file": (name, content)}, headers=headers)
    assert response.status_code == 303, response.text


def transfer_of(person: Person) -> Row:
    """The newest."""
    statement = (
        "SELECT t.* FROM parley_transfer t JOIN auth_user u ON u.id = t.owner_id WHERE u.username = ? ORDER BY t.id"
    )
    return person.db.query(statement, person.name)[-1]


def path_of(transfer: Row) -> str:
    return f"/transfers/{UUID(str(transfer['id']))}/"


def settled(person: Person, seconds: float = 60) -> Row:
    def newest() -> Row | None:
        transfer = transfer_of(person)
        return transfer if transfer["status"] in ("done", "failed") else None

    return until(newest, seconds, "The transfer did not settle")


def bring_in(person: Person, content: Any, name: str = "export.zip", seconds: float = 60) -> Row:
    """→ the row of the import, settled."""
    send_import(person, content, name)
    return settled(person, seconds)


def export_everything(person: Person) -> bytes:
    """→ the ZIP, as it is downloaded."""
    assert person.post("/transfers/export/").status_code == 303
    transfer = settled(person)
    assert (transfer["status"], transfer["error"]) == ("done", "")
    response = person.get(path_of(transfer) + "download/")
    assert response.status_code == 200
    return response.content


def count_of_conversations(person: Person) -> int:
    statement = (
        "SELECT count(*) AS n FROM parley_conversation c JOIN auth_user u ON u.id = c.owner_id WHERE u.username = ?"
    )
    return person.db.one(statement, person.name)["n"]
