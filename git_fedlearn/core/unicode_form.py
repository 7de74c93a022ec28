"""Values without differences of Unicode form: the same text, typed on two systems, is one text.

NFC (UAX #15) of what Unicode 3.2 assigned: RFC 3454, appendix A.1. Unicode never changes the normalization
of characters once they are assigned, so the result is the same under any later version, that is, on any
system. Other characters, which a system may not know, stay as they are.
"""

from itertools import groupby
from stringprep import in_table_a1
from unicodedata import is_normalized, normalize

from git_fedlearn.core.canonical import Json, JsonObject


def is_composed(text: str) -> bool:
    """Whether `compose` certainly leaves the text unchanged, and every part of it."""
    return is_normalized("NFC", text)


def compose(text: str) -> str:
    """The text with every run of characters that Unicode 3.2 assigned in NFC."""
    if is_composed(text):
        return text
    return "".join(
        "".join(run) if is_new else normalize("NFC", "".join(run))
        for is_new, run in groupby(text, in_table_a1)
    )


def compose_value(value: Json) -> Json:
    """The value with all of its text composed, keys too."""
    if isinstance(value, str):
        return compose(value)
    if isinstance(value, list):
        return [compose_value(item) for item in value]
    return compose_fields(value) if isinstance(value, dict) else value


def compose_fields(fields: JsonObject) -> JsonObject:
    """The object with all of its text composed; if two keys would become one, its keys stay as they are."""
    keys = [compose(key) for key in fields]
    if len({*keys}) < len(keys):
        keys = [*fields]
    return dict(zip(keys, map(compose_value, fields.values()), strict=True))
