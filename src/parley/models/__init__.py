"""The database: a person's feed, conversations, messages and transfers, and the processes that work on them."""

from .call import Call, reply_claimed, reply_settled
from .conversation import Conversation, DuplicateQuestion
from .draft import Draft
from .feed import Feed, feed_advanced
from .message import Message
from .named import Folder, Preset
from .share import NothingToShare, Share
from .states import Role, Status
from .transfer import Transfer
from .worker import Worker

__all__ = [
    "Call",
    "Conversation",
    "Draft",
    "DuplicateQuestion",
    "Feed",
    "Folder",
    "Message",
    "NothingToShare",
    "Preset",
    "Role",
    "Share",
    "Status",
    "Transfer",
    "Worker",
    "feed_advanced",
    "reply_claimed",
    "reply_settled",
]
