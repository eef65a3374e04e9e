"""A check knows the site's own pages, also where the site stands below a path."""

import pytest
from django.urls import set_script_prefix

from parley import site_checks


@pytest.fixture
def below():
    set_script_prefix("/club/")
    yield
    set_script_prefix("/")


@pytest.mark.parametrize(("address", "warned"), [("login", False), ("/club/nowhere/", True), ("nowhere", True)])
def test_a_sign_in_page_is_found_below_a_path(settings, below, address, warned):
    settings.LOGIN_URL = address
    assert bool(list(site_checks.login_page())) is warned
