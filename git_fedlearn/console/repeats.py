"""How commands show lessons that were recorded although an older one says the same in other words."""

from collections.abc import Sequence
from typing import Final

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import SHORT_ID
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.layout import SetName
from git_fedlearn.learn.repeats import RepeatedLesson

MAX_LISTED_REPEATS: Final = 10


def print_repeats(context: Context, name: SetName, repeats: Sequence[RepeatedLesson]) -> None:
    """Name each new lesson and the older one, on standard error."""
    for one in repeats[:MAX_LISTED_REPEATS]:
        new, older = one.new[:SHORT_ID], one.known[:SHORT_ID]
        where = "" if one.known_set == name else f" in {one.known_set}"
        context.note(f"{new} says nearly the same as {older}{where} ({one.cosine:.0%})")
    elsewhere = [one for one in repeats[:MAX_LISTED_REPEATS] if one.known_set != name]
    if elsewhere:
        context.note(f"hint: git fedlearn show {elsewhere[0].known[:SHORT_ID]}")
    if any(one.known_set == name for one in repeats):
        context.note(f"hint: git fedlearn review --duplicates {name}")


def repeats_to_json(repeats: Sequence[RepeatedLesson]) -> list[Json]:
    """The ids of each new lesson and the older one."""
    return [
        {"id": one.new, "known": one.known, "known_set": one.known_set, "similarity": round(one.cosine, 3)}
        for one in repeats
    ]
