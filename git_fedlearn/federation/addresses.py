"""Where a peer may lie: the addresses of git remotes that are let through, and how they are shown.

Allowed are ssh, https, git and files; http only on this machine. What runs a program (`ext::`) is not.
"""

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from git_fedlearn.errors import UsageError

TRANSPORTS: Final = ("ssh", "https", "git", "file")
_LOOPBACK: Final = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SCP: Final = re.compile(r"(?:[^/:@\s]+@)?[^/:\s]+:(?!:).*")
_CREDENTIALS: Final = re.compile(r"(://)[^/@\s]*@")


def check_address(url: str, directory: Path) -> str:
    """The address to give to git; a path is made absolute. Raises UsageError for any that is not allowed."""
    allowed = f"one of {', '.join(f'{name}://…' for name in TRANSPORTS)}, user@host:path, or a folder"
    if not url or url.startswith("-") or not url.isprintable() or "::" in url.split("/", 1)[0]:
        raise UsageError(f"{hide_credentials(url)!r}: not an address to fetch from", hint=allowed)
    scheme = _SCHEME.match(url)
    if scheme:
        return _check_scheme(url, scheme[1].lower(), allowed)
    if _SCP.fullmatch(url):
        return url
    return str((directory / url).resolve())


def hide_credentials(text: str) -> str:
    """A text without user names and passwords in addresses."""
    return _CREDENTIALS.sub(r"\1", text)


def allowed_transports(url: str) -> tuple[str, ...]:
    """The transports git may use for an address; a redirect or a rewritten address gets no other."""
    return (*TRANSPORTS, "http") if _is_local_http(url) else TRANSPORTS


def _check_scheme(url: str, scheme: str, allowed: str) -> str:
    if scheme == "http" and not _is_local_http(url):
        raise UsageError(f"{hide_credentials(url)}: http can be read and changed on its way", hint=allowed)
    if scheme not in (*TRANSPORTS, "http"):
        raise UsageError(f"{scheme}: not a transport that peers are fetched by", hint=allowed)
    if ":" in urlsplit(url).netloc.rpartition("@")[0]:
        raise UsageError(
            "a password in an address ends up in config files and logs",
            hint="leave it out; git asks its credential helper (gitcredentials(7))",
        )
    return url


def _is_local_http(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme.lower() == "http" and bool(_LOOPBACK.fullmatch(parts.hostname or ""))
