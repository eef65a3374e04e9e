"""What is kept: a person's feed, their conversations, the messages, and the processes that write replies."""

from .conversation import AskedBefore, Conversation
from .draft import Draft
from .feed import Feed, feed_advanced
from .message import Message, Role, Status
from .worker import Worker

__all__ = ["AskedBefore", "Conversation", "Draft", "Feed", "Message", "Role", "Status", "Worker", "feed_advanced"]
