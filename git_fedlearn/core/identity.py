"""What makes two records the same lesson. Specified in docs/format.md, "Identity" and "Normal form".

Identity is a function of the record alone, never of a path or a setting, or clones would disagree.
Error messages enter it in normal form: without the parts that two machines never print the same.

The lists here and the table of patterns are part of the format: changing one changes ids. Every
pattern takes time linear in the text, because messages come from peers.
"""

import re
from functools import cache
from typing import Final, NewType

from xxhash import xxh3_128_hexdigest

from git_fedlearn.core.canonical import Json, JsonObject, format_value

RecordId = NewType("RecordId", str)
"""32 lower-case hexadecimal digits: XXH3-128 of an identity form."""

POINT: Final = "_point"
"""The id of a mirrored point; the only key of the format that is part of the identity."""

METADATA_KEYS: Final = frozenset(["_id", "_seen_by", "_first_seen", "_gen", "_retracted", "_point_id", POINT])
"""All keys of the format. Any other key, also one that begins with `_`, belongs to the lesson."""

VOLATILE_KEYS: Final = frozenset(
    """
    value_score confidence_score success_rate quality_score
    timestamp ts created_at updated_at modified_at accessed_at learned_at
    first_seen last_seen last_used last_accessed last_updated
    success_count failure_count usage_count access_count
    """.split()
)
"""Scores, times, and counts of use."""

ERROR_KEYS: Final = frozenset(
    "error error_message error_msg error_output exception stack_trace stacktrace stderr traceback".split()
)
"""Fields that contain an error message; they enter the identity form in normal form."""


def is_metadata_key(key: str) -> bool:
    """Whether a top-level key belongs to the format (`_id`, `_seen_by` …) rather than to the lesson."""
    return key in METADATA_KEYS


def is_volatile(key: str) -> bool:
    """Whether the field may differ between two records of the same lesson."""
    return key in VOLATILE_KEYS


def content_of(fields: JsonObject) -> JsonObject:
    """The fields that are neither metadata nor volatile."""
    return {
        key: value for key, value in fields.items() if key not in METADATA_KEYS and key not in VOLATILE_KEYS
    }


def identity_form(fields: JsonObject) -> bytes:
    """Canonical content, composed, with error messages in normal form; equal if and only if the lessons are.

    Of a mirrored point with its id. Without any content it is `{}`.
    """
    content = content_of(fields)
    form = format_value(content)
    composed = content if form.isascii() else _composed(content, form)
    errors = ERROR_KEYS.intersection(composed)
    if composed is content and not errors and POINT not in fields:
        return form
    for key in errors:
        composed[key] = _normalize(composed[key])
    if composed and POINT in fields:
        composed[POINT] = fields[POINT]
    return format_value(composed)


def _composed(content: JsonObject, form: bytes) -> JsonObject:
    from git_fedlearn.core.unicode_form import compose_fields, is_composed  # noqa: PLC0415  most content is ASCII

    return content if is_composed(form.decode()) else compose_fields(content)


def record_id(form: bytes) -> RecordId:
    """XXH3-128 with seed 0 of an identity form, as `xxhsum -H2` prints it."""
    return RecordId(xxh3_128_hexdigest(form))


_NO_PATH: Final = r"\s\"'`:,;()<>\[\]{}"
_PATH: Final = rf"[^{_NO_PATH}]+"
_PATH_START: Final = rf"(?<![^{_NO_PATH}=])"
_CLOCK: Final = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY: Final = r"\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +)?"
_ZONE: Final = (
    r"(?:UTC|GMT|WES?T|CES?T|EES?T|MSK|BST|[IJK]ST|SGT|HKT|[ECMP][SD]T|AK[SD]T|HST|A[EC][SD]T|AWST|NZ[SD]T)"
)
_HEX: Final = "[0-9A-Fa-f]"

