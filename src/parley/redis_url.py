"""Addresses of Valkey or Redis, as Celery needs them. Pure."""

from urllib.parse import parse_qsl, urlencode, urlsplit

SCHEMES = ("redis", "rediss", "unix")


def for_celery(url: str) -> str:
    """Return the address as Celery's queue and result backend read it; the redis client reads it as it is.

    >>> for_celery("unix:///run/valkey.sock?db=2")
    'redis+socket:///run/valkey.sock?virtual_host=2'
    >>> for_celery("rediss://valkey.example.org/1")
    'rediss://valkey.example.org/1?ssl_cert_reqs=required'
    >>> for_celery("redis://127.0.0.1:6379/0")
    'redis://127.0.0.1:6379/0'
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.scheme == "unix":
        options["virtual_host"] = options.pop("db", "0")
        return _url("redis+socket", parts.netloc, parts.path, options)
    if parts.scheme == "rediss":
        return _url(parts.scheme, parts.netloc, parts.path, {"ssl_cert_reqs": "required", **options})
    return url


def _url(scheme: str, place: str, path: str, options: dict[str, str]) -> str:
    return f"{scheme}://{place}{path}?{urlencode(options, safe='/')}"
