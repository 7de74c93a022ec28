"""What an agent may do, as plain functions: find lessons, add one, record its outcome, propose a retraction.

Nothing is committed or leaves this machine: the user, or the user's timer, commits and pushes. All functions
raise FedlearnError with a hint; calls may come from several threads and run one after the other.
"""

import json
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Final, NamedTuple

from git_fedlearn.agents.rendering import NOTICE, RenderedLesson, add_reason, render_lesson, value_of
from git_fedlearn.app import Clone
from git_fedlearn.console.words import count, kinds
from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, parse_value
from git_fedlearn.core.effective_score import effective_score
from git_fedlearn.core.identity import RecordId, is_metadata_key
from git_fedlearn.core.layout import BEST_PRACTICES, ERROR_SOLUTIONS, SKILLS_PATTERNS, SetName
from git_fedlearn.core.record import NotARecordError, Record, make_record
from git_fedlearn.core.supersession import Successor, superseding
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.learn.repeats import find_repeats
from git_fedlearn.privacy.record_fields import clean_note, sanitize_fields
from git_fedlearn.repository.alternatives import find_alternatives
from git_fedlearn.repository.inbox import Inbox, ProposedRetraction
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.lookup import select
from git_fedlearn.repository.outcomes import UseResult, count_outcomes, read_outcomes
from git_fedlearn.repository.supersession import find_successors, find_superseded
from git_fedlearn.repository.trust import read_trust
from git_fedlearn.search.embedders.base import Embedder
from git_fedlearn.search.embedders.choose import choose_embedder
from git_fedlearn.search.search import Query, find_lessons, left_out_sets

MAX_HITS: Final = 20
MAX_REASON_LENGTH: Final = 1_000
MAX_HIT_LENGTH: Final = 2_000
"""Characters of a lesson in an answer of `search`; `get` returns more."""
MAX_LESSON_LENGTH: Final = 40_000

NEEDED: Final[dict[SetName, tuple[tuple[str, ...], ...]]] = {
    ERROR_SOLUTIONS: (("error_message", "error_type"), ("solution",)),
    BEST_PRACTICES: (("title", "category"), ("description",)),
    SKILLS_PATTERNS: (("query", "pattern", "skill_name"), ("response", "usage_pattern", "solution_approach")),
}
"""The sets an agent may add to; a lesson needs one field of each group, as text."""

UNCOMMITTED_NOTE: Final = (
    "It is in data/, not committed; the user commits it (git fedlearn federate, or git commit)."
)


class ToolAnswer(NamedTuple):
    """The answer to an agent: a text to read, and the same for programs."""

    text: str
    facts: JsonObject


