"""What the tests of branches have in common."""

from parley.models import Conversation, Message


def say(conversation, question, answer, **options):
    """A question and its answer, at the end of the branch that is shown."""
    asked, reply = conversation.ask(question, **options)
    Message.objects.filter(pk=reply.pk).update(status="done", content=answer)
    return asked, Message.objects.get(pk=reply.pk)


def shown(conversation):
    """The texts of the branch that is shown, as the database has it."""
    return [message.content for message in Conversation.objects.get(pk=conversation.pk).whole_branch()]


def url_of(conversation, message, verb=""):
    return f"/c/{conversation.pk}/messages/{message.pk}/{verb}"
