"""Whether a question and its answer can teach anyone anything: the faults that make them worthless.

The rules look at form, never at subject. Each is stated in docs/scoring.md with an example.
"""

import re
from collections.abc import Callable
from typing import Final

from git_fedlearn.core.events import words_of
from git_fedlearn.core.patterns import PatternTest
from git_fedlearn.core.wholeness import CUT_OFF, is_cut_off

PROBE: Final = "the question is a connection test"
TOO_SHORT: Final = "the question is too short to be understood alone"
REPEATS: Final = "the answer repeats itself"
DECLINES_TO_ANSWER: Final = "the answer declines to answer"
CONTRADICTS_ITSELF: Final = "the answer contradicts itself"
GUESSES: Final = "the answer is guesswork"

MAX_GUESSES: Final = 2
"""Words such as "probably" that an answer may contain outside code."""

_PROBES = frozenset("test testing ping pong hello hi hey health working ok okay check status".split())
_DECLINES = PatternTest(
    r"\b(?:i|we) (?:cannot|can't|can not|could not|am unable to|are unable to|do not have|don't have)\b"
    r"|\bas an ai\b|\bplease provide\b|\b(?:is|was|are) not provided\b"
    r"|\bimpossible to (?:verify|determine|say)\b"
    r"|\bi will simulate\b",
    re.IGNORECASE,
)
_CONTRADICTS = PatternTest(
    r"^[^\w\n]*(?:wait,|actually, (?:no|that)|hmm\b|let me (?:try|start) again|correction\W*:)",
    re.IGNORECASE | re.MULTILINE,
)
_GUESSES = PatternTest(
    r"\b(?:likely|probably|possibly|perhaps|presumably|maybe|(?:may|might|could|must) have (?:been )?\w+ed"
    r"|i (?:assume|guess|suspect|think|believe))\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"```.*?```", re.DOTALL)


def find_fault(question: str, answer: str) -> str | None:
    """What makes this answer worthless, one of the phrases above; None if nothing does."""
    asked, said = words_of(question), words_of(answer)
    if (len(asked) <= 3 and not _PROBES.isdisjoint(asked)) or is_echo(asked, said):  # noqa: PLR2004
        return PROBE
    return TOO_SHORT if len(asked) < 3 else _find_answer_fault(answer, said)  # noqa: PLR2004


def find_answer_fault(answer: str) -> str | None:
    """What makes an answer worthless whatever was asked."""
    return _find_answer_fault(answer, words_of(answer))


def _find_answer_fault(answer: str, said: list[str]) -> str | None:
    faults: tuple[tuple[str, Callable[[], bool]], ...] = (
        (CUT_OFF, lambda: is_cut_off(answer)),
        (REPEATS, lambda: is_repetitive(said)),
        (DECLINES_TO_ANSWER, lambda: _DECLINES.is_in(_prose(answer))),
        (CONTRADICTS_ITSELF, lambda: _CONTRADICTS.is_in(_prose(answer))),
        (GUESSES, lambda: _is_guesswork(_prose(answer))),
    )
    return next((phrase for phrase, applies in faults if applies()), None)


def _is_guesswork(prose: str) -> bool:
    return _GUESSES.is_in(prose) and len(_GUESSES.pattern.findall(prose)) > MAX_GUESSES


def _prose(answer: str) -> str:
    return _CODE.sub("", answer) if "```" in answer else answer


def is_echo(asked: list[str], said: list[str]) -> bool:
    """Whether a short answer has no word that is not in the question."""
    return len(said) <= 8 and set(said) <= set(asked)  # noqa: PLR2004


def is_repetitive(said: list[str]) -> bool:
    """Whether an answer of 100 words or more has under a third of distinct three-word runs: a stuck model."""
    if len(said) < 102:  # noqa: PLR2004  100 runs
        return False
    runs = [*zip(said, said[1:], said[2:], strict=False)]
    return len(set(runs)) * 3 < len(runs)
