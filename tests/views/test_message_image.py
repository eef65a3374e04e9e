import pytest

from tests.views.conftest import forbids_keeping, reply_of

pytestmark = pytest.mark.django_db
CAT = "https://pictures.example/cat.png?of=a&b=c"


@pytest.fixture
def message(owner):
    return message_with(owner, f"Here is ![a cat]({CAT}).")


def message_with(owner, text):
    message = reply_of(owner, "done")
    message.content, message.html = text, ""
    message.save()
    return message


def image(client, message, address=CAT):
    return client.get(f"/messages/{message.pk}/image/", {"url": address})


def test_shows_the_owner_the_image_under_a_policy_that_names_its_host(at_owner, message):
    page = image(at_owner, message)
    assert page.status_code == 200
    assert '<img src="https://pictures.example/cat.png?of=a&amp;b=c" alt="">' in page.content.decode()
    policy = page["Content-Security-Policy"].split("; ")
    assert policy[:2] == ["default-src 'none'", "img-src https://pictures.example"]
    assert {"sandbox allow-same-origin", "frame-ancestors 'self'"} <= set(policy)
    assert (page["X-Frame-Options"], page["Referrer-Policy"]) == ("SAMEORIGIN", "no-referrer")
    assert forbids_keeping(page)


@pytest.mark.parametrize(
    "address", ["", "https://pictures.example/dog.png", "https://evil.example/", "javascript:alert(1)"]
)
def test_shows_no_image_that_the_message_does_not_name(at_owner, message, address):
    assert image(at_owner, message, address).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "http://pictures.example/cat.png",
        "https://me:secret@pictures.example/cat.png",
        "https://[::1]/cat.png",
        "https://pictures.example:x/cat.png",
        "https://*.example/cat.png",
        "https://a;script-src%20*/cat.png",
        "//pictures.example/cat.png",
    ],
)
def test_shows_none_that_a_policy_cannot_name(at_owner, owner, address):
    assert image(at_owner, message_with(owner, f"![x]({address})"), address).status_code == 404


def test_names_the_port(at_owner, owner):
    address = "https://pictures.example:8443/cat.png"
    page = image(at_owner, message_with(owner, f"![x]({address})"), address)
    assert "img-src https://pictures.example:8443;" in page["Content-Security-Policy"]


def test_shows_none_where_clicks_load_none(at_owner, message, settings):
    settings.PARLEY = {**settings.PARLEY, "IMAGES_ON_CLICK": False}
    assert image(at_owner, message).status_code == 404
