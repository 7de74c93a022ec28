"""Entries of the allow-list, written behind what `.fedlearn.toml` holds, so that comments and layout stay."""

from datetime import date
from pathlib import Path

from git_fedlearn.errors import SettingsError, UsageError
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.policy import Allowed
from git_fedlearn.privacy.policy_table import format_allowed, is_fingerprint, parse_policy
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import SETTINGS_FILE, parse_table


def allow(
    repository: Repository, engine: PrivacyEngine, entries: list[Allowed], today: date
) -> list[Allowed]:
    """Put entries on the allow-list; returns those that were not on it. Raises UsageError, SettingsError.

    The engine goes by the settings as they were: the caller makes a new one.
    """
    for entry in entries:
        _check(engine, entry)
    with repository.lock("allow"):
        known = engine.policy.allowed_fingerprints()
        fresh = [entry for entry in entries if entry.fingerprint not in known]
        if fresh:
            _append(repository.top / SETTINGS_FILE, fresh, today)
    return fresh


def _check(engine: PrivacyEngine, entry: Allowed) -> None:
    if not is_fingerprint(entry.fingerprint):
        raise UsageError(
            f"{entry.fingerprint!r}: not a fingerprint (5 or 16 hexadecimal digits)",
            hint="git fedlearn scan prints them in brackets",
        )
    if not entry.reason.strip():
        raise UsageError("an allow-list needs a reason", hint="add --reason 'why this may be public'")
    if engine.scan(entry.reason):
        raise UsageError("the reason holds private data itself, and everybody will read it")


def _append(path: Path, entries: list[Allowed], today: date) -> None:
    data = read_file(path) or b"format = 1\n"
    text = "\n".join(["", *(format_allowed(entry) for entry in entries)])
    extended = data + (b"" if data.endswith(b"\n") else b"\n") + text.encode("utf-8")
    try:
        policy = parse_policy(parse_table(extended), today)
        taken = {entry.fingerprint for entry in policy.allowed}
    except SettingsError:
        taken = set()
    if not taken.issuperset(entry.fingerprint for entry in entries):
        raise SettingsError(
            f"{path}: an entry cannot be put behind what is there", hint="write `allow` as [[privacy.allow]]"
        )
    write_file(path, extended)
