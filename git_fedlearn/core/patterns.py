"""Regular expressions that are compiled when they are first used: most runs need few of them."""

import re
from typing import AnyStr, Generic, cast


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