_ISO_TIME: Final = (
    r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T _][0-9]{1,2}[:_-][0-9]{2}(?:[:_-][0-9]{2}(?:[.,_][0-9]+)?)?)?"
    rf"(?:Z\b| ?{_ZONE}\b| ?[+-][0-9]{{2}}(?::?[0-9]{{2}})?\b)?"
)
_DAY_MONTH_YEAR: Final = (
    rf"{_DAY}[0-9]{{1,2}}[ /-]{_MONTH}[ /-][0-9]{{4}}(?:[: ]{_CLOCK})?"
    rf"(?: +(?:{_ZONE}|[+-][0-9]{{4}})\b)?"
)
_MONTH_DAY: Final = (
    rf"{_DAY}{_MONTH} +[0-9]{{1,2}}\b(?:,? +[0-9]{{4}}\b)?(?: +{_CLOCK})?"
    rf"(?: +{_ZONE}\b)?(?: +[0-9]{{4}}\b)?"
)
_SYSLOG_HOST: Final = r"# (?:[A-Za-z0-9][\w.-]*|<[A-Z_]+(?:_[0-9]+)?>) (?=[A-Za-z][\w./@-]*(?:\[[0-9]+\])?: )"
_AGO: Final = r"\b(?:an?|[0-9]+) (?:second|minute|hour|day|week|month|year)s? ago\b"
_UUID: Final = rf"\b{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\b"
_HOME: Final = (
    rf"(?:/(?:var/)?(?:home|Users)/[^/{_NO_PATH}]+|/root|[A-Za-z]:\\Users\\[^\\\s\"':]+)(?=[/\\\s\"':,)]|$)"
)
_RUNTIME_IN_PATH: Final = (
    r"([/*-])(c?python|node(?:js)?|ruby|perl|php|jdk|go)(?:[-/]?v?[0-9]+(?:\.[0-9]+)*)+(?=/)"
)
_POD: Final = r"-[bcdf-hj-np-tv-xz2456789]{8,10}-[bcdf-hj-np-tv-xz2456789]{5}\b"
_REPLICA: Final = r"-(?=[a-z]{0,4}[0-9])(?=[0-9]{0,4}[a-z])[bcdf-hj-np-tv-xz2456789]{5}\b"
_IPV6_OR_MAC: Final = (
    rf"(?<![\w:.])(?=[0-9A-Fa-f:]*[0-9])(?=[0-9A-Fa-f:]*::|(?:{_HEX}+:){{5}})"
    rf"(?:{_HEX}{{0,4}}:){{2,7}}{_HEX}{{0,4}}(?:%\w+)?(?![\w:])"
)
_IPV4: Final = r"(?<![\w.-])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?(?![\w-]|\.[0-9])"
_PORT: Final = r"([0-9]{1,4}|[12][0-9]{4})(?![0-9A-Za-z_]|[.:][0-9])"
_PORT_OF_HOST: Final = (
    r"(#\]?|\blocalhost|://(?:[^/\s:\"'@]+@)?[^/\s:\"'@]+"
    r"|\b(?:tcp|udp|to|host|server|upstream|broker|ECONN[A-Z]+) [\w.-]+|(?<![^\s\"'(])):" + _PORT
)
_CODE: Final = r"(-?[0-9]{1,5})(?![0-9A-Za-z_]|[.,:-][0-9])"
_NAMED_CODE: Final = (
    r"\b((?i:HTTP(?:/[0-9](?:\.[0-9])?)?(?: error)?|status|(?:status|exit|error|return)?_?code|errno|winerror"
    r"|rcode|errcode|err|ret|rc|exit(?:ed)?(?: with)?|signal|returncode)[\"']?[ :=#(\[]{1,3})" + _CODE
)
_ERROR_CODE: Final = r"\b((?i:error)(?:[ #]\(?|: (?=[1-5][0-9]{2}\b)))" + _CODE + r"(?! ?[A-Za-z])"
_ANSWER: Final = (
    r"\b((?i:repl(?:y|ied)|returned|returns|responded|response|answered|failed|received|refused)"
    r"(?: with)?(?: an?)?[ :(\[]{1,2})([1-5][0-9]{2}|-[0-9]{1,3})(?![0-9A-Za-z_]|[.,:-][0-9]| ?[a-z]?[a-z]\b)"
)
_HEX_CODE: Final = rf"\b((?i:error|code|status|stop|bugcheck|result)[ :=(]{{1,2}})(0[xX]{_HEX}{{1,8}})\b"
_VERSION: Final = r"(v?[0-9]+(?:\.[0-9]+)*)(?![0-9A-Za-z_]|[,:][0-9])"
_NAMED_VERSION: Final = (
    r"\b((?:Python|Java|JDK|Node|Ruby|PHP|Perl|Go|GCC|Qt|CUDA|cuDNN|ROCm|Vulkan|OpenGL|OpenSSL|TLS|SSL"
    r"|PostgreSQL|MySQL|Ubuntu|Debian|Fedora|NixOS|macOS|iOS|Android|Windows) )v?([0-9]+(?:\.[0-9]+)?)"
    r"(?:\.[0-9]+)*(?![0-9A-Za-z_])"
)
_NEEDED_VERSION: Final = (
    r"\b((?i:requires?|required|incompatible|unsupported|deprecated|minimum|at least)\b[^0-9\n]{0,32}?)\b"
    + _VERSION
)
_JUDGED_VERSION: Final = (
    r"(?<![A-Za-z0-9_.])" + _VERSION + r"(?= (?:or (?:later|newer|higher|above)"
    r"|(?:is|was) (?:not supported|unsupported|deprecated|too old|too new|required|no longer)))"
)
_NUMBER: Final = (
    r"(?<![A-Za-z0-9_])(?<![A-Za-z0-9_]\.)(?<![A-Z]-)"
    r"[-+]?[0-9]+(?:[.,:_][0-9]+)*(?:[eE][-+]?[0-9]+)?"
    r"(?:%| ?(?:[num]?s|secs?|seconds?|mins?|minutes?|h|hours?|days?|weeks?|[kKMGT]?i?B|bytes?)\b)?"
)

