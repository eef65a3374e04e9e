"""Settings follow from the environment, and say what is wrong with it."""

import os
import runpy
import stat
from unittest.mock import patch

import pytest
from channels.layers import InMemoryChannelLayer
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from parley_server import settings as module
from tests.server.programs import environment, run

LOCAL = ["localhost", "127.0.0.1", "[::1]"]


def read(folder, *names, **chosen):
    """Run the module of the settings once more, here: a process of its own would take thirty times as long."""
    with patch.dict(os.environ, environment(folder, **chosen), clear=True):
        found = runpy.run_path(module.__file__)
    return {name: found[name] for name in names}


def complaint(folder, **chosen):
    with pytest.raises(ImproperlyConfigured) as refused:
        read(folder, **chosen)
    return str(refused.value)


def test_a_secret_key_is_generated_and_kept_private_where_none_is_given(tmp_path):
    first = read(tmp_path, "SECRET_KEY", "DEBUG")
    assert len(first["SECRET_KEY"]) > 50
    assert first["DEBUG"] is False
    assert read(tmp_path, "SECRET_KEY", "DEBUG") == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "perhaps"),
        ("PORT", "99999"),
        ("REDIS_URL", "localhost"),
        ("BROKER_URL", "ftp://host"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "postgres://host:many/name"),
        ("DATABASE_URL", "postgres://host/"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite://folder/file"),
        ("ALLOWED_HOSTS", "https://chat.example.org"),
        ("ALLOWED_HOSTS", "chat.example.org:8443"),
        ("ALLOWED_HOSTS", "chat.example.org foo"),
        ("OPENAI_BASE_URL", "api.example.org/v1"),
        ("PARLEY_CONCURRENCY", "0"),
        ("CSRF_TRUSTED_ORIGINS", "example.org"),
        ("SITE_URL", "chat.example.org"),
    ],
)
def test_nonsense_is_refused_by_name(tmp_path, name, value):
    assert complaint(tmp_path, **{"SECRET_KEY": "x", name: value}).startswith(f"{name} ")


