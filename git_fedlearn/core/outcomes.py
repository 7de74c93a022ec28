"""How lessons worked when one system used them: counters that only grow. docs/format.md, "Outcomes".

One line per lesson, sorted by id. A join takes the larger of each counter, so it is commutative,
associative and idempotent. Unparsable lines are kept after the others.
Source: M. Shapiro et al., "A comprehensive study of convergent and commutative replicated data types",
INRIA RR-7506, 2011 (G-Counter; each system has a file of its own, so one number per counter is enough).
"""

from typing import Final, NamedTuple

from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, format_value, parse_value
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.record import DAY, ID, ID_FORM
from git_fedlearn.core.record_set import split_lines

WORKED: Final = "worked"
FAILED: Final = "failed"
NOTES: Final = "notes"

MAX_COUNT: Final = 1_000_000
"""A line with a higher count is rejected: no system uses one lesson so often."""

MAX_NOTES: Final = 5
"""Notes kept per lesson: the newest, a top-k sketch, which can be joined."""

MAX_NOTE_LENGTH: Final = 500
"""Characters of a note."""


class NotAnOutcomeError(ValueError):
    """The line is not an outcome. The message is a reason that is safe to print."""


class Note(NamedTuple):
    """A comment on one outcome: day (UTC), text, and whether the lesson worked."""

    at: str
    text: str
    worked: bool


class Outcome(NamedTuple):
    """How often a lesson worked and failed for one system; `rest` are members of a later version."""

    id: RecordId
    worked: int = 0
    failed: int = 0
    notes: tuple[Note, ...] = ()
    rest: tuple[tuple[str, bytes], ...] = ()

    @property
    def line(self) -> bytes:
        """The canonical line."""
        fields: JsonObject = {key: parse_value(value) for key, value in self.rest}
        fields |= {ID: self.id, WORKED: self.worked, FAILED: self.failed}
        if self.notes:
            fields[NOTES] = [note._asdict() for note in self.notes]
        return format_value(fields)

    def counted(self, *, worked: bool, note: Note | None = None) -> "Outcome":
        """The outcome counted once more."""
        return self._replace(
            worked=min(self.worked + worked, MAX_COUNT),
            failed=min(self.failed + (not worked), MAX_COUNT),
            notes=_newest([*self.notes, note]) if note else self.notes,
        )


def parse_outcome(line: bytes) -> Outcome:
    """Parse one line. Raises NotAnOutcomeError."""
    try:
        value = parse_value(line)
    except InvalidJsonError as error:
        raise NotAnOutcomeError(str(error)) from None
    if not isinstance(value, dict):
        raise NotAnOutcomeError("not an object")
    identifier = value.get(ID)
    if not isinstance(identifier, str) or not ID_FORM.fullmatch(identifier):
        raise NotAnOutcomeError("no record id")
    rest = [
        (key, format_value(item)) for key, item in value.items() if key not in (ID, WORKED, FAILED, NOTES)
    ]
    return Outcome(
        RecordId(identifier),
        _count(value.get(WORKED, 0)),
        _count(value.get(FAILED, 0)),
        _newest(_notes(value.get(NOTES, []))),
        tuple(sorted(rest)),
    )


def join_outcomes(*versions: bytes) -> bytes:
    """The join of any number of versions of a file, in canonical form."""
    outcomes, opaque = read_outcome_lines(*versions)
    lines = [outcomes[identifier].line for identifier in sorted(outcomes)]
    return b"".join([line + b"\n" for line in [*lines, *sorted(opaque)]])


def read_outcome_lines(*versions: bytes) -> tuple[dict[RecordId, Outcome], set[bytes]]:
    """The joined outcomes of versions of a file by record id, and the unparsable lines."""
    outcomes: dict[RecordId, Outcome] = {}
    opaque: set[bytes] = set()
    for line in {line for data in versions for line in split_lines(data)}:
        try:
            found = parse_outcome(line)
        except NotAnOutcomeError:
            opaque.add(line)
            continue
        held = outcomes.get(found.id)
        outcomes[found.id] = join_two(held, found) if held else found
    return outcomes, opaque


def join_two(left: Outcome, right: Outcome) -> Outcome:
    """The join of two outcomes of one lesson and system."""
    rest = dict(left.rest)
    for key, value in right.rest:
        rest[key] = max(value, rest.get(key, b""))
    return Outcome(
        left.id,
        max(left.worked, right.worked),
        max(left.failed, right.failed),
        _newest([*left.notes, *right.notes]),
        tuple(sorted(rest.items())),
    )


def _count(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        raise NotAnOutcomeError(f"a count that is not a whole number from 0 to {MAX_COUNT}")
    return value


def _notes(value: Json) -> list[Note]:
    if not isinstance(value, list):
        raise NotAnOutcomeError("`notes` is not a list")
    return [_note(item) for item in value]


def _note(value: Json) -> Note:
    if not isinstance(value, dict) or value.keys() != {"at", "text", "worked"}:
        raise NotAnOutcomeError("a note without `at`, `text` and `worked`, or with more")
    at, text, worked = value["at"], value["text"], value["worked"]
    if not isinstance(at, str) or not DAY.fullmatch(at):
        raise NotAnOutcomeError("a note whose `at` is not a date (YYYY-MM-DD)")
    if not isinstance(text, str) or not 0 < len(text) <= MAX_NOTE_LENGTH:
        raise NotAnOutcomeError(f"a note whose text is not 1 to {MAX_NOTE_LENGTH} characters")
    if not isinstance(worked, bool):
        raise NotAnOutcomeError("a note whose `worked` is neither true nor false")
    return Note(at, text, worked)


def _newest(notes: list[Note]) -> tuple[Note, ...]:
    """The newest of these notes, each once, oldest first."""
    return tuple(sorted(set(notes))[-MAX_NOTES:])
