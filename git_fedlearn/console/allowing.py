"""Entries of the allow-list, written behind what `.fedlearn.toml` holds, so that comments and layout stay."""

from git_fedlearn.console.context import Context
from git_fedlearn.errors import SettingsError, UsageError
from git_fedlearn.privacy.policy import Allowed
from git_fedlearn.privacy.policy_table import format_allowed, is_fingerprint, parse_policy
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.settings import SETTINGS_FILE, parse_table


def allow(context: Context, entries: list[Allowed]) -> list[Allowed]:
    """Put entries on the allow-list; returns those that were not on it. Raises UsageError, SettingsError."""
    for entry in entries:
        _check(context, entry)
    repository = context.data_repository
    with repository.lock("allow"):
        known = context.policy.allowed_fingerprints()
        fresh = [entry for entry in entries if entry.fingerprint not in known]
        if fresh:
            _append(context, fresh)
    return fresh


def _check(context: Context, entry: Allowed) -> None:
    if not is_fingerprint(entry.fingerprint):
        raise UsageError(
            f"{entry.fingerprint!r}: not a fingerprint (5 or 16 hexadecimal digits)",
            hint="git fedlearn scan prints them in brackets",
        )
    if not entry.reason.strip():
        raise UsageError("an allow-list needs a reason", hint="add --reason 'why this may be public'")
    if context.privacy.scan(entry.reason):
        raise UsageError("the reason holds private data itself, and everybody will read it")


def _append(context: Context, entries: list[Allowed]) -> None:
    path = context.repository.top / SETTINGS_FILE
    data = read_file(path) or b"format = 1\n"
    text = "\n".join(["", *(format_allowed(entry) for entry in entries)])
    extended = data + (b"" if data.endswith(b"\n") else b"\n") + text.encode("utf-8")
    try:
        policy = parse_policy(parse_table(extended), context.now().date())
        taken = {entry.fingerprint for entry in policy.allowed}
    except SettingsError:
        taken = set()
    if not taken.issuperset(entry.fingerprint for entry in entries):
        raise SettingsError(
            f"{path}: an entry cannot be put behind what is there", hint="write `allow` as [[privacy.allow]]"
        )
    write_file(path, extended)
    context.forget_settings()
