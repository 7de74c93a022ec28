"""Retracting lessons and restoring them: tombstones, and the versions before them."""

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.join import join_records
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import GEN, ID, MAX_GEN, RETRACTED, Record, make_record
from git_fedlearn.core.record_set import canonical_set, parse_record_set
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.history import history_trees, live_versions
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import RETRACTED_HERE


def tombstone(record: Record, retracted: JsonObject) -> Record:
    """The tombstone of a record; `retracted` has `at`, `by` and `reason`."""
    fields: JsonObject = {ID: record.id, RETRACTED: retracted}
    return make_record({**fields, GEN: record.gen} if record.gen else fields)


def retract_records(
    repository: Repository, records: list[tuple[SetName, Record]], reason: str, at: str
) -> None:
    """Replace lessons by tombstones of this system; `at` is a time or a day. The caller holds the lock."""
    keep_retracted(repository, [record for _, record in records])
    sets = repository.sets
    facts: JsonObject = {"at": at, "by": repository.system(), "reason": reason}
    for name in sorted({name for name, _ in records}):
        sets.join(name, [tombstone(record, facts).line for of, record in records if of == name])


def keep_retracted(repository: Repository, records: list[Record]) -> None:
    """Keep a local copy of records before they are retracted: they may never have been committed."""
    path = repository.state.path(RETRACTED_HERE)
    lines = [record.line for record in records if not record.is_tombstone]
    if lines:
        write_file(path, canonical_set(b"\n".join([read_file(path), *lines])))


def restored(repository: Repository, name: SetName, buried: Record) -> list[Record]:
    """The lessons under a tombstone, one generation up. Raises FedlearnError if none is found."""
    found = find_versions(repository, name, buried.id)
    if not found:
        raise FedlearnError(
            f"{buried.id}: no commit in this clone contains it", hint=_where_it_may_be(repository)
        )
    if buried.gen == MAX_GEN:
        raise FedlearnError(f"{buried.id}: restored too many times")
    return join_records(make_record({**record.fields, GEN: buried.gen + 1}) for record in found)


def improved(repository: Repository, name: SetName, living: Record) -> list[Record]:
    """A lesson with the best score and all systems that it ever had, in its own generation.

    Empty if it has them already. A higher generation replaces score and systems, whoever wrote it.
    """
    found = [living, *find_versions(repository, name, living.id)]
    best = join_records(make_record({**record.fields, GEN: living.gen}) for record in found)
    return [] if living in best else best


def find_versions(repository: Repository, name: SetName, identifier: RecordId) -> list[Record]:
    """All live versions of a lesson in history, and among the local copies of retracted lessons.

    What was only fetched from peers is left out: it may have failed the check.
    """
    objects = repository.objects
    data = read_file(repository.state.path(RETRACTED_HERE))
    kept = [line.record for line in parse_record_set(data) if line.record]
    found = [one for one in kept if one.id == identifier and not one.is_tombstone]
    return found + list(live_versions(history_trees(objects, objects.own_tips()), name, identifier))


def _where_it_may_be(repository: Repository) -> str:
    if repository.git.text("rev-parse", "--is-shallow-repository") == "true":
        return "git fetch --unshallow    (then run this again)"
    return "git fedlearn add SET FILE    (a copy of the record with a `_gen` above the retraction's)"
