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
from git_fedlearn.privacy.pointers import Place, iter_strings

MOST: Final = 100_000
"""Texts remembered, by hash, about 10 MB; then it starts over."""


class RememberingEngine(PrivacyEngine):
    """Answers as the engine it stands for, sooner for what was clean before."""

    def __init__(self, engine: PrivacyEngine) -> None:
        self.policy = engine.policy
        self._engine = engine
        self._scanner = engine._scanner  # noqa: SLF001  it is that engine, with a memory
        self._clean: set[bytes] = set()

    def sanitize(self, value: Json) -> Sanitized:
        """As the engine does."""
        places = list(iter_strings(value))
        for place in places:
            mark = _mark(place)
            if mark in self._clean:
                continue
            if not self._is_clean(place):
                return self._engine.sanitize(value)
            if len(self._clean) >= MOST:
                self._clean.clear()
            self._clean.add(mark)
        return self._engine.sanitize(value) if self._splits(places) else Sanitized(value, ())

    def _is_clean(self, place: Place) -> bool:
        """Whether the engine leaves the text alone where it stands, seen without what is around it."""
        return clean_text(place.text) is place.text and not self._scanner.matches(place.text, place.key)


def _mark(place: Place) -> bytes:
    under = "\0key" if place.in_key else place.key
    return xxh3_128_digest(f"{under}\0{place.text}".encode("utf-8", "surrogatepass"))
