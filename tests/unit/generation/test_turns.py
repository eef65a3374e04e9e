from parley.models.job import in_turn


def turns(*rows, ids="abcdef", most=3):
    """Rows as (id, owner, conversation, status), in order."""
    states = [(*row.split()[:3], row.endswith("streaming"), row.endswith("unread")) for row in rows]
    return in_turn(states, set(ids), most=most)


def test_begins_what_waits():
    assert turns("a one x pending", "b two y pending") == ["a", "b"]


def test_begins_only_what_was_asked_for():
    assert turns("a one x pending", "b two y pending", ids="b") == ["b"]


def test_keeps_the_order_of_a_conversation_even_when_all_are_asked_for():
    assert turns("a one x pending", "b one x pending") == ["a"]
    assert turns("a one x pending", "b one x pending", ids="b") == []
    assert turns("a one x streaming", "b one x pending") == []


def test_counts_what_it_begins_against_the_limit_of_a_person():
    rows = [f"{name} one {name} pending" for name in "abcde"]
    assert turns(*rows) == ["a", "b", "c"]
    assert turns("f one f streaming", *rows) == ["a", "b"]
    assert turns("f two f streaming", *rows, most=1) == ["a"]


def test_begins_nothing_twice():
    assert turns("a one x streaming") == []


def test_holds_the_conversation_of_one_that_waits_for_its_files():
    assert turns("a one x unread", "b one x pending", "c one y pending") == ["c"]
