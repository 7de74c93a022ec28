"""Whether a question and its answer can teach anyone anything: the faults that make them worthless.

The rules look at form, never at subject. Each is stated in docs/scoring.md with an example.
"""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from git_fedlearn.core.events import words_of
from git_fedlearn.core.patterns import PatternTest

PROBE: Final = "the question is a connection test"
TOO_SHORT: Final = "the question is too short to be understood alone"
CUT_OFF: Final = "the answer is cut off"
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
_FENCED = re.compile(r"\A```\w*\n(.*?)\n?```\Z", re.DOTALL)
_ITEM = re.compile(r"\s*(?:[-*+•]|\d+[.)])\s")
_CODE = re.compile(r"```.*?```", re.DOTALL)


def unfenced(answer: str) -> str:
    """The content of an answer that is one fenced block, else the answer, stripped."""
    match = _FENCED.match(answer.strip())
    return match[1] if match and "```" not in match[1] else answer.strip()


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


def is_cut_off(answer: str) -> bool:
    """Whether the answer stops before its end: an open block or JSON, a heading or sentence left hanging."""
    text = answer.rstrip()
    if text.count("```") % 2:
        return True
    if unfenced(text)[:1] in ("{", "["):
        return _is_open_json(unfenced(text))
    return _hangs(_CODE.sub(".", text) if "```" in text else text)


def _is_open_json(text: str) -> bool:
    """Whether brackets are left open; text that only starts like JSON passes."""
    try:
        json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
        return bare.count("{") + bare.count("[") > bare.count("}") + bare.count("]")
    return False


def _hangs(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return False
    last = lines[-1]
    if len(lines) > 1 and re.fullmatch(r"\s*(?:#{1,6}.*|[-*+•]|\d+[.)]|#{1,6}\s*\d+[.)])\s*", last):
        return True
    if last.count("`") % 2 or last.count("(") > last.count(")"):
        return True
    return (last[-1].isalnum() or last[-1] in "_,") and _ends_unlike_its_kind(lines)


def _ends_unlike_its_kind(lines: list[str]) -> bool:
    """Whether the last line lacks an end mark although most lines of its kind (items, or prose) have one."""
    item = bool(_ITEM.match(lines[-1]))
    kin = [
        line for line in lines[:-1] if bool(_ITEM.match(line)) == item and not line.lstrip().startswith("#")
    ]
    kin = [line for line in kin if len(line) >= 40]  # noqa: PLR2004  shorter lines are labels
    if kin:
        return sum(line.rstrip()[-1] in ".!?;:)`*\"'" for line in kin) * 2 > len(kin)
    return len(lines[-1]) >= 200 or any(b == " " and a in ".!?" for a, b in pairwise(lines[-1]))  # noqa: PLR2004
