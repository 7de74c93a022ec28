"""`--filter 'value_score>=0.7'`: which points are exported."""

import operator
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, parse_value
from git_fedlearn.errors import UsageError

_FORM: Final = re.compile(r"\s*([\w.-]+)\s*(>=|<=|==|!=|=|>|<)\s*(.+?)\s*")
_ORDER: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


class PayloadFilter(NamedTuple):
    """A field (dots lead into objects), an operator and the value it is compared with."""

    path: str
    sign: str
    value: Json

    def accepts(self, payload: JsonObject) -> bool:
        """Whether a payload is exported; one without the field is not, except for `!=`."""
        found: Json = payload
        for key in self.path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        if self.sign in ("=", "=="):
            return found == self.value
        if self.sign == "!=":
            return found != self.value
        wanted = self.value
        if (
            isinstance(found, bool)
            or not isinstance(found, int | float)
            or not isinstance(wanted, int | float)
        ):
            return False
        return _ORDER[self.sign](found, wanted)


def parse_filter(text: str) -> PayloadFilter:
    """Read FIELD, a comparison and a value (JSON, else taken as text). Raises UsageError."""
    match = _FORM.fullmatch(text)
    if not match:
        raise UsageError(f"{text}: not a filter", hint="--filter 'value_score>=0.7'")
    path, sign, written = match.groups()
    try:
        value = parse_value(written.encode("utf-8", "replace"))
    except InvalidJsonError:
        value = written
    if sign in _ORDER and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise UsageError(f"{text}: {sign} compares numbers", hint="--filter 'value_score>=0.7'")
    return PayloadFilter(path, sign, value)
