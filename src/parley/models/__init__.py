"""What is kept: a person's feed, their conversations, the messages, and the processes that write replies."""

from .conversation import Conversation
from .feed import Feed, feed_advanced
from .message import Message, Role, Status
from .worker import Worker

__all__ = ["Conversation", "Feed", "Message", "Role", "Status", "Worker", "feed_advanced"]
