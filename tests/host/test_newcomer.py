"""The start of docs/hosting.md, word by word: its blocks in a fresh project, and its commands."""

import os
import re
import subprocess

import pytest

from tests.fake_provider import expected_text
from tests.host.test_host import ENTER, QUESTION, Host, streamed
from tests.support.processes import Process, free_port, until
from tests.support.stack import answers


class Newcomer(Host):
    """A site that has done what the start says, and nothing else."""

    def write(self) -> None:
        self.site.paste("## Start")

    def lines(self) -> dict[str, str]:
        web = self.site.line("## Start", "runserver")
        worker = self.site.line("## Start", "parley_worker")
        return {"web": f"{web} {self.port} --noreload", "worker": worker}

    def check(self, *arguments: str, **env: str) -> tuple[int, dict[str, str]]:
        """Run the page's ``parley_check`` → (status, part → its line)."""
        command = self.site.command(self.site.line("## Start", "parley_check"), *arguments)
        done = subprocess.run(
            command, env={**os.environ, **self.env, **env}, capture_output=True, text=True, timeout=90, check=False
        )
        lines = re.findall(r"^(\S+(?: \S+)*?) +((?:ok|NO) .*)$", done.stdout, re.MULTILINE)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, dict(lines)


@pytest.fixture(scope="module")
def newcomer(make_stack):
    newcomer = make_stack(Newcomer)
    yield newcomer
    newcomer.down()


@pytest.fixture(scope="module")
def member(newcomer):
    return newcomer.member("ada@society.example")


def test_pastes_three_lines_of_settings_and_two_of_urls(newcomer):
    text = (newcomer.site.folder / "project" / "settings.py").read_text()
    start = text.index("# settings.py\n")
    lines = text[start : text.index("# settings.py\n", start + 1)].strip().splitlines()[1:]
    assert [line.split(" = ")[0] for line in lines] == ["INSTALLED_APPS", "ASGI_APPLICATION", "PARLEY"]
    urls = (newcomer.site.folder / "project" / "urls.py").read_text().partition("# urls.py\n")[2]
    assert len(urls.split("\n\n")) == 2


def test_the_checks_have_nothing_to_say(newcomer):
    assert "no issues" in newcomer.manage("check")


def test_streams_an_answer_by_runserver_and_parley_worker(newcomer, member):
    texts, dom = streamed(member)
    assert len(texts) >= 3
    assert (dom.reply.status, dom.mistakes) == ("done", [])
    assert "The worker is ready, and writes up to 500 replies at once." in newcomer.logs["worker"]


def test_has_style_and_script(newcomer, member):
    for name in re.findall(r'(?:href|src)="(/assets/parley/[^"]+\.(?:css|js))"', member.get("/").text):
        assert member.get(newcomer.url + name).status_code == 200, name


def test_everything_that_is_asked_works(newcomer):
    status, parts = newcomer.check("--url", newcomer.url)
    inside = "settings,database,migrations,valkey,broker,layer,worker,provider,files,disk,open files,memory,processes"
    names = inside.split(",")
    assert list(parts) == [*names, "page", "static file", "socket", "proxy"]
    assert [name for name, line in parts.items() if not re.match(r"ok +\d+ ms  ", line)] == []
    assert status == 0


def test_says_what_does_not_work_and_what_to_do(newcomer):
    newcomer.kill("worker")
    newcomer.kill("provider")
    try:
        status, parts = newcomer.check("--timeout", "1")
    finally:
        newcomer.ensure_up()
    assert status == 1
    assert [name for name, line in parts.items() if line.startswith("NO")] == ["worker", "provider"]
    assert "Start one: manage.py parley_worker." in parts["worker"]
    assert "PARLEY['BASE_URL']" in parts["provider"]


def test_names_addresses_without_their_passwords(newcomer):
    nowhere = f"redis://:hush-hush@127.0.0.1:{free_port()}/0"
    newcomer.site.append("away.py", f"from project.settings import *\n\nPARLEY['REDIS_URL'] = '{nowhere}'")
    newcomer.site.append("away.py", "PARLEY['BASE_URL'] = 'http://me:hush-hush@127.0.0.1:9/v1'")
    status, parts = newcomer.check("--timeout", "1", DJANGO_SETTINGS_MODULE="project.away")
    assert status == 1
    wrong = {name for name, line in parts.items() if line.startswith("NO")}
    assert wrong == {"valkey", "broker", "layer", "worker", "provider"}
    assert nowhere.replace(":hush-hush@", "") in parts["broker"]
    assert "hush-hush" not in "".join(parts.values())


def test_finds_that_an_application_has_no_sockets(newcomer):
    settings = "from project.settings import *\n\nASGI_APPLICATION = 'project.asgi.application'"
    newcomer.site.append("plain.py", settings)
    port = free_port()
    line = f"DJANGO_SETTINGS_MODULE=project.plain {newcomer.site.line('## Start', 'runserver')} {port} --noreload"
    web = Process("plain", newcomer.site.command(line), newcomer.folder, newcomer.env).start()
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}{ENTER}") or not web.running, 60, "runserver does not answer")
        _, parts = newcomer.check("--url", f"http://127.0.0.1:{port}")
    finally:
        web.kill()
    assert [name for name, line in parts.items() if line.startswith("NO")] == ["socket"]
    assert "parley.asgi" in parts["socket"]


def test_one_celery_app_for_both(newcomer, member):
    """The block of the page for who wants one worker, and its command."""
    newcomer.stop("web")
    newcomer.stop("worker")
    newcomer.site.paste("### One Celery app")
    line = newcomer.site.line("### One Celery app", "celery")
    newcomer.processes["worker"].command = newcomer.site.command(line, "--loglevel", "WARNING")
    newcomer.ensure_up()
    assert "no issues" in newcomer.manage("check")
    reply = member.answer(QUESTION)
    assert (reply["status"], reply["content"]) == ("done", expected_text(QUESTION))
    assert newcomer.check()[1]["worker"].startswith("ok")
