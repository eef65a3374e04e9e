import sys

import pytest

from parley import checks
from parley.views.downloads import OF_STRANGERS, picture
from tests.views.attachments import file_of


@pytest.mark.parametrize(
    ("extract", "found"),
    [
        ("", []),
        ("tests.fake_provider.answers.markdown_of", []),
        ("markdown_of", ["parley.E010"]),
        ("tests.nowhere.markdown_of", ["parley.E010"]),
        ("nowhere.at_all.markdown_of", ["parley.E010"]),
        ("..", ["parley.E010"]),
        (7, ["parley.E010"]),
    ],
)
def test_says_that_the_reader_of_the_host_is_not_there(settings, extract, found):
    settings.PARLEY = {**settings.PARLEY, "EXTRACT": extract}
    assert [problem.id for problem in checks.reader_of_files()] == found


def test_looks_for_the_reader_of_the_host_without_importing_it(settings, tmp_path, monkeypatch):
    (tmp_path / "hosts_reader.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    settings.PARLEY = {**settings.PARLEY, "EXTRACT": "hosts_reader.markdown_of"}
    assert checks.reader_of_files() == []
    assert "hosts_reader" not in sys.modules


def test_warns_where_the_extra_is_missing(monkeypatch):
    monkeypatch.setattr(checks, "READERS", ("json", "no_such_reader"))
    [warning] = checks.packages_for_files()
    assert (warning.id, warning.hint) == ("parley.W011", "Install django-parley[files].")
    assert "no_such_reader" in warning.msg
    monkeypatch.setattr(checks, "READERS", ("json",))
    assert checks.packages_for_files() == []


@pytest.mark.parametrize(
    ("media_type", "sent"), [("image/webp", "image/webp"), ("image/svg+xml", "application/octet-stream")]
)
def test_shows_pictures_of_our_own_types_only(media_type, sent):
    response = picture(file_of(), "x.png", media_type)
    assert response.headers["Content-Type"] == sent
    assert response.headers["Content-Disposition"].startswith("inline" if sent == media_type else "attachment")
    assert {name: response.headers[name] for name in OF_STRANGERS} == OF_STRANGERS
