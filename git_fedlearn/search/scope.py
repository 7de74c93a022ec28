"""Whether a lesson is for the languages, tools or kinds of project that somebody works with.

Few lessons say what they are for. One that says nothing is for everybody; only one that names something
else, and not what is asked for, is out of scope. Tags are names of any kind, so they bring a lesson in and,
languages apart, never leave it out.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject, iter_strings

_LANGUAGE_FIELDS: Final = ("language", "languages", "programming_language", "programming_languages", "lang")
_TOOL_FIELDS: Final = (
    *("tool", "tools", "framework", "frameworks", "library", "libraries", "technology", "technologies"),
    *("stack", "platform", "platforms"),
)
_PROJECT_FIELDS: Final = ("project_kind", "project_type", "project_types", "app_type", "domain", "domains")
_TAG_FIELDS: Final = ("tags", "tag", "labels", "keywords", "topics")

_ALIASES: Final = {
    "py": "python",
    "js": "javascript",
    "node": "javascript",
    "nodejs": "javascript",
    "node.js": "javascript",
    "ts": "typescript",
    "golang": "go",
    "rs": "rust",
    "c++": "cpp",
    "cxx": "cpp",
    "c#": "csharp",
    "cs": "csharp",
    "rb": "ruby",
    "kt": "kotlin",
    "sh": "shell",
    "bash": "shell",
    "zsh": "shell",
    "k8s": "kubernetes",
    "postgresql": "postgres",
}
"""Other names of languages and tools."""

_LANGUAGES: Final = frozenset(
    "python javascript typescript go rust cpp c csharp java kotlin scala ruby php perl lua swift haskell "
    "elixir erlang clojure ocaml julia r dart zig nim fortran cobol groovy".split()
)
"""Tags that name the language of a lesson. Shell, SQL and Nix are used from any language."""

_WORD: Final = re.compile(r"[^\W\d_][\w.+#]*")


class LessonScope(NamedTuple):
    """What somebody works with; an empty tuple is anything."""

    languages: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    project_kinds: tuple[str, ...] = ()


ANY_SCOPE: Final = LessonScope()


def is_in_scope(fields: JsonObject, scope: LessonScope) -> bool:
    """Whether a lesson is for all that is asked for, or does not say what it is for."""
    tags = _names(fields, _TAG_FIELDS)
    spoken = {tag for tag in tags if tag <= _LANGUAGES}
    languages = _names(fields, _LANGUAGE_FIELDS) | spoken
    return (
        _fits(scope.languages, languages, tags)
        and _fits(scope.tools, _names(fields, _TOOL_FIELDS), tags)
        and _fits(scope.project_kinds, _names(fields, _PROJECT_FIELDS), tags)
    )


def _fits(asked: Sequence[str], named: set[frozenset[str]], tags: set[frozenset[str]]) -> bool:
    wanted = [name for text in asked if (name := _name(text))]
    return not wanted or not named or any(one <= known for one in wanted for known in named | tags)


def _names(fields: JsonObject, keys: Iterable[str]) -> set[frozenset[str]]:
    return {name for key in keys for text in _texts(fields.get(key)) if (name := _name(text))}


def _texts(value: Json) -> Iterable[str]:
    """The texts of a value; one text may list several with commas."""
    return [] if value is None else [part for text in iter_strings(value) for part in text.split(",")]


def _name(text: str) -> frozenset[str]:
    """The words of a name in one spelling, without versions: `Python 3.11` is `python`."""
    words = (word.rstrip(".0123456789") or word for word in _WORD.findall(text.casefold()))
    return frozenset(_ALIASES.get(word, word) for word in words)
