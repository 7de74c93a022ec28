"""Accepted findings: baselines, with which a scan reports only new findings, and entries of the allow-list.

A baseline is an answer of `scan --json`. It identifies a finding by file, kind and fingerprint, as lines and
pointers move. The hooks do not read baselines: a value that may stay for good belongs on the allow-list.
Allow-list entries are appended to `.fedlearn.toml`, so that its comments and layout stay.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final, TypeAlias

from git_fedlearn.errors import SettingsError, UsageError
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.policy import Allowed, format_allowed, is_fingerprint, parse_policy
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import SETTINGS_FILE, parse_table
from git_fedlearn.scanning.findings import FileFinding

SCHEMA: Final = "fedlearn.scan/v1"
AcceptedFindings: TypeAlias = frozenset[tuple[str, str, str]]


def read_baseline(path: Path) -> AcceptedFindings:
    """The findings of a baseline file. Raises UsageError if it is not a baseline."""
    try:
        table = json.loads(path.read_bytes())
        if table["schema"] != SCHEMA:
            raise UsageError(
                f"{path}: written by a newer version of git-fedlearn", hint="upgrade git-fedlearn"
            )
        return frozenset((row["path"], row["kind"], row["fingerprint"]) for row in table["findings"])
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror}", hint=f"git fedlearn scan --json >{path}"
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"{path}: not an answer of git fedlearn scan --json") from None


def unknown_of(known: AcceptedFindings, found: Iterable[FileFinding]) -> Iterator[FileFinding]:
    """The findings that are not in a baseline."""
    return (item for item in found if _key(item) not in known)


def _key(item: FileFinding) -> tuple[str, str, str]:
    return item.path, item.finding.kind, item.finding.fingerprint


def allow(
    repository: Repository, engine: PrivacyEngine, entries: list[Allowed], today: date
) -> list[Allowed]:
    """Add entries to the allow-list; returns the new ones. Raises UsageError, SettingsError.

    The engine keeps its earlier policy: the caller makes a new one.
    """
    for entry in entries:
        _check(engine, entry)
    with repository.lock("allow"):
        known = engine.policy.allowed_fingerprints()
        fresh = [entry for entry in entries if entry.fingerprint not in known]
        if fresh:
            _append(repository, fresh, today)
    return fresh


def _check(engine: PrivacyEngine, entry: Allowed) -> None:
    if not is_fingerprint(entry.fingerprint):
        raise UsageError(
            f"{entry.fingerprint!r}: not a fingerprint (5 or 16 hexadecimal digits)",
            hint="git fedlearn scan prints them in brackets",
        )
    if not entry.reason.strip():
        raise UsageError("an allow-list entry needs a reason", hint="add --reason 'why this may be public'")
    if engine.scan(entry.reason):
        raise UsageError("the reason contains private data, and everybody can read it")


def _append(repository: Repository, entries: list[Allowed], today: date) -> None:
    path = repository.top / SETTINGS_FILE
    data = read_file(path) or repository.sparse.read(SETTINGS_FILE) or b"format = 1\n"
    text = "\n".join(["", *(format_allowed(entry) for entry in entries)])
    extended = data + (b"" if data.endswith(b"\n") else b"\n") + text.encode("utf-8")
    try:
        policy = parse_policy(parse_table(extended), today)
        taken = {entry.fingerprint for entry in policy.allowed}
    except SettingsError:
        taken = set()
    if not taken.issuperset(entry.fingerprint for entry in entries):
        raise SettingsError(f"{path}: an entry cannot be appended", hint="write `allow` as [[privacy.allow]]")
    write_file(path, extended)
