"""What `review` does with a decision: the sample joins its set or not, and the decision is remembered."""

from typing import Final

from git_fedlearn.console.allowing import allow
from git_fedlearn.console.context import Context
from git_fedlearn.console.wording import count
from git_fedlearn.core.canonical import InvalidJsonError, JsonObject, parse_value
from git_fedlearn.core.layout import FINE_TUNING
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.learn.intake import Intake
from git_fedlearn.learn.review import Waiting, decide, find_doubts, read_waiting
from git_fedlearn.learn.sync_state import read_pending, write_pending
from git_fedlearn.privacy.policy import Allowed
from git_fedlearn.training.samples import Malformed, parse_sample

KEPT: Final = "kept in review: not private"


def keep_samples(context: Context, chosen: list[Waiting]) -> None:
    """Allow what was in doubt, and learn the samples, with all others in which no doubt is left."""
    marks = {doubt.fingerprint for item in chosen for doubt in find_doubts(context.privacy, item.content)}
    entries = [Allowed(mark, KEPT) for mark in sorted(marks)]
    if allow(context.data_repository, context.privacy, entries, context.now().date()):
        context.forget_settings()
        context.note("hint: git add .fedlearn.toml    (it says now that these values may stay)")
    named = {item.key for item in chosen}
    settled = [
        item
        for item in read_waiting(context.repository)
        if item.key in named or not find_doubts(context.privacy, item.content)
    ]
    _learn(context, [(item, item.content) for item in settled], "keep")


def redact_samples(context: Context, chosen: list[Waiting]) -> None:
    """Learn the samples redacted."""
    _learn(context, [(item, item.content) for item in chosen], "redact")


def drop_samples(context: Context, chosen: list[Waiting]) -> None:
    """Forget the samples for good."""
    repository = context.data_repository
    with repository.lock("review"):
        decide(repository, [item.key for item in chosen], "drop")
    context.say(f"dropped {count(len(chosen), 'sample')}")


def edit_sample(context: Context, item: Waiting, text: str) -> None:
    """Learn the text, a sample as JSON, in place of the one that waits. Raises UsageError."""
    try:
        value = parse_value(text.encode("utf-8", "replace"))
    except InvalidJsonError as error:
        raise UsageError(f"the edited sample: {error}", hint="nothing was changed") from None
    sample = parse_sample(value) if isinstance(value, dict) else Malformed("not a JSON object")
    if isinstance(sample, Malformed):
        raise UsageError(f"the edited sample: {sample.reason}", hint="nothing was changed")
    doubts = find_doubts(context.privacy, sample)
    _learn(context, [(item, sample)], "edit")
    if doubts:
        context.note(f"note: {count(len(doubts), 'finding')} in the new wording was redacted")


def _learn(context: Context, samples: list[tuple[Waiting, JsonObject]], decision: str) -> None:
    """Join samples, sanitized as everything is, and remember the decision."""
    repository = context.data_repository
    intake = Intake(context.privacy, repository.system(), repository.settings.record_bytes)
    today = context.now().date()
    try:
        lines = [intake.admit(content, today).record.line for _, content in samples]
    except NotARecordError as error:
        raise FedlearnError(
            f"a sample cannot be learned: {error}", hint="git fedlearn review drop"
        ) from error
    with repository.lock("review"):
        sets = repository.sets
        joined = sets.join(FINE_TUNING, lines)
        pending = read_pending(repository, sets).get(FINE_TUNING, [])
        write_pending(repository, {FINE_TUNING: [*pending, *lines]}, ())
        decide(repository, [item.key for item, _ in samples], decision)
    said = {"keep": "kept", "redact": "redacted", "edit": "edited"}[decision]
    known = len(samples) - len(joined.added)
    context.say(f"{said} {count(len(samples), 'sample')}" + (f", {known} known already" if known else ""))
    context.note("hint: git add data && git commit")
