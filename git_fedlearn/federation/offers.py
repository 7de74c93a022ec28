"""What the fetched tips of a peer offer: its record sets, and the files that other systems alone write.

Nothing of a peer's tree has been checked: only paths that the layout knows are looked at, to a fixed
depth and number, and only plain files of a bounded size are read.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from git_fedlearn.core.layout import DATA, FileKind, find_set, kind_of, owner_of
from git_fedlearn.core.record import SYSTEM_ID
from git_fedlearn.errors import GitError
from git_fedlearn.federation.reasons import Reason
from git_fedlearn.repository.objects import Entry, Objects, Oid

BLOB_BYTES: Final = 64 * 2**20
"""A larger file of a peer is not read."""
MOST_ENTRIES: Final = 200_000
DEPTH: Final = 4
"""data/telemetry/snapshots/<system>/<file> is as deep as the layout goes."""

_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")


@dataclass(slots=True)
class Offer:
    """The data files of one tip; `refused` are paths that are not looked into."""

    tip: Oid
    sets: dict[str, Entry] = field(default_factory=dict)
    own_files: dict[str, Entry] = field(default_factory=dict)
    refused: dict[str, Reason] = field(default_factory=dict)
    has_data: bool = True


def read_offer(objects: Objects, tip: Oid) -> Offer:
    """Look through the tree of a tip. Raises GitError for one that is broken or too large."""
    try:
        files = objects.some_files(tip, DATA, depth=DEPTH, most=MOST_ENTRIES)
    except (KeyError, ValueError) as error:
        raise GitError(f"{tip}: its tree cannot be read") from error
    if files is None:
        return Offer(tip, has_data=False)
    offer = Offer(tip)
    for path, entry in files.items():
        if kind_of(path) is FileKind.OTHER:
            continue
        reason = _refusal(objects, entry)
        if reason:
            offer.refused[path] = reason
        elif find_set(path):
            offer.sets[path] = entry
        elif is_single_writer_path(path):
            offer.own_files[path] = entry
    return offer


def is_single_writer_path(path: str) -> bool:
    """Whether a path belongs to one system, and is spelt as systems spell it."""
    owner = owner_of(path)
    name = path.rpartition("/")[2]
    local = name == "latest.jsonl"
    return bool(owner and SYSTEM_ID.fullmatch(owner) and _FILE_NAME.fullmatch(name)) and not local


def _refusal(objects: Objects, entry: Entry) -> Reason | None:
    if not entry.is_file:
        return Reason.NOT_A_FILE
    return Reason.FILE_TOO_LARGE if objects.size(entry.oid) > BLOB_BYTES else None
