"""The usual mistakes of who puts Parley into a project: ``manage.py check`` names each, and stumbles over none."""

import json
import os
import subprocess

import pytest

from tests.host.site import HERE, Site
from tests.support.processes import python
from tests.support.stack import PYTHONPATH

MISTAKES = {
    "PARLEY is a list": ("PARLEY = []", "E011"),
    "PARLEY is nothing": ("PARLEY = None", "E011"),
    "an entry is misspelt": ('PARLEY["MODLE"] = "llama3.2"', "E001"),
    "a text for a number": ('PARLEY["CONTEXT_WINDOW"] = "32k"', "E012"),
    "a key that the environment lacks": ('PARLEY["API_KEY"] = None', "E012"),
    "a number below nothing": ('PARLEY["IDLE_TIMEOUT"] = -1', "E012"),
    "a text for a list": ('PARLEY["MODELS"] = "*"', "E004"),
    "no scheme of the provider": ('PARLEY["BASE_URL"] = "localhost:11434/v1"', "E005"),
    "no scheme of Valkey": ('PARLEY["REDIS_URL"] = "127.0.0.1:6379"', "E013"),
    "no scheme of the broker": ('PARLEY["BROKER_URL"] = "rabbit"', "E013"),
    "no slash before the socket": ('PARLEY["SOCKET_PATH"] = "ws/parley/"', "E014"),
    "no place for files": ("DEBUG = False", "E003"),
    "files are served": ('MEDIA_ROOT = BASE_DIR / "media"\nPARLEY["FILES"] = str(MEDIA_ROOT / "parley")', "E015"),
    "files are static": ('PARLEY["FILES"] = BASE_DIR / "static" / "parley"', "E015"),
    "files cannot be written": ('PARLEY["FILES"] = str(BASE_DIR / "manage.py" / "parley")', "E015"),
    "files are relative": ('PARLEY["FILES"] = "parley"', "E015"),
    "files among those that are served": ('MEDIA_ROOT = BASE_DIR / "media"\nPARLEY["FILES"] = "default"', "E015"),
    "files among the static ones": ('PARLEY["FILES"] = "staticfiles"', "E015"),
    "files where each process stands": ('PARLEY["FILES"] = "default"', "E015"),
    "a storage that cannot be made": (
        'from django.conf.global_settings import STORAGES\n'
        'STORAGES = {**STORAGES, "away": {"BACKEND": "storages.away.Storage"}}\nPARLEY["FILES"] = "away"', "E015",
    ),
    "nobody may have an answer": ('PARLEY["MAX_PER_PERSON"] = 0', "E012"),
    "no time between two frames": ('PARLEY["TICK"] = 0', "E012"),
    "workers die between two heartbeats": ('PARLEY["DEAD_AFTER"] = 5', "E012"),
    "no number of a database": ('PARLEY["REDIS_URL"] = "redis://127.0.0.1:6379/zero"', "E013"),
    "no port of Valkey": ('PARLEY["REDIS_URL"] = "redis://:pass/word@127.0.0.1:6379/0"', "E013"),
    "a path that begins without a slash": ('FORCE_SCRIPT_NAME = "club"', "E014"),
    "a key with the end of its line": ('PARLEY["API_KEY"] = "sk-of-the-site\\n"', "E019"),
    "a key that was cut off": ('PARLEY["API_KEY"] = "sk-…"', "E019"),
    "a policy that cannot be made": ('PARLEY["POLICY"] = "project.theirs.Unmade"', "E009"),
    "a policy that nobody waits for": ('PARLEY["POLICY"] = "project.theirs.Later"', "E009"),
    "times without a zone": ("USE_TZ = False", "E020"),
    "another database": (
        'DATABASE_ROUTERS = ["project.theirs.Router"]\nDATABASES["other"] = DATABASES["default"]', "E021",
    ),
    "no templates of apps": ('TEMPLATES[0]["APP_DIRS"] = False', "E022"),
    "a layer that is not there": ('CHANNEL_LAYERS = {"default": {"BACKEND": "not.there.Layer"}}', "E023"),
    "layers in a list": ("CHANNEL_LAYERS = []", "E023"),
    "a page of another stands before": ('ROOT_URLCONF = "project.shadowed"', "E016"),
    "urls are not included": ('ROOT_URLCONF = "django.contrib.auth.urls"', "E016"),
    "no sessions": ("MIDDLEWARE = [each for each in MIDDLEWARE if 'session' not in each]", "E017"),
    "nobody signs in": ("MIDDLEWARE = [each for each in MIDDLEWARE if 'auth' not in each]", "E017"),
    "no request in templates": ("TEMPLATES[0]['OPTIONS']['context_processors'].pop(0)", "E017"),
    "no user in templates": ("TEMPLATES[0]['OPTIONS'] = {}", "E017"),
    "a Celery app that is not there": ('PARLEY["CELERY_APP"] = "project.celery.app"', "E018"),
    "a Celery app that is none": ('PARLEY["CELERY_APP"] = "project.settings"', "E018"),
    "a Celery app without a broker": ('PARLEY["CELERY_APP"] = "project.theirs.bare"', "W003"),
    "a Celery app with processes": ('PARLEY["CELERY_APP"] = "project.theirs.bare"', "W004"),
    "a Celery app that acknowledges late": ('PARLEY["CELERY_APP"] = "project.theirs.late"', "W005"),
    "no ASGI application": ("del ASGI_APPLICATION", "W002"),
    "no daphne": ('INSTALLED_APPS.remove("daphne")', "W002"),
    "daphne after the static files": ('INSTALLED_APPS.append(INSTALLED_APPS.pop(0))', "W002"),
    "the ASGI application of startproject": ('ASGI_APPLICATION = "project.asgi.application"', "W002"),
    "an ASGI application that is not there": ('ASGI_APPLICATION = "project.away.application"', "W002"),
    "an ASGI application that fails": ('ASGI_APPLICATION = "project.fails.application"', "W002"),
    "sockets without that of Parley": ('ASGI_APPLICATION = "project.theirs.sockets"', "W002"),
    "a layer in memory": (
        'CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}', "W001",
    ),
    "a layer that loses": (
        'CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer"}}', "W008",
    ),
    "SQLite as startproject leaves it": ('del DATABASES["default"]["OPTIONS"]', "W006"),
    "a connection for each thread": ('DATABASES["default"]["CONN_MAX_AGE"] = 600', "W012"),
    "no sign-in page": ('LOGIN_URL = "/accounts/login/"', "W007"),
    "a sign-in page that is None": ("LOGIN_URL = None", "W007"),
    "a sign-in page without that name": ('LOGIN_URL = "login"', "W007"),
    "no key of OpenAI": ('PARLEY["BASE_URL"] = "https://api.openai.com/v1"', "W009"),
    "DEBUG names the files": ("", "W010"),
    "forms of an open network": ('CSRF_TRUSTED_ORIGINS = ["http://chat.example.org"]', "W010"),
}  # fmt: skip
THEIRS = """
from celery import Celery
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path
from parley.policy import Policy

bare = Celery("bare", set_as_current=False)
late = Celery("late", set_as_current=False, broker="redis://", task_acks_late=True)
late.conf.task_acks_late = True


class Unmade:
    def __init__(self):
        raise RuntimeError("The directory is away.")


class Later(Policy):
    async def may_use(self, user):
        return False


class Router:
    def db_for_read(self, model, **hints):
        return "other"

    db_for_write = db_for_read


def mine(): ...


def __getattr__(name):
    if name == "sockets":
        inner = AuthMiddlewareStack(URLRouter([path("ws/mine/", mine)]))
        return ProtocolTypeRouter({"http": mine, "websocket": inner})
    raise AttributeError(name)
"""
SHADOWED = """
from django.contrib import admin
from django.http import HttpResponse
from django.urls import include, path, re_path

urlpatterns = [path("admin/", admin.site.urls), re_path("^chat/$", HttpResponse), path("chat/", include("parley.urls"))]
"""
RIGHT = {
    "below a path": 'FORCE_SCRIPT_NAME = "/club"',
    "sockets of their own": 'ASGI_APPLICATION = "project.right.application"',
    "a private storage": (
        "from django.conf.global_settings import STORAGES\n"
        'files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": BASE_DIR}}\n'
        'STORAGES = {**STORAGES, "private": files}\nPARLEY["FILES"] = "private"'
    ),
}
"""What is no mistake, though it looks like one."""
SOCKETS = """
from channels.routing import URLRouter
from django.core.asgi import get_asgi_application
from parley.asgi import around

application = around(get_asgi_application())
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Mistake → (status, what ``check`` prints), each in a process of its own."""
    site = Site(tmp_path_factory.mktemp("mistakes") / "site", {})
    site.paste("## Start")
    for name, code in (("theirs", THEIRS), ("shadowed", SHADOWED), ("right", SOCKETS), ("fails", "raise OSError")):
        site.append(f"{name}.py", code)
    for number, code in enumerate(["", *RIGHT.values(), *(code for code, _ in MISTAKES.values())]):
        site.append(f"mistake{number}.py", f"from project.settings import *\n\n{code}")
    count = str(1 + len(RIGHT) + len(MISTAKES))
    env = {**os.environ, **PYTHONPATH}
    command = ["env", "-C", str(site.folder), *python(str(HERE / "checking.py"), count)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=250, check=True)
    return dict(zip(["none", *RIGHT, *MISTAKES], json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("site", ["none", *RIGHT])
def test_has_nothing_to_say_of_the_page(said, site):
    status, words = said[site]
    assert status == 0
    assert [line for line in words.splitlines() if "parley." in line and "W010" not in line] == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_names_a_mistake_and_what_to_do(said, mistake):
    status, words = said[mistake]
    assert "Traceback" not in words
    assert f"(parley.{MISTAKES[mistake][1]})" in words
    assert "HINT: " in words.partition(f"(parley.{MISTAKES[mistake][1]})")[2]
    assert status == 1 or MISTAKES[mistake][1].startswith("W")
