"""The user, host, name and mail addresses of this machine, wherever they occur.

A name that is a common word (`test`, `admin`) or shorter than four letters stays as a bare word: replacing
it would spoil ordinary text. In paths and logins it goes all the same, by the rules for those.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.model import LocalIdentity
    from git_fedlearn.privacy.subject import Subject

_LEAST = 4
COMMON = frozenset(
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


class IdentityRules:
    """Patterns compiled once for one identity."""

    def __init__(self, identity: LocalIdentity) -> None:
        self._rules: list[tuple[str, re.Pattern[str], str, str]] = []
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

    @property
    def is_known(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._rules)

    def find(self, subject: Subject) -> Iterator[Match]:
        """Every mention of this machine or its user."""
        for word, pattern, kind, rule in self._rules:
            if word in subject.lowered:
                for hit in pattern.finditer(subject.text):
                    yield Match(*hit.span(), kind, rule, 0.9)

    def _add(self, word: str, kind: str, rule: str, pattern: str) -> None:
        if word:
            self._rules.append((word.lower(), re.compile(pattern, re.IGNORECASE), kind, rule))

    def _add_word(self, word: str, kind: str, rule: str) -> None:
        word = word.strip()
        if len(word) >= _LEAST and word.lower() not in COMMON and not word.isdigit():
            pattern = r"\s{1,3}".join(re.escape(part) for part in word.split())
            first = word.split()[0]
            rows = (first.lower(), re.compile(rf"(?<![^\W_]){pattern}(?![^\W_])", re.IGNORECASE), kind, rule)
            self._rules.append(rows)

    def _add_login(self, identity: LocalIdentity) -> None:
        """`user@host` of this machine, whatever the names are."""
        if identity.user and identity.host:
            short = re.escape(identity.host.split(".")[0])
            pattern = rf"(?<![\w.-]){re.escape(identity.user)}@{short}(?:\.[\w-]{{1,63}}){{0,6}}(?![\w-])"
            self._add(f"{identity.user}@", kinds.LOGIN, "local-login", pattern)
