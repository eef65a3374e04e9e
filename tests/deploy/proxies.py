"""What compose.scaled.yaml and the systemd units start, as processes: migrate once, two web servers, two workers.

In front of them stand nginx or Caddy with the file of deploy/, in which only ports and paths are others.
"""

import re
import ssl
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.deploy.files import DEPLOY, nginx_of, tool
from tests.deploy.names import Names
from tests.deploy.running import CODE, Ours, answers, first_account
from tests.support.commands import installed
from tests.support.databases import database_at
from tests.support.people import TURBO, Person, Socket, connect
from tests.support.processes import Process, free_port, until
from tests.support.stores import Valkey

SECRET_KEY = "the secret key of two web servers and two workers"
HOSTS = {"web": "127.0.0.1", "web2": "127.0.0.2"}
"""Where the web servers listen, at one port, as the containers of a service do."""
WORKERS = ("worker", "worker2")


class Deployment:
    """Everything but the proxy; ``port`` and ``plain`` are the proxy's, for https and http, ``path`` is the site's."""

    def __init__(self, folder: Path, database_url: str, provider_url: str, path: str = "") -> None:
        self.folder, self.path, self.db = folder, path, database_at(database_url)
        self.port, self.plain, self.web_port = free_port(), free_port(), free_port()
        self.origin = f"https://localhost:{self.port}"
        self.valkey = Valkey(folder)
        self.env = {
            "SITE_URL": f"{self.origin}{path}",
            # A name that is not of this machine alone, so that the first account needs the code of the log.
            "ALLOWED_HOSTS": "localhost,chat.example.org",
            "SECRET_KEY": SECRET_KEY,
            "DATABASE_URL": database_url,
            "REDIS_URL": self.valkey.url,
            "OPENAI_BASE_URL": provider_url,
            "OPENAI_MODEL": "fake-1",
            "FORWARDED_ALLOW_IPS": "*",
            "PORT": str(self.web_port),
        }
        webs = {name: self.ours(name, "web", HOST=host) for name, host in HOSTS.items()}
        self.processes: dict[str, Process] = {**webs, **{name: self.ours(name, "worker") for name in WORKERS}}

    def ours(self, name: str, command: str, **env: str) -> Ours:
        return Ours(name, self.folder, command, **{**self.env, **env})

    def up(self) -> "Deployment":
        """Start Valkey, prepare the database, and start all others after that."""
        self.valkey.start()
        migrate = self.ours("migrate", "migrate").start()
        assert migrate.popen.wait(120) == 0, migrate.output
        for name in self.processes:
            self.start(name)
        for name in self.processes:
            self.wait_for(name)
        return self

    def start(self, name: str) -> None:
        self.processes[name].start()

    def wait_for(self, name: str) -> None:
        process = self.processes[name]
        until(lambda: self.serves(name) or not process.running, 120, f"{name} does not serve")
        assert process.running, process.output_of_this_run

    def serves(self, name: str) -> bool:
        if name in HOSTS:
            return answers(f"http://{HOSTS[name]}:{self.web_port}/healthz")
        with self.valkey.client() as client:
            return sum(entry["cmd"] == "brpop" for entry in client.client_list()) == len(WORKERS)

    def down(self) -> None:
        for process in (*self.processes.values(), self.valkey):
            process.kill()

    def first_person(self) -> "Visitor":
        """Make the first account, through the proxy and with the code of a log."""
        code = self.processes["web"].wait_for_line(CODE)
        return first_account(self.origin + self.path, self.db, code, Visitor)


def nginx(deployment: Deployment, folder: Path) -> Process:
    """Return nginx with deploy/nginx.conf."""
    command = installed("nginx", "nginx-light")
    ours = (DEPLOY / "nginx.conf").read_text()
    [server] = re.findall(r" server 127\.0\.0\.1:8000 (.*);", ours)
    each = (f" server {host}:{deployment.web_port} {server};" for host in HOSTS.values())
    replaced = {
        f" server 127.0.0.1:8000 {server};": "".join(each),
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen 127.0.0.1:{deployment.plain};",
        "listen 443 ": f"listen 127.0.0.1:{deployment.port} ",
        "server_name chat.example.org": "server_name localhost",
        "https://chat.example.org$": f"{deployment.origin}$",
    }
    file = nginx_of(folder, changed(ours, replaced))
    return Process("nginx", [command, "-c", str(file), "-p", str(folder), "-g", "daemon off;"], folder)


def caddy(deployment: Deployment, folder: Path) -> Process:
    """Return Caddy with deploy/Caddyfile, a certificate of its own making, and names as Compose has them."""
    command, names = tool("caddy"), Names({"web": [*HOSTS.values()]})
    options = f"{{\n admin off\n skip_install_trust\n http_port {deployment.plain}\n}}\n"
    ours = (DEPLOY / "Caddyfile").read_text()
    file = folder / "Caddyfile"
    file.write_text(options + changed(ours, {"refresh 5s": f"refresh 1s\nresolvers 127.0.0.1:{names.start()}"}))
    env = {"SITE_URL": deployment.origin, "PARLEY_HOST": "web", "PORT": str(deployment.web_port), "HOME": str(folder)}
    return Process("caddy", [command, "run", "--config", str(file), "--adapter", "caddyfile"], folder, env)


def changed(text: str, replaced: dict[str, str]) -> str:
    """Replace parts of a text, each of which is there."""
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    return text


class Visitor(Person):
    """Somebody who comes by https, to a site that may be below a path."""

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def token(self) -> str:
        name = "csrftoken" + urlsplit(self.url).path.replace("/", "_")
        if name not in self.http.cookies:
            self.http.get("/accounts/login/")
        return self.http.cookies[name]

    def post(self, path: str, *, turbo: bool = False, **fields: str):
        headers = {"Origin": self.origin, "Referer": f"{self.url}/"} | ({"Accept": TURBO} if turbo else {})
        return self.http.post(path, data={"csrfmiddlewaretoken": self.token, **fields}, headers=headers)

    def send_file(self, path: str, file: tuple[str, bytes], **fields: str):
        """Send a form with a file."""
        headers = {"Origin": self.origin, "Referer": f"{self.url}/"}
        form = {"csrfmiddlewaretoken": self.token, **fields}
        return self.http.post(path, data=form, files={"file": file}, headers=headers, timeout=120)

    @contextmanager
    def socket(self, **choices):
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)
        url = self.url.replace("http", "ws", 1) + "/ws/parley/"
        headers = {"Cookie": cookies}
        context = ssl._create_unverified_context()
        with connect(url, origin=self.origin, additional_headers=headers, proxy=None, ssl=context) as connection:
            yield Socket(connection)


def reached(url: str, proxy: Process) -> None:
    """Wait until a proxy serves the site."""
    with suppress(TimeoutError):
        until(lambda: answers(url) or not proxy.running, 60)
    assert answers(url), proxy.output
