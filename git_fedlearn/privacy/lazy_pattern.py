"""Regular expressions that are compiled when they are first used: most texts need few of them."""

from __future__ import annotations

import re
from typing import cast


def lazy_pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, but a wrong pattern raises only when it is used."""
    return cast("re.Pattern[str]", _LazyPattern(pattern, flags))


class _LazyPattern:
    """Becomes, at the first use, an object with all that the compiled pattern has."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._source = (pattern, flags)

    def __getattr__(self, name: str) -> object:
        """Called for what is not there yet."""
        compiled = re.compile(*self._source)
        parts = {part: getattr(compiled, part) for part in dir(compiled) if not part.startswith("_")}
        self.__dict__.update(parts)
        return getattr(compiled, name)
