"""Samples to train on that hold what may or may not be private: they wait here until a person has decided.

The queue lies under the git common directory, readable by its owner alone, and holds a sample as the source
has it; what is shown of it is redacted. A decision is remembered by the hash of the sample's content, so that
reading the source again does not ask again. It is written after what was decided has joined its set.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.canonical import JsonObject, format_value
from git_fedlearn.core.identity import is_ours
from git_fedlearn.privacy.engine import Finding, PrivacyEngine
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import REVIEW, read_json, write_json
from git_fedlearn.repository.state_lines import format_state_lines, read_state_lines

DOUBTFUL: Final = 0.75
"""A finding of less confidence than this in a sample is for a person to decide on."""

WAITS: Final = "waits for review"
DROPPED: Final = "dropped in review"
EDITED: Final = "edited in review"
_DECIDED: Final = "decided.json"
_WAITING: Final = "waiting.jsonl"
_LEFT_OUT: Final = {"drop": DROPPED, "edit": EDITED}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sample in the queue: where it came from, the day it came (UTC), and its content as it was read."""

    key: str
    place: str
    since: str
    content: JsonObject


def sample_key(content: Mapping[str, object]) -> str:
    """What a decision on a sample is remembered by: the hash of all but its score and keys of ours."""
    kept = {key: value for key, value in content.items() if key != "value_score" and not is_ours(key)}
    return xxh3_64_hexdigest(format_value(kept))  # type: ignore[arg-type]  # values of JSON


def find_doubts(engine: PrivacyEngine, content: JsonObject) -> tuple[Finding, ...]:
    """The findings in a sample that are for a person to decide on."""
    return tuple(finding for finding in engine.sanitize(content).findings if finding.confidence < DOUBTFUL)


def find_hold(engine: PrivacyEngine, content: JsonObject, decided: Mapping[str, str]) -> str:
    """Why a sample is not to be learned now; empty when it may be, redacted."""
    decision = decided.get(sample_key(content), "") if decided else ""
    if decision in _LEFT_OUT:
        return _LEFT_OUT[decision]
    return WAITS if decision != "redact" and find_doubts(engine, content) else ""


def read_waiting(repository: Repository) -> list[Waiting]:
    """The queue, in the order of keys. Lines that are none are left out."""
    found: dict[str, Waiting] = {}
    for facts in read_state_lines(repository.state.path(REVIEW, _WAITING)):
        try:
            item = Waiting(**facts)
        except TypeError:
            continue
        found[item.key] = item
    return [found[key] for key in sorted(found)]


def read_decisions(repository: Repository) -> dict[str, str]:
    """What was decided, by the keys of samples."""
    return {key: str(value) for key, value in read_json(repository.state.path(REVIEW, _DECIDED)).items()}


def add_waiting(repository: Repository, items: Iterable[Waiting]) -> int:
    """Put samples into the queue; returns how many are new there. The caller holds the lock."""
    known = {item.key: item for item in read_waiting(repository)}
    fresh = {item.key: item for item in items if item.key not in known}
    if fresh:
        _write(repository, [*known.values(), *fresh.values()])
    return len(fresh)


def decide(repository: Repository, keys: Iterable[str], decision: str) -> None:
    """Take samples out of the queue and remember why. The caller holds the lock."""
    gone = set(keys)
    decisions = read_decisions(repository) | dict.fromkeys(gone, decision)
    write_json(_own_file(repository, _DECIDED), {**decisions})
    _write(repository, [item for item in read_waiting(repository) if item.key not in gone])


def _write(repository: Repository, items: Iterable[Waiting]) -> None:
    lines = format_state_lines(map(asdict, sorted(items, key=lambda item: item.key)))
    write_file(_own_file(repository, _WAITING), lines)


def _own_file(repository: Repository, name: str) -> Path:
    """A file that only its owner may read; it exists empty before it holds anything."""
    path = repository.state.path(REVIEW, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    return path
