"""The same bytes whatever the hash seed, the locale, the time zone and the interpreter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from core.generators import LINES, OPAQUE
from interpreters import FOLDER, find_interpreters

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
INTERPRETERS = find_interpreters()
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


def digest_of(interpreter: Path, environment: dict[str, str], *beside: Path) -> str:
    done = subprocess.run(
        [interpreter, "-c", WORK],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, (PROJECT, *beside))),
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


@pytest.mark.parametrize("version", INTERPRETERS)
def test_bytes_do_not_depend_on_the_interpreter(version: str) -> None:
    beside = [] if version == next(iter(INTERPRETERS)) else [FOLDER / version]
    if not all(folder.is_dir() for folder in beside):
        pytest.skip(f"{INTERPRETERS[version]} has no xxhash: `make` puts it there, where there is a wheel")
    interpreter = INTERPRETERS[version]
    assert digest_of(interpreter, SETTINGS[1], *beside) == digest_of(Path(sys.executable), SETTINGS[0])
