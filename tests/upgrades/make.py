"""Make ``0.1.tar.xz`` anew: ``PYTHONPATH=src python -m tests.upgrades.make``, which needs the old commit."""

import sqlite3
import tarfile
import tempfile
from pathlib import Path

from tests.upgrades.old import KEPT, fill, source


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        old, data = Path(folder, "old"), Path(folder, "data")
        data.mkdir()
        source(old)
        fill(old, data, f"sqlite:///{data / 'parley.sqlite3'}")
        shrink(data / "parley.sqlite3")
        with tarfile.open(KEPT, "w:xz") as archive:
            for name in ("parley.sqlite3", "files"):
                archive.add(data / name, name, filter=nobodys)
    print(f"{KEPT.name}: {KEPT.stat().st_size} bytes")


def shrink(path: Path) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=DELETE")
    database.execute("VACUUM")
    database.close()


def nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main()
