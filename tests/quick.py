"""`make quick`: what a change is tried with before all else; fails when it takes too long on a machine that is idle."""

import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

LIMIT = 30.0
"""Seconds, on two cores that have nothing else to do."""
OTHERS = 0.1
"""The share of two cores above which others are at work, and no time says anything."""
TESTS = ["tests/unit", "tests/models", "-m", "not (slow or thorough or exhaustive or hypothesis)", "-n", "2", "-q"]


def main() -> int:
    begun, busy = time.monotonic(), busy_so_far()
    javascript = subprocess.Popen(["bin/npm", "test", "--silent"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    failed = [name for name, command in checks().items() if subprocess.run(command, check=False).returncode]
    output, _ = javascript.communicate()
    if javascript.returncode:
        failed.append("JavaScript")
        print("\n".join(re.findall(r"^not ok.*(?:\n .*)*", output.decode(), re.MULTILINE)))
    seconds = time.monotonic() - begun
    others = (busy_so_far() - busy - own()) / (2 * seconds)
    late = seconds > LIMIT and others < OTHERS
    print(f"{seconds:.0f} of {LIMIT:.0f} s, others used {max(others, 0):.0%} of two cores")
    print(*[f"Failed: {name}" for name in failed], *["Failed: it takes too long"] * late, sep="\n")
    return bool(failed or late)


def checks() -> dict[str, list[str]]:
    """Name → command."""
    ruff, python, front = [sys.executable, "-m", "ruff"], changed(".py"), changed(".js", ".css")
    lint = {"lint": [*ruff, "check", *python], "formatting": [*ruff, "format", "--check", *python]} if python else {}
    if front:
        lint["biome"] = ["node_modules/.bin/biome", "check", "--error-on-warnings", *front]
    return {**lint, "tests": [sys.executable, "-m", "pytest", *TESTS, "--dist", "worksteal", *sys.argv[1:]]}


def changed(*ends: str) -> list[str]:
    """Files with such names that differ from the last commit."""
    listed = ["git diff --name-only --diff-filter=d HEAD", "git ls-files --others --exclude-standard"]
    names = [subprocess.run(each.split(), capture_output=True, text=True, check=False).stdout for each in listed]
    return [name for name in "".join(names).splitlines() if name.endswith(ends)]


def busy_so_far() -> float:
    """Seconds that the processors of this machine have worked, where it counts them; else 0."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    user, nice, system, _, _, irq, softirq = map(int, stat.read_text().split("\n")[0].split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def own() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    sys.exit(main())
