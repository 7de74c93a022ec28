"""A lesson that somebody writes in one line: what kind it is, and its fields.

The kind is guessed from the form of the text: an error with its solution, or a practice. Pure.
"""

import re
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.events import words_of
from git_fedlearn.core.scoring import UNSOLVED, RoutedLesson, Skipped, route_event
from git_fedlearn.core.substance import SAYS_NOTHING
from git_fedlearn.core.weights import Weights

MAX_TITLE: Final = 100
"""Characters of a title that is taken from the text."""

MAX_ERROR: Final = 200
"""Characters of an error that is recognized by its words, on one line."""

MIN_WORDS: Final = 2
"""Words of a practice."""

_FAILS: Final = re.compile(
    r"(?i:\b(?:fatal|panic(?:ked)?|traceback|fail(?:s|ed|ing)|can(?:not|'t)|could(?: not|n't)|unable to"
    r"|denied|refused|rejected|not found|no such|not defined|undefined|unresolved|unreachable|unexpected"
    r"|invalid|time[sd]? ?out|timeout|crash(?:es|ed)|segfaults?|aborted|out of memory|hangs|already in use"
    r"|error:|does(?: not|n't) (?:exist|start|work|respond|load)|errors? (?:\w*\d\w*|when|while|on|in)"
    r"|exit(?:ed|s)? (?:code|status|with))\b|\berror:)|\b\w+(?:Error|Exception)\b|\bE[A-Z]{4,}\b"
)
"""Something went wrong, as a program or a person reports it."""

_ADVISES: Final = re.compile(
    r"(?i)\b(?:use|set|run|add|install|remove|delete|pin|start|stop|restart|wait|order|call|pass|put|write|check"
    r"|avoid|never|always|must|should|prefer|needs?|because|instead|before|after|unless|export|enable|disable"
    r"|(?:up|down)grade|increase|reduce|raise|lower|make|keep|don't|do not|means|fix(?:es|ed)?|solve[sd]?"
    r"|by \w+ing|only)\b"
)
_ARROW: Final = re.compile(r"\s(?:=>|->|→|⇒)\s")
_PARAMETERS: Final = re.compile(r"(?:\A|\s)(?:\w{1,2}|\((?:\w{1,2}|\w+(?:, ?\w+)+)?\))\Z")
"""What stands before the arrow of a function: `(a, b) => …`, `x => …`."""

_LABEL: Final = re.compile(
    r"(?i)(?:^|(?<=[\s.;,]))(?:fix|fixed by|solution|solved by|resolution|workaround|remedy)\s*:\s+"
)
_CONDITION: Final = re.compile(
    r"(?i)\A((?:when(?:ever)?|if|in case|as soon as)\s+[^,]{3,}?),\s+(?:then\s+)?(\S.*)\Z", re.DOTALL
)
_CONDITION_WORD: Final = re.compile(r"(?i)\A(?:when(?:ever)?|if|in case|as soon as)\s+")
_TOPIC: Final = re.compile(rf"\A([^:\n`]{{2,{MAX_TITLE}}}):\s+(\S.*)\Z", re.DOTALL)
_BARE_ERROR: Final = re.compile(r"(?:\w*(?:Error|Exception)|(?i:error|fatal|panic))(?:\s*\[\w+\])?")
_CODE: Final = re.compile(r"`[^`]*`")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+(?=\S)|\n+")


class NoteOptions(NamedTuple):
    """What is not guessed: the error that the text solves, or that it is a practice."""

    error: str = ""
    practice: bool = False


def route_note(text: str, options: NoteOptions, weights: Weights) -> RoutedLesson | Skipped:
    """The lesson in a note, or why it is none; a note of any score is a lesson, since somebody chose it."""
    text = text.strip()
    whole: JsonObject = {"description": text}
    if options.error:
        fields: JsonObject | None = _solved(options.error, text)
    else:
        fields = _practice(text) if options.practice else _guess(text)
    if fields is None:
        return Skipped(UNSOLVED)
    routed = _route(fields, weights)
    if "solution" in fields:
        return routed
    said = _route(whole, weights)  # a part of a practice may say too little, its whole must not
    if len(words_of(text)) < MIN_WORDS:
        return Skipped(SAYS_NOTHING)
    return said if isinstance(said, Skipped) or isinstance(routed, Skipped) else routed


def _route(fields: JsonObject, weights: Weights) -> RoutedLesson | Skipped:
    return route_event({**fields, "endorsed": True}, weights, threshold=0.0)[1]


def _guess(text: str) -> "JsonObject | None":
    """The fields of a note, by its form; None for an error without a solution."""
    if fields := _marked(text) or _conditional(text) or _advice(text):
        return fields
    topic = _TOPIC.match(text)
    left, right = topic.groups() if topic else ("", text)
    is_paste = len(text) <= MAX_ERROR or "\n" in text
    only_fails = is_paste and _FAILS.search(right) and not _ADVISES.search(right)
    if only_fails or _BARE_ERROR.fullmatch(left.strip()):
        return None
    return {"title": left, "description": right} if topic else _practice(text)


def _marked(text: str) -> "JsonObject | None":
    """The fields of `X => Y`, or of `X. Fix: Y`."""
    label, arrow = _find(_LABEL, text), _find(_ARROW, text)
    if label and (left := text[: label.start()].rstrip(" \n.;,")):
        return _solved(left, text[label.end() :])
    if not arrow:
        return None
    left, right = text[: arrow.start()].strip(), text[arrow.end() :].strip()
    if _PARAMETERS.search(left):
        return None
    if "=>" in arrow[0] or _FAILS.search(left):
        return _solved(left, right)
    return {"title": left, "description": right} if len(left) <= MAX_TITLE else None


def _conditional(text: str) -> "JsonObject | None":
    """The fields of `When X, do Y`."""
    condition = _CONDITION.match(text)
    if not condition:
        return None
    left, right = condition.groups()
    case = _CONDITION_WORD.sub("", left)
    title = left[:1].upper() + left[1:]
    return _solved(case, right) if _FAILS.search(case) else {"title": title, "description": right}


def _advice(text: str) -> "JsonObject | None":
    """The fields of `ERROR: what to do`, where the error may have colons, too."""
    for colon in re.finditer(r":\s+", text):
        left, right = text[: colon.start()], text[colon.end() :]
        if len(left) > MAX_ERROR or _ADVISES.search(left):
            return None
        if _FAILS.search(left) and _ADVISES.search(right) and not _FAILS.search(right):
            return None if _BARE_ERROR.fullmatch(left) else _solved(left, right)
    return None


def _practice(text: str) -> JsonObject:
    """A practice; the first sentence of several is the title."""
    first, *rest = _SENTENCE_END.split(text, maxsplit=1)
    if rest and len(first) <= MAX_TITLE:
        return {"title": first.rstrip(".:"), "description": rest[0]}
    return {"description": text}


def _solved(error: str, solution: str) -> JsonObject:
    return {"error_message": error.strip(), "solution": solution.strip()}


def _find(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The first match that is not in code."""
    masked = _CODE.sub(lambda code: "`" * len(code[0]), text)
    return pattern.search(masked)
