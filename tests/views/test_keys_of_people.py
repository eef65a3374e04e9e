"""Primary keys of people that are no small numbers, in the page: scripts look for elements by them."""

from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.template.loader import render_to_string


@pytest.mark.django_db
@pytest.mark.usefixtures("empty_valkey")
def test_a_number_is_written_as_it_is(browser_of, settings):
    settings.USE_THOUSAND_SEPARATOR = True
    page = browser_of(get_user_model().objects.create_user("ada", pk=12345)).get("/").content.decode()
    assert 'id="lists_12345_en' in page
    assert '<meta name="parley-person" content="12345">' in page


def test_a_text_is_written_so_that_a_selector_can_name_it():
    page = render_to_string("parley/_lists.html", {"user": SimpleNamespace(pk="ada/x@example.org")})
    assert 'id="lists_ada_2f_x_40_example_2e_org_en' in page
