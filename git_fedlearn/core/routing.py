"""Which record set an event's lesson belongs to, or why nothing is learned from it. See docs/scoring.md.

Every reason is one of a few fixed phrases, so that skipped events can be counted; what varies is its detail.
"""

from dataclasses import dataclass
from typing import Final

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.events import is_flagged, is_heartbeat, outcome_of, text_of, unwrapped
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.lessons import Draft, find_draft
from git_fedlearn.core.quality import CUT_OFF, find_fault
from git_fedlearn.core.scoring import Score

THRESHOLD: Final = 0.7
"""An event that scores less is not learned."""

BELOW: Final = "the score is below the threshold"
HEARTBEAT: Final = "heartbeat: nothing to learn"
UNSOLVED: Final = "an error without a solution"
FAILED: Final = "the step failed"
PRIVILEGE: Final = "the fix grants access to secrets or more rights"
NO_FORM: Final = "neither a solution, a practice, a pattern nor an answer"


@dataclass(frozen=True, slots=True)
class Lesson:
    """A record to be: fields without any that begin with `_`, with `value_score`; not yet sanitized."""

    set_name: SetName
    content: JsonObject


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing is learned. `reason` is a fixed phrase to count by, `detail` what varies, possibly empty."""

    reason: str
    detail: str = ""


def route_event(event: JsonObject, score: Score, threshold: float = THRESHOLD) -> Lesson | Skipped:
    """What becomes of an event. A claimed score below the threshold decides without a look at the rest."""
    if score.is_claimed and score.value < threshold:
        return _below(score, threshold)
    event = unwrapped(event)
    draft = find_draft(event)
    if skipped := _fault(event, draft, claimed=score.is_claimed):
        return skipped
    if draft is None or score.value < threshold:
        return _below(score, threshold)
    return Lesson(draft.set_name, {**draft.content, "value_score": score.value})


def _below(score: Score, threshold: float) -> Skipped:
    return Skipped(BELOW, f"{score.value:g} < {threshold:g}")


def _fault(event: JsonObject, draft: Draft | None, *, claimed: bool) -> Skipped | None:
    """What makes an event worthless whatever its score. Whoever claims a score has judged the answer too."""
    if draft is None:
        return Skipped(_missing(event))
    if not draft.content:
        return Skipped(PRIVILEGE)
    if is_flagged(event, "truncated") or text_of(event, "finish_reason") == "length":
        return Skipped(CUT_OFF)
    if claimed or draft.distilled:
        return None
    if outcome_of(event)[0] == "failure":
        return Skipped(FAILED)
    fault = find_fault(draft.question, draft.answer)
    return Skipped(fault) if fault else None


def _missing(event: JsonObject) -> str:
    """Why there is no draft."""
    if is_heartbeat(event):
        return HEARTBEAT
    if outcome_of(event)[0] == "failure" or text_of(event, "error_message"):
        return UNSOLVED
    return NO_FORM
