"""What an event is worth, and the record set of its lesson or why it has none. See docs/scoring.md.

Pure functions of the event and the weights: the order of keys, the machine and earlier lessons do not
matter. A score is in [0, 1], rounded to three decimals so that it is the same everywhere. Reasons are a
few fixed phrases, so that skipped events can be counted; only the detail varies.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject, iter_strings
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
from git_fedlearn.core.lessons import Draft, find_draft, is_endorsed
from git_fedlearn.core.quality import find_fault
from git_fedlearn.core.substance import (
    CONVERSATION,
    DOCUMENT,
    MAX_ERROR,
    MAX_LESSON,
    MAX_OTHERS,
    THOUGHT,
    UNNAMED,
    UNRESOLVED,
    WHOLE_LOG,
    estimate_specificity,
    find_emptiness,
    find_platitude,
    find_restatement,
    is_concrete,
    is_conversation,
    is_inconclusive,
    is_thinking_aloud,
    is_unnamed,
    reports_success,
    strip_thoughts,
)
from git_fedlearn.core.weights import DEFAULT_WEIGHTS, Weights
from git_fedlearn.core.wholeness import CUT_OFF, is_cut_off, is_surely_cut_off, whole_items

THRESHOLD: Final = 0.7
"""The default minimum score of a lesson."""

BELOW: Final = "scored below your minimum"
HEARTBEAT: Final = "status events without text"
UNSOLVED: Final = "an error without a solution"
FAILED: Final = "the step failed"
PRIVILEGE: Final = "the fix would grant access to secrets or extra privileges"
NO_FORM: Final = "no solution, practice, pattern or answer in it"

MAX_CONCISE_QUESTION: Final = 300
MAX_CONCISE_ANSWER: Final = 600

OUTCOME: Final = "outcome"
FEEDBACK: Final = "feedback"
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


NO_SCORE: Final = Score(0.0, ())
"""Of an event that is no lesson."""


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

    Is it a lesson? comes first, and a claimed score does not answer that: an event that is none has no terms.
    Only a claim below the threshold decides before. Then, how good is it? An event with a valid score keeps
    it; any other event is scored by `scorer` if that returns a score, else by the heuristics.
    """
    fields = unwrapped(event)
    claim = _claim(fields)
    if claim and claim.contribution < threshold:
        return Score(claim.contribution, (claim,)), _below(claim.contribution, threshold)
    if any("<" in value for value in fields.values() if isinstance(value, str)):
        fields = {name: strip_thoughts(value) for name, value in fields.items()}
    found = find_draft(fields)
    if found is None:
        return NO_SCORE, Skipped(_missing(fields))
    draft = _judged(fields, found)
    if isinstance(draft, str):
        return NO_SCORE, Skipped(draft)
    if claim:
        score = Score(claim.contribution, (claim,))
    else:
        score = (scorer(event) if scorer else None) or _score_draft(fields, draft, weights)
    if score.value < threshold:
        return score, _below(score.value, threshold)
    return score, RoutedLesson(draft.set_name, {**draft.content, SCORE: score.value})


def _claim(event: JsonObject) -> Term | None:
    value, name = unit_number(event, SCORE), SCORE
    if value is None and text_of(event, "solution"):
        value, name = unit_number(event, "confidence_score"), "confidence_score"
    return None if value is None else Term(CLAIMED, round(value, 3), f"the event's own {name}")


def _below(score: float, threshold: float) -> Skipped:
    return Skipped(BELOW, f"scored {score:g}, below your minimum of {threshold:g}")


def _judged(event: JsonObject, draft: Draft) -> Draft | str:
    """A draft, of a list that was cut off its whole items, or what makes it worthless at any score."""
    if not draft.content:
        return PRIVILEGE
    if not draft.distilled and outcome_of(event)[0] == "failure":
        return FAILED
    if draft.by_rules:
        return draft
    if lack := _find_lack(draft):
        return lack
    is_told = event.get("truncated") is True or str(event.get("finish_reason")).strip() == "length"
    is_cut = is_surely_cut_off if draft.distilled else is_cut_off
    if not draft.is_list and (is_told or is_cut(draft.answer)):
        whole = draft.shortened(whole_items(draft.answer))
        if whole is None:
            return CUT_OFF
        draft = whole
    return (None if draft.distilled else find_fault(draft.question, draft.answer)) or draft


def _find_lack(draft: Draft) -> str | None:
    """Why the texts of a draft do not make a lesson."""
    question, answer = draft.question, draft.answer
    others = [value for value in draft.content.values() if value not in (question, answer)]
    if len(answer) > MAX_LESSON or sum(map(len, iter_strings(others))) > MAX_OTHERS:
        return DOCUMENT
    talk = CONVERSATION if is_conversation(answer) else None
    if lack := talk or find_emptiness(answer) or (THOUGHT if is_thinking_aloud(answer) else None):
        return lack
    if draft.set_name != ERROR_SOLUTIONS:
        return find_platitude(f"{question}\n{answer}" if draft.distilled else answer, strict=True)
    if len(question) > MAX_ERROR:
        return WHOLE_LOG
    message = draft.content.get("error_message")
    if is_unnamed(question) or (isinstance(message, str) and reports_success(message)):
        return UNNAMED
    unsolved = UNRESOLVED if is_inconclusive(answer) else None
    return unsolved or find_restatement(question, answer) or find_platitude(answer, strict=False)


