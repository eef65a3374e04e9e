"""Whatever a form may look like, no address breaks on it."""

import pytest
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from parley.models import Conversation

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
FIELDS = (
    b"text=Why&title=Why&name=Why&username=a&password=b&old_password=c&idempotency_key=x&version=1&conversation=x&q=why"
)
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n%s\r\n%s\r\n--x--\r\n'
CHARSETS = (
    "utf-16",
    "utf-32",
    "utf-7",
    "cp037",
    "idna",
    "punycode",
    "zlib",
    "rot13",
    "base64",
    "undefined",
    "unicode_escape",
    "none",
    '"',
)
BODIES = {
    **{f"charset-{name}": (f"{URLENCODED}; charset={name}", FIELDS) for name in CHARSETS},
    **{f"parts-{name}": (f"{MULTIPART}; boundary=x; charset={name}", PART % (b"a", b"", b"b")) for name in CHARSETS},
    "no-boundary": (MULTIPART, PART % (b"a", b"", b"b")),
    "empty-boundary": (f"{MULTIPART}; boundary=", PART % (b"a", b"", b"b")),
    "long-boundary": (f"{MULTIPART}; boundary={'x' * 300}", b"--x"),
    "odd-boundary": (f"{MULTIPART}; boundary=\xff", b"--x"),
    "boundary-twice": (f"{MULTIPART}; boundary=x; boundary=y; boundary*=utf-16''x", b"--x"),
    "cut-off": (f"{MULTIPART}; boundary=x", (PART % (b"a", b"", b"b" * 100))[:80]),
    "no-name": (f"{MULTIPART}; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--"),
    "odd-file": (
        f"{MULTIPART}; boundary=x", PART % (b"../../\0\xff", b"Content-Type: \xff/\0; charset=utf-16\r\n", b"\0"),
    ),
    "base64": (f"{MULTIPART}; boundary=x", PART % (b"a", b"Content-Transfer-Encoding: base64\r\n", b"!!!=")),
    "odd-length": (f"{MULTIPART}; boundary=x", PART % (b"a", b"Content-Length: -5\r\n", b"b")),
    "many-fields": (URLENCODED, b"&".join(b"a%d=1" % number for number in range(1100))),
    "many-files": (
        f"{MULTIPART}; boundary=x", (PART % (b"a", b"", b"b")).replace(b"--x--\r\n", b"") * 120 + b"--x--\r\n",
    ),
    "percents": (URLENCODED, b"text=%&title=%zz&name=%ff%fe&q=%00&idempotency_key=%ed%a0%80&%=%"),
    "surrogates": (URLENCODED, b"text=%ED%A0%80&title=%ED%A0%80&name=%ED%A0%80&username=%ED%A0%80&password=%00"),
    "nul": (URLENCODED, b"text=%00&title=%00a&name=%00a&username=%00&idempotency_key=%00&folder=%00&model=%00"),
    "numbers": (
        URLENCODED, b"version=%s&conversation=%s&temperature=1e999&max_tokens=%s" % (b"9" * 5000, b"9" * 50, b"9" * 50),
    ),
    "json": ("application/json", b"{"),
    "no-type": ("", FIELDS),
    "odd-type": ("\xff/\0;;==;", FIELDS),
}  # fmt: skip
REACH_A_VIEW = ("charset-utf-16", "parts-idna", "odd-file", "percents", "surrogates", "nul", "numbers", "json")
HEADERS = [
    {"cookie": 'sessionid=\0; csrftoken=\xff; parley_device=:::; parley_zone=../../etc; parley_theme="><; messages=x'},
    {"content-length": "-1"},
    {"content-length": "9" * 30},
    {"accept": "\0, text/html;q=nan, ;;;"},
    {"accept-language": ",".join(["xx-" * 20] * 30)},
    {"accept-language": "de;q=1e999,\0;q=\xff"},
    {"if-none-match": '"\0'},
    {"if-modified-since": "Mon, 99 Foo 99999 99:99:99 GMT"},
    {"range": "bytes=-,,9-1"},
    {"referer": "http://[::1"},
    {"origin": "http://[::1"},
    {"turbo-frame": "\0<script>"},
    {"host": "testserver:port"},
    {"host": "[::1"},
    {"host": "\xff\0"},
    {"x-forwarded-proto": "\xff"},
]
QUERIES = [
    "next=//evil&page=-1&message=x&conversation=x&version=-1&follow=x",
    "%00=%ff&page=%00&q=%00&follow=%00&page=" + "9" * 5000,
]
QUERIES += [
    "q=%ED%A0%80&page=%ED%A0%80&message=%ED%A0%80&next=%ED%A0%80",
    "&".join(["a"] * 2000),
    "follow=" + "a:1-1," * 50,
]
METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "GET\xff", "%"]


def addresses(patterns=None, before=""):
    """Every route as an address, with names in place of ids."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(each.pattern)
        if not isinstance(each, URLResolver):
            yield route
        elif each.namespace == "admin":
            yield from (route, f"{route}auth/user/add/", f"{route}parley/conversation/", f"{route}login/")
        else:
            yield from addresses(each.url_patterns, route)


ADDRESSES = sorted(set(addresses()))
FEW = ["", "accounts/login/", "c/<uuid:pk>/messages/", "transfers/import/", "s/<str:token>/"]
"""Of those whose answers differ where the views do not matter yet."""


@pytest.fixture
def ask(request, django_user_model):
    """A function that sends a request of a signed-in administrator to an address, and returns the answer's status."""
    owner = django_user_model.objects.create_superuser("owner")
    conversation, reply = Conversation.start(owner, "What is a parley?")
    client = Client(enforce_csrf_checks="elsewhere" in request.node.name, raise_request_exception=False)
    client.force_login(owner)
    names = {"pk": conversation.pk, "message": reply.parent_id, "form": "json", "token": "x" * 22}

    def send(route, method="POST", body=b"", content_type="", query="", **headers):
        path = "/" + route
        for name, value in names.items():
            is_message = name == "pk" and route.startswith("messages/")
            for kind in ("uuid", "slug", "str"):
                path = path.replace(f"<{kind}:{name}>", str(reply.pk if is_message else value))
        return client.generic(method, path, body, content_type, query_string=query, headers=headers).status_code

    return send


def broken_by(ask, route, names):
    return [name for name in names if ask(route, body=BODIES[name][1], content_type=BODIES[name][0]) >= 500]


@pytest.mark.django_db
@pytest.mark.parametrize("route", ADDRESSES)
def test_no_form_breaks_an_address(ask, route):
    assert broken_by(ask, route, REACH_A_VIEW) == []


@pytest.mark.django_db
@pytest.mark.parametrize("route", FEW)
@pytest.mark.parametrize("sender", ["here", "elsewhere"])
def test_no_form_is_too_odd(ask, route, sender):
    assert broken_by(ask, route, BODIES) == []


@pytest.mark.django_db
@pytest.mark.parametrize("route", FEW)
def test_no_header_or_method_breaks_an_address(ask, route):
    broken = [headers for headers in HEADERS if ask(route, "GET", **headers) >= 500]
    broken += [headers for headers in HEADERS if ask(route, "POST", FIELDS, URLENCODED, **headers) >= 500]
    broken += [method for method in METHODS if ask(route, method) >= 500]
    assert broken == []


@pytest.mark.django_db
@pytest.mark.parametrize("route", ADDRESSES)
def test_no_query_breaks_an_address(ask, route):
    assert [query[:50] for query in QUERIES if ask(route, "GET", query=query) >= 500] == []
