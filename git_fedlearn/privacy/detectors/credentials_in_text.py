"""Credentials without a name to recognize them by: in prose, in password files, in commands.

Login pairs (`log in with admin / …`), PINs, the words that restore a wallet, `.netrc` and `.pgpass`
entries, passwords in the arguments of programs (`curl -u user:…`, `mysql -p…`), what programs put into a
store of secrets (`gh secret set NAME --body …`), and keys in the arguments of calls (`Fernet("…")`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import (
    is_chosen_word,
    is_code,
    is_full_of_signs,
    is_random,
    is_stand_in,
    is_strong_password,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from git_fedlearn.privacy.subject import Subject


def find_credentials(subject: Subject) -> Iterator[Match]:
    """Login pairs, entries of password files, PINs, recovery phrases."""
    for form in _FORMS:
        signs = form.signs
        if subject.has_any(signs) if isinstance(signs, tuple) else signs.search(subject.text):
            for hit in form.pattern.finditer(subject.text):
                if form.is_secret(hit["value"]):
                    yield Match(*hit.span("value"), form.kind, form.rule, form.confidence)


def find_command_lines(subject: Subject) -> Iterator[Match]:
    """Passwords in the arguments of well-known programs."""
    text = subject.text
    for program, pattern in _COMMANDS:
        if program in text:
            for hit in pattern.finditer(text):
                if _is_password(hit["value"]) or (program in _SURE and _is_sure(hit["value"])):
                    yield Match(*hit.span("value"), kinds.PASSWORD, "command-line", 0.8)
    for sign, pattern in _GENERATED:
        if sign in text:
            for hit in pattern.finditer(text):
                if _is_password(hit["value"]) and is_random(hit["value"], min_length=10):
                    yield Match(*hit.span("value"), kinds.SECRET, "command-line", 0.75)


def _is_password(value: str) -> bool:
    """Whether it is a password and not a placeholder, a variable or a word."""
    return not is_stand_in(value) and not is_code(value) and is_strong_password(value)


def _is_sure(value: str) -> bool:
    """Whether it is a word that people choose, or all signs: enough where only a password can stand."""
    is_chosen = is_chosen_word(value) or is_full_of_signs(value.replace(" ", ""))
    return is_chosen and not is_stand_in(value)


_PIN = lazy_pattern(
    r"\bpin(?:[ -]?(?:code|number))?(?: is|:|=)\s{0,2}[\"'`]?(?P<value>\d{4,8})(?![\w.-])", re.IGNORECASE
)
_LOGIN_PAIR = lazy_pattern(
    r"\b(?:log ?in|sign ?in|credentials|creds|auth)\b[^\n]{0,16}?[ :]\s{0,2}(?!h\d:|sha\d{1,3}:|md5:)"
    r"(?<!h1:)(?<!\d\d\d:)(?<!md5:)(?:[\w.@-]{2,40}(?:\s/\s|:)|[\w@-]{2,40}/(?!\S{1,256}/))"
    r"[\"']?(?P<value>[^\s\"']{4,256})[\"']?",
    re.IGNORECASE,
)
# .netrc: `machine … login … password …`; .pgpass: `host:port:database:user:password`.
_NETRC = lazy_pattern(
    r"\bmachine\s{1,8}\S{1,128}\s{1,8}login\s{1,8}\S{1,128}\s{1,8}password\s{1,8}(?P<value>(?:(?!\\[nrt])\S){4,256})"
)
_PGPASS = lazy_pattern(
    r"(?<![\w.:/-])[\w.*-]{1,64}:(?:\d{4,5}|\*):[A-Za-z*][\w*-]{0,63}:[\w.-]{1,64}:(?P<value>[^\s:\"']{6,128})(?!\S)"
)
_PGPASS_PORT = lazy_pattern(r":(?:\d{4,5}|\*):")
_PHRASE = lazy_pattern(
    r"(?:mnemonic|(?:seed|recovery|backup|secret)[-_ ]?(?:phrase|words))[^A-Za-z\n]{0,8}(?:is|"
    r"are)?[^A-Za-z\n]{0,8}"
    r"(?P<value>(?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})",
    re.IGNORECASE,
)


class _Form(NamedTuple):
    """A way to write a secret. `signs` are checked first: lower-case words, or a quicker pattern."""

    signs: tuple[str, ...] | re.Pattern[str]
    pattern: re.Pattern[str]
    is_secret: Callable[[str], bool]
    kind: str
    rule: str
    confidence: float


_FORMS = (
    _Form(
        ("login", "log in", "sign in", "signin", "cred", "auth"),
        _LOGIN_PAIR,
        _is_password,
        kinds.PASSWORD,
        "login-pair",
        0.6,
    ),
    _Form(("machine",), _NETRC, lambda value: not is_stand_in(value), kinds.PASSWORD, "netrc", 0.85),
    _Form(_PGPASS_PORT, _PGPASS, _is_password, kinds.PASSWORD, "pgpass", 0.75),
    _Form(("pin",), _PIN, lambda _: True, kinds.PASSWORD, "pin", 0.6),
    _Form(("mnemonic", "phrase", "words"), _PHRASE, lambda _: True, kinds.SECRET, "recovery-phrase", 0.85),
)

_ANY = r"(?:[^\n|;]|\\\n){0,160}?\s"
_WORD = r"[\"']?(?P<value>[^\s\"']{4,256})[\"']?"
_PAIR = r"[\"']?[^\s\"':]{0,64}:[\"']?(?P<value>[^\s\"']{3,256})[\"']?"
# A call that opens a connection to a database has the password behind host and user.
_CONNECT = lazy_pattern(
    r"(?:\bgetConnection|\b(?:pymysql|MySQLdb|pymssql|psycopg2?|pgdb|pg|cx_Oracle|oracledb|connector|connections)"
    r"\.[cC]onnect(?:ion)?|\b\w{2,8}_p?connect|\bPDO|\bmysqli)\("
    r"(?:\s{0,8}(?:\"[^\"\n]{0,128}\"|'[^'\n]{0,128}'|[\w.$]{1,32}),){1,2}\s{0,8}"
    r"[\"'](?P<value>[^\"'\s:/]{6,64})[\"']\s{0,4}[,)]"
)

# In settings of switches and routers, in an encoding that anybody can read, or as they are.
_TYPE_7 = lazy_pattern(r"\b(?:password|secret|key|key-string) 7 (?P<value>[0-9A-Fa-f]{8,128})(?!\w)")
_OF_DEVICE = lazy_pattern(
    rf"\b(?:snmp-server community|(?:radius|tacacs)-server key|isakmp key|pre-shared-key|authentication-key|"
    rf"requirepass|masterauth)\s{{1,4}}{_WORD}"
)


def _login_call(name: str) -> tuple[str, re.Pattern[str]]:
    """A call of this name with user and password."""
    pair = r"\(\s{0,8}[\"'][^\"'\n]{0,64}[\"'],\s{0,8}[\"'](?P<value>[^\"'\r\n]{4,256})[\"']"
    return f"{name}(", lazy_pattern(name + pair)


_COMMANDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("curl", lazy_pattern(rf"\bcurl\b{_ANY}(?:-u|--user|--proxy-user)[= ]\s{{0,4}}{_PAIR}")),
    ("wget", lazy_pattern(rf"\bwget\b{_ANY}--(?:http-|ftp-)?password[= ]{_WORD}")),
    ("http", lazy_pattern(rf"\bhttps?\s(?:[^\n|;]{{0,200}}?\s)?(?:-a|--auth)[= ]{_PAIR}")),
    ("mysql", lazy_pattern(rf"\bmysql(?:dump|admin|import)?\b{_ANY}-p{_WORD}")),
    ("mariadb", lazy_pattern(rf"\bmariadb(?:-dump|-admin)?\b{_ANY}-p{_WORD}")),
    ("sshpass", lazy_pattern(rf"\bsshpass\s{{1,4}}-p\s{{0,4}}{_WORD}")),
    ("redis-cli", lazy_pattern(rf"\bredis-cli\b{_ANY}-a\s{{1,4}}{_WORD}")),
    (
        "login",
        lazy_pattern(
            rf"\b(?:docker|podman|buildah|skopeo|helm|az|"
            rf"nerdctl)(?:\s\S{{1,24}}){{0,2}}\slogin\b{_ANY}-p[ =]{{1,4}}{_WORD}"
        ),
    ),
    ("login", lazy_pattern(rf"\blogin\s{{1,8}}\S{{1,128}}\s{{1,8}}password\s{{1,8}}{_WORD}")),
    ("ldap", lazy_pattern(rf"\bldap(?:search|modify|add|whoami)\b{_ANY}-w\s{{1,4}}{_WORD}")),
    ("mongo", lazy_pattern(rf"\bmongo(?:sh|dump|restore|export|import)?\b{_ANY}-p\s{{1,4}}{_WORD}")),
    ("net", lazy_pattern(rf"\bnet use\b{_ANY}/user:\S{{1,128}}\s{{1,4}}{_WORD}", re.IGNORECASE)),
    ("useradd", lazy_pattern(rf"\buseradd\b{_ANY}-p\s{{1,4}}{_WORD}")),
    (
        "htpasswd",
        lazy_pattern(
            rf"\bhtpasswd\b(?:\s{{1,4}}-\w{{1,8}}){{1,4}}\s{{1,4}}\S{{1,128}}\s{{1,4}}\S{{1,64}}\s{{1,4}}{_WORD}"
        ),
    ),
    (
        "SecureString",
        lazy_pattern(
            r"\bConvertTo-SecureString\s{1,4}(?:-[A-Z]\w{1,16}\s{1,4}){0,3}\\?[\"']?"
            r"(?P<value>(?<=[\"'])[^\"'\r\n\\]{4,256}|[^\s\"'\\$(-][^\s\"'\\]{3,255})"
        ),
    ),
    *map(_login_call, ("Credential", "Credentials", "asicAuth", "PasswordAuthentication")),
    ("setPassword(", lazy_pattern(r"\bsetPassword\(\s{0,8}[\"'](?P<value>[^\"'\r\n]{6,256})[\"']")),
    *(
        (name, lazy_pattern(rf"\b{name}\b{_ANY}-p\s{{1,4}}{_WORD}"))
        for name in ("psexec", "PsExec", "PSEXEC")
    ),
    *((name, _CONNECT) for name in ("onnect(", "onnection(", "PDO(", "mysqli(")),
    (
        "define(",
        lazy_pattern(
            r"\bdefine\(\s{0,4}[\"'](?:(?:SECURE_)?AUTH|LOGGED_IN|NONCE)_(?:KEY|SALT)[\"'],\s{0,16}"
            r"'(?P<value>[^'\n]{32,128})'"
        ),
    ),
    *((f"{word} 7 ", _TYPE_7) for word in ("password", "secret", "key", "key-string")),
    *(
        (name, _OF_DEVICE)
        for name in (
            "-server ",
            "isakmp key",
            "shared-key",
            "authentication-key",
            "requirepass",
            "masterauth",
        )
    ),
    ("nmcli", lazy_pattern(rf"\bnmcli\b{_ANY}password\s{{1,4}}{_WORD}")),
    ("etcdctl", lazy_pattern(rf"\betcdctl\b{_ANY}--user[= ]{_PAIR}")),
    ("rdesktop", lazy_pattern(rf"\brdesktop\b{_ANY}-p\s{{1,4}}{_WORD}")),
    *(
        (
            name,
            lazy_pattern(rf"\b{name}\s(?:[^\n|;]{{0,80}}?\s)?[\w$]{{1,32}}/(?P<value>[^\s/@\"']{{4,64}})@\w"),
        )
        for name in ("impdp", "expdp", "rman")
    ),
    ("lftp", lazy_pattern(rf"\blftp\b{_ANY}-u\s{{1,4}}[^\s,]{{1,64}},{_WORD}")),
    *(
        (name, lazy_pattern(rf"\b{name}\b{_ANY}-U\s{{0,4}}[\"']?[^\s%\"']{{1,64}}%{_WORD}"))
        for name in ("smbclient", "rpcclient")
    ),
    ("wpa_passphrase", lazy_pattern(rf"\bwpa_passphrase\s{{1,4}}\S{{1,64}}\s{{1,4}}{_WORD}")),
    ("7z", lazy_pattern(rf"\b7z[ar]?\b{_ANY}-p{_WORD}")),
    ("ssh-keygen", lazy_pattern(rf"\bssh-keygen\b{_ANY}-[NP]\s{{1,4}}{_WORD}")),
    ("net user", lazy_pattern(rf"\bnet user\s{{1,4}}\S{{1,64}}\s{{1,4}}{_WORD}\s{{1,4}}/add")),
    (
        "rabbitmqctl",
        lazy_pattern(
            rf"\brabbitmqctl\s{{1,4}}(?:add_user|change_password|authenticate_user)\s{{1,4}}\S{{1,64}}\s{{1,4}}{_WORD}"
        ),
    ),
    *(
        (name, lazy_pattern(rf"\b{name}\b{_ANY}-p\s{{1,4}}{_WORD}"))
        for name in ("az sql", "az postgres", "az mysql", "cqlsh", "beeline")
    ),
    *(
        (name, lazy_pattern(rf"\b{name}\b{_ANY}-P\s{{1,4}}{_WORD}"))
        for name in ("ipmitool", "mosquitto_pub", "mosquitto_sub")
    ),
    ("xfreerdp", lazy_pattern(rf"\bxfreerdp\b{_ANY}/p:{_WORD}")),
    ("sqlcmd", lazy_pattern(rf"\bsqlcmd\b{_ANY}-P\s{{0,4}}{_WORD}")),
    ("vault operator unseal", lazy_pattern(rf"\bvault operator unseal\s{{1,4}}{_WORD}")),
    ("zip", lazy_pattern(rf"\b(?:un)?zip\b{_ANY}-P\s{{1,4}}{_WORD}")),
    ("openssl", lazy_pattern(rf"\bopenssl\b{_ANY}(?:-passin|-passout|-pass|-k)\s{{1,4}}(?:pass:)?{_WORD}")),
    (
        "password-stdin",
        lazy_pattern(rf"\becho\s{{1,4}}(?:-\w\s{{1,4}})?{_WORD}\s{{0,4}}\|[^\n]{{0,128}}--password-stdin"),
    ),
    ("sudo -S", lazy_pattern(rf"\becho\s{{1,4}}(?:-\w\s{{1,4}})?{_WORD}\s{{0,4}}\|\s{{0,4}}sudo -S")),
    (
        "chpasswd",
        lazy_pattern(
            r"\becho\s{1,4}[\"']?[\w.-]{1,32}:(?P<value>[^\s\"']{3,256})[\"']?\s{0,4}\|"
            r"[^\n]{0,24}chpasswd"
        ),
    ),
)
"""A word that the text must contain, and the pattern to look for."""
_LONG = r"[\"']?(?P<value>(?=\S{0,40}\d)[^\s\"'$<]{16,512})[\"']?"
_STORES = ("secret set", "secrets versions", "secrets create", "secret put", "secret create", "env add")
_ARGUMENT = r"\s{0,8}b?[\"'](?P<value>[^\"'\s]{10,256})[\"']"

_GENERATED: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("--from-literal", lazy_pattern(rf"--from-literal[= ][\"']?[\w.-]{{1,64}}={_LONG}")),
    ("put-parameter", lazy_pattern(rf"\bput-parameter\b{_ANY}--value[= ]{_LONG}")),
    ("secret set", lazy_pattern(rf"\bsecret set\b{_ANY}(?:--body|-b|--value)[= ]{_LONG}")),
    *(
        (name, lazy_pattern(rf"\b{name}\b{_ANY}[A-Z][A-Z0-9_]{{1,64}}={_LONG}"))
        for name in ("config:set", "secrets set", "env:set")
    ),
    *(
        (
            name,
            lazy_pattern(
                rf"\b(?:echo|printf)\s{{1,4}}(?:-\w\s{{1,4}}|[\"']?%s[\"']?\s{{1,4}})?{_LONG}"
                rf"\s{{0,4}}\|[^\n|]{{0,48}}\b{name}\b"
            ),
        )
        for name in _STORES
    ),
    ("createHmac(", lazy_pattern(rf"\bcreateHmac\(\s{{0,8}}[\"'][\w-]{{2,12}}[\"'],{_ARGUMENT}")),
    ("hmac.new(", lazy_pattern(rf"\bhmac\.new\({_ARGUMENT}")),
    *(
        (name, lazy_pattern(rf"\b(?i:jwt)\.(?:sign|encode)\([^\n\"']{{1,80}},{_ARGUMENT}"))
        for name in ("jwt.", "JWT.")
    ),
    ("signWith(", lazy_pattern(rf"\bsignWith\(\s{{0,8}}[\w.]{{1,48}},{_ARGUMENT}")),
    ("AES.new(", lazy_pattern(rf"\bAES\.new\({_ARGUMENT}")),
    ("Fernet(", lazy_pattern(r"\bFernet\(b?[\"'](?P<value>[\w-]{43}=)[\"']")),
    ("auth", lazy_pattern(rf"\bauth\s?=\s?\(\s{{0,8}}[\"'][^\"'\n]{{1,64}}[\"'],{_ARGUMENT}")),
)
"""The same where a value is a secret only if it looks generated: stores of secrets, keys of calls."""
_SURE = frozenset(("sshpass", "Credential(", "define(", "psexec", "PsExec", "PSEXEC", "chpasswd"))
"""Programs that take a password where the pattern has it, and nothing else."""
PROGRAMS = tuple(program for program, _ in (*_COMMANDS, *_GENERATED))
COMMANDS = tuple(dict.fromkeys(pattern for _, pattern in (*_COMMANDS, *_GENERATED)))
FORMS = tuple(form.pattern for form in _FORMS if form.pattern is not _PHRASE)
"""All but the words of a wallet, whose pattern is long."""
