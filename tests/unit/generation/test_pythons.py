"""The rule of addresses is the same on each Python that is there: `ipaddress` and `urllib.parse` are not."""

import inspect
import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from parley.generation import addresses, egress
from tests.unit.generation.test_addresses import ELSEWHERE, HERE
from tests.unit.generation.test_egress import NO_ADDRESS, PRIVATE_V4, PRIVATE_V6, PUBLIC_V4, PUBLIC_V6, forms_of

VERSIONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
TOP = {4: 2**32 - 1, 6: 2**128 - 1}


def verdicts(addresses, egress, hosts):
    """What the two modules say of each host, and of addresses of the web that have it."""

    def of(rule, text):
        try:
            return str(rule(text))
        except ValueError:
            return "ValueError"

    rules = (egress.is_public, egress.is_metadata, addresses.is_loopback, addresses.literal)
    urls = ("https://{}/v1", "https://[{}]/v1", "https://me:word@{}:8443/v1?a=b")
    return [
        [*(of(rule, host) for rule in rules)]
        + [of(rule, url.format(host)) for rule in (egress.refusal_of, addresses.read) for url in urls]
        for host in hosts
    ]


# Reads the two modules alone: what the package needs is not installed for other versions.
ELSEWHERE_RUN = f"""
import json, sys, types
package = sys.modules["generation"] = types.ModuleType("generation")
package.__path__ = [sys.argv[1]]
from generation import addresses, egress
{inspect.getsource(verdicts)}
print(json.dumps(verdicts(addresses, egress, json.load(sys.stdin))))
"""


def edges(version):
    """The first and the last address of each network that the rule names, and those beside it."""
    networks = (*egress.SPECIAL_V4, *egress.SPECIAL_V6, *egress.CARRYING, egress.GLOBAL_V6)
    for network in (each for each in networks if each.version == version):
        first, last = int(network[0]), int(network[-1])
        for number in {max(first - 1, 0), first, last, min(last + 1, TOP[version])}:
            yield str(type(network[0])(number))


@cache
def hosts():
    v4 = [*PRIVATE_V4, *PUBLIC_V4, *edges(4)]
    odd = ["v1.x", "::1%25", "0.0.0.0.", "::ffff:0:0", "1.1.1.1%eth0", "a]b", "%31", "1.1.1.1/8", "::1%", "1" * 5000]
    written = [*NO_ADDRESS, *HERE, *ELSEWHERE, *odd]
    return [*v4, *PRIVATE_V6, *PUBLIC_V6, *edges(6), *written, *(form for each in v4 for form in forms_of(each))]


@cache
def interpreter(version):
    """The path of a Python, on PATH or of pyenv; "" where there is none."""
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
    found = filter(None, (shutil.which(f"python{version}"), *map(str, kept)))
    return next((each for each in found if run(each, "import sys; print(sys.version)").startswith(version)), "")


def run(python, code, *arguments, given=""):
    command = [python, "-I", "-c", code, *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout or done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_judges_addresses_as_this_python_does(version):
    if not (python := interpreter(version)):
        pytest.skip(f"There is no Python {version} here.")
    assert len(hosts()) > 1000
    here = verdicts(addresses, egress, hosts())
    there = json.loads(run(python, ELSEWHERE_RUN, str(Path(egress.__file__).parent), given=json.dumps(hosts())))
    assert [each for each in zip(hosts(), here, there, strict=True) if each[1] != each[2]] == []
