"""Redact files: any file on its way out, and data files of the working tree that contain private data.

Lines without findings stay byte for byte, with their line endings. JSON stays JSON, with its keys in order. A
record becomes a record again, with the id of its redacted content, so that a record set stays a record set.
If a commit may contain the record under its old id, a tombstone for that id is written: without it, the next
join would restore the private version.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject, format_value
from git_fedlearn.core.layout import SetName, find_set, is_data_file
from git_fedlearn.core.record import NotARecordError, Record, claimed_id, make_record
from git_fedlearn.core.record_set import canonical_set, split_lines
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.record_fields import sanitize_fields
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.record_sets import find_record
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import tombstone
from git_fedlearn.repository.trees import DataTree, WorkTree, read_set
from git_fedlearn.repository.verify import earlier_trees
from git_fedlearn.scanning.files import NotJson, Passage, parse_json_line, read_passages, text_of

_BOM = b"\xef\xbb\xbf"
_INDENT = re.compile(rb"[\[{]\r?\n([ \t]+)")


class Redacted(NamedTuple):
    """A redacted file, and how many findings of each kind were redacted."""

    data: bytes
    kinds: Counter[str]


def redact_file(engine: PrivacyEngine, path: str, data: bytes, *, is_json: bool) -> Redacted:
    """A file redacted line by line, or as one document (`.json`)."""
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
    """The redacted passage; None if it has no findings."""
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
        clean, kinds = sanitize_fields(engine, value)
        return {**{key: clean[key] for key in value if key in clean}, **clean}, kinds  # in their order
    sanitized = engine.sanitize(value)
    return sanitized.value, Counter(finding.kind for finding in sanitized.findings)


def _redact_document(engine: PrivacyEngine, data: bytes) -> Redacted | None:
    """One JSON text of several lines; None for any other file."""
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
    """JSON in the style of the old text: its indent, spaces after colons, ASCII or not."""
    spaced = indent is not None or b'": ' in like
    separators = (",", ": ") if indent else (", ", ": ") if spaced else (",", ":")
    if not like.isascii():
        try:
            text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)
            return text.encode("utf-8")
        except UnicodeEncodeError:
            pass
    return json.dumps(value, indent=indent, separators=separators).encode("ascii")


SUFFIXES = (".jsonl", ".json")


class SanitizeResult(NamedTuple):
    """The files that were rewritten, and how many findings of each kind were redacted."""

    paths: list[str]
    redacted: Counter[str]


class CleanLine(NamedTuple):
    """A redacted line; `replaced` is the record it was, if its id changed."""

    line: bytes
    replaced: Record | None


def sanitize_files(
    repository: Repository, engine: PrivacyEngine, paths: Iterable[str] | None
) -> SanitizeResult:
    """Redact data files of the working tree, all files if `paths` is None; the caller holds the lock.

    Files that are not ours stay unchanged.
    """
    tree = WorkTree(repository.top)
    cleaned = SanitizeResult([], Counter())
    for path in tree.paths() if paths is None else paths:
        if not is_data_file(path) or not tree.is_file(path):
            continue
        data, found = tree.read(path), find_set(path)
        if found:
            kinds = _sanitize_set(repository, engine, found[0], data)
        else:
            clean, kinds = redact_file(engine, path, data, is_json=path.endswith(SUFFIXES))
            if kinds:
                write_file(repository.top / path, clean)
        if kinds:
            cleaned.paths.append(path)
            cleaned.redacted.update(kinds)
    return cleaned


def _sanitize_set(repository: Repository, engine: PrivacyEngine, name: SetName, data: bytes) -> Counter[str]:
    """Redact the lines of one file of a record set; returns the findings by kind."""
    clean: dict[bytes, CleanLine] = {}
    kinds: Counter[str] = Counter()
    for line in dict.fromkeys(split_lines(data)):
        found, some = clean_line(engine, line, has_records=True)
        if found:
            clean[line] = found
            kinds.update(some)
    if clean:
        replaced = [line.replaced for line in clean.values() if line.replaced]
        trees = earlier_trees(repository, repository.objects, history=False) if replaced else []
        tombstones = tombstones_of(repository, name, replaced, trees)
        repository.sets.replace(name, clean.keys(), [*(line.line for line in clean.values()), *tombstones])
    return kinds


def tombstones_of(
    repository: Repository, name: SetName, replaced: list[Record], trees: Iterable[DataTree]
) -> list[bytes]:
    """Tombstones of those records that these trees contain: a merge with one would restore the record."""
    if not replaced:
        return []
    lines = {line for tree in trees for data in read_set(tree, name) for line in split_lines(data)}
    committed = {record.id for line in lines if (record := find_record(line)) and not record.is_tombstone}
    retracted: JsonObject = {"reason": "held private data"}
    system = repository.find_system()
    if system:  # a clone may run this without `install`, as a hook of the pre-commit framework
        retracted["by"] = system
    return [tombstone(record, retracted).line for record in replaced if record.id in committed]


def clean_line(
    engine: PrivacyEngine, line: bytes, *, has_records: bool
) -> tuple[CleanLine | None, Counter[str]]:
    """The redacted line, a record if the file has records, and its findings by kind; None without any."""
    record = find_record(line) if has_records else None
    if not record:
        kinds = Counter[str]()
        clean = _redact(engine, Passage("", 1, line, is_json=True), kinds)
        return None if clean is None else CleanLine(clean, None), kinds
    fields, found = sanitize_fields(engine, record.fields)
    if not found:
        return None, Counter()
    try:
        redacted = make_record(fields)
    except NotARecordError:
        return CleanLine(format_value(fields), record), found
    return CleanLine(redacted.line, record if redacted.id != record.id else None), found