MARKS: Final = (
    (r"\x1b\[[0-9;]*[A-Za-z]", ""),
    ("[\u2018\u2019`\u00b4]", "'"),
    ("[\u201c\u201d\u00ab\u00bb]", '"'),
    (r"/store/[0-9a-z]{32}-", "/store/*-"),
    (rf"(?:/private)?(?:/var)?/tmp/{_PATH}", "<tmp>"),
    (rf"/(?:var/folders|run/user|dev/shm)/{_PATH}", "<tmp>"),
    (_HOME, "~"),
    (rf"{_PATH_START}[/~]{_PATH}/(?:site|dist)-packages/", "<packages>/"),
    (rf"{_PATH_START}[/~.]{_PATH}/node_modules/", "<packages>/"),
    (rf"{_PATH_START}[/~]{_PATH}/\.git/", "<repository>/.git/"),
    (rf"{_PATH_START}[/~.]{_PATH}/([\w.-]+\.(?:gguf|ggml|safetensors|onnx|pt|pth|ckpt))\b", r"\1"),
    (r"\bRequire stack:(?:\s+- \S+)+", "Require stack:"),
    (_RUNTIME_IN_PATH, r"\1\2"),
    (r"\bcomm=\"python[0-9.]+\"", 'comm="python"'),
    (r"(?<=/)v[0-9]+(?:\.[0-9]+)+(?=/)", "#"),
    (r"\bNode\.js v[0-9]+(?:\.[0-9]+)+", "Node.js #"),
    (r"\bnpm (?:ERR!|error)", "npm error"),
    (r"\(from versions: [^()]*\)", "(from versions: #)"),
    (r"\bsha(?:1|256|512)-[A-Za-z0-9+/]{20,}={0,2}", "#"),
    (r"\bsha(?:1|256|512):[0-9a-z]{32,128}\b", "#"),
    (r"(?<![0-9A-Za-z_])[0-9a-f]{2}/[0-9a-f]{38}(?:[0-9a-f]{24})?\b", "#"),
    (_UUID, "#"),
    (_ISO_TIME, "#"),
    (_DAY_MONTH_YEAR, "#"),
    (_MONTH_DAY, "#"),
    (_SYSLOG_HOST, "# "),
    (_AGO, "#"),
    (r"\bendpoint [\w.-]+ (?=\()", "endpoint # "),
    (r"\[ +(?=[0-9])", "["),
    (_POD, "-#"),
    (_REPLICA, "-#"),
    (r"<(?:IP|MAC)_ADDRESS(?:_[0-9]+)?>", "#"),
    (r"(?<![\w:]):::(?=[0-9])", "#:"),
    (_IPV6_OR_MAC, "#"),
    (_IPV4, "#"),
    (_PORT_OF_HOST, r"\1:N\2"),
    (rf"\b((?i:ports?)[ :=#]{{1,2}}){_PORT}", r"\1N\2"),
    (_NAMED_CODE, r"\1N\2"),
    (_ERROR_CODE, r"\1N\2"),
    (_ANSWER, r"\1N\2"),
    (r"\b([45][0-9]{2})(?= (?:Client|Server) Error\b)", r"N\1"),
    (r"(?<![\w-])([a-z][\w-]*: \()([0-9]{1,3})(?=\))", r"\1N\2"),
    (r"\b([245][0-9]{2}[ -])([245]\.[0-9]\.[0-9]{1,2})\b", r"N\1N\2"),
    (r"\b((?i:Xid)(?: \([^()]{1,40}\))?:? ?)([0-9]{1,3})\b", r"\1N\2"),
    (r"\b(SQLSTATE[ :=\[]{1,2})([0-9A-Z]{5})\b", r"\1N\2"),
    (_HEX_CODE, r"\1N\2"),
    (r"\b0[xX](8007[0-9A-Fa-f]{4}|[Cc]0000[0-9A-Fa-f]{3})\b", r"N\1"),
    (r"\b(HTTP/)([0-9](?:\.[0-9])?)\b", r"\1N\2"),
    (r"\b([0-9]{1,3})(?=-bit\b)", r"N\1"),
    (r"(?<=[A-Za-z0-9_])@v?([0-9]+)\.[0-9][\w.+-]*", r"@N\1"),
    (r"([=<>!~]=|[~^]) ?v?([0-9]+(?:\.[0-9]+)+)", r"\1N\2"),
    (r"(?<=[A-Za-z]-)([0-9]{1,3}(?:\.[0-9]+)+)\b", r"N\1"),
    (r"\b((?i:version) )([0-9]{1,4})(?![0-9A-Za-z_]|[.,:][0-9])", r"\1N\2"),
    (r"\b(class file version )([0-9]+\.[0-9]+)\b", r"\1N\2"),
    (_NAMED_VERSION, r"\1N\2"),
    (_NEEDED_VERSION, r"\1N\2"),
    (_JUDGED_VERSION, r"N\1"),
    (r"\b0[xX][0-9A-Fa-f]+\b", "#"),
    (r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,128}\b", "#"),
    (r"\b(?=[0-9A-F]*[0-9])(?=[0-9A-F]*[A-F])[0-9A-F]{16,128}\b", "#"),
    (_NUMBER, "#"),
    (r"\s+", " "),
)
"""In this order, every match of a pattern (ASCII classes) becomes its mark; `\\1` refers to a group."""


def normal_form(message: str) -> str:
    """The message with times, addresses, hashes, paths of one machine and numbers replaced by marks.

    Numbers that name the fault stay: ports, exit codes, signals, errno, HTTP statuses, versions needed.
    """
    for pattern, mark in _compiled():
        message = pattern.sub(mark, message)
    return message.strip(" ")


@cache
def _compiled() -> list[tuple[re.Pattern[str], str]]:
    """The table, compiled for the first error message: most merges have none."""
    return [(re.compile(pattern, re.ASCII), mark) for pattern, mark in MARKS]


def _normalize(value: Json) -> Json:
    if isinstance(value, str):
        return normal_form(value)
    if isinstance(value, list):
        return [_normalize(item) for item in value]
    if isinstance(value, dict):
        return {key: _normalize(item) for key, item in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "#"
    return value
