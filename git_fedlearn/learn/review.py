"""Doubts about samples to train on: which hold something that may or may not be private.

A sample with a doubt waits in the inbox until a person decides. The decision is remembered by the hash of the
sample's content, so that reading the source again does not ask again; it is written after the sample that was
accepted has joined its set.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.canonical import JsonObject, format_value
from git_fedlearn.core.identity import is_ours
from git_fedlearn.core.layout import FINE_TUNING
from git_fedlearn.learn.intake import Intake
from git_fedlearn.learn.pending import read_pending, write_pending
from git_fedlearn.privacy.engine import Finding, PrivacyEngine
from git_fedlearn.repository.inbox import ACCEPTED, DROPPED, EDITED, DoubtfulSample, Inbox
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository

DOUBTFUL: Final = 0.75
"""A finding of less confidence than this in a sample is for a person to decide on."""

WAITS: Final = "waits for review"
_NOT_LEARNED: Final = {DROPPED: "dropped in review", EDITED: "edited in review"}


def sample_key(content: Mapping[str, object]) -> str:
    """The key of a sample in the inbox: the hash of all but its score and keys of ours."""
    kept = {key: value for key, value in content.items() if key != "value_score" and not is_ours(key)}
    return xxh3_64_hexdigest(format_value(kept))  # type: ignore[arg-type]  # values of JSON


def find_doubts(engine: PrivacyEngine, content: JsonObject) -> tuple[Finding, ...]:
    """The findings in a sample that are for a person to decide on."""
    return tuple(finding for finding in engine.sanitize(content).findings if finding.confidence < DOUBTFUL)


def find_hold(engine: PrivacyEngine, content: JsonObject, decided: Mapping[str, str]) -> str:
    """Why a sample is not to be learned now; empty when it may be, redacted."""
    decision = decided.get(sample_key(content), "") if decided else ""
    if decision in _NOT_LEARNED:
        return _NOT_LEARNED[decision]
    return WAITS if decision != ACCEPTED and find_doubts(engine, content) else ""


def learn_samples(
    repository: Repository,
    engine: PrivacyEngine,
    samples: Sequence[DoubtfulSample],
    decision: str | None,
    today: date,
) -> int:
    """Join samples, sanitized, and remember the decision; how many of them were known already.

    Without a decision nothing is remembered: what was in doubt is allowed now. Raises NotARecordError.
    """
    intake = Intake(engine, repository.system(), repository.settings.record_bytes)
    lines = [intake.admit(sample.content, today).record.line for sample in samples]
    with repository.lock("review"):
        sets = RecordSets(repository.top, repository.settings.record_set_bytes)
        joined = sets.join(FINE_TUNING, lines)
        pending = read_pending(repository, sets).get(FINE_TUNING, [])
        write_pending(repository, {FINE_TUNING: [*pending, *lines]}, ())
        Inbox(repository).decide_samples([sample.key for sample in samples], decision)
    return len(samples) - len(joined.added)
