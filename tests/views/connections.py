"""Connections, and who may change them."""

from html import unescape

from cryptography.fernet import Fernet

from parley.models import Connection

ENCRYPTION_KEY = Fernet.generate_key().decode()
KEY, HEADER = "sk-canary-that-nobody-may-see-9f3c", "header-canary-that-nobody-may-see"
FORM = {"name": "Gateway", "base_url": "https://gateway.example/v1", "position": "0", "enabled": "on"}


def allow(settings, **values):
    settings.PARLEY = {**settings.PARLEY, "ENCRYPTION_KEYS": [ENCRYPTION_KEY], **values}


def connection(key=KEY, headers=None, **values):
    row = Connection(**{"name": "Gateway", "base_url": "https://gateway.example/v1", **values})
    row.set_secret(key, headers or {})
    row.save()
    return row


def fields_of(row, **changed):
    """What the form of a connection sends back where nothing but this was changed."""
    sent = {"name": row.name, "base_url": row.base_url, "position": row.position, "enabled": "on"}
    sent["headers"] = "\n".join(f"{name}: ••••" for name in row.headers)
    return {**sent, **changed}


def shown(response):
    """The page as a person reads it: nothing of what is secret is in it."""
    page = unescape(response.text)
    assert KEY not in page
    assert HEADER not in page
    return page
