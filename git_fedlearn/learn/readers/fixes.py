"""From a session: an error, and what made the same command pass.

A fix is proven by the run that passes, and a lesson only if something was changed on purpose since the last
failure, and the change has to do with the error. So nothing is learned from a failure that went away by
itself, was given up, was a typing error, or was a test that came before its feature.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.learn.readers.commands import core_of, find_extra, is_piped, only_looks
from git_fedlearn.learn.readers.phrases import (
    CHANGES_SOMETHING,
    CHECKS_SOMETHING,
    ECHO_LINE,
    FAILED_ASSERTION,
    FAILURE_REPORT,
    GIT_WORK,
    GIVES_REASON,
    INSTALLS_SOMETHING,
    MISSING_NAME,
    MISSING_THING,
    NARRATION,
    OWN_SLIP,
    PASSING_TROUBLE,
    REFUSES_TO_WORK,
    SUMMARY_LINE,
    TELLING_LINE,
    TEST_CAME_FIRST,
    TRIES_AGAIN,
    sentences_of,
    words_in,
)
from git_fedlearn.learn.readers.session import Changed, Ran, Said, Step

FIX_SCORE: Final = 0.85
"""The score of a fix that a passing run has proven."""

MAX_STEPS: Final = 400
"""Steps between a failure and the passing run."""

MAX_REPORT: Final = 2000
"""Characters at the end of an output in which a command says that it failed."""

MAX_ERROR_LINES: Final = 6
MAX_LINE_CHARACTERS: Final = 300
MAX_CHANGE_CHARACTERS: Final = 300
MAX_EXPLANATION: Final = 600
MIN_REASON_WORDS: Final = 4
MAX_CHANGES: Final = 3
RELATED_SHARE: Final = 0.6
"""Changes count that have at least this share of the words that the most related one has in common."""


class _Attempt(NamedTuple):
    """A failing run, the run that passed, their places in a session, and what the second does more."""

    steps: Sequence[Step]
    start: int
    place: int
    failed: Ran
    passed: Ran
    extra: str

    @property
    def between(self) -> Sequence[Step]:
        """The steps between the two runs."""
        return self.steps[self.start + 1 : self.place]


class _Change(NamedTuple):
    """A change in words; `words` are those that it changed, `context` those around them."""

    text: str
    words: frozenset[str]
    context: frozenset[str] = frozenset()
    after: str = ""
    is_code: bool = False
    is_command: bool = False
    """Whether it is a command that is not everyday work."""

    def likeness(self, wanted: frozenset[str]) -> int:
        """How much the change has to do with something that has these words."""
        return 2 * len(self.words & wanted) + len(self.context & wanted)


def find_fixes(steps: Sequence[Step]) -> Iterator[JsonObject]:
    """The lessons, as events."""
    later = _Later.of(steps)
    for attempt in _attempts(steps):
        event = None if later.shows_in_vain(attempt) else _lesson(attempt)
        if event:
            yield event


class _Later(NamedTuple):
    """The last places of errors and changes in a session, to see which fixes did not last."""

    errors: Mapping[tuple[str, str], int]
    """By command and error."""
    changes: Mapping[Changed, int]

    @classmethod
    def of(cls, steps: Sequence[Step]) -> "_Later":
        errors: dict[tuple[str, str], int] = {}
        changes: dict[Changed, int] = {}
        for place, step in enumerate(steps):
            if isinstance(step, Changed):
                changes[step] = place
            elif isinstance(step, Ran) and _has_failed(step) and not only_looks(step.command):
                errors[core_of(step.command), find_error(step.output)] = place
        return cls(errors, changes)

    def shows_in_vain(self, attempt: _Attempt) -> bool:
        """Whether the same error came back later, or a change was taken back."""
        error = core_of(attempt.failed.command), find_error(attempt.failed.output)
        undone = (
            change._replace(before=change.after, after=change.before)
            for change in attempt.between
            if isinstance(change, Changed)
        )
        places = (self.errors.get(error, -1), *(self.changes.get(change, -1) for change in undone))
        return max(places) > attempt.place


def _attempts(steps: Sequence[Step]) -> Iterator[_Attempt]:
    """Each last failure of a command with the next run that passes, or lacks nothing that the failure did."""
    open_failures: dict[str, tuple[int, Ran]] = {}
    for place, step in enumerate(steps):
        if not isinstance(step, Ran):
            continue
        if not _has_failed(step):
            for core, (start, failed) in list(open_failures.items()):
                is_old = place - start > MAX_STEPS
                extra = None if is_old else find_extra(failed.command, step.command)
                if is_old or extra is not None:
                    del open_failures[core]
                if extra is not None:
                    yield _Attempt(steps, start, place, failed, step, extra)
        elif not only_looks(step.command) or REFUSES_TO_WORK.search(step.output):
            start, failed = open_failures.get(core_of(step.command), (place, step))
            if start < place <= start + MAX_STEPS and _lacks_nothing_of(failed, step):
                yield _Attempt(steps, start, place, failed, step, "")
            for core in [core for core in open_failures if find_extra(core, step.command) is not None]:
                del open_failures[core]
            open_failures[core_of(step.command)] = (place, step)


def _lacks_nothing_of(first: Ran, second: Ran) -> bool:
    missed = find_error(first.output)
    lines = missed.splitlines()
    return bool(MISSING_THING.search(missed)) and not any(line in second.output for line in lines)


def _has_failed(run: Ran) -> bool:
    """Whether a run failed; the exit code of a pipe is not that of the command."""
    return run.failed or (is_piped(run.command) and bool(FAILURE_REPORT.search(run.output[-MAX_REPORT:])))


def _lesson(attempt: _Attempt) -> "JsonObject | None":
    """The event of an attempt; None if it teaches nothing."""
    error = find_error(attempt.failed.output)
    said = [step.text for step in attempt.between if isinstance(step, Said) and not step.by_user]
    if not error or any(TRIES_AGAIN.search(text) for text in said[:1]):
        return None
    wanted = words_in(error)
    explanation = _explain(said, wanted, attempt)
    is_clear = bool(explanation) or _installs_what_is_missing(attempt, error)
    changes = _related(_changes(attempt), wanted | words_in(explanation), is_clear=is_clear)
    if not changes or _is_new_feature(error, said, changes, explanation):
        return None
    is_told_option = bool(attempt.extra and explanation)
    if PASSING_TROUBLE.search(error) and not (
        is_told_option or any(change.words & wanted for change in changes)
    ):
        return None
    actions = "\n".join(change.text for change in changes)
    return {
        "event_type": "error_resolution",
        "error_message": error,
        "solution": f"{explanation}\n{actions}" if explanation else actions,
        "outcome": "success",
        "solution_verified": True,
        "value_score": FIX_SCORE,
        "timestamp": attempt.passed.when,
    }


def find_error(output: str) -> str:
    """The telling lines of the output of a failed command, in order; empty if it says nothing."""
    lines = [line.rstrip()[:MAX_LINE_CHARACTERS] for line in output.splitlines() if line.strip()]
    lines = [line for line in lines if not SUMMARY_LINE.match(line)]
    telling = [line for line in lines if TELLING_LINE.search(line)]
    own = [line for line in lines if not ECHO_LINE.match(line)]
    chosen = telling[-MAX_ERROR_LINES:] if telling else own[-2:]
    text = "\n".join(dict.fromkeys(line.strip() for line in chosen))
    return text if len(words_in(text)) > 1 else ""


def _explain(said: Sequence[str], error: frozenset[str], attempt: _Attempt) -> str:
    """What the agent said about the cause, the best sentence or two; empty if it only told what it does."""
    changes = _changes(attempt)
    changed = frozenset[str]().union(*(change.words | change.context for change in changes))
    after = attempt.steps[attempt.place + 1 : attempt.place + 3]
    later = [step.text for step in after if isinstance(step, Said) and not step.by_user]
    best, weight = "", 0.0
    for place, text in enumerate([*said, *later[:1]]):
        sentences = [sentence for sentence in sentences_of(text) if not NARRATION.match(sentence)]
        kept = " ".join(sentences)[:MAX_EXPLANATION]
        words = words_in(kept)
        shared = len(words & error) + len(words & changed)
        found = shared + 0.5 * bool(GIVES_REASON.search(kept)) - 0.01 * place
        if shared and len(words) > 1 and found > weight:
            best, weight = kept, found
        is_only_fix = place == 0 and len(changes) == 1 and changes[0].is_command
        if is_only_fix and not best and said and len(kept.split()) >= MIN_REASON_WORDS:
            best = kept
    return best


def _changes(attempt: _Attempt) -> list[_Change]:
    """What was changed before the passing run, in order."""
    found: list[_Change] = []
    for step in attempt.between:
        if isinstance(step, Changed):
            found.append(_file_change(step))
        elif isinstance(step, Ran) and not _has_failed(step) and not only_looks(step.command):
            change = _command_change(step.command)
            may_fix = CHANGES_SOMETHING.search(step.command) or (
                not CHECKS_SOMETHING.search(core_of(step.command))
                and change.words & words_in(find_error(attempt.failed.output))
            )
            found += [change] if may_fix else []
    if attempt.extra:
        text = attempt.extra[:MAX_CHANGE_CHARACTERS]
        found.append(_Change(f"Run `{text}`.", words_in(attempt.extra)))
    return found


def _command_change(command: str) -> _Change:
    text = core_of(command)[:MAX_CHANGE_CHARACTERS]
    return _Change(f"Run `{text}`.", words_in(command), is_command=not GIT_WORK.match(text))


def _file_change(change: Changed) -> _Change:
    path = PurePath(change.path)
    name = path.name if path.is_absolute() else "/".join(path.parts[-2:])
    before, after = _differing(change.before, change.after)
    words = words_in(before) ^ words_in(after)
    named = words_in(PurePath(change.path).stem)
    if before and after:
        text = f"In {name}, replace `{before}` by `{after}`."
    else:
        text = f"In {name}, add `{after}`." if after else f"In {name}, remove `{before}`."
    is_code = path.suffix in _CODE_FILES and not _SURROUNDINGS.search(path.name)
    return _Change(text, words | named, words_in(f"{before} {after}"), change.after, is_code)


def _differing(before: str, after: str) -> tuple[str, str]:
    """The lines of two texts that differ, shortened."""
    old, new = before.splitlines(), after.splitlines()
    removed = [line.strip() for line in old if line not in new and line.strip()]
    added = [line.strip() for line in new if line not in old and line.strip()]
    return " ⏎ ".join(removed)[:MAX_CHANGE_CHARACTERS], " ⏎ ".join(added)[:MAX_CHANGE_CHARACTERS]


def _installs_what_is_missing(attempt: _Attempt, error: str) -> bool:
    """Whether something was not there, and the next thing that was done was to install something."""
    steps = [step for step in attempt.between if isinstance(step, Ran | Changed)]
    return (
        len(steps) == 1
        and isinstance(steps[0], Ran)
        and bool(MISSING_THING.search(error) and INSTALLS_SOMETHING.search(core_of(steps[0].command)))
    )


def _related(changes: Sequence[_Change], wanted: frozenset[str], *, is_clear: bool) -> list[_Change]:
    """The changes that have to do with an error, in order; a single one does if it is clear by itself."""
    shared = [change.likeness(wanted) for change in changes]
    most = max(shared, default=0)
    if most == 0:
        return [*changes] if is_clear and len(changes) == 1 else []
    kept = [change for change, number in zip(changes, shared, strict=True) if number >= RELATED_SHARE * most]
    return kept[-MAX_CHANGES:]


_NAME: Final = re.compile(r"\b[A-Za-z_]\w{2,}\b")
_SURROUNDINGS: Final = re.compile(r"(?i)conf|setup|fixture|setting|bootstrap|polyfill")
"""Names of files of code that set something up."""

_CODE_FILES: Final = frozenset(
    ".py .pyi .js .jsx .ts .tsx .vue .svelte .go .rs .java .kt .c .cc .cpp .h .rb .php .cs .swift".split()
)


def _is_new_feature(error: str, said: Sequence[str], changes: Sequence[_Change], explanation: str) -> bool:
    """Whether the failure was on purpose or a slip: a test before its feature, or code just written."""
    lines = error.splitlines()
    is_assertion = sum(bool(FAILED_ASSERTION.search(line)) for line in lines) * 2 > len(lines)
    is_missing = bool(MISSING_NAME.search(error))
    is_about_code = is_assertion or is_missing or any(change.is_code for change in changes)
    if is_about_code and any(TEST_CAME_FIRST.search(text) for text in said):
        return True
    if any(OWN_SLIP.search(text) for text in said):
        return True
    is_all_code = all(change.is_code for change in changes)
    if (is_assertion and (is_all_code or not explanation)) or (
        is_all_code and not GIVES_REASON.search(explanation)
    ):
        return True
    if not is_missing:
        return False
    added = "\n".join(change.after for change in changes if change.is_code)
    keyword = r"(?:def|class|function|fn|func|const|let|type|interface|struct)"
    return any(re.search(rf"{keyword}\s+{name}\b|\b{name}\s*\(", added) for name in set(_NAME.findall(error)))
