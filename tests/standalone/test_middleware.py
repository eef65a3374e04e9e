"""Every page carries a policy that allows own files only, and the health check answers under any name."""

import pytest


@pytest.mark.parametrize("host", ["testserver", "10.1.2.3", "stranger.example"])
def test_the_health_check_answers_under_any_host_name(client, host):
    response = client.get("/healthz", headers={"host": host})
    assert (response.status_code, response.content) == (200, b"ok")


def test_other_pages_refuse_a_strange_host_name(client):
    assert client.get("/accounts/login/", headers={"host": "stranger.example"}).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/setup/", "/admin/login/", "/nowhere/"])
def test_nothing_inline_and_nothing_foreign_is_allowed(client, path):
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
@pytest.mark.parametrize(("allowed", "sources"), [(True, "'self' data: https:"), (False, "'self' data:")])
def test_images_of_others_are_allowed_where_a_click_may_load_them(client, settings, allowed, sources):
    settings.PARLEY = {**settings.PARLEY, "IMAGES_ON_CLICK": allowed}
    assert f"; img-src {sources}; " in client.get("/setup/").headers["Content-Security-Policy"]
