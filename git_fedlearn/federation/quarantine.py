"""Quarantined lines, the lines from peers that failed the check: how they are stored, shown, and repaired."""

import json
from collections.abc import Sequence
from typing import Final

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import GEN, NotARecordError, Record, make_record, parse_record
from git_fedlearn.federation.check import SCORES, Reason, to_scan
from git_fedlearn.federation.peer_state import PeerStates
from git_fedlearn.federation.peers import RemoteName
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.inbox import ACCEPTED, Inbox, QuarantinedRecord
from git_fedlearn.repository.repository import Repository

MAX_QUARANTINED_BYTES: Final = 65536
"""Of a longer line only the start is kept."""


def quarantine(peer: str, name: SetName, line: bytes, reason: Reason, since: str) -> QuarantinedRecord:
    """The item of the inbox for a line; `since` is a day."""
    key = xxh3_64_hexdigest(name.encode() + b"\0" + line)
    start = line[:MAX_QUARANTINED_BYTES]
    return QuarantinedRecord(key, peer, name, reason.value, start, since, is_cut=len(start) < len(line))


def repaired(item: QuarantinedRecord, engine: PrivacyEngine) -> Record | None:
    """The record that may be accepted: redacted, with its right id and without a false score.

    None if it is not a record, or if it contains private data of a kind that the policy blocks.
    """
    if item.is_cut:
        return None
    try:
        fields = dict(parse_record(item.line).fields)
        if engine.policy.find_blocked(found.kind for found in engine.scan(to_scan(fields))):
            return None
        fields = _redacted(fields, engine)
        if item.reason == Reason.SCORE.value:
            fields = {key: value for key, value in fields.items() if key not in SCORES}
        return make_record(fields)
    except NotARecordError:
        return None


def accept_records(
    repository: Repository, engine: PrivacyEngine, items: Sequence[QuarantinedRecord]
) -> tuple[list[QuarantinedRecord], list[QuarantinedRecord]]:
    """Add the repaired records to the working tree; returns the accepted items and those beyond repair.

    New records count as introduced by their peers, so that `remote remove --retract` retracts them. A
    retraction or restoration takes effect at the generation that is here, whatever generation it claims.
    """
    found = [(item, repaired(item, engine)) for item in items]
    taken = [(item, record) for item, record in found if record]
    with repository.lock("review"):
        states = PeerStates(repository)
        for name in sorted({item.set for item, _ in taken}):
            accepted = [record for item, record in taken if item.set == name]
            here = {one.id: one for one in repository.sets.pick(name, {one.id for one in accepted})}
            lines = [_in_our_generation(record, here.get(record.id)).line for record in accepted]
            joined = repository.sets.join(name, lines)
            for peer in {item.peer for item, _ in taken if item.set == name}:
                sent = {record.id for item, record in taken if (item.set, item.peer) == (name, peer)}
                states.add_introduced(RemoteName(peer), sent & set(joined.added))
        Inbox(repository).decide([item for item, _ in taken], ACCEPTED)
    return [item for item, _ in taken], [item for item, record in found if not record]


def _in_our_generation(record: Record, ours: Record | None) -> Record:
    """The record in the generation in which it has its effect on ours, and no higher."""
    gen = ours.gen if ours else 0
    if not record.is_tombstone:
        gen = min(record.gen, gen + (ours is not None and ours.is_tombstone))
    return record if record.gen == gen else make_record({**record.fields, GEN: gen})


def shown_line(item: QuarantinedRecord, engine: PrivacyEngine) -> str:
    """The line to show to a person: redacted, in ASCII, without control characters."""
    try:
        value: Json = _redacted(dict(parse_record(item.line).fields), engine)
    except NotARecordError:
        value = engine.sanitize(item.line.decode("utf-8", "backslashreplace")).value
    return json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f")


def _redacted(fields: JsonObject, engine: PrivacyEngine) -> JsonObject:
    learned = engine.sanitize({key: value for key, value in fields.items() if not is_metadata_key(key)}).value
    ours = {key: value for key, value in fields.items() if is_metadata_key(key)}
    values = engine.sanitize(list(ours.values())).value
    if not isinstance(learned, dict) or not isinstance(values, list):
        raise NotARecordError("not an object")
    return {**learned, **dict(zip(ours, values, strict=True))}
