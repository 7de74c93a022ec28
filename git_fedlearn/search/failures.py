"""Whether two failures are the same one, told by their words alone: no model, no index of vectors.

The output of a failed command is compared by its windows (windows.py) with the lines of the error of a
lesson. What two systems never print the same (times, folders, versions) is left out before. Of the rest, rare
words weigh more than common ones, names and codes most, and ways to say the same thing ("no such file", "not
found") count as one word.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from git_fedlearn.core.identity import normal_form
from git_fedlearn.search.windows import windows_of

FAILURE_BAR: Final = 0.35
"""The likeness from which a lesson is about a failure."""

MAX_WINDOWS: Final = 160
"""Windows of an output that are compared."""

MAX_OUTPUT: Final = 200_000
"""Characters of an output that are looked at, from its end."""

MAX_OUTPUT_LINES: Final = 250
"""Lines that differ in more than digits: the first ones, and three times as many of the last ones."""

MAX_LINE_CHARACTERS: Final = 400
MAX_ERROR_LINES: Final = 8
"""Lines of the error of a lesson that are compared."""

LESSON_SHARE: Final = 0.65
"""How much words count that only the line of the lesson has; words only in the output have the rest."""

EVIDENCE: Final = 5.0
"""Weight of shared words after which their share counts for 1 - 1/e: few are shared by chance."""

NAME_WEIGHT: Final = 1.6
"""Weight of a name or a code, as a multiple of that of a plain word."""

COMMON_WEIGHT: Final = 0.25
"""Weight of a word that is in errors of all kinds."""

OTHER_NAME_SHARE: Final = 0.6
"""What is left of the likeness of two lines that quote different names."""

OTHER_CODE_SHARE: Final = 0.4
"""What is left of the likeness of two lines with different codes, such as TS2304 and TS2322."""


class FailureWords(NamedTuple):
    """The words of a line, the names that it quotes, and the codes of errors in it."""

    words: frozenset[str]
    names: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()


_IDIOMS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), f" {word} ")
    for pattern, word in (
        (
            (
                r"no such (?:file or directory|file|option|module|table|column|service|container|image|device|key)"
                r"|not found|(?:could ?n[o']t|cannot|can't|unable to|failed to) (?:be )?(?:find|locate|found)"
                r"|could not (?:be )?(?:find|locate|found)|does(?: not|n't) exist|is missing|missing|no module named"
                r"|not installed|cannot resolve|could not resolve|unable to resolve|couldn't resolve|unresolved"
            ),
            "=missing",
        ),
        (
            (
                r"permission denied|access(?: is)? denied|not permitted|not allowed|forbidden|unauthorized"
                r"|insufficient (?:permissions?|privileges?)|must be root|are you root"
            ),
            "=denied",
        ),
        (r"(?:connection )?refused|failed to connect|could ?n[o']t connect|unable to connect", "=refused"),
        (r"timed? ?out|deadline exceeded|timeout", "=timeout"),
        (
            r"already (?:in use|exists|running|allocated|bound|taken|held|defined)|in use|file exists|EADDRINUSE",
            "=taken",
        ),
        (r"no space left(?: on device)?|disk (?:is )?full|ENOSPC|quota exceeded", "=full"),
        (
            (
                r"out of memory|heap out of memory|cannot allocate memory|memory exhausted|OOM(?:[- ]?killed)?"
                r"|OutOfMemoryError|allocation failed|failed to allocate|unable to allocate"
            ),
            "=memory",
        ),
        (
            r"not supported|unsupported|does(?: not|n't) support|no longer supported|not (?:been )?implemented",
            "=unsupported",
        ),
        (r"deprecated|obsolete|has been removed|was removed|no longer", "=deprecated"),
        (
            r"not compatible|incompatible|mismatch(?:ed)?|does(?: not|n't) match|do(?: not|n't) match|conflict(?:s|ing)?",
            "=mismatch",
        ),
        (r"expired|has expired|is expired|not yet valid", "=expired"),
        (r"is not defined|undefined|undeclared|unknown|unrecogni[sz]ed|not recogni[sz]ed", "=unknown"),
        (r"invalid|malformed|illegal|bad|not (?:a )?valid", "=invalid"),
        (r"must (?:be|have|not)|required|requires|expected", "=required"),
        (r"locked|lock file|could not get lock|unable to (?:acquire|lock)", "=lock"),
    )
)
"""Ways to say the same thing, and the word they count as."""

_COMMON: Final = frozenset(
    "error errors err fatal failed fail fails failure exception cause caused reason warning warn info note hint help "
    "detail details message status code exit exited exitcode process command line file files directory path module "
    "package main run running build step stage target task job while during when with without from into this that "
    "the and for not are was were has have had been but you your can could cannot will would should please try see "
    "use using used more most all any some one two new old get got set make call called last first recent most call "
    "traceback trace stack debug log logs output input value values type name names version option options argument "
    "arguments function method object class data default unexpected unable nothing none null true false found here "
    "there other same such than then its it's out off over under http https www com org usr bin lib src home user "
    "modulenotfounderror importerror keyerror typeerror attributeerror valueerror runtimeerror nameerror syntaxerror "
    "indexerror oserror ioerror permissionerror filenotfounderror assertionerror zerodivisionerror referenceerror "
    "nullpointerexception illegalargumentexception illegalstateexception ioexception sqlexception exitcode "
    "referenc undefin symbol attribut property column table relat variabl locat distribut match matching request "
    "response return returned start started servic server client host port address open read write "
    "=missing =invalid =required =unknown =denied =unsupported =deprecated =mismatch =taken =refused =timeout".split()
)
"""Words of errors of all kinds; a likeness needs more than these."""

_QUOTED: Final = re.compile(r"['\"]([^'\"\s]{2,80})['\"]")
_FOLDERS: Final = re.compile(r"(?:[A-Za-z]:)?(?:[\w.~@+-]*[/\\])+(?=[\w.-])")
_WITHOUT_DIGITS: Final = str.maketrans("", "", "0123456789")
_URL: Final = re.compile(r"\b\w+://[^\s'\"]+")
_PREFIX: Final = re.compile(r"^[\w.-]{1,40}\s*\|\s+")
"""The name of a service before its line, as docker compose prints it."""

_CODES: Final = re.compile(r"\b(?:[A-Z]{1,8}-?[0-9]{2,6}|E[A-Z]{3,}|N-?[0-9]{1,5})\b")
"""Codes of errors: TS2304, E0308, ENOENT; an N marks a number that names the fault (see identity.py)."""

_WORD: Final = re.compile(r"=[a-z]+|[A-Za-z][A-Za-z0-9]*(?:[._:+-]+[A-Za-z0-9]+)*|N-?[0-9A-Z.]+")
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_STEM: Final = re.compile(r"(?:ations?|ing|ies|ied|ed|es|s)$")
_MIN_STEM: Final = 4
_MIN_WORD: Final = 2


@lru_cache(maxsize=4096)
def words_of(line: str) -> FailureWords:
    """The words of a line of an error, without what differs from system to system."""
    text = normal_form(_PREFIX.sub("", line[:MAX_LINE_CHARACTERS]))
    text = _FOLDERS.sub("", _URL.sub(" ", text))
    names = frozenset(_key(name) for name in _QUOTED.findall(text) if not name.startswith(("#", "<", "~")))
    codes = frozenset(_key(code) for code in _CODES.findall(text))
    for pattern, word in _IDIOMS:
        text = pattern.sub(word, text)
    found: set[str] = set()
    for word in _WORD.findall(text):
        if word.startswith("="):
            found.add(word)
            continue
        parts = [_stemmed(part.casefold()) for part in _PARTS.findall(word)]
        found.update(part for part in parts if len(part) > _MIN_WORD and not part.isdigit())
        if len(parts) > 1 or word.startswith("N"):
            found.add(_key(word))
    return FailureWords(frozenset(word for word in found if len(word) >= _MIN_WORD), names, codes)


def _key(name: str) -> str:
    return name.casefold().strip(".:,;()[]{}")


def _stemmed(word: str) -> str:
    shorter = _STEM.sub("", word)
    return shorter if len(shorter) >= _MIN_STEM else word


def lines_of_error(text: str) -> list[FailureWords]:
    """The lines of an error that a lesson names, and all of them as one if they are short."""
    lines = [line.strip() for line in text.splitlines() if line.strip()][:MAX_ERROR_LINES]
    found = [words for line in lines if len((words := words_of(line)).words) > 1]
    return found or [words_of(" ".join(lines))]


def windows_of_output(output: str) -> list[FailureWords]:
    """The windows of an output that may tell what failed, the different ones."""
    whole = [line.strip()[:MAX_LINE_CHARACTERS] for line in output[-MAX_OUTPUT:].splitlines() if line.strip()]
    lines = [*{line.translate(_WITHOUT_DIGITS): line for line in whole}.values()]
    if len(lines) > MAX_OUTPUT_LINES:
        lines = lines[: MAX_OUTPUT_LINES // 4] + lines[-MAX_OUTPUT_LINES * 3 // 4 :]
    windows = windows_of("\n".join(lines), MAX_OUTPUT_LINES)
    if len(windows) == 1:
        windows = [*lines, *windows] if len(lines) > 1 else windows
    found = dict.fromkeys(words for window in windows if (words := _words_of_window(window)).words)
    return [*found][-MAX_WINDOWS:]


def _words_of_window(window: str) -> FailureWords:
    parts = [words_of(line) for line in window.split("\n")]
    if len(parts) == 1:
        return parts[0]
    return FailureWords(*(frozenset[str]().union(*found) for found in zip(*parts, strict=True)))


def telling_words(lines: Iterable[FailureWords]) -> frozenset[str]:
    """The words of these lines that are not in errors of all kinds."""
    return frozenset[str]().union(*(line.words for line in lines)) - _COMMON


class WordWeights(dict[str, float]):
    """The weight of each word: rare ones weigh more. `frequencies`: how many of the `lessons` have a word."""

    def __init__(self, frequencies: Mapping[str, int], lessons: int) -> None:
        super().__init__()
        self._frequencies = frequencies
        self._lessons = max(lessons, 200)

    def __missing__(self, word: str) -> float:
        if word in _COMMON:
            weight = COMMON_WEIGHT
        else:
            rarity = 1 + self._lessons / (1 + self._frequencies.get(word, 0))
            is_name = any(char.isdigit() or char in "._:-" for char in word)
            weight = math.log(rarity, 1 + self._lessons) * (NAME_WEIGHT if is_name else 1.0)
        self[word] = weight
        return weight

    def sum(self, words: Iterable[str]) -> float:
        """The weight of all these words."""
        return sum(map(self.__getitem__, words))


def likeness(error: Sequence[FailureWords], windows: Sequence[FailureWords], weights: WordWeights) -> float:
    """How much the error of a lesson is like one of the windows of an output, in [0, 1]."""
    return max(
        (_line_likeness(line, window, weights) for line, window in _pairs(error, windows)), default=0.0
    )


def _pairs(
    error: Sequence[FailureWords], windows: Sequence[FailureWords]
) -> Iterator[tuple[FailureWords, FailureWords]]:
    return ((line, window) for line in error for window in windows if line.words & window.words)


def _line_likeness(line: FailureWords, window: FailureWords, weights: WordWeights) -> float:
    shared = line.words & window.words
    telling = shared - _COMMON
    if not telling:
        return 0.0
    both = weights.sum(shared)
    only_lesson, only_output = weights.sum(line.words - shared), weights.sum(window.words - shared)
    coverage = both / (both + LESSON_SHARE * only_lesson + (1 - LESSON_SHARE) * only_output)
    evidence = 1 - math.exp(-weights.sum(telling) * 4 / EVIDENCE)
    share = OTHER_NAME_SHARE if _differ(line.names, window.names) else 1.0
    return coverage * evidence * (OTHER_CODE_SHARE if _differ(line.codes, window.codes) else share)


def _differ(left: frozenset[str], right: frozenset[str]) -> bool:
    return bool(left) and bool(right) and left.isdisjoint(right)
