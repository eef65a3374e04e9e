"""Whatever happens to conversations and their forks, each keeps its own tree."""

from dataclasses import dataclass, field
from itertools import count

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.models import Conversation, Message

pytestmark = pytest.mark.django_db
VERBS = ("ask", "ask", "ask", "edit", "regenerate", "show", "fork", "delete_message", "delete_branch", "delete")


@dataclass
class Copied:
    """What a conversation should be: label → label of the parent, in the order in which they were made."""

    parents: dict[int, int | None] = field(default_factory=dict)
    shown: int | None = None

    def path(self, label):
        path = []
        while label is not None:
            path.append(label)
            label = self.parents[label]
        return path[::-1]

    def below(self, label):
        return {each for each in self.parents if label in self.path(each)} if label else set(self.parents)

    def newest_below(self, label):
        leaves = self.below(label) - set(self.parents.values())
        return max(leaves, default=label)

    def versions(self, label):
        return sorted(each for each, parent in self.parents.items() if parent == self.parents[label])

    def add(self, label, parent):
        self.parents[label] = parent
        self.shown = label

    def drop(self, labels, above):
        self.parents = {label: parent for label, parent in self.parents.items() if label not in labels}
        if self.shown in labels:
            self.shown = self.newest_below(above)

    def drop_one(self, label):
        above = self.parents[label]
        self.parents.update({each: above for each, parent in self.parents.items() if parent == label})
        self.drop({label}, above)

    def fork(self, label):
        path = self.path(label)
        return Copied(dict(zip(path, [None, *path], strict=False)), label)


class World:
    """Real conversations beside what they should be."""

    def __init__(self, owner):
        self.labels = count(1)
        self.pairs = [(Conversation.objects.create(owner=owner, title="first"), Copied())]

    def do(self, verb, which, at):
        if not self.pairs:
            return
        self.cursor = which % len(self.pairs)
        conversation, copied = self.pairs[self.cursor]
        conversation = Conversation.objects.get(pk=conversation.pk)
        rows = list(conversation.messages.order_by("id"))
        if verb == "ask":
            self.ask(conversation, copied, None)
        elif rows:
            getattr(self, verb)(conversation, copied, rows[at % len(rows)])

    def ask(self, conversation, copied, instead_of):
        parent = copied.parents[label_of(instead_of)] if instead_of else copied.shown
        question, answer = next(self.labels), next(self.labels)
        _, reply = conversation.ask(str(question), instead_of=instead_of)
        Message.objects.filter(pk=reply.pk).update(status="done", content=str(answer))
        copied.add(question, parent)
        copied.add(answer, question)

    def edit(self, conversation, copied, row):
        if row.role == "user":
            self.ask(conversation, copied, row)

    def regenerate(self, conversation, copied, row):
        if row.parent_id is None:
            return
        label = next(self.labels)
        reply = conversation.regenerate(row)
        Message.objects.filter(pk=reply.pk).update(status="done", content=str(label))
        copied.add(label, label_of(row) if row.role == "user" else copied.parents[label_of(row)])

    def show(self, conversation, copied, row):
        conversation.show(row)
        copied.shown = copied.newest_below(label_of(row))

    def fork(self, conversation, copied, row):
        forked = conversation.fork(row)
        if forked not in [each for each, _ in self.pairs]:
            self.pairs.append((forked, copied.fork(label_of(row))))

    def delete_message(self, conversation, copied, row):
        conversation.delete_message(row)
        copied.drop_one(label_of(row))

    def delete_branch(self, conversation, copied, row):
        conversation.delete_branch(row)
        copied.drop(copied.below(label_of(row)), copied.parents[label_of(row)])

    def delete(self, conversation, copied, row):
        conversation.delete()
        del self.pairs[self.cursor]

    def check(self):
        for conversation, copied in self.pairs:
            conversation = Conversation.objects.get(pk=conversation.pk)
            rows = {row.pk: row for row in conversation.messages.all()}
            assert len({label_of(row) for row in rows.values()}) == len(rows)
            parents = {label_of(row): row.parent_id and label_of(rows[row.parent_id]) for row in rows.values()}
            assert parents == copied.parents
            self.check_branch(conversation, copied, rows)

    def check_branch(self, conversation, copied, rows):
        branch = conversation.whole_branch()
        assert [label_of(row) for row in branch] == copied.path(copied.shown)
        conversation.number_versions(branch)
        for row in branch:
            assert [label_of(rows[pk]) for pk in row.versions] == copied.versions(label_of(row))


def label_of(row):
    return int(row.content)


@given(st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 3), st.integers(0, 30)), max_size=25))
@settings(max_examples=40, deadline=None)
def test_keeps_its_own_tree(steps):
    with transaction.atomic():
        world = World(get_user_model().objects.create_user("owner"))
        for step in steps:
            world.do(*step)
        world.check()
        transaction.set_rollback(True)
