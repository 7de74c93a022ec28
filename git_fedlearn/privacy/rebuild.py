"""A JSON value with its strings and keys replaced: same structure, same order of keys, no value lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from git_fedlearn.privacy.pointers import escape_pointer

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
                if pointer or not old.startswith("_"):
                    stack.append((item[old], f"{pointer}/{escape_pointer(old)}", fields, new))
        else:
            text = texts.get((pointer, False))
            # A number stays one unless its text was redacted.
            target[slot] = item if text is None or text == str(item) else text
    result: Json = root[0]
    return result


def rename_keys(item: dict[str, Json], pointer: str, texts: Texts) -> dict[str, str]:
    """New names, old order: unchanged keys keep theirs, of equal new ones the later get `#2` and so on."""
    wanted = {}
    for old in item:
        if not pointer and old.startswith("_"):
            wanted[old] = old
            continue
        new = texts[f"{pointer}/{escape_pointer(old)}", True]
        if not pointer and new.startswith("_"):
            # A key that became one of the format's by losing an invisible character must not pass for it.
            new = new.lstrip("_") or "key"
        wanted[old] = new
    taken = {old for old, new in wanted.items() if old == new}
    counts: dict[str, int] = {}
    for old in sorted(wanted):
        if old not in taken or wanted[old] != old:
            wanted[old] = _free_name(wanted[old], taken, counts)
            taken.add(wanted[old])
    return wanted


def _free_name(name: str, taken: set[str], counts: dict[str, int]) -> str:
    free = name
    while free in taken:
        counts[name] = counts.get(name, 1) + 1
        free = f"{name}#{counts[name]}"
    return free
