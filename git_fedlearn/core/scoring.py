"""What an event is worth, and the record set of its lesson or why it has none. See docs/scoring.md.

Pure functions of the event and the weights: the order of keys, the machine and earlier lessons do not
matter. A score is in [0, 1], rounded to three decimals so that it is the same everywhere. Reasons are a
few fixed phrases, so that skipped events can be counted; only the detail varies.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.events import (
    SCORE,
    feedback_of,
    is_heartbeat,
    outcome_of,
    text_of,
    unit_number,
    unwrapped,
    words_of,
)
from git_fedlearn.core.layout import ERROR_SOLUTIONS, SetName
from git_fedlearn.core.lessons import Draft, find_draft
from git_fedlearn.core.quality import CUT_OFF, find_fault
from git_fedlearn.core.weights import DEFAULT_WEIGHTS, Weights

THRESHOLD: Final = 0.7
"""The default minimum score of a lesson."""

BELOW: Final = "scored below your minimum"
HEARTBEAT: Final = "status events without text"
UNSOLVED: Final = "an error without a solution"
FAILED: Final = "the step failed"
PRIVILEGE: Final = "the fix would grant access to secrets or extra privileges"
NO_FORM: Final = "no solution, practice, pattern or answer in it"

CLAIMED: Final = "own score"
"""The only term of an event that brings its own score."""


class Term(NamedTuple):
    """One summand of a score."""

    name: str
    contribution: float
    why: str


@dataclass(frozen=True, slots=True)
class Score:
    """A value in [0, 1], rounded to three decimals, and its terms in the order of the documentation."""

    value: float
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class RoutedLesson:
    """The fields of a future record, with `value_score` and without metadata; not yet sanitized."""

    set_name: SetName
    content: JsonObject


@dataclass(frozen=True, slots=True)
class Skipped:
    """No lesson: `reason` is a fixed phrase to count by, `detail` is specific and may be empty."""

    reason: str
    detail: str = ""


def route_event(
    event: JsonObject,
    weights: Weights = DEFAULT_WEIGHTS,
    threshold: float = THRESHOLD,
    scorer: Callable[[JsonObject], Score | None] | None = None,
) -> tuple[Score, RoutedLesson | Skipped]:
    """The score of an event, and its lesson or why it has none. Raises only what `scorer` raises.

    An event with a valid score keeps it; if that is below the threshold, nothing else is examined. Any
    other event is scored by `scorer` if that returns a score, else by the heuristics.
    """
    fields = unwrapped(event)
    claim = _claim(fields)
    if claim and claim.contribution < threshold:
        return Score(claim.contribution, (claim,)), _below(claim.contribution, threshold)
    draft = find_draft(fields)
    if claim:
        score = Score(claim.contribution, (claim,))
    else:
        score = (scorer(event) if scorer else None) or _score_draft(fields, draft, weights)
    if fault := _fault(fields, draft, is_claimed=claim is not None):
        return score, Skipped(fault)
    if draft is None or score.value < threshold:
        return score, _below(score.value, threshold)
    return score, RoutedLesson(draft.set_name, {**draft.content, SCORE: score.value})


def _claim(event: JsonObject) -> Term | None:
    value, name = unit_number(event, SCORE), SCORE
    if value is None and text_of(event, "solution"):
        value, name = unit_number(event, "confidence_score"), "confidence_score"
    return None if value is None else Term(CLAIMED, round(value, 3), f"the event's own {name}")


def _below(score: float, threshold: float) -> Skipped:
    return Skipped(BELOW, f"scored {score:g}, below your minimum of {threshold:g}")


def _fault(event: JsonObject, draft: Draft | None, *, is_claimed: bool) -> str | None:
    """What makes an event worthless at any score. An event with its own score has had its answer judged."""
    if draft is None:
        return _missing(event)
    if not draft.content:
        return PRIVILEGE
    if event.get("truncated") is True or str(event.get("finish_reason")).strip() == "length":
        return CUT_OFF
    if is_claimed or draft.distilled:
        return None
    return FAILED if outcome_of(event)[0] == "failure" else find_fault(draft.question, draft.answer)


def _missing(event: JsonObject) -> str:
    """Why an event without a draft has none."""
    if is_heartbeat(event):
        return HEARTBEAT
    if outcome_of(event)[0] == "failure" or text_of(event, "error_message"):
        return UNSOLVED
    return NO_FORM


def _score_draft(event: JsonObject, draft: Draft | None, weights: Weights) -> Score:
    """The heuristics alone; without a lesson only outcome and feedback count."""
    terms = [_outcome(event, weights), _feedback(event, weights)]
    if draft:
        terms += [_reusability(draft, weights), _complexity(draft, weights), _novelty(event, draft, weights)]
    total = sum(term.contribution for term in terms)
    return Score(round(min(1.0, max(0.0, total)), 3), tuple(terms))


def _outcome(event: JsonObject, weights: Weights) -> Term:
    outcome, field = outcome_of(event)
    worth = {"success": weights.success, "partial": weights.partial}.get(outcome, 0.0)
    return Term("outcome", round(worth, 3), f"{outcome}, by {field}")


def _feedback(event: JsonObject, weights: Weights) -> Term:
    feedback = feedback_of(event)
    if feedback is None:
        return Term("feedback", round(weights.feedback_none, 3), "none given")
    worth = (weights.feedback_none, weights.feedback_up, weights.feedback_down)[feedback]
    return Term("feedback", round(worth, 3), f"{feedback:+d}" if feedback else "0")


def _reusability(draft: Draft, weights: Weights) -> Term:
    share, why = (1.0, "general by its form") if draft.distilled else estimate_reusability(draft.question)
    return Term("reusability", round(weights.reusability * share, 3), why)


def _complexity(draft: Draft, weights: Weights) -> Term:
    share, why = estimate_complexity(draft.answer)
    return Term("complexity", round(weights.complexity * share, 3), why)


def _novelty(event: JsonObject, draft: Draft, weights: Weights) -> Term:
    given = unit_number(event, "novelty")
    share, why = (given, "the event's own novelty") if given is not None else _new_words(draft)
    return Term("novelty", round(weights.novelty * share, 3), why)


_ASKS: Final = (
    ("a procedure", r"how (?:to|do|can)|configur|set ?up|install|deploy|migrat|upgrad|enabl"),
    ("a remedy", r"fix|error|bug|fail|debug|root.cause|troubleshoot|denial|denied|crash|broken|issue|why "),
    ("a design", r"design|architect|schema|pattern|concurren|interface|protocol|heuristic|trade-?off"),
    ("a rule", r"best.practice|convention|guideline|recommend|constraint|should|lesson|gotcha|avoid"),
)
_MOMENTS: Final = (
    ("a step of one project", r"\b(?:phase|slice|sprint|milestone|round|session) ?\d"),
    ("a date or commit", r"\b20\d\d-\d\d-\d\d\b|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}\b"),
    ("measurements", r"=\s*\d|\b\d+(?:\.\d+)?(?:%| ?ms\b|/\d+\b)"),
    ("one plan", r"\bpriorit|\broadmap\b|\bbacklog\b|\bbuilt next\b|\bestimate\b"),
)


def estimate_reusability(question: str) -> tuple[float, str]:
    """A share in [0, 1]: a quarter for each kind of thing asked for, less for each tie to a moment."""
    asks = [name for name, pattern in _ASKS if re.search(rf"\b(?:{pattern})", question, re.IGNORECASE)]
    ties = [name for name, pattern in _MOMENTS if re.search(pattern, question, re.IGNORECASE)]
    why = f"asks for {', '.join(asks) or 'nothing general'}"
    if ties:
        why += f"; tied to {', '.join(ties)}"
    return len(asks) / len(_ASKS) * (1 - len(ties) / len(_MOMENTS)), why


def estimate_complexity(answer: str) -> tuple[float, str]:
    """A share in [0, 1]: 0.1 for each listed step, 0.3 for each code block, 0.5 for 2000 characters."""
    steps = len(re.findall(r"^\s*(?:[-*+•]|\d+[.)])\s", answer, re.MULTILINE))
    blocks = answer.count("```") // 2
    share = min(1.0, 0.1 * steps + 0.3 * blocks + 0.5 * min(1.0, len(answer) / 2000))
    return share, f"{steps} steps, {blocks} code blocks, {len(answer)} characters"


def _new_words(draft: Draft) -> tuple[float, str]:
    """The share of the answer's words that are not in the question; under 20 words it cannot reach 1."""
    said = set(words_of(draft.answer))
    if draft.set_name == ERROR_SOLUTIONS:
        return min(1.0, len(said) / 20), "a solution to the error"
    new = len(said.difference(words_of(draft.question)))
    share = new / max(len(said), 20)
    return share, f"{new} of {len(said)} words are not in the question"
