"""A baseline: findings that are known, so that a scan reports only what is new. It holds no private text.

A finding is known by file, kind and fingerprint; lines and pointers move. The hooks do not read baselines:
what may stay for good belongs on the allow-list.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.scanning.findings import Found

SCHEMA: Final = "fedlearn.scan-baseline/v1"
Known: TypeAlias = frozenset[tuple[str, str, str]]


def read_baseline(path: Path) -> Known:
    """The findings of a baseline file. Raises UsageError for what is none."""
    try:
        table = json.loads(path.read_bytes())
        if table["schema"] != SCHEMA:
            raise UsageError(f"{path}: a baseline of a later version", hint="upgrade git-fedlearn")
        return frozenset((row["path"], row["kind"], row["fingerprint"]) for row in table["findings"])
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror}", hint=f"git fedlearn scan --write-baseline {path}"
        ) from error
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path}: not a baseline of git fedlearn scan") from None


def write_baseline(path: Path, found: Iterable[Found]) -> None:
    """Write a baseline of these findings, sorted. Raises FedlearnError."""
    rows = sorted({_key(item) for item in found})
    findings = [{"path": path, "kind": kind, "fingerprint": mark} for path, kind, mark in rows]
    text = json.dumps({"schema": SCHEMA, "findings": findings}, indent=1, ensure_ascii=False)
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise FedlearnError(f"{path}: cannot be written: {error.strerror}") from error


def unknown_of(known: Known, found: Iterable[Found]) -> Iterator[Found]:
    """The findings that a baseline does not hold."""
    return (item for item in found if _key(item) not in known)


def _key(item: Found) -> tuple[str, str, str]:
    return item.path, item.finding.kind, item.finding.fingerprint
