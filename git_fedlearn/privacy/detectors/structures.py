"""Secrets with a structure of their own: key blocks, web tokens, passwords in URLs, webhooks, HTTP headers.

Session cookies are found in `Cookie` and `Set-Cookie` headers, and by their well-known names anywhere.
"""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import (
    is_certificate,
    is_code,
    is_hash_like,
    is_marked_example,
    is_random,
    is_stand_in,
    is_version,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_PEM_BEGIN = lazy_pattern(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_PEM_END = lazy_pattern(r"-{4,5} ?END [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_PEM_BODY = lazy_pattern(
    r"(?:(?:[\s\"',|>*#]|\\+[nrt])*"
    r"(?:(?:Proc-Type|DEK-Info|Comment|Version|Encryption|Public-Lines|Private-Lines):[^\r\n\\]{0,80}|"
    r"[A-Za-z0-9+/=]{10,}))*"
)
_MIN_BODY_LENGTH = 40
_PUTTY = lazy_pattern(r"PuTTY-User-Key-File-\d")
_PUTTY_END = lazy_pattern(r"Private-(?:MAC|Hash): ?[0-9a-fA-F]{16,128}")


def find_private_keys(subject: Subject) -> Iterator[Match]:
    """Whole PEM, OpenSSH, PGP, SSH2 and PuTTY key blocks; without an end line, up to the end of the body."""
    text = subject.text
    if "PRIVATE KEY" in text:
        yield from _blocks(text, _PEM_BEGIN, _PEM_END, "private-key-block")
    if "PuTTY-User-Key-File" in text:
        yield from _blocks(text, _PUTTY, _PUTTY_END, "putty-private-key")


def _blocks(text: str, begin: re.Pattern[str], end: re.Pattern[str], rule: str) -> Iterator[Match]:
    ends = [m.span() for m in end.finditer(text)]
    starts = [start for start, _ in ends]
    heads = [m.span() for m in begin.finditer(text)]
    for index, (start, body) in enumerate(heads):
        following = heads[index + 1][0] if index + 1 < len(heads) else len(text)
        at = bisect_left(starts, body)
        closed = at < len(ends) and starts[at] < following
        unclosed = None if closed else _PEM_BODY.match(text, body)
        inner = starts[at] if closed else unclosed.end() if unclosed else body
        # A block without a body (`BEGIN … END` around dots) only shows what one looks like.
        if sum(c.isalnum() for c in text[body : min(inner, body + 4096)]) >= _MIN_BODY_LENGTH:
            yield Match(start, ends[at][1] if closed else inner, kinds.PRIVATE_KEY, rule, 0.99)


JWT = lazy_pattern(r"(?<![A-Za-z0-9_-])eyJ[\w-]{8,}={0,2}\.[\w-]{2,}={0,2}(?:\.[\w+/-]*){0,3}", re.ASCII)


def find_jwts(subject: Subject) -> Iterator[Match]:
    """JSON web tokens, signed or not, whose first part decodes to a JSON object."""
    for hit in JWT.finditer(subject.text):
        if _is_json_object(hit[0].split(".", 1)[0]):
            end = hit.end() - (len(hit[0]) - len(hit[0].rstrip(".")))
            yield Match(hit.start(), end, kinds.JWT, "json-web-token", 0.99)


def _is_json_object(part: str) -> bool:
    part = part.rstrip("=")[:256]
    try:
        head = base64.urlsafe_b64decode(part[: len(part) // 4 * 4])
    except (binascii.Error, ValueError):
        return False
    return head.lstrip(b"{ \r\n\t").startswith(b'"')


_URL_LOGIN = lazy_pattern(
    r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{1,30}:(?:\\?/){2}"
    r"(?P<user>(?:[^\s/?#:@\"'<>`\\{}]|\{\{?[^\s{}]{0,64}\}?\}){0,256}(?:@[\w.-]{1,64})?)"
    r":(?P<password>[^\s\"'<>`]{1,128}?)@(?=[\w\[$.%{#-])"
)
_AUTHORITY = lazy_pattern(r"[^\s/?#\"'<>`,;|\\]{0,256}")
_URL_TOKEN = lazy_pattern(r"(?<![A-Za-z0-9])https?:(?:\\?/){2}(?P<token>[A-Za-z0-9_.-]{20,255})@(?=[\w\[])")
_NAMED_LOGIN = lazy_pattern(
    r"(?<![\w./:-])[\w.-]{1,64}:(?P<password>[^\s:@\"'<>`]{3,128})@(?:tcp|unix|udp)\(|"
    r"(?:oracle:(?:thin|oci8?):|\bsqlplus\s{1,4}(?:-\w{1,8}\s{1,4})?)\w{1,64}/(?P<oracle>[^\s/@\"'<>`]{3,128})@"
)

URL_LOGINS = (_URL_LOGIN, _URL_TOKEN, _NAMED_LOGIN)


def find_url_passwords(subject: Subject) -> Iterator[Match]:
    """The password in `scheme://user:password@host`; a random user name is a token."""
    if "@" not in subject.text:
        return
    yield from _other_logins(subject.text)
    if "://" not in subject.text and ":\\/" not in subject.text:
        return
    for hit in _URL_LOGIN.finditer(subject.text):
        password = hit["password"]
        # `http://host:8080/path/@scope` has no password.
        has_path = "/" in password and re.match(r"\d{1,5}(?:/|$)", password)
        start, end = hit.start("password"), _last_at(subject.text, hit)
        if not has_path and not is_stand_in(subject.text[start:end]) and any(map(str.isalnum, password)):
            yield Match(start, end, kinds.PASSWORD, "url-password", 0.95)
        # GitHub takes a token as the user, and this as the password.
        is_long = len(hit["user"]) >= 20 and (password == "x-oauth-basic" or is_random(hit["user"]))  # noqa: PLR2004, S105
        if is_long and not is_stand_in(hit["user"]):
            yield Match(*hit.span("user"), kinds.API_KEY, "url-token", 0.9)


def _last_at(text: str, hit: re.Match[str]) -> int:
    """Where the password ends: at the last `@` before the path, since passwords contain unescaped ones."""
    rest = _AUTHORITY.match(text, hit.end())
    more = rest[0].rfind("@") if rest is not None and "/" not in hit["password"] else -1
    return hit.end("password") if more < 0 else hit.end() + more


def _other_logins(text: str) -> Iterator[Match]:
    """`https://token@host`, `user:password@tcp(host)`, `oracle:thin:user/password@`."""
    for hit in _URL_TOKEN.finditer(text):
        if is_random(hit["token"], min_length=20):
            yield Match(*hit.span("token"), kinds.API_KEY, "url-token", 0.9)
    if "@tcp(" in text or "@unix(" in text or "oracle" in text or "sqlplus" in text:
        for hit in _NAMED_LOGIN.finditer(text):
            group = "password" if hit["password"] else "oracle"
            if not is_stand_in(hit[group]):
                yield Match(*hit.span(group), kinds.PASSWORD, "url-password", 0.9)


WEBHOOKS = lazy_pattern(
    r"(?:https?:(?:\\?/){2})?(?:"
    r"hooks\.slack\.com\\?/(?:services|workflows|triggers)\\?/[\w\\/-]{16,256}|"
    r"(?:ptb\.|"
    r"canary\.)?discord(?:app)?\.com\\?/api\\?/(?:v\d{1,2}\\?/)?webhooks\\?/\d{10,24}\\?/[\w-]{20,128}|"
    r"[\w-]{1,64}\.webhook\.office\.com\\?/webhookb2\\?/[\w@\\/.-]{30,400}|"
    r"outlook\.office(?:365)?\.com\\?/webhook\\?/[\w@\\/.-]{30,400}|"
    r"chat\.googleapis\.com\\?/v1\\?/spaces\\?/[\w-]{4,64}\\?/messages\?[\w=&%.~-]{20,400}|"
    r"hooks\.zapier\.com\\?/hooks\\?/(?:catch|standard)\\?/[\w\\/-]{6,128}|"
    r"maker\.ifttt\.com\\?/(?:use|trigger\\?/[\w-]{1,64}\\?/(?:json\\?/)?with\\?/key)\\?/[\w-]{10,128}|"
    r"open\.(?:feishu\.cn|larksuite\.com)\\?/open-apis\\?/bot\\?/v2\\?/hook\\?/[\w-]{20,64}|"
    r"oapi\.dingtalk\.com\\?/robot\\?/send\?access_token=\w{20,128}|"
    r"qyapi\.weixin\.qq\.com\\?/cgi-bin\\?/webhook\\?/send\?key=[\w-]{20,64}|"
    r"hooks\.(?:glip|ringcentral)\.com\\?/webhook\\?/(?:v\d\\?/)?[\w-]{20,128}|"
    r"hook\.(?:[a-z]{2}\d\.)?(?:integromat|make)\.com\\?/[\w-]{20,64}|"
    r"[\w.-]{1,80}\.logic\.azure\.com(?::443)?\\?/workflows\\?/[\w\\/-]{16,200}\?[\w=&%.~/-]{10,400}|"
    r"[\w.-]{1,80}\.azurewebsites\.net\\?/api\\?/[\w\\/-]{1,100}\?code=[\w=%/+-]{20,200}|"
    r"[\w.:-]{1,80}\\?/(?:web)?hooks?\\?/(?:[\w-]{1,40}\\?/)?[a-z0-9]{26,32}(?![\w/-])|"
    r"[\w.:-]{1,80}\\?/workflows\\?/[0-9a-f]{32}\\?/triggers\\?/[\w\\/-]{1,80}\?[\w=&%.~/-]{10,400}|"
    r"[\w.:-]{1,80}\\?/hooks\\?/[A-Za-z0-9]{15,24}\\?/[A-Za-z0-9]{30,64}(?![\w/-])|"
    r"events\.pagerduty\.com\\?/integration\\?/[0-9a-f]{32}(?:\\?/enqueue)?|"
    r"api\.telegram\.org\\?/bot\d{6,12}:[\w-]{30,50}(?:\\?/\w{1,40})?"
    r")",
    re.ASCII,
)
WEBHOOK_SIGNS = (
    "hook",
    "googleapis.com",
    "maker.ifttt",
    "dingtalk",
    "api.telegram",
    "weixin",
    "logic.azure",
    "azurewebsites",
    "/triggers/",
    "events.pagerduty",
)
"""Every webhook address contains one of these."""


def find_webhooks(subject: Subject) -> Iterator[Match]:
    """Addresses that anybody who knows them can post to; the whole address is the secret."""
    text = subject.text
    if not any(sign in text for sign in WEBHOOK_SIGNS):
        return
    for hit in WEBHOOKS.finditer(text):
        if not is_marked_example(hit[0]):
            yield Match(*hit.span(), kinds.WEBHOOK_URL, "webhook", 0.97)


HEADER = lazy_pattern(
    r"(?i)\b(?:(?P<scheme>bearer|basic|token|digest|apikey|negotiate)[ \t]{1,4}|"
    r"authorization[\"']?[ \t]{0,4}:[ \t]{0,4}[\"']?)"
    r"(?P<secret>[A-Za-z0-9._~+/=-]{12,4096})"
)
_MIN_HEADER_LENGTH = 14


def find_headers(subject: Subject) -> Iterator[Match]:
    """What follows an HTTP authentication scheme, if it is random enough for a credential."""
    for hit in HEADER.finditer(subject.text):
        secret = hit["secret"].rstrip(".")
        scheme = (hit["scheme"] or "").lower()
        is_header = not scheme or "authorization" in subject.lowered[max(0, hit.start() - 24) : hit.start()]
        if (
            is_stand_in(secret)
            or is_version(secret)
            or is_code(secret)
            or not is_random(secret.rstrip("="), min_length=_MIN_HEADER_LENGTH if is_header else 16)
            or (is_hash_like(secret) and scheme in {"token", "digest"} and not is_header)
        ):
            continue
        kind = kinds.PASSWORD if scheme == "basic" else kinds.API_KEY
        yield Match(hit.start("secret"), hit.start("secret") + len(secret), kind, "authorization-header", 0.9)


PAIR_BASE64 = lazy_pattern(
    r"\b_?auth[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?P<secret>[A-Za-z0-9+/]{8,512}={0,2})(?![\w+/=-])"
)
_PAIR_PLAIN = re.compile(rb"[\w.@-]{1,64}:[\x21-\x7e]{3,400}")


def find_basic_pairs(subject: Subject) -> Iterator[Match]:
    """`"auth": "…"` of Docker and npm: user and password in base64."""
    for hit in PAIR_BASE64.finditer(subject.text):
        plain = base64.b64decode(hit["secret"][: len(hit["secret"]) // 4 * 4])
        if _PAIR_PLAIN.fullmatch(plain) is not None:
            yield Match(*hit.span("secret"), kinds.PASSWORD, "basic-pair", 0.9)


_MANIFEST = lazy_pattern(r"^[ \t]*[\"']?kind[\"']?:[ \t]*[\"']?[Ss]ecret[\"']?[ \t]*,?\r?$", re.MULTILINE)
_DATA = lazy_pattern(
    r"^(?P<indent>[ \t]*)[\"']?data[\"']?:[ \t]*\{?[ \t]*\r?\n"
    r"(?P<block>(?:(?P=indent)[ \t]+[^\n]*(?:\n|\Z))*)",
    re.MULTILINE,
)
_ENTRY = lazy_pattern(
    r"^[ \t]+[\"']?[\w.-]{1,128}[\"']?:[ \t]*(?:[|>][+-]?[ \t]*\r?\n[ \t]+)?[\"']?"
    r"(?P<value>[A-Za-z0-9+/]{7,8192}={0,2})[\"']?[ \t]*,?\r?$",
    re.MULTILINE,
)


def find_manifests(subject: Subject) -> Iterator[Match]:
    """The data of a Secret of Kubernetes: base64 under any name."""
    if _MANIFEST.search(subject.text) is None:
        return
    for data in _DATA.finditer(subject.text):
        for hit in _ENTRY.finditer(subject.text, *data.span("block")):
            if len(hit["value"]) % 4 == 0 and not is_certificate(hit["value"]):
                yield Match(*hit.span("value"), kinds.SECRET, "kubernetes-secret", 0.85)


_COOKIE_HEADER = lazy_pattern(
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

_HASHES = lazy_pattern(r"(?i:sha-?\d{1,3}|md5|checksum|integrity)")

COOKIES = (_COOKIE_HEADER, _KNOWN)


def find_cookies(subject: Subject) -> Iterator[Match]:
    """Values of cookies that identify a session."""
    if "cookie" in subject.lowered:
        for header in _COOKIE_HEADER.finditer(subject.text):
            for hit in _PAIR.finditer(subject.text, *header.span("pairs")):
                if _is_session(hit["value"]) and not _HASHES.fullmatch(hit["name"]):
                    yield _match(*hit.span("value"))
    if subject.has_any(("sess", "connect.sid", "auth=", "token=", "__")):
        for hit in _KNOWN.finditer(subject.text):
            group = "value" if hit["value"] else "known"
            if _is_session(hit[group]):
                yield _match(*hit.span(group))


def _match(start: int, end: int) -> Match:
    return Match(start, end, kinds.SECRET, "session-cookie", 0.8)


def _is_session(value: str) -> bool:
    return not is_stand_in(value) and "(" not in value and (is_random(value) or is_hash_like(value))
