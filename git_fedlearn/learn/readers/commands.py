"""Shell commands: which are the same, and which change something."""

import re
import shlex
from functools import lru_cache
from typing import Final

from git_fedlearn.learn.readers.phrases import (
    ASKS_FOR_HELP,
    LOOKING_COMMANDS,
    LOOKING_GIT_COMMANDS,
)

MAX_REMEMBERED: Final = 2048
"""Commands whose parts are kept: a session runs the same ones again and again."""

_PREFIX: Final = re.compile(
    r"\A(?:cd\s+\S+\s*(?:&&|;)\s*|set\s+-[\w ]+\s*(?:&&|;)\s*"
    r"|(?:source|\.)\s+\S+\s*(?:&&|;)\s*|(?:time|env|nice)\s+"
    r"|timeout\s+(?:-\S+\s+)*\d\w*\s+|[A-Z_][A-Z0-9_]*=\S*\s+|(?:poetry|uv|pipenv|hatch|pdm|rye) run\s+"
    r"|(?:npx|bunx|bundle exec|pnpm exec|yarn exec|python3? -m)\s+(?=[\w@]))"
)
"""What runs a command somewhere, or in some way, but does not change what it does."""

_LOUDNESS: Final = re.compile(
    r"-(?:[qvxsT]|vv+|rA|q+)|--(?:quiet|silent|verbose|no-header|tb(?:=.*)?|colou?r(?:=.*)?|no-colou?r"
    r"|exitfirst|maxfail.*)"
)
"""Options about what a command shows, and how soon it stops."""

_SUFFIX: Final = re.compile(
    r"\s*(?:\d?>&\d|\d?>\s*/dev/null|&>\s*\S+|\|&?\s*(?:tail|head|tee|grep|cat|less|sed|awk|sort)\b[^|&;]*"
    r"|\|\|\s*(?:true|echo\b[^|&;]*)|[;&]+\s*echo\b[^|&;]*|;)\s*\Z"
)
_PIPE: Final = re.compile(r"(?<!\|)\|(?!\|)|\|\|\s*true")
_JOINS: Final = re.compile(r"\s*(?:&&|;|\n)\s*")


@lru_cache(MAX_REMEMBERED)
def core_of(command: str) -> str:
    """A command without what does not matter to whether it passes: a folder before it, a pipe behind it."""
    text = " ".join(command.split())
    while True:
        shorter = _SUFFIX.sub("", _PREFIX.sub("", text, 1), 1)
        if shorter == text:
            return text
        text = shorter


def is_piped(command: str) -> bool:
    """Whether the exit code may be that of another command than the first."""
    return "|" in command and bool(_PIPE.search(command))


def parts_of(command: str) -> list[str]:
    """The commands that a line runs one after the other."""
    return [part for part in _JOINS.split(command) if part]


def find_extra(failed: str, passed: str) -> str | None:
    """What a command that passed does more than one that failed; empty if they are the same, None if others.

    More is another command before it, a variable, an option, or other rights. A command that does the same
    for more files is the same.
    """
    before, after = core_of(failed), core_of(passed)
    if before == after:
        variables = re.findall(r"\b[A-Z_][A-Z0-9_]*=\S*", passed)
        is_repeated = " ".join(passed.split()).startswith(" ".join(failed.split())[:8])
        return "" if is_repeated or all(one in failed for one in variables) else passed.strip()
    parts = parts_of(after)
    for place, part in enumerate(parts):
        if core_of(part) == before and place:
            return " && ".join(parts[:place])
    if core_of(after.removeprefix("sudo ")) == before:
        return passed.strip()
    same_words = _words(before) == _words(after)
    if same_words and _options(before) < _options(after):
        return passed.strip()
    is_same = same_words and _options(before) == _options(after)
    return "" if is_same or _covers(before, after) or parts_of(before)[-1:] == [after] else None


def _covers(before: str, after: str) -> bool:
    """Whether a command does what another does to some files, or parts of one, for more of them."""
    few, many = _words(before), _words(after)
    if not many or _options(before) != _options(after) or few[: len(many) - 1] != many[:-1]:
        return False
    rest = few[len(many) - 1 :]
    is_part = rest[0].startswith(f"{many[-1]}::")
    return is_part or (rest[0] == many[-1] and len(rest) > 1 and all(map(_PATH.search, rest[1:])))


_PATH: Final = re.compile(r"[/.]|::")


@lru_cache(MAX_REMEMBERED)
def _words(command: str) -> list[str]:
    """A command without its options."""
    return [word for word in _split(command) if not word.startswith("-")]


@lru_cache(MAX_REMEMBERED)
def _options(command: str) -> frozenset[str]:
    """The options of a command that change what it does."""
    found = (word for word in _split(command) if word.startswith("-"))
    return frozenset(word for word in found if not _LOUDNESS.fullmatch(word))


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def only_looks(command: str) -> bool:
    """Whether a command changes nothing, and cannot fail in a way that teaches something."""
    return all(_part_looks(part) for part in parts_of(core_of(command)))


def _part_looks(part: str) -> bool:
    words = core_of(part).split()
    if not words:
        return True
    name = words[0].rpartition("/")[2]
    is_git_look = name == "git" and len(words) > 1 and words[1] in LOOKING_GIT_COMMANDS
    return name in LOOKING_COMMANDS or is_git_look or bool(ASKS_FOR_HELP.search(part)) or name == "cd"
