"""Shell commands: which are the same, and which change something."""

import re
import shlex
from typing import Final

from git_fedlearn.learn.readers.phrases import (
    ASKS_FOR_HELP,
    CHANGES_SOMETHING,
    CHECKS_SOMETHING,
    LOOKING_COMMANDS,
    LOOKING_GIT_COMMANDS,
)

_PREFIX: Final = re.compile(
    r"\A(?:cd\s+\S+\s*(?:&&|;)\s*|set\s+-\S+\s*(?:&&|;)\s*|(?:time|env)\s+|[A-Z_][A-Z0-9_]*=\S*\s+)"
)
_SUFFIX: Final = re.compile(
    r"\s*(?:\d?>&\d|\d?>\s*/dev/null|&>\s*\S+|\|&?\s*(?:tail|head|tee|grep|cat|less|sed|awk|sort)\b[^|&;]*"
    r"|\|\|\s*(?:true|echo\b[^|&;]*)|[;&]+\s*echo\b[^|&;]*|;)\s*\Z"
)
_JOINS: Final = re.compile(r"\s*(?:&&|;|\n)\s*")


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
    return bool(re.search(r"(?<!\|)\|(?!\|)|\|\|\s*true", command))


def parts_of(command: str) -> list[str]:
    """The commands that a line runs one after the other."""
    return [part for part in _JOINS.split(command) if part]


def find_extra(failed: str, passed: str) -> str | None:
    """What a command that passed does more than one that failed; empty if they are the same, None if others.

    More is another command before it, a variable, or an option.
    """
    before, after = core_of(failed), core_of(passed)
    if before == after:
        return (
            ""
            if " ".join(passed.split()).startswith(" ".join(failed.split())[:8])
            else _set_variables(failed, passed)
        )
    parts = parts_of(after)
    for place, part in enumerate(parts):
        if core_of(part) == before and place:
            return " && ".join(parts[:place])
    is_longer = _words(before) == _words(after) and _options(before) < _options(after)
    return passed.strip() if is_longer else None


def _set_variables(failed: str, passed: str) -> str:
    """The variables that only the second command sets, with it."""
    variables = re.findall(r"\b[A-Z_][A-Z0-9_]*=\S*", passed)
    return passed.strip() if any(variable not in failed for variable in variables) else ""


def _words(command: str) -> list[str]:
    """A command without its options."""
    return [word for word in _split(command) if not word.startswith("-")]


def _options(command: str) -> frozenset[str]:
    return frozenset(word for word in _split(command) if word.startswith("-"))


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def is_step(command: str) -> bool:
    """Whether a command does something of its own: it neither looks at something nor checks it."""
    return not only_looks(command) and not CHECKS_SOMETHING.search(core_of(command))


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


def may_fix(command: str) -> bool:
    """Whether a command changes something that another one may have needed."""
    return not only_looks(command) and bool(CHANGES_SOMETHING.search(command))
