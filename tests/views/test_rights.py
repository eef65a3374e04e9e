"""Pages for who has a permission of Django's, where the site's accounts know of none."""

import pytest
from django.contrib.auth.models import PermissionsMixin

PAGES = {"connections/": 404, "budgets/": 404, "prices/": 404, "usage/all/": 404, "usage/": 200, "": 200}


@pytest.mark.django_db
@pytest.mark.usefixtures("empty_valkey")
@pytest.mark.parametrize("path", PAGES)
def test_accounts_without_permissions_have_none(at_owner, monkeypatch, path):
    for name in ("has_perm", "has_perms", "has_module_perms"):
        monkeypatch.delattr(PermissionsMixin, name)
    assert at_owner.get(f"/{path}").status_code == PAGES[path]
