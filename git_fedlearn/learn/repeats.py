"""Lessons that were just added and say, in other words, what an older one says.

They are shown beside the older one and counted in the inbox, not folded: near_duplicates.py says why.
"""

from collections.abc import Collection
from contextlib import suppress
from typing import Final, NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FINE_TUNING, SetName
from git_fedlearn.core.record import claimed_id
from git_fedlearn.core.supersession import superseded_ids
from git_fedlearn.errors import LockedError
from git_fedlearn.extras import installed_extras
from git_fedlearn.learn.near_duplicates import MIN_COSINE
from git_fedlearn.repository.inbox import Inbox, NearRepeat
from git_fedlearn.repository.repository import Repository
from git_fedlearn.search.embedders.choose import choose_embedder
from git_fedlearn.search.embedders.wordllama import WordLlamaEmbedder
from git_fedlearn.search.index import index_folder, open_index
from git_fedlearn.search.lesson_text import lesson_text

MAX_CHECKED: Final = 200
"""New lessons that are compared; of more, none is: they come from a file, not from somebody who waits."""

MAX_UNINDEXED_BYTES: Final = 20_000_000
"""Bytes of files that the search index lacks, above which nobody waits for it: it takes some 10 seconds."""

_NEAREST: Final = 5
_TIMEOUT_SECONDS: Final = 2.0


class RepeatedLesson(NamedTuple):
    """A new lesson, the most similar one that was there before it, and the cosine of their vectors."""

    new: RecordId
    known: RecordId
    cosine: float
    known_set: SetName
    """The set of the known one, which may be another."""


def find_repeats(
    repository: Repository, name: SetName, added: Collection[RecordId], fresh: Collection[RecordId] = ()
) -> list[RepeatedLesson]:
    """The new lessons of a set that say what an older lesson of any set says; the inbox counts them.

    `fresh` are new lessons of other sets. A lesson that the new one replaces is no repeat. None are found
    without the offline model, while another program uses the search index, or if that is far behind.
    """
    if not 0 < len(added) <= MAX_CHECKED or name == FINE_TUNING or not installed_extras()["local"]:
        return []
    model = choose_embedder(repository)
    if not isinstance(model, WordLlamaEmbedder):
        return []
    records = repository.sets.pick(name, {*added})
    texts = [lesson_text(record.fields).whole for record in records]
    repeats: list[RepeatedLesson] = []
    with (
        suppress(LockedError),
        open_index(index_folder(repository), model, timeout=_TIMEOUT_SECONDS) as index,
    ):
        if index.changed_bytes(repository) > MAX_UNINDEXED_BYTES:
            return []
        index.refresh(repository)
        names = sorted({name, *index.sets} - {FINE_TUNING})
        near = index.shard.candidates(texts, model.embed(texts), names, _NEAREST)
        for record, candidates in zip(records, near, strict=True):
            passed_over = {*added, *fresh, *superseded_ids(record.fields)}
            older = [
                (min(one.cosine, 1.0), known, SetName(one.set_name))
                for one in candidates
                if (known := claimed_id(one.line.encode("utf-8"))) and known not in passed_over
            ]
            cosine, known, known_set = max(older, default=(0.0, record.id, name))
            if cosine >= MIN_COSINE:
                repeats.append(RepeatedLesson(record.id, known, cosine, known_set))
    found = [NearRepeat(name, one.new, one.known) for one in repeats if one.known_set == name]
    if found:
        with suppress(LockedError), repository.lock("near duplicates", _TIMEOUT_SECONDS):
            Inbox(repository).add_repeats(found)
    return repeats
