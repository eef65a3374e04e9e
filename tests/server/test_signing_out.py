"""A browser forgets what it has of this site when somebody signs out, and at no other time."""

import pytest

FORGET = '"cache", "storage"'


@pytest.fixture
def signed_in(client, admin_user):
    client.force_login(admin_user)
    return client


@pytest.mark.parametrize("path", ["/accounts/logout/", "/admin/logout/"])
def test_signing_out_clears_the_data_of_the_site(signed_in, path):
    assert signed_in.post(path).headers["Clear-Site-Data"] == FORGET


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/accounts/password_change/", "/admin/"])
def test_no_other_page_does(signed_in, path):
    assert "Clear-Site-Data" not in signed_in.get(path).headers
