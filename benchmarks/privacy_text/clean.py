"""Text of developers as it lies on this machine: sources, manuals, changelogs. Almost nothing in it is private."""

import gzip
import random
import sys
import sysconfig
import zlib
from collections.abc import Iterator
from pathlib import Path

_ENDINGS = frozenset(
    ".py .md .rst .txt .js .ts .json .toml .yaml .yml .cfg .ini .c .h .cpp .rs .go .pl .pm .sh .html .css .xml .lua .conf .gz"
    .split()
)  # fmt: skip
_ROOTS = (
    "/usr/share/doc",
    "/usr/lib/python3",
    "/usr/share/perl",
    "/usr/share/vim",
    "/usr/lib/node_modules",
    "/etc",
)
_LARGEST = 300_000


def clean_lines(seed: int, count: int, *, held_out: bool) -> Iterator[str]:
    """Lines of files drawn at random, at most 400 of each; the two halves share no file."""
    files = sorted(path for root in _roots() for path in root.rglob("*") if _is_text(path))
    files = [path for path in files if (zlib.crc32(path.name.encode()) % 2 == 1) == held_out]
    random.Random(seed).shuffle(files)
    for path in files:
        for line in _read(path).splitlines()[:400]:
            if count <= 0:
                return
            if line.strip():
                count -= 1
                yield line


def _roots() -> Iterator[Path]:
    yield Path(sysconfig.get_path("purelib"))
    yield Path(sys.base_prefix, "lib", f"python3.{sys.version_info.minor}")
    yield from (Path(root) for root in _ROOTS)


def _is_text(path: Path) -> bool:
    hidden = {"tests", "test", "testing", "locale", "locales", "git_fedlearn"}
    return (
        path.suffix in _ENDINGS
        and not hidden & set(path.parts)
        and path.is_file()
        and path.stat().st_size < _LARGEST
    )


def _read(path: Path) -> str:
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    return data.decode("utf-8", "replace")
