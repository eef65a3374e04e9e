"""The database: a person's feed, conversations, messages and transfers, and the processes that work on them."""

from .announced import conversation_started, question_asked
from .attached import Attached, AttachmentText
from .attachment import Attachment, AttachmentGone, AttachmentUnread, TooMany
from .budget import Budget
from .call import Call, call_ended, reply_claimed, reply_settled
from .connection import Connection
from .conversation import Conversation, DuplicateQuestion
from .draft import Draft
from .feed import Feed, feed_advanced
from .message import Message
from .named import Folder, Preset
from .price import Price
from .profile import Profile
from .retention import RetentionHold, RetentionRule
from .share import NothingToShare, Share
from .shortage import OverBudget
from .states import Role, Status
from .totals import UsageDay
from .transfer import Transfer
from .worker import Worker

__all__ = [
    "Attached",
    "Attachment",
    "AttachmentGone",
    "AttachmentText",
    "AttachmentUnread",
    "Budget",
    "Call",
    "Connection",
    "Conversation",
    "Draft",
    "DuplicateQuestion",
    "Feed",
    "Folder",
    "Message",
    "NothingToShare",
    "OverBudget",
    "Preset",
    "Price",
    "Profile",
    "RetentionHold",
    "RetentionRule",
    "Role",
    "Share",
    "Status",
    "TooMany",
    "Transfer",
    "UsageDay",
    "Worker",
    "call_ended",
    "conversation_started",
    "feed_advanced",
    "question_asked",
    "reply_claimed",
    "reply_settled",
]