class AgentTools:
    """The tools over one clone."""

    def __init__(self, clone: Clone) -> None:
        self._clone = clone
        self._repository = clone.data_repository
        self._sets = self._repository.sets
        self._one_at_a_time = Lock()
        self._embedder: Embedder | None = None

    def search(self, text: str, limit: int = 5, sets: Sequence[str] = ()) -> ToolAnswer:
        """The lessons that answer a text, best first."""
        if not text.strip():
            raise UsageError("nothing to search for", hint="give the error message, or the question in words")
        if not 1 <= limit <= MAX_HITS:
            raise UsageError(f"limit {limit}: from 1 to {MAX_HITS}", hint="leave it out for 5")
        with self._one_at_a_time:
            self._embedder = self._embedder or choose_embedder(self._repository)
            query = Query(text, limit, sets=tuple(map(SetName, sets)))
            hits = find_lessons(self._repository, query, embedder=self._embedder)
            links = {hit.id: (hit.successors, hit.alternatives) for hit in hits}
            found = self._render(
                [(make_record({**hit.fields}), hit.sets) for hit in hits], MAX_HIT_LENGTH, links
            )
        left_out = left_out_sets(self._repository, query)
        note = f" {', '.join(left_out)} was not searched: name it in `sets`." if left_out else ""
        if not hits:
            return ToolAnswer(f"No lesson matches.{note}", {"lessons": [], "left_out": [*left_out]})
        lessons = [add_reason(*pair) for pair in zip(found, hits, strict=True)]
        answer = _answer(f"{count(len(lessons), 'lesson')}, best first.{note}", lessons)
        return answer._replace(facts={**answer.facts, "left_out": [*left_out]})

    def get(self, identifier: str) -> ToolAnswer:
        """One lesson, whole."""
        with self._one_at_a_time:
            found = select(self._sets, identifier)
            record = _living(found, identifier)
            successors = find_successors(self._repository, {record.id}).get(record.id, ())
            others = tuple(one.id for one in find_alternatives(self._repository, record))
            sets = tuple(name for name, _ in found)
            lessons = self._render([(record, sets)], MAX_LESSON_LENGTH, {record.id: (successors, others)})
        return _answer("1 lesson.", lessons)

    def record(self, set_name: str, fields: Mapping[str, Json], supersedes: Sequence[str] = ()) -> ToolAnswer:
        """Add a lesson, without secrets and personal data; says what was redacted.

        `supersedes` are the ids of lessons that it replaces.
        """
        content = _check_fields(SetName(set_name), fields)
        content = superseding(content, find_superseded(self._repository, supersedes))
        try:
            record, redacted = self._clone.admit(content)
        except NotARecordError as error:
            raise UsageError(f"not recorded: {error}", hint="shorten it, or use fewer fields") from None
        with self._one_at_a_time, self._repository.lock("mcp"):
            Ledger(self._repository).add([record.line])
            joined = self._sets.join(SetName(set_name), [record.line])
        what = "recorded" if record.id in joined.added else "already known, merged"
        if record.id in joined.retracted or self._is_retracted(record, SetName(set_name)):
            what = "not recorded: this lesson was retracted"
        removed: JsonObject = dict(redacted)
        with self._one_at_a_time:
            repeats = find_repeats(self._repository, SetName(set_name), {*joined.added} & {record.id})
        near: list[Json] = [{"id": one.known, "similarity": round(one.cosine, 3)} for one in repeats]
        text = f"{what}: {record.id} in {set_name}{kinds(redacted)}. {UNCOMMITTED_NOTE}"
        for one in repeats:
            text += (
                f"\n{one.known} says nearly the same ({one.cosine:.0%}): get it, and if it does, propose to "
                "retract yours and record the outcome of that one."
            )
        facts: JsonObject = {"id": record.id, "set": set_name, "what": what, "redacted": removed}
        return ToolAnswer(text, {**facts, "near_duplicates": near})

    def outcome(self, identifier: str, note: str = "", *, worked: bool) -> ToolAnswer:
        """Record that a lesson worked or failed here."""
        clean, redacted = clean_note(self._clone.privacy, note)
        repository = self._repository
        with self._one_at_a_time, repository.lock("mcp"):
            record = _living(select(self._sets, identifier), identifier)
            trust = read_trust(repository, {record.id})
            before = effective_score(record, trust, read_outcomes(repository, {record.id}).get(record.id))
            count_outcomes(repository, [record.id], UseResult(worked, clean), self._clone.now().date())
            outcomes = read_outcomes(repository, {record.id})[record.id]
        value = value_of(record, read_trust(repository, {record.id}), outcomes)
        counts = value.outcomes
        text = (
            f"counted: {record.id} {'worked' if worked else 'failed'}{kinds(redacted)}. Score {before:.2f} → "
            f"{value.effective:.2f} (worked {counts.worked}, failed {counts.failed}). {UNCOMMITTED_NOTE}"
        )
        facts: JsonObject = {
            "id": record.id,
            "score_before": round(before, 3),
            "score": round(value.effective, 3),
            "outcomes": dict(counts._asdict()),
            "redacted": dict(redacted),
        }
        return ToolAnswer(text, facts)

    def propose_retraction(self, identifier: str, reason: str) -> ToolAnswer:
        """Add a proposal to the user's review; nothing is retracted."""
        if not reason.strip():
            raise UsageError("a proposal needs a reason", hint="say what is wrong with the lesson")
        if len(reason) > MAX_REASON_LENGTH:
            raise UsageError(f"the reason is longer than {MAX_REASON_LENGTH} characters")
        fields, redacted = sanitize_fields(self._clone.privacy, {"reason": reason})
        at = self._clone.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        with self._one_at_a_time, self._repository.lock("mcp"):
            record = _living(select(self._sets, identifier), identifier)
            inbox = Inbox(self._repository)
            is_kept = inbox.dropped_retraction(record.id)
            proposed = ProposedRetraction(record.id, str(fields["reason"]), at)
            is_new = not is_kept and inbox.add_retraction(proposed)
        if is_kept:
            text = f"not proposed: the user already decided to keep {record.id}."
        else:
            what = "proposed to the user" if is_new else "already proposed"
            text = (
                f"{what}: retract {record.id}{kinds(redacted)}. Nothing is retracted until the user decides: "
                "git fedlearn review --retractions"
            )
        return ToolAnswer(text, {"id": record.id, "is_new": is_new, "redacted": dict(redacted)})

    def _render(
        self,
        found: Sequence[tuple[Record, tuple[SetName, ...]]],
        max_length: int,
        links: Mapping[RecordId, tuple[tuple[Successor, ...], tuple[RecordId, ...]]],
    ) -> list[RenderedLesson]:
        """`links`: successors and alternatives of each lesson."""
        ids = {record.id for record, _ in found}
        trust, today = read_trust(self._repository, ids), self._clone.now().date()
        outcomes = read_outcomes(self._repository, ids)
        rendered = []
        for record, sets in found:
            successors, alternatives = links.get(record.id, ((), ()))
            value = value_of(record, trust, outcomes.get(record.id, {}))
            value = value._replace(successors=successors, alternatives=alternatives)
            rendered.append(render_lesson(record, sets, value, today, max_length=max_length))
        return rendered

    def _is_retracted(self, record: Record, name: SetName) -> bool:
        return any(known.is_tombstone for known in self._sets.pick(name, {record.id}))


