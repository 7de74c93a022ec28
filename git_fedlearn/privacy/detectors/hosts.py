"""Logins on other machines, and names of internal hosts.

A login is `user@host` where a shell would log in, or user and host in an ssh command or an ssh configuration.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.subject import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_HOST = (
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?){0,6}"
)
_LOGIN = lazy_pattern(
    rf"(?<![\w.@/+-])(?P<user>[A-Za-z_][\w.-]{{0,31}})@(?P<host>{_HOST})(?P<after>:(?:~|/|\d{{1,5}}\b|"
    rf"[\w.]{{1,64}}/)|\s?[$#](?=\s|$)|\s(?:~|/)[\w./~-]{{0,128}}\]?\s?[$#%])?"
)
_SSH_URL = lazy_pattern(
    rf"\b(?:ssh|sftp|scp|rsync|mosh)://(?P<user>[A-Za-z_][\w.-]{{0,31}})@(?P<host>{_HOST})"
)
_SSH_OPTION = lazy_pattern(
    rf"\bssh\b[^\n|;&]{{0,80}}?\s-l\s{{0,2}}(?P<user>[A-Za-z_][\w.-]{{0,31}})\s{{1,4}}"
    rf"(?:-\S{{1,32}}\s{{1,4}}){{0,4}}(?P<host>{_HOST})"
)
_SSH_CONFIG = lazy_pattern(
    rf"^[ \t]*Host(?:Name)?[ \t]{{1,8}}(?P<host>{_HOST})[ \t]*\r?\n"
    rf"(?:[ \t]+(?!User\b)\w+[ \t][^\n]{{0,128}}\n){{0,8}}"
    rf"[ \t]+User[ \t]{{1,8}}(?P<user>[\w.-]{{1,32}})",
    re.MULTILINE | re.IGNORECASE,
)
_REMOTE_COMMAND = lazy_pattern(
    r"(?:\bssh|\bscp|\bsftp|\brsync|\bmosh|\bsshfs|\bssh-copy-id|\bautossh|://|ssh=|host=|"
    r"(?i:last login (?:of|for|by)|logged in as|log ?in as))[^\n|;&]{0,160}$"
)
_GENERIC_USERS = frozenset("user username you me git hg svn login name youruser your_user".split())
_GENERIC_HOSTS = frozenset(
    "host hostname server remote localhost machine example example.com your-server ip address".split()
)


def find_logins(subject: Subject) -> Iterator[Match]:
    """`user@host` as a login: after ssh and similar commands, before a path, in a prompt."""
    text = subject.text
    if "@" in text:
        for hit in _LOGIN.finditer(text):
            if _is_specific(hit) and (
                hit["after"] or _REMOTE_COMMAND.search(text, max(0, hit.start() - 180), hit.start())
            ):
                yield Match(hit.start(), hit.end("host"), kinds.LOGIN, "ssh-login", 0.8)
        for hit in _SSH_URL.finditer(text) if "://" in text else ():
            if _is_specific(hit):
                yield Match(hit.start("user"), hit.end("host"), kinds.LOGIN, "ssh-login", 0.85)
    if "ssh" in text and " -l" in text:
        yield from _separate_logins(_SSH_OPTION, text)
    if "\n" in text and "host" in subject.lowered:
        yield from _separate_logins(_SSH_CONFIG, text)


def _is_specific(hit: re.Match[str]) -> bool:
    user, host = hit["user"].lower(), hit["host"].lower()
    return not (
        user in _GENERIC_USERS or host in _GENERIC_HOSTS or host.endswith(".example.com") or host[0].isdigit()
    )


def _separate_logins(pattern: re.Pattern[str], text: str) -> Iterator[Match]:
    """User and host that are not joined by an `@`."""
    for hit in pattern.finditer(text):
        if _is_specific(hit):
            yield Match(*hit.span("user"), kinds.LOGIN, "ssh-login", 0.75)
            yield Match(*hit.span("host"), kinds.LOGIN, "ssh-login", 0.75)


_INTERNAL = lazy_pattern(
    r"(?<![\w.$%{}-])(?P<name>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?\.){1,6}"
    r"(?P<zone>local|lan|internal|intranet|corp|home\.arpa|home|localdomain|private|ts\.net))"
    r"(?![\w-]|\.\w|\(|=| import)",
    re.IGNORECASE,
)
_PUBLIC_NAMES = lazy_pattern(
    r"(?:^|\.)(?:host\.docker\.internal|gateway\.docker\.internal|kubernetes\.docker\.internal|"
    r"host\.containers\.internal|"
    r"metadata\.google\.internal|cluster\.local|example\.\w+|(?:env|settings|config|local|"
    r"docker-compose|compose|options|"
    r"threading|_?thread|self|cls|this|path|os|pathlib|git|asgiref|localhost|werkzeug|eventlet|gevent|nix|usr|"
    r"opt|var|application|"
    r"claude|makefile|readme|rc|conf)\.\w+)$",
    re.IGNORECASE,
)
_ZONES = (".local", ".lan", ".internal", ".intranet", ".corp", ".home", ".private", ".ts.net")
_PORT = lazy_pattern(r":\d{2,5}\b")
_HOST_KEY = lazy_pattern(r"host|server|node|machine|domain|endpoint|url|upstream|broker|proxy", re.IGNORECASE)
_SURE_ZONES = frozenset(("lan", "home.arpa", "localdomain", "ts.net"))
_HOST_BEFORE = lazy_pattern(
    r"(?:@|\b(?:host(?:name)?|server|node|machine|ping|ssh|scp|dig|nslookup|curl|from|to|at|on|via|"
    r"dns|resolved?|connect(?:ed)?|"
    r"peer|mount|reach|domain|endpoint|url|proxy|gateway|database|printer|nas|router|lookup|target|remote|"
    r"address|addr|broker|upstream|origin|backend|master|primary|replica)\b[\s:=\"'`(to|,<>→\[]{0,12})$",
    re.IGNORECASE,
)


def find_internal_hosts(subject: Subject) -> Iterator[Match]:
    """Names in internal zones: `.lan` and tailnets always, others if something suggests a host."""
    if not subject.has_any(_ZONES):
        return
    for hit in _INTERNAL.finditer(subject.text):
        is_forge = subject.text[max(0, hit.start() - 4) : hit.start()] == "git@"
        if (
            not is_forge
            and _PUBLIC_NAMES.search(hit["name"]) is None
            and (
                hit["zone"].lower() in _SURE_ZONES
                or _looks_like_host(subject.text, hit)
                or _HOST_KEY.search(subject.key) is not None
            )
        ):
            yield Match(*hit.span(), kinds.HOST_NAME, "internal-host", 0.75)


def _looks_like_host(text: str, hit: re.Match[str]) -> bool:
    first = hit["name"].split(".", 1)[0]
    if "-" in first or any(char.isdigit() for char in first):
        return True
    if _PORT.match(text, hit.end()) or text[max(0, hit.start() - 2) : hit.start()] == "//":
        return True
    named = hit["name"].islower() and hit["zone"] != "home"
    return named and _HOST_BEFORE.search(text, max(0, hit.start() - 32), hit.start()) is not None
