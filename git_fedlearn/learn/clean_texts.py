"""A privacy engine that remembers which texts are clean.

A log says the same again and again. Whether a text is clean depends on the text and the key it stands under
alone (a number, as in `<IP_ADDRESS_2>`, is given only where something is found), so a value of nothing but
texts known to be clean need not be looked at again, but for secrets that are split over several of them. Any
other value goes through the engine whole.
"""

from typing import Final

from xxhash import xxh3_128_digest

from git_fedlearn.core.canonical import Json
from git_fedlearn.privacy.engine import PrivacyEngine, Sanitized
from git_fedlearn.privacy.invisible import clean_text
from git_fedlearn.privacy.pointers import iter_texts

MOST: Final = 100_000
"""Texts remembered, about 20 MB; then it starts over."""

SHORT: Final = 48
"""Characters of a text that is kept itself, not as a hash."""


class RememberingEngine(PrivacyEngine):
    """Answers as the engine it stands for, sooner for what was clean before."""

    def __init__(self, engine: PrivacyEngine) -> None:
        self.policy = engine.policy
        self._engine = engine
        self._scanner = engine._scanner  # noqa: SLF001  it is that engine, with a memory
        self._clean: dict[_Mark, bool] = {}
        """Whether a secret that goes on in another text may begin in it, for each text known to be clean."""

    def sanitize(self, value: Json) -> Sanitized:
        """As the engine does."""
        may_be_split = False
        for text, key in iter_texts(value):
            mark = _mark(text, key)
            begins = self._clean.get(mark)
            if begins is None:
                if not self._is_clean(text, key):
                    return self._engine.sanitize(value)
                if len(self._clean) >= MOST:
                    self._clean.clear()
                begins = self._clean[mark] = key is not None and self._begins_secret(text)
            may_be_split |= begins
        return self._engine.sanitize(value) if may_be_split else Sanitized(value, ())

    def _is_clean(self, text: str, key: str | None) -> bool:
        """Whether the engine leaves the text alone where it stands, seen without what is around it."""
        return clean_text(text) is text and not self._scanner.matches(text, key or "")


_Mark = tuple[str | bytes, str | bytes | None]


def _mark(text: str, key: str | None) -> _Mark:
    return _short(text), None if key is None else _short(key)


def _short(text: str) -> str | bytes:
    return text if len(text) <= SHORT else xxh3_128_digest(text.encode("utf-8", "surrogatepass"))
