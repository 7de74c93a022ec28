"""Session cookies: in `Cookie` and `Set-Cookie` headers, and wherever their well-known names occur."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.lazy_pattern import lazy_pattern
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import is_hash_like, is_random, is_stand_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_HEADER = lazy_pattern(
    r"(?:set-)?cookie[\"']?(?:\s{0,2}[:=]\s{0,2}|\s{1,2})[\"']?(?P<pairs>[^\r\n\"']{8,8192})", re.IGNORECASE
)
_PAIR = lazy_pattern(r"(?P<name>[^\s=;,]{1,128})=(?:s%3A|\"|j%3A)?(?P<value>[^\s;,\"]{12,4096})")
_KNOWN = lazy_pattern(
    r"\b(?:j|php|asp\.?net_?)?sess(?:ion)?_?id\w{0,12}=(?P<value>[\w.%+/=~-]{16,1024})|"
    r"\b(?:connect\.sid|laravel_session|_session_id|csrftoken|remember_user_token|wordpress_logged_in_\w{1,40}|"
    r"remember_web_\w{1,64}|\.ASPXAUTH|__Secure-[\w.-]{1,40}|__Host-[\w.-]{1,40}|XSRF-TOKEN)="
    r"(?:s%3A)?(?P<known>[\w.%+/=~|-]{16,4096})",
    re.IGNORECASE,
)


def find_cookies(subject: Subject) -> Iterator[Match]:
    """Values of cookies that a server would take for a login."""
    lowered = subject.lowered
    if "cookie" in lowered:
        for header in _HEADER.finditer(subject.text):
            for hit in _PAIR.finditer(subject.text, *header.span("pairs")):
                if _is_session(hit["value"]):
                    yield _match(*hit.span("value"))
    if (
        "sess" in lowered
        or "connect.sid" in lowered
        or "auth=" in lowered
        or "token=" in lowered
        or "__" in lowered
    ):
        for hit in _KNOWN.finditer(subject.text):
            group = "value" if hit["value"] else "known"
            if _is_session(hit[group]):
                yield _match(*hit.span(group))


def _match(start: int, end: int) -> Match:
    return Match(start, end, kinds.SECRET, "session-cookie", 0.8)


def _is_session(value: str) -> bool:
    return not is_stand_in(value) and (is_random(value) or is_hash_like(value))
