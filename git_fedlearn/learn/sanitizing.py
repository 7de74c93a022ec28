"""Redacting data files that already hold private data.

A record whose content changes gets a new id. If the old one was ever committed, its tombstone stays,
or the private version would come back with the next join.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from git_fedlearn.core.canonical import InvalidJsonError, JsonObject, format_value, parse_value
from git_fedlearn.core.layout import FileKind, SetName, find_set, kind_of
from git_fedlearn.core.record import ID, Record, make_record
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.learn.intake import sanitize_fields
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.data_tree import WorkTree, committed_tree, open_objects, read_set
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.record_sets import RecordSets, find_record
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import tombstone


class Cleaned(NamedTuple):
    """The files that were rewritten, and how many findings of each kind were redacted."""

    paths: list[str]
    redacted: Counter[str]


class CleanLine(NamedTuple):
    """A line without private data; `buried` is the record it was, if its id changed."""

    line: bytes
    buried: Record | None


def sanitize_files(
    repository: Repository, engine: PrivacyEngine, paths: Iterable[str] | None, *, write: bool = True
) -> Cleaned:
    """Redact data files of the work tree (all of them for None); the caller holds the lock.

    Without `write`, only says what would change.
    """
    tree = WorkTree(repository.top)
    chosen = [path for path in (tree.paths() if paths is None else paths) if path.endswith(".jsonl")]
    cleaned = Cleaned([], Counter())
    for path in chosen:
        lines = split_lines(tree.read(path))
        clean = {line: found for line in lines if (found := _clean_line(engine, line, cleaned.redacted))}
        if not clean:
            continue
        cleaned.paths.append(path)
        if write:
            _rewrite(repository, path, lines, clean)
    return cleaned


def _rewrite(repository: Repository, path: str, lines: list[bytes], clean: dict[bytes, CleanLine]) -> None:
    found = find_set(path)
    if found:
        sets = RecordSets(repository.top, repository.settings.record_set_bytes)
        tombstones = _tombstones(
            repository, found[0], [line.buried for line in clean.values() if line.buried]
        )
        sets.replace(found[0], clean.keys(), [*(line.line for line in clean.values()), *tombstones])
        return
    rewritten = [clean[line].line if line in clean else line for line in lines]
    if kind_of(path) is FileKind.SNAPSHOT:
        rewritten.sort()
    write_file(repository.top / path, b"".join([line + b"\n" for line in rewritten]))


def _tombstones(repository: Repository, name: SetName, buried: list[Record]) -> list[bytes]:
    objects = open_objects(repository)
    head = objects.find_commit("HEAD")
    if head is None:
        return []
    lines = {line for data in read_set(committed_tree(objects, head), name) for line in split_lines(data)}
    committed = {record.id for line in lines if (record := find_record(line)) and not record.is_tombstone}
    retracted: JsonObject = {"by": repository.system(), "reason": "held private data"}
    return [tombstone(record, retracted).line for record in buried if record.id in committed]


def _clean_line(engine: PrivacyEngine, line: bytes, redacted: Counter[str]) -> CleanLine | None:
    """The line without private data, None where it has none."""
    record = find_record(line)
    if record is None:
        return _clean_text(engine, line, redacted)
    fields, found = sanitize_fields(engine, record.fields)
    if not found:
        return None
    redacted.update(found)
    clean = make_record(fields)
    if line != record.line and b'"_id"' not in line:
        return CleanLine(format_value({key: item for key, item in fields.items() if key != ID}), None)
    return CleanLine(clean.line, record if clean.id != record.id else None)


def _clean_text(engine: PrivacyEngine, line: bytes, redacted: Counter[str]) -> CleanLine | None:
    try:
        value = parse_value(line)
    except InvalidJsonError:
        value = line.decode("utf-8", "replace")
    sanitized = engine.sanitize(value)
    if not sanitized.findings:
        return None
    redacted.update(finding.kind for finding in sanitized.findings)
    text = sanitized.value
    is_text = not _is_json(line) and isinstance(text, str)
    return CleanLine(str(text).encode("utf-8", "replace") if is_text else format_value(text), None)


def _is_json(line: bytes) -> bool:
    try:
        parse_value(line)
    except InvalidJsonError:
        return False
    return True
