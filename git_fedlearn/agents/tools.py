"""What an agent may do, as plain functions: find lessons, add one, record its outcome, propose a retraction.

Nothing is committed or leaves this machine: the user, or the user's timer, commits and pushes. All functions
raise FedlearnError with a hint; calls may come from several threads and run one after the other.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, NamedTuple

from xxhash import xxh3_64_hexdigest

from git_fedlearn.agents.rendering import (
    BYTES_PER_TOKEN,
    NOTICE,
    RenderedLesson,
    clean_block,
    fit_answer,
    render_lesson,
    size_of,
    value_of,
)
from git_fedlearn.app import Clone
from git_fedlearn.console.words import count, kinds, marked_headline
from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, parse_value
from git_fedlearn.core.effective_score import effective_score
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.layout import BEST_PRACTICES, ERROR_SOLUTIONS, SKILLS_PATTERNS, SetName
from git_fedlearn.core.record import RETRACTED, NotARecordError, Record, make_record
from git_fedlearn.core.scoring import Skipped, route_event
from git_fedlearn.core.substance import strip_thoughts
from git_fedlearn.core.supersession import superseding
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.learn.repeats import RepeatedLesson, find_repeats
from git_fedlearn.privacy.record_fields import clean_note, sanitize_fields
from git_fedlearn.repository.alternatives import find_alternatives
from git_fedlearn.repository.inbox import Inbox, ProposedRetraction
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.lookup import select
from git_fedlearn.repository.outcomes import UseResult, count_outcomes, read_outcomes
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import RECENT_CALLS, read_json, write_json
from git_fedlearn.repository.supersession import find_successors, find_superseded
from git_fedlearn.repository.trust import read_trust
from git_fedlearn.search.embedders.base import Embedder
from git_fedlearn.search.embedders.choose import choose_embedder
from git_fedlearn.search.scope import ANY_SCOPE, LessonScope
from git_fedlearn.search.search import Hit, Query, find_lessons, left_out_sets

DEFAULT_LIMIT: Final = 5
MAX_HITS: Final = 20
MAX_REASON_LENGTH: Final = 1_000

MIN_BUDGET: Final = 300
MAX_BUDGET: Final = 50_000
SEARCH_BUDGET: Final = 2_000
GET_BUDGET: Final = 10_000
"""Tokens of an answer, estimated; the last two are defaults."""

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


class Wanted(NamedTuple):
    """What to find besides the text: how many lessons, in which sets, for whom, in how many tokens."""

    limit: int = DEFAULT_LIMIT
    sets: Sequence[str] = ()
    scope: LessonScope = ANY_SCOPE
    budget: int = SEARCH_BUDGET


class AgentTools:
    """The tools over one clone."""

    def __init__(self, clone: Clone) -> None:
        self._clone = clone
        self._repository = clone.data_repository
        self._sets = self._repository.sets
        self._one_at_a_time = Lock()
        self._embedder: Embedder | None = None

    def search(self, text: str, wanted: Wanted = Wanted()) -> ToolAnswer:  # noqa: B008  immutable
        """The lessons that answer a text, best first."""
        if not text.strip():
            raise UsageError("nothing to search for", hint="give the error message, or the question in words")
        if not 1 <= wanted.limit <= MAX_HITS:
            raise UsageError(
                f"limit {wanted.limit}: from 1 to {MAX_HITS}", hint=f"leave it out for {DEFAULT_LIMIT}"
            )
        _check_budget(wanted.budget, SEARCH_BUDGET)
        with self._one_at_a_time:
            self._embedder = self._embedder or choose_embedder(self._repository)
            query = Query(text, wanted.limit, sets=tuple(map(SetName, wanted.sets)), scope=wanted.scope)
            hits = find_lessons(self._repository, query, embedder=self._embedder)
            lessons = self._render_hits(hits)
        left_out = left_out_sets(self._repository, query)
        note = f" {', '.join(left_out)} was not searched: name it in `sets`." if left_out else ""
        facts: JsonObject = {"left_out": [*left_out]} if left_out else {}
        if hits:
            return _answer(lessons, wanted.budget, f", best first.{note}", facts)
        within = " in this scope" if any(wanted.scope) else ""
        return ToolAnswer(f"No lesson{within} matches.{note}", {"lessons": [], **facts})

    def get(self, identifier: str, budget: int = GET_BUDGET) -> ToolAnswer:
        """One lesson, whole if it fits into the budget."""
        _check_budget(budget, GET_BUDGET)
        with self._one_at_a_time:
            found = select(self._sets, identifier)
            record = _living(found, identifier)
            trust, today = read_trust(self._repository, {record.id}), self._clone.now().date()
            value = value_of(
                record, trust, read_outcomes(self._repository, {record.id}).get(record.id, {})
            )._replace(
                successors=find_successors(self._repository, {record.id}).get(record.id, ()),
                alternatives=tuple(one.id for one in find_alternatives(self._repository, record)),
            )
            lesson = render_lesson(record, tuple(name for name, _ in found), value, today)
        return _answer([lesson], budget, ".", {})

    def record(self, set_name: str, fields: Mapping[str, Json], supersedes: Sequence[str] = ()) -> ToolAnswer:
        """Add a lesson, without secrets and personal data; says what was redacted, and what is similar to it.

        `supersedes` are the ids of lessons that it replaces. Recording it again changes nothing. Raises
        UsageError for a text that is no lesson.
        """
        name = SetName(set_name)
        content = _check_fields(name, fields)
        routed = route_event(content, threshold=0.0)[1]
        if isinstance(routed, Skipped):
            raise UsageError(
                f"not recorded, since it is not a lesson: {routed.reason}",
                hint="say what to do, in general words that are clear without this session",
            )
        content = superseding(content, find_superseded(self._repository, supersedes))
        try:
            record, redacted = self._clone.admit(content)
        except NotARecordError as error:
            raise UsageError(f"not recorded: {error}", hint="shorten it, or use fewer fields") from None
        with self._one_at_a_time, self._repository.lock("mcp"):
            Ledger(self._repository).add([record.line])
            joined = self._sets.join(name, [record.line])
            retraction = self._find_retraction(record, name)
        what = "recorded" if record.id in joined.added else "already known, merged"
        if retraction is not None:
            what = "not recorded: this lesson was retracted"
        with self._one_at_a_time:
            repeats = find_repeats(self._repository, name, {*joined.added} & {record.id})
            similar = [(one, self._headline(one)) for one in repeats]
        text = f"{what}: {record.id} in {set_name}{kinds(redacted)}. "
        text += UNCOMMITTED_NOTE if retraction is None else f"The reason:\n| {retraction or 'none'}"
        facts: JsonObject = {"id": record.id, "set": set_name, "what": what, "redacted": dict(redacted)}
        facts |= {"reason": retraction} if retraction else {}
        near: list[Json] = [_to_json(one, title) for one, title in similar]
        texts = [text, *(_describe(one, title) for one, title in similar)]
        return ToolAnswer("\n".join(texts), {**facts, "near_duplicates": near})

    def outcome(self, identifier: str, note: str = "", *, worked: bool) -> ToolAnswer:
        """Record that a lesson worked or failed here."""
        clean, redacted = clean_note(self._clone.privacy, note)
        repository = self._repository
        with self._one_at_a_time, repository.lock("mcp"):
            record = _living(select(self._sets, identifier), identifier)
            trust = read_trust(repository, {record.id})
            before = effective_score(record, trust, read_outcomes(repository, {record.id}).get(record.id))
            now, call = self._clone.now(), xxh3_64_hexdigest(f"{record.id} {worked} {clean}".encode())
            recent = _recent_calls(repository, now)
            is_repeated = call in recent
            if not is_repeated:
                count_outcomes(repository, [record.id], UseResult(worked, clean), now.date())
                write_json(repository.state.path(RECENT_CALLS), {**recent, call: now.isoformat()})
            outcomes = read_outcomes(repository, {record.id}).get(record.id, {})
        value = value_of(record, read_trust(repository, {record.id}), outcomes)
        counts = value.outcomes
        what = "already counted, a few minutes ago" if is_repeated else "counted"
        text = (
            f"{what}: {record.id} {'worked' if worked else 'failed'}{kinds(redacted)}. Score {before:.2f} → "
            f"{value.effective:.2f} (worked {counts.worked}, failed {counts.failed}). {UNCOMMITTED_NOTE}"
        )
        facts: JsonObject = {
            "id": record.id,
            "is_new": not is_repeated,
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
            is_kept = record.id in inbox.decisions(ProposedRetraction)
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

    def _render_hits(self, hits: Sequence[Hit]) -> list[RenderedLesson]:
        ids = {hit.id for hit in hits}
        trust, today = read_trust(self._repository, ids), self._clone.now().date()
        outcomes = read_outcomes(self._repository, ids)
        rendered = []
        for hit in hits:
            record = make_record({**hit.fields})
            value = value_of(record, trust, outcomes.get(record.id, {}))
            value = value._replace(successors=hit.successors, alternatives=hit.alternatives)
            rendered.append(render_lesson(record, hit.sets, value, today, hit))
        return rendered

    def _find_retraction(self, record: Record, name: SetName) -> str | None:
        """Why a lesson was retracted, as far as its retraction says; None if it is living."""
        for known in self._sets.pick(name, {record.id}):
            if known.is_tombstone:
                facts = known.fields[RETRACTED]
                reason = facts.get("reason") if isinstance(facts, dict) else None
                return clean_block(reason) if isinstance(reason, str) else ""
        return None

    def _headline(self, repeated: RepeatedLesson) -> str:
        known = self._sets.pick(repeated.known_set, {repeated.known})
        return next((marked_headline(record.fields) for record in known), "")


def _describe(repeated: RepeatedLesson, title: str) -> str:
    return (
        f"{repeated.known} in {repeated.known_set} says nearly the same ({repeated.cosine:.0%}):\n"
        f"| {title}\nGet it, and if it does, propose to retract yours and record the outcome of that one."
    )


def _to_json(repeated: RepeatedLesson, title: str) -> JsonObject:
    return {
        "id": repeated.known,
        "set": repeated.known_set,
        "headline": title,
        "similarity": round(repeated.cosine, 3),
    }


def _check_budget(budget: int, default: int) -> None:
    if not MIN_BUDGET <= budget <= MAX_BUDGET:
        raise UsageError(
            f"budget {budget}: from {MIN_BUDGET} to {MAX_BUDGET} tokens", hint=f"leave it out for {default}"
        )


def _answer(lessons: Sequence[RenderedLesson], budget: int, ending: str, facts: JsonObject) -> ToolAnswer:
    """The lessons that fit; `ending` follows their number."""
    frame: JsonObject = {"notice": NOTICE, **facts}
    longest = _title(len(lessons), len(lessons), ending)
    fitted = fit_answer(
        lessons, budget * BYTES_PER_TOKEN - size_of(longest, {**frame, "more": 0, "lessons": []})
    )
    title = _title(len(lessons), fitted.more, ending)
    more: JsonObject = {"more": fitted.more} if fitted.more else {}
    return ToolAnswer("\n\n".join([title, *fitted.texts]), {**frame, **more, "lessons": fitted.facts})


def _title(found: int, more: int, ending: str) -> str:
    what = f"{found - more} of {count(found, 'lesson')}" if more else count(found, "lesson")
    rest = " For the others, search again with a higher `budget`." if more else ""
    return f"{what}{ending}{rest} {NOTICE}"


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
    return {key: strip_thoughts(item) for key, item in value.items()}


REPEAT_MINUTES: Final = 5
"""An equal call within this time is the same one."""


def _recent_calls(repository: Repository, now: datetime) -> JsonObject:
    """When the calls of the last minutes were made, by a hash of each; the caller holds the lock.

    A client that timed out, or lost its server, calls again within minutes; that must not count twice.
    """
    known = read_json(repository.state.path(RECENT_CALLS))
    return {key: at for key, at in known.items() if _is_recent(at, now)}


def _is_recent(at: Json, now: datetime) -> bool:
    try:
        return abs(now - datetime.fromisoformat(str(at))) < timedelta(minutes=REPEAT_MINUTES)
    except (ValueError, TypeError):
        return False
