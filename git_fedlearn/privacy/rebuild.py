"""A JSON value with its strings and keys replaced: same structure, same order of keys, no value lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from git_fedlearn.privacy.pointers import escape_pointer, is_ours

if TYPE_CHECKING:
    from git_fedlearn.privacy.model import Json

# (pointer, is it a key) -> the new text
Texts = dict[tuple[str, bool], str]


def rebuild(value: Json, texts: Texts) -> Json:
    """A copy with the new texts; what is ours at the top level is not copied. Iterative, for any depth."""
    root: list[Any] = [None]
    stack: list[tuple[Json, str, Any, Any]] = [(value, "", root, 0)]
    while stack:
        item, pointer, target, slot = stack.pop()
        if isinstance(item, str):
            target[slot] = texts[pointer, False]
        elif isinstance(item, list):
            target[slot] = copied = [None] * len(item)
            stack.extend((child, f"{pointer}/{i}", copied, i) for i, child in enumerate(item))
        elif isinstance(item, dict):
            target[slot] = fields = {}
            for old, new in rename_keys(item, pointer, texts).items():
                fields[new] = item[old]
                if not is_ours(old, pointer):
                    stack.append((item[old], f"{pointer}/{escape_pointer(old)}", fields, new))
        else:
            target[slot] = _number(item, texts.get((pointer, False)))
    result: Json = root[0]
    return result


def _number(item: Json, text: str | None) -> Json:
    """A number stays one unless its text was redacted."""
    return item if text is None or text == str(item) else text


def rename_keys(item: dict[str, Json], pointer: str, texts: Texts) -> dict[str, str]:
    """New names, old order: unchanged keys keep theirs, of equal new ones the later get `#2` and so on."""
    wanted = {
        old: old if is_ours(old, pointer) else _not_ours(texts[pointer_to(pointer, old), True], pointer)
        for old in item
    }
    taken = {old for old, new in wanted.items() if old == new}
    counts: dict[str, int] = {}
    for old in sorted(wanted):
        if old not in taken or wanted[old] != old:
            wanted[old] = _free_name(wanted[old], taken, counts)
            taken.add(wanted[old])
    return wanted


def pointer_to(pointer: str, key: str) -> str:
    """The pointer of a child."""
    return f"{pointer}/{escape_pointer(key)}"


def _not_ours(name: str, pointer: str) -> str:
    """A key that became one of the format's by losing an invisible character must not pass for it."""
    return name if pointer or not name.startswith("_") else name.lstrip("_") or "key"


def _free_name(name: str, taken: set[str], counts: dict[str, int]) -> str:
    free = name
    while free in taken:
        counts[name] = counts.get(name, 1) + 1
        free = f"{name}#{counts[name]}"
    return free
