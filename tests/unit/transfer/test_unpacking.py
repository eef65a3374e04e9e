"""Archives that were made to harm."""

import io
import struct
import zipfile
import zlib
from contextlib import contextmanager

import pytest

from parley.transfer import unpacking
from parley.transfer.reporting import Warnings
from parley.transfer.streams import Limits, Refused
from parley.transfer.unpacking import Archive
from tests.support.exports import zipped


def opened(data, limits=None):
    warnings = Warnings()
    archive = Archive(io.BytesIO(data), warnings, limits or Limits(60, 1))
    return archive, {item["why"]: item["count"] for item in warnings.as_list()}


def read(data, limits=None):
    archive, _ = opened(data, limits)
    with archive.open(archive.files[0]) as stream:
        return b"".join(iter(lambda: stream.read(2**16), b""))


def entry(name="a.json", **values):
    info = zipfile.ZipInfo("placeholder" if isinstance(name, bytes) else name)
    for key, value in values.items():
        setattr(info, key, value)
    return info


@contextmanager
def suppress_refusal(code):
    """It may be refused, but for this reason only."""
    try:
        yield
    except Refused as refused:
        if str(refused) != code:
            raise


def archive_of(*entries):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for info in entries:
            archive.writestr(info, b"{}")
    return packed.getvalue()


def test_reads_what_is_there():
    assert read(zipped({"folder/a.json": "{}"})) == b"{}"


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../a.json", "a/../../b.json", "..\\a.json", "C:\\a.json", "\\a.json", "a/.."]
)
def test_leaves_out_names_that_lead_out(name):
    archive, counts = opened(archive_of(entry(name), entry("b.json")))
    assert [info.filename for info in archive.files] == ["b.json"]
    assert counts == {"member_name": 1}


def test_leaves_out_links_and_second_files_of_a_name_and_other_methods():
    link = entry("link", external_attr=0o120777 << 16)
    with pytest.warns(UserWarning, match="Duplicate"):
        data = archive_of(link, entry("a"), entry("a"), entry("b", compress_type=zipfile.ZIP_BZIP2), entry("folder/"))
    archive, counts = opened(data)
    assert [info.filename for info in archive.files] == ["a"]
    assert counts == {"member_link": 1, "member_twice": 1, "member_method": 1}


def test_leaves_out_what_is_encrypted():
    data = bytearray(zipped({"a.json": "{}"}))
    data[data.index(b"PK\1\2") + 8] |= 1
    assert opened(bytes(data))[1] == {"member_encrypted": 1}


@pytest.mark.parametrize("name", [b"\xff\xfe.json", "日本.json".encode(), b"\x80\x81\x82\x83", b"a\0b.json\0\0\0\0\0"])
@pytest.mark.parametrize("flag", [0, 0x800])
def test_takes_names_in_any_encoding_or_none(name, flag):
    """Names that say they are UTF-8 and are not are a broken archive."""
    name = name.ljust(len("placeholder"), b"x")[:11]
    data = archive_of(entry("placeholder")).replace(b"placeholder", name)
    data = bytearray(data)
    for mark, at in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        start = data.index(mark)
        data[start + at : start + at + 2] = struct.pack("<H", flag)
    with suppress_refusal("broken_archive"):
        archive, _ = opened(bytes(data))
        unpacking.name_of(archive.files[0]).encode()


def test_stops_at_what_unpacks_to_far_more_than_it_was():
    with pytest.raises(Refused, match="bomb"):
        read(zipped({"a.json": b" " * 40 * 2**20}))


def test_stops_when_all_files_together_are_too_much():
    limits = Limits(60, 1)
    limits.bytes = 1000
    with pytest.raises(Refused, match="bomb"):
        read(zipped({"a.json": b" " * 2000}), limits)
    assert limits.bytes < 0


def test_refuses_files_that_share_bytes():
    """Two entries of the directory that point at one file."""
    data = zipped({"a.json": "{}", "b.json": "{}"})
    start = data.rindex(b"PK\1\2")
    forged = data[: start + 42] + struct.pack("<L", 0) + data[start + 46 :]
    with pytest.raises(Refused, match="overlapping"):
        opened(forged)


def test_refuses_a_directory_without_end(monkeypatch):
    monkeypatch.setattr(unpacking, "MAX_FILES", 3)
    with pytest.raises(Refused, match="too_many_files"):
        opened(zipped({str(number): "{}" for number in range(4)}))
    monkeypatch.setattr(unpacking, "LARGEST_DIRECTORY", 2**17)
    with pytest.raises(Refused, match="too_many_files"):
        opened(zipped({f"{number:0>200}": "" for number in range(1000)}))


def test_says_of_broken_archives_that_they_are():
    whole = zipped({"a.json": "x" * 1000})
    for data in (whole[:-30], whole[: len(whole) // 2], b"PK\3\4" + b"\0" * 100, b"PK\5\6" + b"\xff" * 40):
        with pytest.raises(Refused, match=r"broken_archive|too_many_files|overlapping"):
            opened(data)


def test_says_of_a_broken_file_that_it_is():
    data = bytearray(zipped({"a.json": bytes(range(256)) * 50}))
    data[60] ^= 0xFF
    data[70] ^= 0xFF
    with pytest.raises(Refused, match="broken_file"):
        read(bytes(data))


def test_takes_no_more_than_the_size_that_the_archive_tells():
    """The directory says 2 bytes, the file unpacks to many."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(b"x" * 100_000) + packed.flush()
    data = zipped({"a.json": b"xx"})
    local, central = data.index(b"PK\3\4"), data.index(b"PK\1\2")
    old = data[local + 36 : central]
    grown = bytearray(data.replace(old, body, 1))
    central = grown.index(b"PK\1\2")
    for at in (local + 18, central + 20):
        grown[at : at + 4] = struct.pack("<L", len(body))
    end = grown.index(b"PK\5\6")
    grown[end + 16 : end + 20] = struct.pack("<L", central)
    with suppress_refusal("broken_file"):
        assert len(read(bytes(grown))) <= 2
