"""What a limit leaves out is counted where somebody would be misled, and else not named."""

from xml.etree.ElementTree import fromstring

from parley.attachments import drawings, pdf, plain, run
from parley.attachments.results import MAX_BREAKS, in_parts
from parley.included import NOTES
from tests.attachments.test_beside import CHART
from tests.support import documents


def test_all_notes_of_a_file_are_kept():
    assert len(NOTES) <= run.MAX_NOTES


def test_of_too_many_parts_none_is_named_for_the_last_of_them_would_be_wrong():
    assert len(in_parts(["a"] * MAX_BREAKS).breaks) == MAX_BREAKS
    assert in_parts(["a"] * (MAX_BREAKS + 1)).breaks == []


def test_the_breaks_of_a_book_of_many_chapters_are_kept(reading):
    result = reading(documents.epub(*[f"<p>{number}" for number in range(1_200)]))
    assert (result.error, len(result.breaks)) == ("", 1_200)


def test_points_of_a_chart_that_are_left_out_are_counted(monkeypatch):
    monkeypatch.setattr(drawings, "MAX_POINTS", 1)
    assert [*drawings._chart(fromstring(CHART))] == ["Chart: Sales", "North: May: 3; and 1 more"]


def test_marks_on_a_page_that_are_left_out_are_counted(monkeypatch):
    monkeypatch.setattr(pdf, "MAX_COMMENTS", 2)
    page = {"/Annots": Marks(Mark(text) for text in "abcd")}
    assert [*pdf._written_on(page)] == ["a", "b", "[2 more marks on this page are left out]"]


class Marks(list):
    def get_object(self):
        return self


class Mark(str):
    def get_object(self):
        return {"/Contents": self}


def test_a_text_of_which_much_is_left_out_says_that_its_end_was_not_read(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"start\n" + b"Ab1" * (plain.MOST_BYTES // 3) + b"\nend")
    result = plain.read(str(path), "text/plain")
    assert result.notes == ["cut", "encoded:1"]
