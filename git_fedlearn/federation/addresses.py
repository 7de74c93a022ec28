"""Which repository a URL leads to, however it is spelled: git-fetch(1), "Git URLs"; gitremote-helpers(7).

What may be pushed depends on it, so two URLs that may lead to one repository count as the same. Names that
only ssh, DNS or a server can resolve count as they are written.
"""

import os
import posixpath
import re
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.git import Git

_HELPER: Final = lazy_pattern(r"[A-Za-z0-9+.-]+::(?=[A-Za-z0-9+.-]+://)")
"""A remote helper named before a URL: `https::https://…`."""
_SCP: Final = lazy_pattern(r"(?P<authority>(?:[^@/:]*@)?\[[^\]]*\]|[^/:]+):(?P<path>.*)", re.DOTALL)
"""`user@host:path` or `[user@host:port]:path`, which is no URL."""
_AUTHORITY: Final = lazy_pattern(
    r"\[?(?P<host>[^][:]*|[^][]*:[^][]*:[^][]*)(?P<end>\])?(?::(?P<port>\d*))?\]?"
)
_OTHER_DOORS: Final = lazy_pattern(r"(?:www|ssh|altssh)\.(?=[^.]+\.)")
"""Begins other names of the same server."""
_HOME: Final = lazy_pattern(r"/*~[^/]*(?=/|\Z)")
_PORTS: Final = {("ssh", 22), ("git", 9418), ("web", 80), ("web", 443)}
_ENTRANCES: Final = ("/.git", "", ".git/.git", ".git")
"""What git appends to a path to find a repository (`enter_repo` in path.c)."""


class RepositoryAddress(NamedTuple):
    """Where a repository is: host and path, or a folder of this machine."""

    place: str
    service: str = ""
    """`ssh`, `web` or another service of the host."""
    port: int = 0
    """0 for the usual one."""

    def is_same(self, other: "RepositoryAddress") -> bool:
        """Whether both may be one repository; two services of one host have different ports."""
        return self.place == other.place and (self.service != other.service or self.port == other.port)


def find_address(url: str, folder: Path) -> RepositoryAddress:
    """The address of the repository at a URL, or at a path, which is relative to `folder`."""
    url = _HELPER.sub("", url, count=1)
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if separator and scheme != "file":
        authority, slash, path = rest.partition("/")
        return _on_host(scheme, unquote(authority), slash + unquote(path))
    scp = None if separator else _SCP.fullmatch(url)
    if scp:
        return _on_host("ssh", scp["authority"], scp["path"])
    path = f"/{unquote(rest)}" if separator else os.path.expanduser(url)  # noqa: PTH111  raises nothing
    return RepositoryAddress(_folder_at(os.path.realpath(folder / path)))


def _on_host(scheme: str, authority: str, path: str) -> RepositoryAddress:
    service = "web" if scheme in ("http", "https") else "ssh" if "ssh" in scheme else scheme
    parts = _AUTHORITY.fullmatch(authority.rpartition("@")[2])
    host, digits = (parts["host"], parts["port"] or "") if parts else (authority, "")
    port = 0 if (service, int(digits or 0)) in _PORTS else int(digits or 0)
    path = path.casefold()
    if service == "web":
        path = re.split(r"[?#]", path, maxsplit=1)[0]
    path = posixpath.normpath("/" + _HOME.sub("", path).lstrip("/"))
    return RepositoryAddress(f"{_plain_host(host)}{_without_ending(path)}", service, port)


def _plain_host(host: str) -> str:
    """One spelling of the name or number of a host."""
    host = host.rstrip(".").casefold()
    try:
        number = ip_address(host)
    except ValueError:
        with suppress(UnicodeError):  # not a name that DNS can have
            host = host if host.isascii() else host.encode("idna").decode("ascii")
        return _OTHER_DOORS.sub("", host, count=1)
    return "localhost" if number.is_loopback else str(number)


def _without_ending(path: str) -> str:
    return path.removesuffix("/.git").removesuffix(".git").rstrip("/")


def _folder_at(path: str) -> str:
    """What identifies the git folder that git finds at a path, which may have other names; else the path."""
    for end in _ENTRANCES:
        found = Path(path + end)
        if found.is_file():
            found = found.parent / _line_of(found).removeprefix("gitdir: ")
        if (found / "HEAD").exists():
            with suppress(OSError):  # of a worktree whose repository is gone
                info = (found / _line_of(found / "commondir")).stat()
                return f"folder {info.st_dev}:{info.st_ino}"
    return _without_ending(path)


def _line_of(path: Path) -> str:
    """The first line of a file; empty if it cannot be read."""
    try:
        return os.fsdecode(read_file(path).split(b"\n", 1)[0])
    except FedlearnError:
        return ""


class RemoteUrls:
    """The URLs of all remotes, as configured and as git rewrites them: git-config(1), `insteadOf`."""

    def __init__(self, git: Git) -> None:
        self._urls: dict[str, list[str]] = {}
        self._rewritten: list[tuple[str, str]] = []
        pattern = r"^(remote\..*\.(push)?url|url\..*\.(push)?insteadof)$"
        for key, value in git.list_config(pattern):
            section, _, rest = key.partition(".")
            name = rest.rpartition(".")[0]
            if section == "remote":
                self._urls.setdefault(name, []).append(value)
            else:
                self._rewritten.append((value, name))

    def spellings(self, remote: str) -> Iterator[str]:
        """Every URL that git may use for a remote, which is a name or a URL itself."""
        for url in self._urls.get(remote, [remote]):
            yield url
            for prefix, base in self._rewritten:
                if url.startswith(prefix):
                    yield base + url.removeprefix(prefix)
