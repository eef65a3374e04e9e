from parley.parts import KINDS, LONGEST_SHOWN, MAX_SHOWN, shown


def test_shows_what_there_is():
    part = {"type": "citation", "name": "Page", "url": "https://example.com"}
    assert shown([part]) == [{"kind": "Source", "name": "Page", "url": "https://example.com", "text": ""}]
    assert shown([{"type": "data", "data": {"a": 1}}])[0]["text"] == '{\n "a": 1\n}'


def test_shows_no_address_that_is_not_of_the_web():
    assert shown([{"type": "image", "url": "javascript:alert(1)"}])[0]["url"] == ""


def test_shows_anything_without_raising_and_not_too_much_of_it():
    sent = shown([None, 7, {}, {"type": []}, {"type": "output", "text": "x" * 10_000}, *[{"type": "file"}] * 500])
    assert len(sent) == MAX_SHOWN
    assert sent[0]["kind"] == KINDS["data"]
    assert len(sent[2]["text"]) == LONGEST_SHOWN
