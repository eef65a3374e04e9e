"""However often and to whomever a task is delivered, one answer is written."""

from tests.faults.conftest import assert_agree, assert_whole, deliver, question, second_worker, until_settled


def test_a_task_delivered_ten_times_writes_one_answer(quick_stack, person, reading):
    asked = question(60, at=30)
    quick_stack.processes["worker"].freeze()
    conversation = person.start(asked)
    reader = reading(person, conversation)
    deliver(quick_stack, reader.reply.id, times=10)
    quick_stack.processes["worker"].thaw()
    reader.until_shown(20)
    deliver(quick_stack, reader.reply.id, times=10)
    assert_whole(until_settled(quick_stack, conversation), asked)
    deliver(quick_stack, reader.reply.id, times=10)
    assert_agree(quick_stack, conversation, person, reader)
    assert [request.completed for request in quick_stack.provider.asked(asked)] == [True]
    assert len(quick_stack.db.messages(conversation)) == 2


def test_two_workers_on_one_task_write_one_answer(quick_stack, person, reading):
    with second_worker(quick_stack) as second:
        first = quick_stack.processes["worker"]
        for worker in (first, second):
            worker.freeze()
        asked = [question(40, at=40) for _ in range(3)]
        conversations = [person.start(words) for words in asked]
        readers = [reading(person, conversation) for conversation in conversations]
        for reader in readers:
            deliver(quick_stack, reader.reply.id, times=10)
        for worker in (first, second):
            worker.thaw()
        for words, conversation, reader in zip(asked, conversations, readers, strict=True):
            assert_whole(until_settled(quick_stack, conversation), words)
            assert_agree(quick_stack, conversation, person, reader)
            assert [request.completed for request in quick_stack.provider.asked(words)] == [True]
