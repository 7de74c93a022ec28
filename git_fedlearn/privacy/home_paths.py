"""Home folders: Linux, macOS, Windows, WSL, git-bash, escaped and in URLs. They become `~`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.lazy_pattern import lazy_pattern
from git_fedlearn.privacy.model import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_SEP = r"(?:\\{0,4}/|%2[Ff])"
_BACK = r"(?:\\{1,4}|/|%5[Cc])"
_USER = r"(?P<user>[^\W_](?:[\w.@+-]{0,62}[\w$-])?|_[\w.-]{0,62}\w)"
_STOP = r"(?![\w@])"
_ROOTED = r"(?<![\w.~/$*}\])-])(?<!\\)"

_LINUX = lazy_pattern(
    rf"(?:{_ROOTED}|(?<=\\[nrt])|(?<=file:(?=//))|(?<=%[23][0-9A-Fa-f])|(?<=/\.\.))(?P<root>(?://(?:localhost)?)?"
    rf"(?:{_SEP}(?:var|export|usr|private|mnt|data|media|srv|persist|nix{_SEP}persist|"
    rf"mnt{_SEP}[\w-]{{1,32}}))?)"
    rf"(?P<home>{_SEP}home{_SEP}){_USER}{_STOP}"
)
_MACOS = lazy_pattern(
    rf"(?:{_ROOTED}|(?<=\\[nrt])|(?<=file:(?=//))|(?<=%[23][0-9A-Fa-f]))(?P<root>(?://(?:localhost)?)?"
    rf"(?:{_SEP}(?:Volumes{_SEP}[\w -]{{1,40}}|System{_SEP}Volumes{_SEP}Data))?)"
    rf"(?P<home>{_SEP}Users{_SEP}){_USER}{_STOP}"
)
_WINDOWS = lazy_pattern(
    rf"(?<![A-Za-z0-9])(?:[A-Za-z](?::|%3[Aa]|\$)|(?:{_SEP}mnt|{_SEP}cygdrive|(?<![\w/.~]))/[a-z](?=/))"
    rf"{_BACK}(?:Users|Documents and Settings|USERS|users){_BACK}"
    rf"(?:(?P<spaced>[^\\/:*?\"<>|\r\n%]{{1,40}}?)(?={_BACK})|(?P<user>[\w.@+-]{{0,62}}[\w$-])){_STOP}"
)
_REMOTE = lazy_pattern(
    r"(?:vscode(?:-remote|-insiders)?|cursor|sftp|ssh|scp|nfs|smb|rsync|idea|jetbrains)://[^\s/\"'<>]{0,128}"
    rf"(?P<home>/(?:home|Users)/){_USER}{_STOP}"
)
_WSL_SHARE = lazy_pattern(
    rf"{_BACK}{{1,2}}wsl(?:\$|\.localhost){_BACK}[\w.-]{{1,40}}(?P<home>{_BACK}home{_BACK}){_USER}{_STOP}"
)
_SHARE = lazy_pattern(
    rf"{_BACK}{{2}}[\w.$-]{{1,40}}(?P<home>{_BACK}(?:Users|home){_BACK}){_USER}{_STOP}", re.IGNORECASE
)
_TILDE = lazy_pattern(r"(?<![^\s\"'`(=:,])(?P<home>~)(?P<user>[a-z][a-z0-9_.-]{2,31})(?=/[\w.])")
_NAMED = (
    ("://", _REMOTE, "remote-home"),
    ("wsl", _WSL_SHARE, "wsl-home"),
    ("\\\\", _SHARE, "share-home"),
    ("~", _TILDE, "tilde-home"),
)
_SHARED = frozenset(
    """public user username default shared all guest linuxbrew index about dashboard page login index.html
    """.split()
) | {"all users", "default user"}


def find_home_paths(subject: Subject) -> Iterator[Match]:
    """The part of each path that names a user's home."""
    text = subject.text
    lowered = subject.lowered
    if "home" in lowered:
        yield from _in_unix(text, _LINUX, "linux-home")
    if "users" in lowered or "documents and settings" in lowered:
        yield from _in_unix(text, _MACOS, "macos-home")
        yield from _in_windows(text)
    for sign, pattern, rule in _NAMED:
        if sign in lowered:
            yield from _homes(text, pattern, rule)


def _in_unix(text: str, pattern: re.Pattern[str], rule: str) -> Iterator[Match]:
    for hit in pattern.finditer(text):
        if hit["user"].lower() not in _SHARED:
            start = hit.start("home") if hit["root"].startswith("//") else hit.start("root")
            yield Match(start, hit.end("user"), kinds.HOME_PATH, rule, 0.95)


def _in_windows(text: str) -> Iterator[Match]:
    for hit in _WINDOWS.finditer(text):
        user = hit["spaced"] or hit["user"]
        if user and user.strip().lower() not in _SHARED:
            yield Match(hit.start(), hit.end(), kinds.HOME_PATH, "windows-home", 0.95)


def _homes(text: str, pattern: re.Pattern[str], rule: str) -> Iterator[Match]:
    for hit in pattern.finditer(text):
        if hit["user"].lower() not in _SHARED:
            yield Match(hit.start("home"), hit.end("user"), kinds.HOME_PATH, rule, 0.9)
