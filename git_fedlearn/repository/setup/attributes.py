"""The attribute rules that hand data files to our drivers: gitattributes(5).

`$GIT_COMMON_DIR/info/attributes` holds for every branch, also those without a `.gitattributes`, in every
linked worktree and in a bare repository; the committed `.gitattributes` tells other clones.
"""

from pathlib import Path
from typing import Final

from git_fedlearn.repository.setup.block_files import put_file_block, take_file_block
from git_fedlearn.repository.setup.blocks import MADE_FILE, MADE_FOLDER, append_line

PATTERN: Final = "data/**/*.jsonl"
RULE: Final = f"{PATTERN} text eol=lf merge=fedlearn diff=fedlearn"
METRICS_RULE: Final = "data/metrics/**/*.json text eol=lf merge=fedlearn"
"""A system alone writes its metrics, but on two branches it writes the file of a month twice."""

EXPECTED: Final = {"text": "set", "eol": "lf", "merge": "fedlearn", "diff": "fedlearn"}
"""What `git check-attr` answers where the first rule holds."""


def write_info_attributes(common_dir: Path) -> Path | None:
    """Put the rules into info/attributes; returns its path if that changed it."""
    path = common_dir / "info" / "attributes"
    made = ((MADE_FILE,) if not path.exists() else ()) + ((MADE_FOLDER,) if not path.parent.exists() else ())
    with_rule = put_file_block(path, [RULE, METRICS_RULE], made=made)
    return path if with_rule else None


def remove_info_attributes(common_dir: Path) -> Path | None:
    """Take the rules out again; returns the path if they were there."""
    path = common_dir / "info" / "attributes"
    return path if take_file_block(path) else None


def with_shared_rule(data: bytes) -> bytes:
    """The bytes of a .gitattributes with our rules, appended once; other rules stay as they are."""
    for rule in (RULE, METRICS_RULE):
        known = [line.split() for line in data.decode("utf-8", "replace").splitlines()]
        data = data if rule.split() in known else append_line(data, rule)
    return data
