"""A backup is whole or not there, and nothing but a backup of this program is put into a data folder."""

import io
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tarfile
from unittest.mock import Mock

import pytest

from parley_server import backup, restore
from parley_server.backup import DATABASE, MANIFEST, BackupFailed
from parley_server.data import ROOT
from tests.server.programs import environment, run, start
from tests.support.processes import until

PARLEY = ("-m", "parley_server")
FIRST_TABLES = ("manage.py", "migrate", "--verbosity", "0", "contenttypes")


@pytest.fixture(scope="session")
def _source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backup") / "data"
    assert run(folder, *FIRST_TABLES).returncode == 0
    (folder / "files" / "attachments").mkdir()
    (folder / "files" / "attachments" / "a.bin").write_bytes(b"content" * 1000)
    archive = folder.parent / "parley.tar"
    done = run(folder, *PARLEY, "backup", str(archive))
    assert done.returncode == 0, done.stderr
    return folder, archive


@pytest.fixture
def source(_source):
    """A data folder."""
    return _source[0]


@pytest.fixture
def archive(_source):
    """Its backup."""
    return _source[1]


def restored(folder, archive, **chosen):
    return run(folder, *PARLEY, "restore", str(archive), **chosen)


def assert_refused(done, folder, beginning):
    """Nothing is left of it, and one sentence says why."""
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(beginning), done.stderr
    assert done.stderr.count("\n") == 1
    assert list(folder.iterdir()) == []


@pytest.fixture
def unpacked(monkeypatch, tmp_path):
    """A function that restores a backup, in this process, up to its database → why it is refused."""
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path / "data"))

    def refusal(archive):
        with pytest.raises(BackupFailed) as refused:
            restore.restore(str(archive))
        assert list((tmp_path / "data").iterdir()) == []
        return str(refused.value)

    return refusal


def members(archive):
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def written(path, contents, manifest=None, **changed):
    """A backup of other contents; ``manifest`` replaces entries of what it says of itself, ``changed`` of a member."""
    last = {**json.loads(contents[MANIFEST]), "members": len(contents) - 1, **(manifest or {})}
    with tarfile.open(path, "w") as tar:
        for name, content in {**contents, MANIFEST: json.dumps(last).encode()}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for key, value in changed.items() if name not in {MANIFEST, DATABASE} else ():
                setattr(member, key, value)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_has_the_database_the_files_and_the_secrets_and_nothing_else(source, archive):
    found = members(archive)
    assert set(found) == {DATABASE, MANIFEST, "secret_key", "encryption_key", "files/attachments/a.bin"}
    assert found["encryption_key"].decode() == (source / "encryption_key").read_text()
    assert [path.name for path in archive.parent.iterdir() if path.name.startswith(".")] == []


def test_is_restored_to_an_empty_folder(source, archive, tmp_path):
    done = restored(tmp_path / "data", archive)
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("secret_key", "encryption_key", "files/attachments/a.bin"):
        assert (tmp_path / "data" / name).read_bytes() == (source / name).read_bytes()
    tables = "SELECT name FROM sqlite_master ORDER BY name"
    old, new = (sqlite3.connect(folder / DATABASE).execute(tables).fetchall() for folder in (source, tmp_path / "data"))
    assert old == new
    assert run(tmp_path / "data", "manage.py", "migrate", "--check", "contenttypes").returncode == 0


def test_secrets_of_the_environment_are_in_it_and_work_where_the_environment_has_none(source, tmp_path):
    keys = ",".join(run(source, "manage.py", "parley_keys", "new").stdout.strip() for _ in range(2))
    run(source, *PARLEY, "backup", str(tmp_path / "b.tar"), SECRET_KEY="secret of the site", ENCRYPTION_KEYS=keys)
    done = restored(tmp_path / "data", tmp_path / "b.tar", ENCRYPTION_KEYS="other")
    assert "ENCRYPTION_KEYS is set to another value than the backup's, which is now in encryption_key." in done.stdout
    code = "from django.conf import settings as s; print(s.SECRET_KEY, *s.PARLEY['ENCRYPTION_KEYS'])"
    found = run(tmp_path / "data", "manage.py", "shell", "--no-imports", "-c", code).stdout
    assert found.strip() == " ".join(["secret of the site", *keys.split(",")])


def test_secrets_may_be_left_out(source, tmp_path):
    assert run(source, *PARLEY, "backup", "--without-secrets", str(tmp_path / "b.tar")).returncode == 0
    assert {"secret_key", "encryption_key"} & members(tmp_path / "b.tar").keys() == set()
    assert restored(tmp_path / "data", tmp_path / "b.tar").returncode == 0


