"""A product of several processes of each kind, behind nginx, which sends every request to any of them."""

from pathlib import Path
from typing import Any

from tests.support.commands import installed
from tests.support.processes import ROOT, Process, free_port, python, until
from tests.support.stack import CELERY, UVICORN, Stack, answers

CONFIGURATION = """
daemon off;
worker_processes 1;
error_log {folder}/nginx.log warn;
pid {folder}/nginx.pid;
events {{ worker_connections 1000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-bodies;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-unused;
    uwsgi_temp_path {folder}/nginx-unused;
    scgi_temp_path {folder}/nginx-unused;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
    {upstream}
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
}}
"""
WEBS, WORKERS = ("web", "web2"), ("worker", "worker2")


def documented(ports: list[int]) -> tuple[str, str]:
    """Return what docs/hosting.md tells nginx: the upstream, for these ports, and the location, which leads there."""
    page = (ROOT / "docs" / "hosting.md").read_text()
    upstream, location = (block.split("```", 1)[0] for block in page.split("```nginx\n")[1:3])
    for number, port in enumerate(ports):
        upstream = upstream.replace(f"127.0.0.1:{8000 + number}", f"127.0.0.1:{port}")
    return upstream, location.replace("http://127.0.0.1:8000", "http://parley")


class Cluster(Stack):
    """Two web processes, two workers, one nginx; ``port`` is nginx's, ``ports`` those of the web processes."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        self.ports = {name: free_port() for name in WEBS}
        web = python("-m", *UVICORN.split(), "--port")
        for name in WEBS:
            self.processes[name] = Process(name, [*web, str(self.ports[name])], folder, self.env)
        worker = python("-m", *CELERY.split(), "-n", "second@%h")
        self.processes["worker2"] = Process("worker2", worker, folder, self.env)
        self.processes["nginx"] = self._nginx()

    def _nginx(self) -> Process:
        upstream, location = documented([*self.ports.values()])
        configuration = self.folder / "nginx.conf"
        configuration.write_text(
            CONFIGURATION.format(folder=self.folder, upstream=upstream, port=self.port, location=location)
        )
        command = installed("nginx", "nginx-light")
        return Process("nginx-process", [command, "-c", str(configuration), "-p", str(self.folder)], self.folder)

    def wait_for(self, name: str) -> None:
        if name in WEBS:
            url = f"http://127.0.0.1:{self.ports[name]}/healthz"
            until(lambda: answers(url), 60, f"{name} does not answer:\n{self.processes[name].output_of_this_run}")
        elif name == "nginx":
            until(lambda: answers(f"{self.url}/healthz"), 30, "nginx does not answer")
        elif name in WORKERS:
            until(lambda: self.listening() >= self.running_workers, 60, f"{name} does not listen")
        else:
            super().wait_for(name)

    @property
    def running_workers(self) -> int:
        return sum(self.processes[name].running for name in WORKERS)

    def listening(self) -> int:
        """Return how many workers take tasks from the queue."""
        with self.valkey.client() as client:
            return sum(entry["cmd"] == "brpop" for entry in client.client_list())
