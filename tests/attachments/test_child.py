"""The process that reads: what it may do, how it ends, and that nothing that it tells is believed."""

import json
import os
import subprocess
import sys
import time

import psutil
import pytest

from parley.attachments import child, run
from tests.support import documents

PDF = documents.pdf("one")


def by_host(path, media_type):
    """Do what the file says: the extractor of a host that has bugs."""
    with open(path, "rb") as file:
        exec(file.read().partition(b"#!")[2], globals())
    return MARKDOWN


@pytest.fixture
def host(reading):
    """Python → the Result of a child in which it ran, as the host's extractor."""
    return lambda code: reading(PDF + b"#!" + code.encode(), extract=f"{__name__}.by_host")


MARKDOWN = "nothing"


def test_it_has_no_secrets_and_little_room(host, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "very secret")
    found = json.loads(
        host(
            "import json, os, resource as r, sys\n"
            "kinds = r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_CORE\n"
            "limits, leads = [r.getrlimit(each)[0] for each in kinds], os.getsid(0) == os.getpid()\n"
            "MARKDOWN = json.dumps([dict(os.environ), limits, leads, sys.flags.isolated, 'django' in sys.modules])"
        ).text
    )
    environment, *rest = found
    assert {*environment} <= {"LC_CTYPE"}
    assert rest == [[2**30, 20, 50_000_000, 32, 0], True, 1, False]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("bytearray(2**30)", "too_large_unpacked"),
        ("import os; os.abort()", "too_large_unpacked"),
        ("import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass", "too_slow"),
        ("import signal; signal.alarm(1); signal.pause()", "too_slow"),
        ("import os; os._exit(3)", "unreadable"),
        ("import os; os._exit(0)", "unreadable"),
        ("raise ValueError", "unreadable"),
        ("import nowhere", "unreadable"),
        ("def deep(): deep()\ndeep()", "unreadable"),
        ("raise SystemExit", "damaged"),
    ],
)
def test_each_end_has_a_code(host, code, error):
    assert host(code).error == error


def test_who_sleeps_is_ended_and_leaves_nobody_behind(host, monkeypatch):
    monkeypatch.setattr(run, "PATIENCE", 2)
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    begun = time.monotonic()
    assert host("import os, time; os.fork(); time.sleep(50)").error == "too_slow"
    assert time.monotonic() - begun < 10
    assert {each.pid for each in psutil.Process().children(recursive=True)} <= before
    assert host("import os, time\nif not os.fork(): time.sleep(500)\nMARKDOWN = 'done'").text == "done"
    limit = time.monotonic() + 10
    while any(map(_is_left_behind, psutil.process_iter(["cmdline", "ppid", "status"]))):
        assert time.monotonic() < limit
        time.sleep(0.05)


def _is_left_behind(process):
    """Whether it is a reader whose parent is gone; those of other tests have one."""
    alive = process.info["ppid"] == 1 and process.info["status"] != psutil.STATUS_ZOMBIE
    return alive and str(run.CHILD) in (process.info["cmdline"] or ())


def test_a_worker_that_ends_does_not_wait(tmp_path):
    path, begun = tmp_path / "original", time.monotonic()
    path.write_bytes(PDF + b"#!import time; time.sleep(50)")
    with pytest.raises(run.Stopped):
        run.read(path, "application/pdf", tmp_path, f"{__name__}.by_host", lambda: time.monotonic() > begun + 1)
    assert time.monotonic() - begun < 5
    assert not any(str(run.CHILD) in each.cmdline() for each in psutil.Process().children())


def test_it_reads_nothing_when_its_parent_died_while_it_started(host, monkeypatch):
    monkeypatch.setattr(run.os, "getpid", lambda: 2**22)
    assert host("open('text', 'w').write('read')").error == "unreadable"
    monkeypatch.undo()
    assert host("MARKDOWN = 'read'").text == "read"


ATTEMPTS = """
import os, socket, subprocess, shutil, sys
from pathlib import Path
sys.path.append({source!r})
from parley.attachments import child
folder = Path({folder!r})
child.refuse_elsewhere(str(folder))
(folder / "text").write_text("allowed")
tries = [
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.getaddrinfo("example.org", 80),
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: os.posix_spawn("/bin/true", ["true"], {{}}),
    lambda: os.execv("/bin/true", ["true"]),
    lambda: os.fork(),
    lambda: (folder.parent / "other").write_text("x"),
    lambda: (folder / ".." / "other").write_text("x"),
    lambda: os.open(folder.parent / "other", os.O_CREAT),
    lambda: os.symlink("/etc/passwd", folder / "picture"),
    lambda: os.rename(folder / "text", folder / "other"),
    lambda: os.kill(os.getppid(), 0),
    lambda: shutil.rmtree(folder),
]
for number, attempt in enumerate(tries):
    try:
        attempt()
    except PermissionError:
        continue
    print(number, flush=True)
"""


