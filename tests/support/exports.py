"""Exports as ChatGPT, Open WebUI and LibreChat write them."""

import io
import json
import zipfile


def node(name, parent, role="user", content=None, *, children=(), created=1_756_000_000.5, tool=None, **more):
    """A node of ChatGPT's tree; ``content``: a text, or an object with its content_type."""
    if not isinstance(content, dict):
        content = {"content_type": "text", "parts": [content or ""]}
    author = {"role": role, "name": tool, "metadata": {}}
    message = {
        "id": name, "author": author, "create_time": created, "update_time": None, "content": content,
        "status": "finished_successfully", "end_turn": None, "weight": 1.0, "metadata": {}, "recipient": "all",
        "channel": None, **more,
    }  # fmt: skip
    return name, {"id": name, "message": message, "parent": parent, "children": list(children)}


def root(*children):
    return "client-created-root", {
        "id": "client-created-root",
        "message": None,
        "parent": None,
        "children": list(children),
    }


def chatgpt(*nodes, name="6b0f0d9c-0000-4000-8000-000000000001", current=None, **more):
    """A conversation of conversations.json."""
    return {
        "title": "Deploying", "create_time": 1_756_000_000.123456, "update_time": 1_756_000_400.654321,
        "mapping": dict(nodes), "moderation_results": [], "current_node": current or nodes[-1][0], "plugin_ids": None,
        "conversation_id": name, "conversation_template_id": None, "gizmo_id": None, "gizmo_type": None,
        "is_archived": False, "is_starred": None, "safe_urls": [], "blocked_urls": [], "default_model_slug": "gpt-5",
        "voice": None, "id": name, **more,
    }  # fmt: skip


def asked(
    name="6b0f0d9c-0000-4000-8000-000000000001", question="How do I roll back?", answer="Run `helm rollback`.", **more
):
    """The shortest of ChatGPT's conversations."""
    nodes = (
        root("s"),
        node("s", "client-created-root", "system", "", children=["q"],
             metadata={"is_visually_hidden_from_conversation": True}),
        node("q", "s", "user", question, children=["a"]),
        node("a", "q", "assistant", answer, metadata={"model_slug": "gpt-5"}),
    )  # fmt: skip
    return chatgpt(*nodes, name=name, **more)


def webui_message(name, parent, role="user", content="Hello", *, children=(), **more):
    sent = {"id": name, "parentId": parent, "childrenIds": list(children), "role": role, "content": content}
    return name, {
        **sent,
        "timestamp": 1_700_000_000,
        **({"model": "llama3.1:latest", "done": True} if role == "assistant" else {"models": ["llama3.1:latest"]}),
        **more,
    }


def open_webui(*messages, name="b1f0c2f0-1111-4222-8333-444455556666", current=None, **more):
    """A row of Open WebUI's export."""
    history = {"messages": dict(messages), "currentId": current or messages[-1][0]}
    chat = {
        "id": "", "title": "Chat", "models": ["llama3.1:latest"], "params": {}, "history": history, "tags": [],
        "messages": [message for _, message in messages], "timestamp": 1_700_000_000_000, "files": [],
    }  # fmt: skip
    return {
        "id": name, "user_id": "u1", "title": "Chat", "chat": chat, "updated_at": 1_700_000_010,
        "created_at": 1_700_000_000, "share_id": None, "archived": False, "pinned": False, "meta": {},
        "folder_id": None, **more,
    }  # fmt: skip


NO_PARENT = "00000000-0000-0000-0000-000000000000"


def libre_message(name, parent=NO_PARENT, text="Hello", *, by_user=True, **more):
    return {
        "_id": "66326f3f04bed94b7f5be68d", "messageId": name, "__v": 0, "conversationId": "4a86c40e",
        "endpoint": "openAI", "createdAt": "2024-05-28T18:08:55.014Z", "updatedAt": "2024-05-28T18:08:58.669Z",
        "error": False, "isCreatedByUser": by_user, "model": None if by_user else "gpt-4o", "parentMessageId": parent,
        "sender": "User" if by_user else "GPT-4o", "text": text, "tokenCount": 9, "unfinished": False, **more,
    }  # fmt: skip


def librechat(messages, *, name="4a86c40e-e627-4454-b158-889680e23ad3", recursive=False, options=None, **more):
    """LibreChat's file: one conversation."""
    sent = {
        "conversationId": name, "endpoint": "openAI", "title": "Original", "branches": True, "recursive": recursive,
        "exportAt": "08:12:16 GMT-0400 (Eastern Daylight Time)",
    }  # fmt: skip
    return {**sent, **({"options": options} if options else {}), "messages": messages, **more}


def zipped(files):
    """A ZIP archive of name → bytes, text or JSON."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content if isinstance(content, bytes | str) else json.dumps(content))
    return packed.getvalue()
