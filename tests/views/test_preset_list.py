import pytest
from django.urls import reverse

from parley.models import Preset

URL = "/presets/"

pytestmark = pytest.mark.django_db


def test_has_its_address():
    assert reverse("parley:preset_list") == URL


def test_lists_own_presets_only_by_name(at_owner, at_stranger, owner):
    for name in ("banana", "Apple", "<cherry>"):
        Preset.objects.create(owner=owner, name=name, instructions="Be <kind>.", parameters={"temperature": 0.5})
    page = at_owner.get(URL).text
    assert page.index("Apple") < page.index("banana")
    assert "&lt;cherry&gt;" in page
    assert "Be &lt;kind&gt;." in page
    assert "Apple" not in at_stranger.get(URL).text


def test_says_that_there_are_none(at_owner):
    assert "no presets yet" in at_owner.get(URL).text


def test_takes_as_many_queries_for_many_as_for_one(at_owner, owner, django_assert_max_num_queries):
    Preset.objects.bulk_create(Preset(owner=owner, name=f"preset {number}") for number in range(Preset.LIMIT))
    with django_assert_max_num_queries(10):
        assert at_owner.get(URL).text.count("preset-list") == 1
