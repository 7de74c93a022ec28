"""Any file without secrets and personal data: what holds none stays byte for byte, line ends included.

JSON stays JSON, keys in their order. Lines that are records of ours become records again, with the id of
what is left of them, so that a redacted version of a record set is still one.
"""

import json
import re
from collections import Counter
from typing import NamedTuple

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.record import NotARecordError, claimed_id, make_record
from git_fedlearn.core.record_set import canonical_set
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.record_fields import sanitize_fields
from git_fedlearn.repository.record_sets import find_record
from git_fedlearn.scanning.passages import NotJson, Passage, parse_json_line, read_passages, text_of

_BOM = b"\xef\xbb\xbf"
_INDENT = re.compile(rb"[\[{]\r?\n([ \t]+)")


class Redacted(NamedTuple):
    """A file as it may be shared, and how many findings of each kind were redacted."""

    data: bytes
    kinds: Counter[str]


def redact_file(engine: PrivacyEngine, path: str, data: bytes, *, is_json: bool) -> Redacted:
    """A file redacted line by line, or as one document if that is what it is (`.json`)."""
    if path.endswith(".json"):
        document = _redact_document(engine, data)
        if document:
            return document
    kinds: Counter[str] = Counter()
    lines = data.split(b"\n")
    redacted: list[bytes] = []
    for passage in read_passages(path, lines, is_json=is_json):
        first = passage.number - 1
        old = lines[first : first + passage.data.count(b"\n") + 1]
        clean = _redact(engine, passage, kinds)
        if clean is None:
            redacted += old
        else:
            bom = _BOM if old[0].startswith(_BOM) else b""
            redacted.append(bom + clean + (b"\r" if old[-1].endswith(b"\r") else b""))
    clean_data = b"\n".join(redacted)
    if kinds and data.startswith(b'{"_id":') and canonical_set(data) == data:
        clean_data = canonical_set(clean_data)
    return Redacted(clean_data, kinds)


def _redact(engine: PrivacyEngine, passage: Passage, kinds: Counter[str]) -> bytes | None:
    """The passage without private data, None where it has none."""
    value = parse_json_line(passage.data) if passage.is_json else NotJson()
    if isinstance(value, NotJson):
        sanitized = engine.sanitize(text_of(passage.data))
        kinds.update(finding.kind for finding in sanitized.findings)
        return str(sanitized.value).encode("utf-8", "replace") if sanitized.findings else None
    record = find_record(passage.data)
    if record and claimed_id(passage.data) == record.id:
        fields, found = sanitize_fields(engine, record.fields)
        kinds.update(found)
        return _record_line(fields) if found else None
    clean, found = _sanitized(engine, value)
    kinds.update(found)
    return _format(clean, passage.data, None) if found else None


def _sanitized(engine: PrivacyEngine, value: Json) -> tuple[Json, Counter[str]]:
    if isinstance(value, dict):
        return sanitize_fields(engine, value)
    sanitized = engine.sanitize(value)
    return sanitized.value, Counter(finding.kind for finding in sanitized.findings)


def _redact_document(engine: PrivacyEngine, data: bytes) -> Redacted | None:
    """One JSON text of several lines, None for anything else."""
    value = parse_json_line(data.removeprefix(_BOM))
    if isinstance(value, NotJson):
        return None
    clean, kinds = _sanitized(engine, value)
    if not kinds:
        return Redacted(data, kinds)
    indent = _INDENT.search(data)
    ending = data[len(data.rstrip()) :]
    return Redacted(_format(clean, data, indent[1].decode() if indent else None) + ending, kinds)


def _record_line(fields: dict[str, Json]) -> bytes:
    try:
        return make_record(fields).line
    except NotARecordError:
        return _format(fields, b"", None)


def _format(value: Json, like: bytes, indent: str | None) -> bytes:
    """JSON in the style of the old text: its indent, blanks after colons, ASCII or not."""
    spaced = indent is not None or b'": ' in like
    separators = (",", ": ") if indent else (", ", ": ") if spaced else (",", ":")
    if not like.isascii():
        try:
            text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)
            return text.encode("utf-8")
        except UnicodeEncodeError:
            pass
    return json.dumps(value, indent=indent, separators=separators).encode("ascii")
