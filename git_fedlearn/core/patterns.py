"""Regular expressions that are compiled when they are first used, and some that only tell a yes from a no."""

import codecs
import re
from functools import cached_property
from typing import TYPE_CHECKING, AnyStr, Final, Generic, cast

if TYPE_CHECKING:
    from collections.abc import Callable


def lazy_pattern(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Like `re.compile`, but an invalid pattern raises only when it is used."""
    return cast("re.Pattern[AnyStr]", _LazyPattern(pattern, flags))


class _LazyPattern(Generic[AnyStr]):
    """Gets the attributes of the compiled pattern at the first use of one."""

    def __init__(self, pattern: AnyStr, flags: int) -> None:
        self._source: tuple[AnyStr, int] = (pattern, flags)
        self.pattern: AnyStr = pattern
        self.flags = flags

    def __getattr__(self, name: str) -> object:
        """Called only for attributes that are missing."""
        compiled = re.compile(*self._source)
        parts = {part: getattr(compiled, part) for part in dir(compiled) if not part.startswith("_")}
        self.__dict__.update(parts)
        return getattr(compiled, name)


_SIGNS: Final = "fedlearn-signs"
_SIGN: Final = "\x01"
"""Neither a letter nor a blank."""


def _as_signs(error: UnicodeError) -> tuple[str, int]:
    """One sign for each character that is beyond ASCII. Raises the error if one is a letter or a blank."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    beyond = error.object[error.start : error.end]
    if any(char.isalnum() or char.isspace() for char in beyond):
        raise error
    return _SIGN * len(beyond), error.end


codecs.register_error(_SIGNS, _as_signs)


class PatternTest:
    """Tells whether a pattern matches somewhere. RE2 reads most texts, in a tenth of the time of `re`.

    It reads those whose letters and blanks are ASCII: other signs, such as dashes, are one to it. The pattern
    must mean the same to both: ASCII, no look-around or back reference, no end mark, no class of blanks.
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = re.compile(pattern, flags)

    def is_in(self, text: str) -> bool:
        """Whether the pattern matches somewhere in the text."""
        try:
            data = text.encode("ascii", _SIGNS)
        except UnicodeEncodeError:
            return bool(self.pattern.search(text))
        return bool(self._search(data))

    @cached_property
    def _search(self) -> "Callable[[bytes], object]":
        import re2  # noqa: PLC0415  most commands test no text

        flags = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
        letters = "".join(letter for letter, flag in flags.items() if self.pattern.flags & flag)
        source = f"(?{letters}){self.pattern.pattern}" if letters else self.pattern.pattern
        search: Callable[[bytes], object] = re2.compile(source.encode()).search
        return search
