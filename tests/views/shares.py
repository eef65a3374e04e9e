"""What the tests of shares have in common."""

from parley.models import Share

READER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


def shared(conversation, **chosen):
    return Share.of(conversation, **chosen)


def shown(client, share):
    """The public page, as a person's browser asks for it."""
    return client.get(share.get_absolute_url(), headers=READER)
