"""Logins on other machines, and names of internal hosts.

A login is `user@host` where a shell would log in, or user and host in an ssh command or an ssh configuration.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.local_identity import is_common_word
from git_fedlearn.privacy.detectors.network import TLDS, is_private_ipv4
from git_fedlearn.privacy.model import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_HOST = (
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?){0,6}"
)
_USER_AT_HOST = rf"(?<![\w.@/:%+-])(?P<user>[A-Za-z_][\w.-]{{0,31}})@(?P<host>{_HOST})"
_AFTER_LOGIN = (
    r"(?P<after>:(?:~|/|\d{1,5}\b|[\w.]{1,64}/)|\s?[$#](?=\s|$)|"
    r"'s password:|: Permission denied|(?::|,)? port \d{1,5}\b|: Connection |"
    r"\s(?:~|/)[\w./~-]{0,128}\]?\s?[$#%])"
)
_LOGIN = lazy_pattern(f"{_USER_AT_HOST}{_AFTER_LOGIN}?")
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
_REMOTE = (
    r"(?:\bssh|\bscp|\bsftp|\brsync|\bmosh|\bsshfs|\bssh-copy-id|\bautossh|://|ssh=|host=|"
    r"(?i:last login (?:of|for|by)|logged in as|log ?in as)|--(?:target|build)-host|--user-host|"
    r"(?i:connect(?:ing|ed) to|authenticat\w{2,3} (?:to|as)|permanently added|copying (?:to|from)|tunnel to)|"
    r"(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S{5,16}) \S{4,4096})[^\n|;&]{0,160}"
)
_REMOTE_COMMAND = lazy_pattern(f"{_REMOTE}$")
# What sshd and PAM write when somebody logs in.
_SSHD = lazy_pattern(
    r"(?:(?:Accepted|Failed) [a-z][a-z/-]{2,40} for(?: invalid user| illegal user)? |"
    r"[Ii]nvalid user (?=[\w.-]{1,32} (?:from|by) )|"
    r"session (?:opened|closed) for user |[Aa]uthenticating user |[Dd]isconnected from (?:invalid )?user |"
    r"New session \S{1,12} of user |Removed session \S{1,12} of user )(?P<user>[A-Za-z_][\w.-]{0,31}[\w-])"
)
_SSH_DEBUG = lazy_pattern(
    rf"Authenticating to (?P<host>{_HOST})(?::\d{{1,5}})? as [\"'](?P<user>[A-Za-z_][\w.-]{{0,31}})[\"']"
)
SEPARATE_LOGINS = (_SSH_OPTION, _SSH_CONFIG, _SSHD, _SSH_DEBUG)
_SSHD_SIGNS = (
    "accepted ",
    "failed ",
    "invalid user",
    "for user ",
    "ing user ",
    "of user ",
    "from user ",
    "authenticating to ",
)
_WORDS_OF_SSHD = frozenset(("invalid", "illegal", "unknown"))
_IPV4 = lazy_pattern(r"\d{1,3}(?:\.\d{1,3}){3}")
_GENERIC_USERS = frozenset("user username you me git hg svn login name youruser your_user".split())
_GENERIC_HOSTS = frozenset(
    "host hostname server remote localhost machine example example.com your-server ip address".split()
)


def joined_logins() -> tuple[re.Pattern[str], ...]:
    """One of these matches in every text that has a login with an `@`."""
    after_command = lazy_pattern(rf"{_REMOTE}\n?[A-Za-z_][\w.-]{{0,31}}@")
    return lazy_pattern(_USER_AT_HOST + _AFTER_LOGIN), after_command, _SSH_URL


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
    if subject.has_any(_SSHD_SIGNS):
        yield from _logged(text)
    if "ssh" in text and " -l" in text:
        yield from _separate_logins(_SSH_OPTION, text)
    if "\n" in text and "host" in subject.lowered:
        yield from _separate_logins(_SSH_CONFIG, text)


def _logged(text: str) -> Iterator[Match]:
    """Users as the logs of ssh and PAM name them."""
    for hit in _SSHD.finditer(text):
        if hit["user"] not in _WORDS_OF_SSHD and not is_common_word(hit["user"]):
            yield Match(*hit.span("user"), kinds.LOGIN, "sshd-login", 0.8)
    yield from _separate_logins(_SSH_DEBUG, text)


def _is_specific(hit: re.Match[str]) -> bool:
    user, host = hit["user"].lower(), hit["host"].lower()
    # Equal ones are fields of the same type.
    if user == host or user in _GENERIC_USERS or host in _GENERIC_HOSTS or host.endswith(".example.com"):
        return False
    if host[0].isdigit():
        return _IPV4.fullmatch(host) is not None and is_private_ipv4(host)
    return not (is_common_word(user) and is_common_word(host))


def _separate_logins(pattern: re.Pattern[str], text: str) -> Iterator[Match]:
    """User and host that are not joined by an `@`."""
    for hit in pattern.finditer(text):
        if _is_specific(hit):
            yield Match(*hit.span("user"), kinds.LOGIN, "ssh-login", 0.75)
            yield Match(*hit.span("host"), kinds.LOGIN, "ssh-login", 0.75)


_INTERNAL = lazy_pattern(
    r"(?<![\w.$%{}-])(?P<name>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?\.){1,6}"
    r"(?P<zone>local|lan|internal|intranet|corp|home\.arpa|home|localdomain|private|ts\.net))"
    r"(?![\w-]|\.\w|\(|=| import)(?<!private(?=\?))",
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


_INNER = lazy_pattern(
    r"(?<![\w.$%{}-])(?P<name>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?\.){1,5}"
    r"(?:corp|internal|intranet|intra|svc|mgmt|priv|private|lan|int)\."
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?\.){1,3}(?P<tld>[A-Za-z]{2,18}))(?![\w-]|\.\w|\()",
    re.IGNORECASE,
)
INTERNAL_NAMES = (_INTERNAL, _INNER)
_INNER_LABELS = tuple(
    f".{label}." for label in "corp internal intranet intra svc mgmt priv private lan int".split()
)
_FILE_ENDINGS = frozenset("py sh rs md pl so cc ml mo ps in do tf app js io".split())
"""Top-level domains that are more often endings of files and modules."""
_SERVICE_DOTS = 4
"""Of a service in a namespace of a cluster."""
_OWN_PACKAGES = lazy_pattern(r"(?:com|org|net|io|de|dev|edu|gov|sun|java|javax|jdk|github)\.", re.IGNORECASE)


def _inner_hosts(text: str) -> Iterator[Match]:
    """Names in public domains that have a label for what is inside: `git.corp.….com`."""
    for hit in _INNER.finditer(text):
        name, tld = hit["name"].lower(), hit["tld"].lower()
        if name.endswith((".svc.cluster.local", ".example.com", ".example.org", ".example.net")):
            is_host = (
                name.endswith(".local")
                and name.count(".") >= _SERVICE_DOTS
                and not name.startswith(("kubernetes.", "my-", "foo.", "example"))
            )
        else:
            is_host = (
                tld in TLDS
                and _OWN_PACKAGES.match(name) is None
                and (tld not in _FILE_ENDINGS or _is_address(text, hit))
            )
        if is_host:
            yield Match(*hit.span(), kinds.HOST_NAME, "inner-label", 0.75)


def _is_address(text: str, hit: re.Match[str]) -> bool:
    """Whether what is around says that it is the address of a machine."""
    return (
        text[max(0, hit.start() - 2) : hit.start()] == "//"
        or _PORT.match(text, hit.end()) is not None
        or _HOST_BEFORE.search(text, max(0, hit.start() - 32), hit.start()) is not None
    )


def find_internal_hosts(subject: Subject) -> Iterator[Match]:
    """Names in internal zones: `.lan` and tailnets always, others if something suggests a host."""
    if subject.has_any(_INNER_LABELS):
        yield from _inner_hosts(subject.text)
    if not subject.has_any(_ZONES):
        return
    for hit in _INTERNAL.finditer(subject.text):
        before = subject.text[max(0, hit.start() - 4) : hit.start()]
        is_key_file = hit["zone"] == "private" and before.endswith("/") and not before.endswith("//")
        if (
            not is_key_file
            and before != "git@"
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
