"""The user, host, full name and mail addresses of this machine, and home folders of anybody.

A name that is a common word (`test`, `admin`) or has fewer than four letters is not replaced as a bare
word, which would spoil ordinary text, but is replaced in paths and logins.

Home folders are found in the notations of Linux, macOS, Windows, WSL, git-bash and URLs, also escaped. They
become `~`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.model import LocalIdentity
    from git_fedlearn.privacy.subject import Subject

_MIN_NAME_LENGTH = 4
_COMMON_WORDS = frozenset(
    """
    root user users admin administrator nixos ubuntu debian fedora arch centos alpine test tests tester
    testing guest demo default nobody daemon system service server client host hostname localhost local
    node nodes worker master main docker podman container build builder runner jenkins gitlab github
    travis vagrant pi raspberrypi dev devel developer development prod production staging stage home
    work laptop desktop workstation machine computer macbook notebook thinkpad server1 vm vbox
    virtualbox cloud ec2-user azureuser gateway router proxy backup data database postgres mysql redis
    mongo qdrant nginx apache www www-data http https mail web app apps api agent agents coordinator
    model models python java rust golang code coder hacker claude codex gemini chatgpt openai llama qwen
    mistral ollama assistant human operator owner author me myself anonymous unknown none null name
    username someone alice bob carol mallory john jane linux windows darwin macos unix bsd git hydra nix
    store cache temp tmp live manager support info sales office team public private share shared
    maintainers maintainer bot robot student teacher player one two three first second last true false
    yes
    """.split()
)


def is_common_word(word: str) -> bool:
    """Whether the name of a user or host says nothing about who it is, as `admin` and `nixos`."""
    return word.lower() in _COMMON_WORDS


def is_telling_name(word: str) -> bool:
    """Whether the name of a user or host may be replaced as a bare word: long enough, and no common word."""
    return len(word) >= _MIN_NAME_LENGTH and not is_common_word(word) and not word.isdigit()


class IdentityRules:
    """The patterns of one identity."""

    def __init__(self, identity: LocalIdentity) -> None:
        self._words: list[str] = []
        self._rules: list[tuple[re.Pattern[str], str, str]] = []
        for mail in identity.emails:
            self._add(mail, kinds.EMAIL_ADDRESS, "local-email", rf"(?<![\w.+-]){re.escape(mail)}(?![\w-])")
        if identity.home.strip("/\\") not in {"", "root", "home", "Users"}:
            home = identity.home.rstrip("/\\")
            self._add(
                home, kinds.HOME_PATH, "local-home", rf"(?<![\w.~])(?<![\w/]/){re.escape(home)}(?![\w-])"
            )
        self._add_word(identity.full_name, kinds.PERSON_NAME, "local-name")
        self._add_word(identity.host, kinds.HOST_NAME, "local-host")
        self._add_word(identity.host.split(".")[0], kinds.HOST_NAME, "local-host")
        self._add_word(identity.user, kinds.USER_NAME, "local-user")
        self._add_login(identity)

    def is_mentioned(self, text: str) -> bool:
        """Whether the text has a word of this machine or its user."""
        return any(map(text.lower().__contains__, self._words)) if self._words else False

    def find(self, subject: Subject) -> Iterator[Match]:
        """Every mention of this machine or its user."""
        for pattern, kind, rule in self._rules:
            for hit in pattern.finditer(subject.text):
                yield Match(*hit.span(), kind, rule, 0.9)

    def _add(self, word: str, kind: str, rule: str, pattern: str) -> None:
        if word:
            self._words.append(word.lower())
            self._rules.append((re.compile(pattern, re.IGNORECASE), kind, rule))

    def _add_word(self, word: str, kind: str, rule: str) -> None:
        word = word.strip()
        if is_telling_name(word):
            pattern = r"\s{1,3}".join(re.escape(part) for part in word.split())
            first = word.split()[0]
            compiled = re.compile(rf"(?<![^\W_]){pattern}(?![^\W_])", re.IGNORECASE)
            self._words.append(first.lower())
            self._rules.append((compiled, kind, rule))

    def _add_login(self, identity: LocalIdentity) -> None:
        """`user@host` of this machine, even if both names are common words."""
        if identity.user and identity.host:
            short = re.escape(identity.host.split(".")[0])
            pattern = rf"(?<![\w.-]){re.escape(identity.user)}@{short}(?:\.[\w-]{{1,63}}){{0,6}}(?![\w-])"
            self._add(f"{identity.user}@", kinds.LOGIN, "local-login", pattern)


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
_TILDE = lazy_pattern(
    r"(?<![^\s\"'`(=:,])(?<!hut:)(?<!srht:)(?<!\.sr\.ht:)(?P<home>~)(?P<user>[a-z][a-z0-9_.-]{2,31})(?=/[\w.])"
)
_NAMED = (
    ("://", _REMOTE, "remote-home"),
    ("wsl", _WSL_SHARE, "wsl-home"),
    ("\\\\", _SHARE, "share-home"),
    ("~", _TILDE, "tilde-home"),
)
HOMES = (_LINUX, _MACOS, _WINDOWS, *(pattern for _, pattern, _ in _NAMED))
_SHARED = frozenset(
    """
    public user username default shared all guest linuxbrew index about dashboard page login index.html
    desktop documents downloads music pictures videos templates movies library applications
    timeline feed pricing contact help docs blog news settings profile profiles account search welcome
    overview main menu features products services faq signup register logout home users list new edit create
    """.split()
) | {"all users", "default user"}
_ROUTE_BEFORE = lazy_pattern(
    r"(?:\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) |\b(?:href|action|hx-\w{3,6}|to)=[\"']|"
    r"\b(?:route|router|redirect|navigate|push|get|post|put|delete|fetch|axios\.\w{3,6})\([\"'`])$"
)
_ROUTE_AFTER = lazy_pattern(r"\?[\w-]{1,32}=| HTTP/")


def find_home_paths(subject: Subject) -> Iterator[Match]:
    """The part of each path that is somebody's home folder."""
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
        if hit["user"].lower() not in _SHARED and not _is_route(text, hit):
            start = hit.start("home") if hit["root"].startswith("//") else hit.start("root")
            yield Match(start, hit.end("user"), kinds.HOME_PATH, rule, 0.95)


def _is_route(text: str, hit: re.Match[str]) -> bool:
    """Whether it is the address of a page, `GET /home/…`, instead of a file."""
    start, end = hit.span()
    return (
        _ROUTE_AFTER.match(text, end) is not None
        or _ROUTE_BEFORE.search(text, max(0, start - 16), start) is not None
    )


def _in_windows(text: str) -> Iterator[Match]:
    for hit in _WINDOWS.finditer(text):
        user = hit["spaced"] or hit["user"]
        if user and user.strip().lower() not in _SHARED:
            yield Match(hit.start(), hit.end(), kinds.HOME_PATH, "windows-home", 0.95)


def _homes(text: str, pattern: re.Pattern[str], rule: str) -> Iterator[Match]:
    for hit in pattern.finditer(text):
        if hit["user"].lower() not in _SHARED:
            yield Match(hit.start("home"), hit.end("user"), kinds.HOME_PATH, rule, 0.9)
