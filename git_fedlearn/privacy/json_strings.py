"""The strings of a JSON value with their RFC 6901 pointers, in an order that does not depend on key order."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from git_fedlearn.core.canonical import Json

_PRIVATE_NUMBER_KEY = lazy_pattern(
    r"phone|mobil|m[oó]vil|celular|telef|t[eé]l[eé]fon|(?<![a-z])tel(?![a-z])|rufnummer|msisdn|whatsapp|\bfax|\bssn|social_?sec|card_?(?:no|num)|(?<![a-z])cc_?(?:no|num)|credit_?card|iban|account_?(?:no|num)|"
    r"(?:^|[_.-])(?:lat|lon|lng)$|latitude|longitude|birth|\bdob\b|passw|passcode|national_?id|tax_?id|\bcpf|"
    r"pesel|aadhaar|passport|\bcurp|codice|steuer_?id|citizen_?id|identity_?(?:no|num)|id_?number|"
    r"personal_?(?:id|no|num)|nhs|contact_?(?:no|num)|(?:^|[_.-])mob(?:[_.-]|$)",
    re.IGNORECASE,
)
_PLACEHOLDER = lazy_pattern(r"<[A-Z]{2,16}(?:_[A-Z0-9]{1,16}){0,4}>")


class JsonString(NamedTuple):
    """One string: its pointer, and the nearest key above it (empty for a key itself)."""

    text: str
    pointer: str
    key: str
    in_key: bool
    is_number: bool = False
    """Whether it is the text of a number."""


def escape_pointer(token: str) -> str:
    """One reference token of a JSON pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def iter_strings(value: Json, numbers: Container[str] = ()) -> Iterator[JsonString]:
    """All strings, keys before their values, except top-level keys of the format (`_id`) and their values.

    Numbers count as strings if their key makes them private, or if they are among `numbers`. Iterative, so
    that only memory limits the depth.
    """
    stack: list[tuple[Json, str, str]] = [(value, "", "")]
    while stack:
        item, pointer, key = stack.pop()
        if isinstance(item, str):
            yield JsonString(item, pointer, key, in_key=False)
        elif isinstance(item, list):
            stack.extend((item[i], f"{pointer}/{i}", key) for i in range(len(item) - 1, -1, -1))
        elif isinstance(item, dict):
            children: list[tuple[Json, str, str]] = []
            for name in sorted(item):
                if pointer or not is_metadata_key(name):
                    below = f"{pointer}/{escape_pointer(name)}"
                    yield JsonString(name, below, "", in_key=True)
                    children.append((item[name], below, name))
            stack.extend(reversed(children))
        elif is_private_number(item, key) or _is_among(item, numbers):
            yield JsonString(str(item), pointer, key, in_key=False, is_number=True)


def _is_among(value: Json, numbers: Container[str]) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and str(value) in numbers


def iter_texts(value: Json) -> Iterator[tuple[str, str | None]]:
    """The texts and keys of `iter_strings`, without pointers and in any order, which is faster.

    The key of a key is None.
    """
    stack: list[tuple[Json, str]] = [(value, "")]
    is_top = True
    while stack:
        item, key = stack.pop()
        if isinstance(item, dict):
            for name, inner in item.items():
                if not (is_top and is_metadata_key(name)):
                    yield name, None
                    stack.append((inner, name))
        elif isinstance(item, list):
            stack.extend((inner, key) for inner in item)
        elif isinstance(item, str):
            yield item, key
        elif is_private_number(item, key):
            yield str(item), key
        is_top = False


def is_private_number(value: Json, key: str) -> bool:
    """Whether the key of a number makes it private, as `phone` and `latitude` do."""
    return isinstance(value, int | float) and not isinstance(value, bool) and _names_private_number(key)


@lru_cache(maxsize=1024)
def _names_private_number(key: str) -> bool:
    return _PRIVATE_NUMBER_KEY.search(plain_key(key)) is not None


def plain_key(key: str) -> str:
    """The key without placeholders: the value of `PIN:<PASSWORD>` is not a password."""
    return _PLACEHOLDER.sub("", key) if "<" in key else key