def _answer(title: str, lessons: Sequence[RenderedLesson]) -> ToolAnswer:
    text = "\n\n".join([f"{title} {NOTICE}", *(one.text for one in lessons)])
    return ToolAnswer(text, {"notice": NOTICE, "lessons": [one.facts for one in lessons]})


def _living(found: Sequence[tuple[SetName, Record]], identifier: str) -> Record:
    record = found[0][1]
    if record.is_tombstone:
        raise FedlearnError(f"{identifier}: this lesson was retracted", hint="search for another lesson")
    return record


def _check_fields(name: SetName, fields: Mapping[str, Json]) -> JsonObject:
    """The fields as canonical JSON. Raises UsageError if they are not a lesson of this set."""
    groups = NEEDED.get(name)
    if groups is None:
        raise UsageError(f"{name}: not a set to record in", hint=f"one of {', '.join(NEEDED)}")
    ours = [key for key in fields if is_metadata_key(key)]
    if ours:
        raise UsageError(f"{', '.join(ours)}: set by git-fedlearn itself", hint="leave it out")
    for group in groups:
        if not any(isinstance(text := fields.get(key), str) and text.strip() for key in group):
            needs = "; ".join(" or ".join(keys) for keys in groups)
            raise UsageError(f"{' or '.join(group)}: missing, or not a text", hint=f"{name} needs {needs}")
    try:
        value = parse_value(json.dumps(dict(fields)).encode())
    except (InvalidJsonError, ValueError, RecursionError) as error:
        raise UsageError(f"not recorded: {error}", hint="plain JSON values only") from None
    if not isinstance(value, dict):
        raise UsageError("not recorded: not an object")
    return value
