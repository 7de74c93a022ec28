"""Shared settings: `.fedlearn.toml`, committed, the same in every clone; and checks of URLs.

Shared settings never name an address to contact or a program to run: a peer must not be able to change
what this machine does. Those are git config `fedlearn.*`. API keys are never sent unencrypted, and
passwords in URLs are never printed.
"""

import ipaddress
import re
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from git_fedlearn.core.weights import DEFAULT_WEIGHTS, Weights, parse_weights
from git_fedlearn.errors import SettingsError

SETTINGS_FILE = ".fedlearn.toml"
FORMAT = 1

_CREDENTIALS: Final = re.compile(r"(://)[^/@\s]*@")


class Settings(NamedTuple):
    """Sizes in bytes, counts in files or events, scores in [0, 1]."""

    record_set_bytes: int = 10_000_000
    """A larger file of a record set is sharded."""
    record_bytes: int = 1_048_576
    """A larger record is refused by `add` and peers, and reported by `verify`."""
    minimum_score: float = 0.7
    """Lessons that score less are not learned."""
    telemetry_events: int = 1000
    telemetry_snapshots: int = 30
    fine_tuning_snapshots: int = 5
    weights: Weights = DEFAULT_WEIGHTS
    """The weights of the terms of the default score."""


_DEFAULTS = Settings()


def read_table(path: Path) -> dict[str, Any]:
    """A settings file as a table, empty if there is none. Raises SettingsError."""
    if path.exists() and not path.is_file():  # to read a pipe would wait for ever
        raise SettingsError(f"{path}: not a regular file", hint="move it away")
    try:
        return parse_table(path.read_bytes(), str(path))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error


def parse_table(data: bytes, file: str = SETTINGS_FILE) -> dict[str, Any]:
    """The bytes of a settings file as a table. Raises SettingsError."""
    import tomllib  # noqa: PLC0415  costs start-up time

    try:
        table = tomllib.loads(data.decode("utf-8"))
    except ValueError as error:  # also of a number with thousands of digits
        raise SettingsError(f"{file}: not valid TOML: {error}", hint=f"fix {SETTINGS_FILE}") from error
    except RecursionError:
        raise SettingsError(f"{file}: nested too deeply", hint=f"fix {SETTINGS_FILE}") from None
    if table.get("format", FORMAT) != FORMAT:
        raise SettingsError(
            f"{SETTINGS_FILE}: format {table['format']} is not supported by this version "
            f"(supported: {FORMAT})",
            hint="upgrade git-fedlearn",
        )
    return table


def settings_of(table: dict[str, Any]) -> Settings:
    """Settings from the table of the file; unknown keys belong to later versions. Raises SettingsError."""
    limits, learn, keep = (_section(table, name) for name in ("limits", "learn", "keep"))
    return Settings(
        record_set_bytes=_whole(limits, "record_set_bytes", _DEFAULTS.record_set_bytes, at_least=1000),
        record_bytes=_whole(limits, "record_bytes", _DEFAULTS.record_bytes, at_least=1000),
        minimum_score=_score(learn, "minimum_score", _DEFAULTS.minimum_score),
        telemetry_events=_whole(keep, "telemetry_events", _DEFAULTS.telemetry_events),
        telemetry_snapshots=_whole(keep, "telemetry_snapshots", _DEFAULTS.telemetry_snapshots),
        fine_tuning_snapshots=_whole(keep, "fine_tuning_snapshots", _DEFAULTS.fine_tuning_snapshots),
        weights=_weights(_section(learn, "weights")),
    )


def _weights(section: dict[str, Any]) -> Weights:
    try:
        return parse_weights(section)
    except SettingsError as error:
        raise SettingsError(f"{SETTINGS_FILE}: [learn.weights]: {error.message}", hint=error.hint) from None


def _section(table: dict[str, Any], name: str) -> dict[str, Any]:
    section = table.get(name, {})
    if not isinstance(section, dict):
        raise SettingsError(
            f"{SETTINGS_FILE}: `{name}` is not a table", hint=f"write [{name}] on a line of its own"
        )
    return section


def _whole(section: dict[str, Any], key: str, default: int, *, at_least: int = 1) -> int:
    value = section.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < at_least:
        raise SettingsError(f"{SETTINGS_FILE}: `{key}` must be a whole number of at least {at_least}")
    return value


def _score(section: dict[str, Any], key: str, default: float) -> float:
    value = section.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise SettingsError(f"{SETTINGS_FILE}: `{key}` must be a number from 0 to 1")
    return float(value)


def check_endpoint(url: str, setting: str, hint: str, *, key: str = "") -> str:
    """The URL for messages: scheme, host and port only.

    `setting` names where the URL came from, `key` the API key that is sent, if any: only over https or to
    this machine. Raises SettingsError.
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise SettingsError(f"{setting}: not a URL", hint=hint) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{setting}: not http:// or https:// with a host", hint=hint)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = f"{parts.scheme}://{host}{port}"
    if key and parts.scheme == "http" and not is_loopback(parts.hostname):
        raise SettingsError(
            f"{place}: the API key would travel unencrypted", hint=f"use an https:// URL, or unset {key}"
        )
    return place


def clean_key(key: str | None, setting: str) -> str | None:
    """An API key without white space around it, None if nothing is left. Raises SettingsError.

    Libraries quote a header that they cannot send, so such a key must not reach them.
    """
    stripped = (key or "").strip()
    if not (stripped.isascii() and stripped.isprintable()):
        raise SettingsError(f"{setting}: contains a character that no key has", hint=f"set {setting} again")
    return stripped or None


def hide_credentials(text: str) -> str:
    """A text without the user names and passwords of the URLs in it."""
    return _CREDENTIALS.sub(r"\1", text)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
