"""Addresses that lessons are sent to: how messages name them, and that no key travels in the clear."""

import ipaddress
from urllib.parse import urlsplit

from git_fedlearn.errors import SettingsError


def check_endpoint(url: str, setting: str, hint: str, *, key: str = "") -> str:
    """The URL as messages name it, without what may be a password.

    `setting` is where the URL was found. `key` names the key that is sent, if any: it goes over https, or to
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


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
