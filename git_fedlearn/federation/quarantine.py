"""Records of peers that did not pass, one file for each peer under the git common directory.

They wait for a person. What was decided is remembered, so that the same line is not put here twice.
A peer cannot fill the disk: of each peer a fixed number of records is kept, and of each the first bytes.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import is_ours
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import NotARecordError, Record, make_record, parse_record
from git_fedlearn.federation.checking import SCORES, to_scan
from git_fedlearn.federation.peers import RemoteName
from git_fedlearn.federation.reasons import OF_PRIVACY, Reason
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import QUARANTINE
from git_fedlearn.repository.state_lines import format_state_lines, read_state_lines

MOST_HELD: Final = 1000
MOST_BYTES: Final = 65536


@dataclass(frozen=True, slots=True)
class Held:
    """A line that waits; `key` names it, and is the same for the same line of the same set."""

    key: str
    peer: RemoteName
    set: SetName
    reason: Reason
    line: bytes
    since: str
    is_cut: bool = False


def hold(peer: RemoteName, name: SetName, line: bytes, reason: Reason, since: str) -> Held:
    """A line to be put into quarantine."""
    key = xxh3_64_hexdigest(name.encode() + b"\0" + line)
    return Held(key, peer, name, reason, line[:MOST_BYTES], since, is_cut=len(line) > MOST_BYTES)


def read_held(repository: Repository, peer: RemoteName | None = None) -> list[Held]:
    """What waits, of one peer or of all, sorted by peer, set and key. The caller need not hold the lock."""
    folder = _folder(repository)
    names = [peer] if peer else sorted(path.stem for path in folder.glob("*.jsonl"))
    found = [held for name in names for held in _read(folder / f"{name}.jsonl")]
    return sorted(found, key=lambda held: (held.peer, held.set, held.key))


def add_held(repository: Repository, peer: RemoteName, arrived: Iterable[Held]) -> int:
    """Put lines into quarantine; returns how many are new there. The caller holds the lock."""
    known = {held.key: held for held in read_held(repository, peer)}
    decided = set(read_file(_decided(repository, peer)).decode("ascii", "replace").split())
    fresh = {held.key: held for held in arrived if held.key not in known and held.key not in decided}
    kept = dict(sorted(fresh.items())[: max(MOST_HELD - len(known), 0)])
    if kept:
        _write(repository, peer, [*known.values(), *kept.values()])
    return len(fresh)


def remove_held(repository: Repository, gone: Iterable[Held]) -> None:
    """Take lines out of quarantine for good. The caller holds the lock."""
    by_peer: dict[RemoteName, set[str]] = {}
    for held in gone:
        by_peer.setdefault(held.peer, set()).add(held.key)
    for peer, keys in by_peer.items():
        decided = {*read_file(_decided(repository, peer)).decode("ascii", "replace").split(), *keys}
        write_file(_decided(repository, peer), "".join(f"{key}\n" for key in sorted(decided)).encode())
        _write(repository, peer, [held for held in read_held(repository, peer) if held.key not in keys])


def remove_quarantine(repository: Repository, peer: RemoteName) -> None:
    """Forget everything about a peer."""
    for path in (_folder(repository) / f"{peer}.jsonl", _decided(repository, peer)):
        path.unlink(missing_ok=True)


def mended(held: Held, engine: PrivacyEngine) -> Record | None:
    """The record as it may be accepted: redacted, with its right id and without a false score; else None."""
    if held.is_cut:
        return None
    try:
        fields = dict(parse_record(held.line).fields)
        if held.reason in OF_PRIVACY:
            if engine.policy.find_blocked(found.kind for found in engine.scan(to_scan(fields))):
                return None
            fields = _redacted(fields, engine)
        if held.reason is Reason.SCORE:
            fields = {key: value for key, value in fields.items() if key not in SCORES}
        return make_record(fields)
    except NotARecordError:
        return None


def shown_line(held: Held, engine: PrivacyEngine) -> str:
    """The line for a person's eyes: redacted, in ASCII, without control characters."""
    try:
        value: Json = _redacted(dict(parse_record(held.line).fields), engine)
    except NotARecordError:
        value = engine.sanitize(held.line.decode("utf-8", "backslashreplace")).value
    return json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f")


def _redacted(fields: JsonObject, engine: PrivacyEngine) -> JsonObject:
    learned = engine.sanitize({key: value for key, value in fields.items() if not is_ours(key)}).value
    ours = {key: value for key, value in fields.items() if is_ours(key)}
    values = engine.sanitize(list(ours.values())).value
    if not isinstance(learned, dict) or not isinstance(values, list):
        raise NotARecordError("not an object")
    return {**learned, **dict(zip(ours, values, strict=True))}


def _read(path: Path) -> Iterator[Held]:
    for facts in read_state_lines(path):
        try:
            text = str(facts["line"]).encode("utf-8", "surrogateescape")
            yield Held(**{**facts, "reason": Reason(facts["reason"]), "line": text})
        except (ValueError, TypeError, KeyError):
            continue


def _write(repository: Repository, peer: RemoteName, held: Iterable[Held]) -> None:
    facts = [
        {**asdict(item), "reason": item.reason.value, "line": item.line.decode("utf-8", "surrogateescape")}
        for item in sorted(held, key=lambda item: (item.set, item.key))
    ]
    write_file(_folder(repository) / f"{peer}.jsonl", format_state_lines(facts))


def _decided(repository: Repository, peer: RemoteName) -> Path:
    return _folder(repository) / f"{peer}.decided"


def _folder(repository: Repository) -> Path:
    return repository.state.path(QUARANTINE)