def test_sqlite_in_the_data_directory_is_the_default_database(tmp_path):
    database = read(tmp_path, "DATABASES", SECRET_KEY="x")["DATABASES"]["default"]
    assert database["NAME"] == str(tmp_path / "parley.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_database_url_replaces_sqlite(tmp_path):
    database = read(tmp_path, "DATABASES", SECRET_KEY="x", DATABASE_URL="postgres://me:p%40ss@db:5433/chat")[
        "DATABASES"
    ]["default"]
    assert (database["ENGINE"], database["HOST"], database["PORT"]) == ("parley_server.postgresql", "db", 5433)
    assert (database["NAME"], database["PASSWORD"], database["CONN_HEALTH_CHECKS"]) == ("chat", "p@ss", True)


def test_the_url_may_forbid_prepared_statements(tmp_path):
    url = "postgres://me@db/chat?server_side_binding=false"
    database = read(tmp_path, "DATABASES", SECRET_KEY="x", DATABASE_URL=url)["DATABASES"]["default"]
    assert database["OPTIONS"]["server_side_binding"] is False


def test_the_local_model_serves_until_a_provider_is_chosen(tmp_path):
    parley = read(tmp_path, "PARLEY", SECRET_KEY="x")["PARLEY"]
    assert parley["LOCAL_MODEL"] is True
    assert [parley["MODEL"]] == parley["NO_PICTURES"] == ["smollm2-135m-instruct"]
    assert parley["BASE_URL"].startswith("http://127.0.0.1:")


def test_a_base_url_replaces_the_local_model(tmp_path):
    parley = read(tmp_path, "PARLEY", SECRET_KEY="x", OPENAI_BASE_URL="http://box:11434/v1", OPENAI_MODEL="qwen")[
        "PARLEY"
    ]
    assert (parley["LOCAL_MODEL"], parley["BASE_URL"], parley["MODEL"]) == (False, "http://box:11434/v1", "qwen")


def test_a_key_alone_means_the_provider_of_the_key(tmp_path):
    parley = read(tmp_path, "PARLEY", SECRET_KEY="x", OPENAI_API_KEY="sk-1")["PARLEY"]
    assert (parley["LOCAL_MODEL"], parley["API_KEY"]) == (False, "sk-1")
    assert "BASE_URL" not in parley


def test_a_key_and_a_password_for_the_provider_are_one_too_many(tmp_path):
    url = "https://me:secret@gateway.example/v1?api-version=7"
    words = complaint(tmp_path, OPENAI_BASE_URL=url, OPENAI_API_KEY="sk-1")
    assert "OPENAI_BASE_URL holds a user and a password, and OPENAI_API_KEY a key" in words
    assert "secret" not in words
    assert read(tmp_path, "PARLEY", OPENAI_BASE_URL=url)["PARLEY"]["BASE_URL"] == url


def test_redis_url_replaces_the_embedded_valkey_for_queue_results_and_channel_layer(tmp_path):
    url = "redis://box:6380/2"
    names = ("EXTERNAL_REDIS", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "CHANNEL_LAYERS", "PARLEY")
    found = read(tmp_path, *names, SECRET_KEY="x", REDIS_URL=url)
    assert found["EXTERNAL_REDIS"] == found["CELERY_BROKER_URL"] == found["CELERY_RESULT_BACKEND"] == url
    assert found["CHANNEL_LAYERS"]["default"]["CONFIG"]["hosts"][0]["address"] == url
    assert found["PARLEY"]["REDIS_URL"] == url
    assert not (tmp_path / "valkey.port").exists()


def test_the_channel_layer_has_no_capacity_beyond_which_it_drops_bells(tmp_path):
    layer = import_string(read(tmp_path, "CHANNEL_LAYERS", SECRET_KEY="x")["CHANNEL_LAYERS"]["default"]["BACKEND"])
    assert hasattr(InMemoryChannelLayer, "get_capacity")
    assert not hasattr(layer, "get_capacity")


def test_the_embedded_valkey_keeps_its_port_and_password(tmp_path):
    first = read(tmp_path, "REDIS_URL", "EXTERNAL_REDIS", SECRET_KEY="x")
    assert first["REDIS_URL"].startswith("redis://:")
    assert not first["EXTERNAL_REDIS"]
    assert read(tmp_path, "REDIS_URL", "EXTERNAL_REDIS", SECRET_KEY="x") == first


def test_cookies_are_for_https_only_when_the_site_is(tmp_path):
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    assert set(read(tmp_path, *names, SECRET_KEY="x").values()) == {False}
    assert set(read(tmp_path, *names, SECRET_KEY="x", HTTPS="1").values()) == {True}


def test_django_finds_nothing_to_warn_of_in_production(tmp_path):
    chosen = {"SECRET_KEY": "k" * 30 + "unguessable-as-it-should-be", "HTTPS": "1", "ALLOWED_HOSTS": "chat.example.org"}
    done = run(tmp_path, "manage.py", "check", "--deploy", **chosen)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr


def test_the_command_line_says_what_is_wrong_without_a_traceback(tmp_path):
    done = run(tmp_path, "manage.py", "migrate", PORT="many")
    assert done.returncode == 1
    assert done.stderr.startswith("PORT must be a whole number")
    assert "Traceback" not in done.stderr


def test_an_address_of_the_network_that_is_listened_on_is_a_name_of_the_site(tmp_path):
    assert read(tmp_path, "ALLOWED_HOSTS", HOST="192.0.2.7")["ALLOWED_HOSTS"] == [*LOCAL, "192.0.2.7"]
    assert read(tmp_path, "ALLOWED_HOSTS", HOST="::", ALLOWED_HOSTS="a.example")["ALLOWED_HOSTS"] == ["a.example"]


@pytest.mark.parametrize(
    ("chosen", "hosts", "open_to_others"),
    [
        ({}, LOCAL, False),
        ({"HOST": "0.0.0.0"}, ["*"], True),
        ({"HOST": "::"}, ["*"], True),
        ({"HOST": "::", "HTTPS": "1"}, LOCAL, True),
        ({"ALLOWED_HOSTS": "chat.example.org"}, ["chat.example.org"], True),
        ({"SITE_URL": "https://chat.example.org"}, ["chat.example.org", *LOCAL], True),
        ({"SITE_URL": "http://nas:8000/", "HOST": "0.0.0.0"}, ["nas", *LOCAL], True),
        ({"SITE_URL": "http://localhost:9000"}, LOCAL, False),
    ],
)
def test_who_reaches_the_site_follows_from_its_address(tmp_path, chosen, hosts, open_to_others):
    found = read(tmp_path, "ALLOWED_HOSTS", "OPEN_TO_OTHERS", **chosen)
    assert (sorted(found["ALLOWED_HOSTS"]), found["OPEN_TO_OTHERS"]) == (sorted(hosts), open_to_others)


def test_the_address_of_the_site_sets_https_origin_and_path(tmp_path):
    names = ("HTTPS", "SESSION_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "CSRF_TRUSTED_ORIGINS", "SITE_PATH")
    secure = read(
        tmp_path, *names, SITE_URL="https://chat.example.org:8443/ai/", CSRF_TRUSTED_ORIGINS="https://b.example"
    )
    assert list(secure.values()) == [True, True, True, ["https://b.example", "https://chat.example.org:8443"], "/ai"]
    plain = read(tmp_path, *names, SITE_URL="http://192.0.2.7:80")
    assert list(plain.values()) == [False, False, False, ["http://192.0.2.7"], ""]


@pytest.mark.parametrize(("address", "https"), [("https://a.example", "0"), ("http://a.example", "yes")])
def test_the_address_of_the_site_and_https_do_not_contradict_each_other(tmp_path, address, https):
    assert complaint(tmp_path, SITE_URL=address, HTTPS=https).endswith("leave HTTPS out.")
    assert read(tmp_path, "HTTPS", SITE_URL="https://a.example", HTTPS="1")["HTTPS"]


def test_debug_is_refused_for_a_site_that_others_reach_through_a_proxy(tmp_path):
    words = complaint(tmp_path, SITE_URL="https://a.example", DEBUG="1")
    assert words.startswith("DEBUG shows the inside of the site to everybody who reaches SITE_URL=https://a.example:")
    assert read(tmp_path, "DEBUG", SITE_URL="http://127.0.0.1:8000", DEBUG="1")["DEBUG"]


@pytest.mark.parametrize("chosen", [{}, {"HOST": "0.0.0.0"}, {"SITE_URL": "https://a.example"}])
def test_debug_is_on_for_nobody_who_did_not_ask_for_it(tmp_path, chosen):
    assert read(tmp_path, "DEBUG", **chosen) == {"DEBUG": False}


def test_secrets_are_read_from_files(tmp_path):
    values = {
        "SECRET_KEY": "of the cookies",
        "OPENAI_API_KEY": "sk-1",
        "ENCRYPTION_KEYS": "one\ntwo,three",
        "DATABASE_URL": "postgres://me:x@db/chat",
        "REDIS_URL": "redis://:y@box/1",
        "BROKER_URL": "amqp://me:z@queue//",
        "OPENAI_BASE_URL": "https://gateway.example/v1",
    }
    for name, value in values.items():
        (tmp_path / name).write_text(value + "\n")
    chosen = {f"{name}_FILE": str(tmp_path / name) for name in values}
    found = read(tmp_path, "SECRET_KEY", "PARLEY", "DATABASES", "REDIS_URL", "CELERY_BROKER_URL", **chosen)
    assert (found["SECRET_KEY"], found["REDIS_URL"]) == ("of the cookies", "redis://:y@box/1")
    assert (found["PARLEY"]["API_KEY"], found["PARLEY"]["ENCRYPTION_KEYS"]) == ("sk-1", ["one", "two", "three"])
    assert (found["DATABASES"]["default"]["PASSWORD"], found["CELERY_BROKER_URL"]) == ("x", "amqp://me:z@queue//")
    assert found["PARLEY"]["BASE_URL"] == "https://gateway.example/v1"


def test_every_model_may_be_asked_until_somebody_says_otherwise(tmp_path):
    known = read(tmp_path, "PARLEY")["PARLEY"]
    assert (known["MODELS"], known["MODELS_UNLISTED"], "TITLE_MODEL" in known) == (["*"], False, False)
    chosen = {"OPENAI_MODELS": "gpt-5*, o3", "OPENAI_MODELS_UNLISTED": "1", "OPENAI_TITLE_MODEL": "gpt-5-nano"}
    sent = read(tmp_path, "PARLEY", **chosen)["PARLEY"]
    assert (sent["MODELS"], sent["MODELS_UNLISTED"], sent["TITLE_MODEL"]) == (["gpt-5*", "o3"], True, "gpt-5-nano")
