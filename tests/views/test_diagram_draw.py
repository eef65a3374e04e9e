import re

import pytest
from django.contrib.staticfiles import finders

from tests.views.conftest import forbids_keeping

pytestmark = pytest.mark.django_db
URL = "/diagrams/draw/"


def test_is_the_same_frame_for_at_owner_and_at_stranger_but_for_a_nonce(at_owner, at_stranger):
    frames = [client.get(URL) for client in (at_owner, at_stranger, at_owner)]
    nonces = [set(re.findall(r'nonce="(.+?)"', frame.text)) for frame in frames]
    assert all(len(each) == 1 for each in nonces)
    assert len(set.union(*nonces)) == 3
    assert len({re.sub(r'nonce=".+?"', "", frame.text) for frame in frames}) == 1
    assert all(forbids_keeping(frame) for frame in frames)


def test_has_a_policy_that_lets_in_its_two_scripts_and_nothing_else(at_owner):
    frame = at_owner.get(URL)
    (nonce,) = set(re.findall(r'nonce="(.+?)"', frame.text))
    policy = dict(part.split(" ", 1) for part in frame["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce}'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-scripts",
    }
    assert (frame["X-Frame-Options"], frame["Referrer-Policy"]) == ("SAMEORIGIN", "no-referrer")


def test_names_scripts_that_there_are(at_owner, settings):
    scripts = re.findall(r'<script src="(.+?)"', at_owner.get(URL).text)
    assert len(scripts) == 2
    assert all(finders.find(script.removeprefix(settings.STATIC_URL)) for script in scripts)
