"""Redacting data files that already hold private data.

A record whose content changes gets a new id. If the old one was ever committed, its tombstone stays,
or the private version would come back with the next join.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, format_value, parse_value
from git_fedlearn.core.layout import FileKind, SetName, find_set, is_shareable, kind_of
from git_fedlearn.core.record import NotARecordError, Record, make_record
from git_fedlearn.core.record_set import canonical_set, split_lines
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.record_fields import sanitize_fields
from git_fedlearn.repository.data_tree import WorkTree, read_set
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.record_sets import find_record
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import tombstone
from git_fedlearn.repository.verify import earlier_trees
from git_fedlearn.scanning.redacted_files import redact_file

SUFFIXES = (".jsonl", ".json")


class Cleaned(NamedTuple):
    """The files that were rewritten, and how many findings of each kind were redacted."""

    paths: list[str]
    redacted: Counter[str]


class CleanLine(NamedTuple):
    """A line without private data; `buried` is the record it was, if its id changed."""

    line: bytes
    buried: Record | None


def sanitize_files(repository: Repository, engine: PrivacyEngine, paths: Iterable[str] | None) -> Cleaned:
    """Redact data files of the work tree (all of them for None); the caller holds the lock.

    Files of kinds that are not shared stay as they are.
    """
    tree = WorkTree(repository.top)
    cleaned = Cleaned([], Counter())
    for path in tree.paths() if paths is None else paths:
        if not is_shareable(path) or not tree.is_file(path):
            continue
        if not path.endswith(SUFFIXES):
            _sanitize_text(repository, engine, path, cleaned)
        else:
            _sanitize_file(repository, engine, path, cleaned)
    return cleaned


def _sanitize_text(repository: Repository, engine: PrivacyEngine, path: str, cleaned: Cleaned) -> None:
    redacted = redact_file(engine, path, WorkTree(repository.top).read(path), is_json=False)
    if redacted.kinds:
        cleaned.paths.append(path)
        cleaned.redacted.update(redacted.kinds)
        write_file(repository.top / path, redacted.data)


def _sanitize_file(repository: Repository, engine: PrivacyEngine, path: str, cleaned: Cleaned) -> None:
    data = WorkTree(repository.top).read(path)
    lines = split_lines(data) if path.endswith(".jsonl") else [data]
    has_records = kind_of(path) in (FileKind.RECORD_SET, FileKind.SNAPSHOT)
    clean: dict[bytes, CleanLine] = {}
    for line in dict.fromkeys(lines):
        record = find_record(line) if has_records else None
        found = _clean_record(engine, record, cleaned) if record else _clean_text(engine, line, cleaned)
        if found:
            clean[line] = found
    if clean:
        cleaned.paths.append(path)
        _rewrite(repository, path, lines, clean)


def _rewrite(repository: Repository, path: str, lines: list[bytes], clean: dict[bytes, CleanLine]) -> None:
    found = find_set(path)
    if found:
        buried = [line.buried for line in clean.values() if line.buried]
        tombstones = _tombstones(repository, found[0], buried) if buried else []
        sets = repository.sets
        sets.replace(found[0], clean.keys(), [*(line.line for line in clean.values()), *tombstones])
        return
    rewritten = b"".join([(clean[line].line if line in clean else line) + b"\n" for line in lines])
    is_snapshot = kind_of(path) is FileKind.SNAPSHOT
    write_file(repository.top / path, canonical_set(rewritten) if is_snapshot else rewritten)


def _tombstones(repository: Repository, name: SetName, buried: list[Record]) -> list[bytes]:
    """Tombstones of those records that a commit may hold which will be joined with this one."""
    trees = earlier_trees(repository, repository.objects, history=False)
    lines = {line for tree in trees for data in read_set(tree, name) for line in split_lines(data)}
    committed = {record.id for line in lines if (record := find_record(line)) and not record.is_tombstone}
    retracted: JsonObject = {"by": repository.system(), "reason": "held private data"}
    return [tombstone(record, retracted).line for record in buried if record.id in committed]


def _clean_record(engine: PrivacyEngine, record: Record, cleaned: Cleaned) -> CleanLine | None:
    """A record without private data, None where it has none."""
    fields, found = sanitize_fields(engine, record.fields)
    if not found:
        return None
    cleaned.redacted.update(found)
    try:
        clean = make_record(fields)
    except NotARecordError:
        return CleanLine(format_value(fields), record)
    return CleanLine(clean.line, record if clean.id != record.id else None)


def _clean_text(engine: PrivacyEngine, line: bytes, cleaned: Cleaned) -> CleanLine | None:
    """A line that is no record without private data, None where it has none."""
    try:
        value: Json = parse_value(line)
    except InvalidJsonError:
        value = None
    sanitized = engine.sanitize(line.decode("utf-8", "replace") if value is None else value)
    if not sanitized.findings:
        return None
    cleaned.redacted.update(finding.kind for finding in sanitized.findings)
    if value is None and isinstance(sanitized.value, str):
        return CleanLine(sanitized.value.encode("utf-8", "replace"), None)
    return CleanLine(format_value(sanitized.value), None)
