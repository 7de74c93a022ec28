"""The same bytes whatever the hash seed, the locale, the time zone and the interpreter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from core.generators import LINES, OPAQUE

PROJECT = Path(__file__).parent.parent
WORK = """
import sys
from hashlib import sha256
from git_fedlearn.core.record_set import canonical_set, join_sets
from git_fedlearn.core.merge import merge_files
files = sys.stdin.buffer.read().split(b"\\x1e")
digest = sha256()
for ours, theirs in zip(files, files[1:]):
    for data in (
        join_sets(ours, theirs),
        join_sets(canonical_set(ours), canonical_set(theirs)),
        merge_files("data/fine-tuning/snapshots/sys-aaaaaaaaaa/1.jsonl", ours, theirs),
    ):
        digest.update(sha256(data).digest())
print(digest.hexdigest())
"""
CORPUS = b"\x1e".join(
    b"\n".join(
        [
            *LINES[start : start + 60],
            *(line for line in OPAQUE if start % 7 or line),
            *LINES[start : start + 3],
        ]
    )
    for start in range(0, 600, 30)
)
SETTINGS = [
    {"PYTHONHASHSEED": "0", "LANG": "C", "LC_ALL": "C", "TZ": "UTC"},
    {"PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8", "TZ": "Asia/Kathmandu"},
    {
        "PYTHONHASHSEED": "4294967295",
        "LC_ALL": "tr_TR.UTF-8",
        "LANG": "tr_TR.UTF-8",
        "TZ": "America/St_Johns",
    },
    {"PYTHONHASHSEED": "random", "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONINTMAXSTRDIGITS": "640"},
    {"PYTHONHASHSEED": "7", "LC_ALL": "de_DE.ISO-8859-1", "PYTHONOPTIMIZE": "2", "PYTHONCOERCECLOCALE": "0"},
]


def interpreters() -> list[Path]:
    """Every CPython of 3.11 and later on PATH, of pyenv, and the one that runs the tests."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    folders += sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin"))
    found = [folder / f"python3.{minor}" for folder in folders for minor in range(11, 20)]
    return [Path(sys.executable), *dict.fromkeys(path for path in found if path.exists())]


def digest_of(interpreter: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [interpreter, "-c", WORK],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        },
        input=CORPUS,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


@pytest.mark.parametrize("environment", SETTINGS, ids=lambda environment: environment["PYTHONHASHSEED"])
def test_bytes_do_not_depend_on_the_environment(environment: dict[str, str]) -> None:
    assert digest_of(Path(sys.executable), environment) == digest_of(Path(sys.executable), SETTINGS[0])


@pytest.mark.parametrize("interpreter", interpreters(), ids=str)
def test_bytes_do_not_depend_on_the_interpreter(interpreter: Path) -> None:
    probe = [
        str(interpreter),
        "-c",
        "import sys, xxhash; print(sys.implementation.name, sys.version.split()[0])",
    ]
    able = subprocess.run(probe, capture_output=True, check=False)
    if able.returncode:
        pytest.skip(f"{interpreter} has no xxhash")
    assert digest_of(interpreter, SETTINGS[1]) == digest_of(Path(sys.executable), SETTINGS[0])