def test_replaces_no_file_and_is_not_kept_in_what_it_copies(source, archive, tmp_path):
    before = archive.read_bytes()
    for target, words in [
        (archive, f"{archive} is there already"),
        (source / "b.tar", f"{source / 'b.tar'} is in the data folder"),
        (tmp_path / "none" / "b.tar", f"There is no folder {tmp_path / 'none'}"),
    ]:
        done = run(source, *PARLEY, "backup", str(target))
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert done.stderr.startswith(words)
    assert archive.read_bytes() == before


def test_where_there_is_no_site_nothing_is_backed_up(tmp_path):
    done = run(tmp_path / "none", *PARLEY, "backup", str(tmp_path / "b.tar"))
    words = f"There is no site in {tmp_path / 'none'}: name its data folder, with --data or PARLEY_DATA_DIR.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", words)
    assert list(tmp_path.iterdir()) == [], "A mistyped name makes no folder."
    (tmp_path / "none").mkdir()
    again = run(tmp_path / "none", *PARLEY, "backup", str(tmp_path / "b.tar"))
    assert (again.returncode, again.stdout, again.stderr) == (1, "", words)
    assert not (tmp_path / "b.tar").exists()


def test_a_folder_of_files_that_cannot_be_read_is_not_left_out(tmp_path, settings, monkeypatch):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}
    monkeypatch.setattr(os, "scandir", Mock(side_effect=PermissionError(13, "Permission denied")))
    with tarfile.open(tmp_path / "b.tar", "w") as tar, pytest.raises(PermissionError):
        backup._add_files(tar)


def test_a_place_that_cannot_be_used_is_said_in_a_sentence(source, archive, tmp_path):
    unusable = tmp_path / ("x" * 300)
    done = run(source, *PARLEY, "backup", str(unusable))
    assert done.stderr == f"The backup could not be written to {unusable}: File name too long.\n"
    done = restored(tmp_path / "data", unusable)
    assert_refused(done, tmp_path / "data", f"The backup could not be restored to {tmp_path / 'data'}: File name too")


@pytest.mark.parametrize("limit", [50_000, 250_000], ids=["database", "files"])
def test_a_full_disk_leaves_no_half_file(source, tmp_path, limit):
    (source / "files" / "large.bin").write_bytes(bytes(500_000))
    command = [sys.executable, *PARLEY, "backup", str(tmp_path / "b.tar")]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment(source),
            capture_output=True,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )
    finally:
        (source / "files" / "large.bin").unlink()
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"The backup could not be written to {tmp_path / 'b.tar'}: ")
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_ended_leaves_no_half_file(source, tmp_path):
    large = source / "files" / "large.bin"
    large.touch()
    os.truncate(large, 20 * 2**30)
    backup = start(source, *PARLEY, "backup", str(tmp_path / "b.tar"))
    try:
        until(lambda: list(tmp_path.glob(".b.tar.*/backup")), 30, "It does not begin")
        backup.terminate()
        assert (backup.wait(30), backup.stdout.read()) == (130, "")
        assert list(tmp_path.iterdir()) == []
    finally:
        large.unlink()
        backup.kill()


def test_a_folder_that_is_not_empty_stays_as_it_is(archive, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine").write_text("mine")
    done = restored(tmp_path / "data", archive)
    assert (done.returncode, done.stderr) == (
        1,
        f"{tmp_path / 'data'} is not empty: name an empty folder, with --data or PARLEY_DATA_DIR.\n",
    )
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["mine"]


@pytest.mark.parametrize(
    "name",
    ["../escaped", "/tmp/escaped", "files/../../escaped", "files/./a", "files", "running.lock", "files/a\nb", "x/y"],
)
def test_a_member_of_another_name_is_refused(archive, tmp_path, name, unpacked):
    hostile = written(tmp_path / "b.tar", {**members(archive), name: b"x"})
    assert unpacked(hostile).startswith("The backup has what no backup has")
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_a_member_that_is_no_file_is_refused(archive, tmp_path, kind, unpacked):
    contents = {"files/link": b"", **members(archive)}
    hostile = written(tmp_path / "b.tar", contents, type=kind, linkname="/etc/passwd", size=0)
    assert unpacked(hostile).startswith("The backup has what no backup has")


def test_a_secret_of_any_size_is_refused(archive, tmp_path, unpacked):
    hostile = written(tmp_path / "b.tar", {**members(archive), "secret_key": bytes(2_000_000)})
    assert unpacked(hostile).startswith("The backup has what no backup has")


def test_a_member_that_comes_twice_is_refused(archive, tmp_path, unpacked):
    hostile = written(tmp_path / "b.tar", members(archive))
    with tarfile.open(hostile, "a") as tar:
        tar.addfile(tarfile.TarInfo("files/attachments/a.bin"))
    assert unpacked(hostile).startswith("The backup could not be restored")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({"format": 2, "parley": "9.0"}, "The backup is of a newer Parley, 9.0: install that version first."),
        ({"format": 2, "parley": "9\x1b[2J\n"}, "The backup is of a newer Parley, 9[2J: install that version first."),
        ({"format": "many"}, "{path} is no backup, or not whole"),
        ({"members": 99}, "{path} is no backup, or not whole (something is missing)"),
        ({"database": "oracle"}, "{path} is no backup, or not whole"),
    ],
)
def test_what_it_says_of_itself_is_checked(archive, tmp_path, manifest, words, unpacked):
    other = written(tmp_path / "b.tar", members(archive), manifest)
    assert unpacked(other).startswith(words.format(path=other))