def _missing(event: JsonObject) -> str:
    """Why an event without a draft has none."""
    if is_heartbeat(event):
        return HEARTBEAT
    if outcome_of(event)[0] == "failure" or text_of(event, "error_message"):
        return UNSOLVED
    return NO_FORM


def _score_draft(event: JsonObject, draft: Draft, weights: Weights) -> Score:
    """The heuristics alone."""
    terms = [
        _outcome(event, draft, weights),
        _feedback(event, weights),
        _reusability(draft, weights),
        _complexity(draft, weights),
        _novelty(event, draft, weights),
    ]
    total = sum(term.contribution for term in terms)
    return Score(round(min(1.0, max(0.0, total)), 3), tuple(terms))


def _outcome(event: JsonObject, draft: Draft, weights: Weights) -> Term:
    outcome, field = outcome_of(event)
    worth = {"success": weights.success, "partial": weights.partial}.get(outcome, 0.0)
    if outcome != "unknown":
        return Term(OUTCOME, round(worth, 3), f"{outcome}, by {field}")
    if is_endorsed(event):
        return Term(OUTCOME, round(weights.success, 3), "endorsed")
    if feedback_of(event) == -1 or not (draft.distilled or is_concise_answer(draft)):
        return Term(OUTCOME, 0.0, "unknown, by nothing")
    return Term(OUTCOME, round(weights.stated, 3), "stated without an outcome")


def _feedback(event: JsonObject, weights: Weights) -> Term:
    feedback = feedback_of(event)
    if feedback is None:
        return Term(FEEDBACK, round(weights.feedback_none, 3), "none given")
    worth = (weights.feedback_none, weights.feedback_up, weights.feedback_down)[feedback]
    return Term(FEEDBACK, round(worth, 3), f"{feedback:+d}" if feedback else "0")


def _reusability(draft: Draft, weights: Weights) -> Term:
    if draft.by_rules:
        share, why = 1.0, "general by its form"
    elif is_concise_answer(draft):
        share, why = 1.0, "a concise answer to a general question"
    elif draft.distilled:
        share, why = estimate_generality(f"{draft.question}\n{draft.answer}")
    else:
        share, why = estimate_reusability(draft.question)
    return Term("reusability", round(weights.reusability * share, 3), why)


def _complexity(draft: Draft, weights: Weights) -> Term:
    is_short = draft.distilled or is_concise_answer(draft)
    estimate = estimate_specificity if is_short and not draft.by_rules else estimate_complexity
    share, why = estimate(draft.answer)
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
_GENERAL_ASKS: Final = tuple(pattern for name, pattern in _ASKS if name != "a design")
_STEPS_AND_DAYS: Final = (
    ("a step of one project", r"\b(?:phase|slice|sprint|milestone|round|session) ?\d"),
    ("a date or commit", r"\b20\d\d-\d\d-\d\d\b|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}\b"),
)
_MOMENTS: Final = (
    *_STEPS_AND_DAYS,
    ("measurements", r"=\s*\d|\b\d+(?:\.\d+)?(?:%| ?ms\b|/\d+\b)"),
    ("one plan", r"\bpriorit|\broadmap\b|\bbacklog\b|\bbuilt next\b|\bestimate\b"),
)
_RUNS: Final = (
    *_STEPS_AND_DAYS,
    (
        "a ticket",
        r"(?<!\w)#\d+\b|\b(?!utf-|sha-|iso-)[a-z]{3,}-(?=[a-z]*\d)(?=\d*[a-z])[0-9a-z]{3,6}\b|\b[A-Z]{2,8}-\d{2,}\b",
    ),
    (
        "one run",
        r"\b\d+ (?:new )?(?:tests?|files?|commits?|pass|agents|of \d+)\b|\ball \w* ?(?:tests|gates) pass",
    ),
)


def estimate_generality(text: str) -> tuple[float, str]:
    """A share in [0, 1] for a lesson that is general by its form: a quarter less for each tie to a moment."""
    ties = [name for name, pattern in _RUNS if re.search(pattern, text)]
    why = "general by its form"
    return 1 - len(ties) / len(_RUNS), f"{why}; tied to {', '.join(ties)}" if ties else why


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


def is_concise_answer(draft: Draft) -> bool:
    """Whether a short answer says something to a short question that asks for a procedure, remedy or rule."""
    if (
        draft.distilled
        or len(draft.question) > MAX_CONCISE_QUESTION
        or len(draft.answer) > MAX_CONCISE_ANSWER
    ):
        return False
    asks = any(re.search(rf"\b(?:{pattern})", draft.question, re.IGNORECASE) for pattern in _GENERAL_ASKS)
    is_tied = any(re.search(pattern, draft.question, re.IGNORECASE) for _, pattern in _MOMENTS)
    return asks and not is_tied and is_concrete(draft.answer)


def _new_words(draft: Draft) -> tuple[float, str]:
    """The share of the answer's words that are not in the question; a few words cannot reach 1."""
    said = set(words_of(draft.answer))
    if draft.set_name == ERROR_SOLUTIONS:
        return min(1.0, len(said) / 20), "a solution to the error"
    new = len(said.difference(words_of(draft.question)))
    share = new / max(len(said), 4 if draft.distilled or is_concise_answer(draft) else 20)
    return share, f"{new} of {len(said)} words are not in the question"
