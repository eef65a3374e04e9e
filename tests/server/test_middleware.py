"""Every page carries a policy that allows own files only."""

import pytest


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
def test_images_of_others_are_in_no_policy_of_a_page(client):
    assert "; img-src 'self' data:; " in client.get("/setup/").headers["Content-Security-Policy"]