@pytest.mark.parametrize("member", ["encryption_key", DATABASE, MANIFEST])
@pytest.mark.parametrize("kept", [0, 300, 512, 530])
def test_what_was_cut_off_is_refused(archive, tmp_path, member, kept, unpacked):
    """``kept``: bytes of the member at which it was cut, of which 512 are its header."""
    with tarfile.open(archive) as tar:
        end, part = tar.getmember(member).offset + kept, tmp_path / "b.tar"
    part.write_bytes(archive.read_bytes()[:end])
    assert unpacked(part).startswith(f"{part} is no backup, or not whole")


@pytest.mark.parametrize(
    "content", [b"not a tar", b"\x1f\x8b" + bytes(600), bytes(20_000)], ids=["text", "gz", "zeros"]
)
def test_what_is_no_tar_is_refused(tmp_path, content, unpacked):
    (tmp_path / "b.tar").write_bytes(content)
    assert unpacked(tmp_path / "b.tar").startswith(f"{tmp_path / 'b.tar'} is no backup")


def test_a_header_that_asks_for_all_memory_is_refused(tmp_path, unpacked):
    long_name = tarfile.TarInfo("files/a")
    long_name.type, long_name.size = tarfile.GNUTYPE_LONGNAME, 2**50
    (tmp_path / "b.tar").write_bytes(long_name.tobuf(tarfile.GNU_FORMAT) + bytes(512))
    assert unpacked(tmp_path / "b.tar").startswith(f"{tmp_path / 'b.tar'} is no backup")


def test_a_database_without_tables_is_refused(archive, tmp_path):
    empty = written(tmp_path / "b.tar", {**members(archive), DATABASE: b""})
    assert_refused(restored(tmp_path / "data", empty), tmp_path / "data", "The backup has no database.")


def test_what_is_missing_is_said(tmp_path):
    done = restored(tmp_path / "data", tmp_path / "none.tar")
    assert_refused(done, tmp_path / "data", f"There is no backup at {tmp_path / 'none.tar'}.")


def test_a_database_that_is_broken_is_refused(archive, tmp_path):
    contents = members(archive)
    contents[DATABASE] = contents[DATABASE][:8192] + bytes(len(contents[DATABASE]) - 8192)
    broken = written(tmp_path / "b.tar", contents)
    assert_refused(restored(tmp_path / "data", broken), tmp_path / "data", "The backup could not be restored")


def test_a_backup_of_a_newer_program_is_refused(source, archive, tmp_path):
    contents = members(archive)
    database = tmp_path / "newer.sqlite3"
    database.write_bytes(contents[DATABASE])
    with sqlite3.connect(database) as connection:
        later = "INSERT INTO django_migrations (app, name, applied) VALUES ('contenttypes', '0999_later', '2030-01-01')"
        connection.execute(later)
    connection.close()
    newer = written(tmp_path / "b.tar", {**contents, DATABASE: database.read_bytes()})
    done = restored(tmp_path / "data", newer)
    assert_refused(done, tmp_path / "data", "The database is newer than this version of Parley")


def test_another_database_is_not_left_unused(archive, tmp_path):
    done = restored(tmp_path / "data", archive, DATABASE_URL="postgres://me@127.0.0.1:9/chat")
    assert_refused(done, tmp_path / "data", "The backup has an SQLite database, and DATABASE_URL names another one")
