"""Lessons that were just recorded although an older one says the same in other words, found by meaning.

They are shown, not folded: on outside lessons no bar of similarity tells repeats from lessons that only look
alike in 19 of 20 cases.
"""

from collections.abc import Collection
from contextlib import suppress
from typing import Final, NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FINE_TUNING, SetName
from git_fedlearn.core.record import claimed_id
from git_fedlearn.errors import LockedError
from git_fedlearn.extras import installed_extras
from git_fedlearn.learn.near_duplicates import MIN_COSINE
from git_fedlearn.repository.repository import Repository
from git_fedlearn.search.embedders.choose import choose_embedder
from git_fedlearn.search.embedders.wordllama import WordLlamaEmbedder
from git_fedlearn.search.index import index_folder, open_index
from git_fedlearn.search.lesson_text import lesson_text

MAX_CHECKED: Final = 200
"""New lessons that are compared; of more, none is: they come from a file, not from somebody who waits."""

_NEAREST: Final = 5
_TIMEOUT_SECONDS: Final = 2.0


class RepeatedLesson(NamedTuple):
    """A new lesson, the most similar one that was there before it, and the cosine of their vectors."""

    new: RecordId
    known: RecordId
    cosine: float


def find_repeats(repository: Repository, name: SetName, added: Collection[RecordId]) -> list[RepeatedLesson]:
    """The new lessons of a set that say what an older lesson of it says.

    None are found without the offline model, or while another program uses the search index.
    """
    if not 0 < len(added) <= MAX_CHECKED or name == FINE_TUNING or not installed_extras()["local"]:
        return []
    model = choose_embedder(repository)
    if not isinstance(model, WordLlamaEmbedder):
        return []
    records = repository.sets.pick(name, {*added})
    texts = [lesson_text(record.fields).whole for record in records]
    with (
        suppress(LockedError),
        open_index(index_folder(repository), model, timeout=_TIMEOUT_SECONDS) as index,
    ):
        index.refresh(repository)
        near = index.shard.candidates(texts, model.embed(texts), [name], _NEAREST)
        repeats = []
        for record, candidates in zip(records, near, strict=True):
            known = {claimed_id(one.line.encode("utf-8")): one.cosine for one in candidates}
            older = [(cosine, id_) for id_, cosine in known.items() if id_ and id_ not in added]
            cosine, best = max(older, default=(0.0, record.id))
            if cosine >= MIN_COSINE:
                repeats.append(RepeatedLesson(record.id, best, min(cosine, 1.0)))
        return repeats
    return []