def test_python_in_it_reaches_nothing(tmp_path):
    (tmp_path / "folder").mkdir()
    source = str(run.CHILD.parents[2])
    code = ATTEMPTS.format(source=source, folder=str(tmp_path / "folder"))
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr[-500:]) == (0, "", "")
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


@pytest.fixture
def other_child(tmp_path, monkeypatch):
    """Python → a Result of a child that is this program."""

    def start(code: str) -> run.Result:
        (tmp_path / "child.py").write_text(code)
        monkeypatch.setattr(run, "CHILD", tmp_path / "child.py")
        (folder := tmp_path / str(time.monotonic())).mkdir()
        (folder / "original").write_bytes(PDF)
        return run.read(folder / "original", "application/pdf", folder)

    return start


LIES = {
    "text": 5,
    "breaks": [0, -1, 10**9, "a", None, 2],
    "notes": ["cut", 7, "x" * 10**4] + ["a"] * 99,
    "pages": -1,
    "width": "wide",
    "height": 1e300,
    "picture_type": "text/html",
    "detail": [],
    "error": "",
}


def test_nothing_that_it_tells_is_believed(other_child):
    links = "import os; os.symlink('/etc/passwd', 'picture'); os.symlink('/etc/passwd', 'text')\n"
    assert other_child(f"{links}print({json.dumps({**LIES, 'picture_type': 'image/png'})!r})").error == "unreadable"
    words = "open('text', 'wb').write(b'one\\xff\\0two' + b'x' * 9_000_000); open('picture', 'w')\n"
    result = other_child(f"{words}print({json.dumps(LIES)!r})")
    assert (result.text[:8], len(result.text), result.breaks) == ("one\ufffd\ufffdtwo", 2_000_000, [0, 2])
    assert (result.picture, result.picture_type, result.pages, result.width) == (None, "", None, None)
    assert (result.notes[:2], len(result.notes)) == (["cut", ""], run.MAX_NOTES)
    assert all(len(note) <= 40 for note in result.notes)


@pytest.mark.parametrize(
    "words", ["", "[]", "{", "[" * 5000, "x" * 10**6, '{"error": {"a": 1}}', '{"picture_type": []}']
)
def test_nonsense_is_not_an_answer(other_child, words):
    assert other_child(f"print({words!r})").error == "unreadable"


def test_without_the_extra_text_is_still_read(other_child, reading, monkeypatch):
    without = "\n".join(
        [
            "import sys, runpy",
            "for name in ('pypdf', 'mammoth', 'html_to_markdown', 'python_calamine', 'PIL', 'charset_normalizer'):",
            "    sys.modules[name] = None",
            f"runpy.run_path({str(run.CHILD)!r}, run_name='__main__')",
        ]
    )
    assert other_child(without).error == "extra_missing"
    kinds = [documents.docx("one"), documents.xlsx(One=[["x"]]), b"<html>", "Größe".encode("latin-1")]
    assert [reading(content).error for content in kinds] == ["extra_missing"] * 4
    assert reading("Größe".encode()).text == "Größe"


def test_every_kind_has_a_reader():
    from parley.attachments.sniffing import AS_IT_IS, SUFFIXES

    for kind in {*SUFFIXES.values(), *AS_IT_IS}:
        reader = next(name for start, name in child.READERS.items() if kind.startswith(start))
        assert (reader == "plain") == (kind in AS_IT_IS)


def test_it_goes_with_its_parent(tmp_path):
    """Where the worker is killed, no reader stays behind."""
    if sys.platform != "linux":
        pytest.skip("Only Linux tells a process that its parent is gone.")
    (tmp_path / "original").write_bytes(PDF + b"#!import time; time.sleep(50)")
    code = f"from parley.attachments import run; from pathlib import Path; f = Path({str(tmp_path)!r})\n"
    code += f"run.read(f / 'original', 'application/pdf', f, {f'{__name__}.by_host'!r})"
    parent = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    try:
        reader = _child_of(parent.pid)
    finally:
        parent.kill()
        parent.wait()
    reader.wait(5)


def _child_of(pid: int) -> psutil.Process:
    for _ in range(200):
        if children := psutil.Process(pid).children():
            time.sleep(1)  # Until it has limited itself.
            return children[0]
        time.sleep(0.05)
    raise AssertionError("It starts no reader.")
