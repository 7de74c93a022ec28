"""The history of records against a reader that parses every version of everything, on random histories."""

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from systems import EPOCH, System, World

from git_fedlearn.core.layout import SKILLS_PATTERNS
from git_fedlearn.core.record import Record, make_record
from git_fedlearn.core.record_set import canonical_set, parse_record_set
from git_fedlearn.repository.history import log_changes, revision_changes
from git_fedlearn.repository.libgit_objects import LibgitObjects
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.record_log import trace_record

STEM = "data/patterns/skills-patterns"
TITLES = [f"t{number}" for number in range(6)]
IDS = [make_record({"title": title}).id for title in TITLES]
Version = dict[str, tuple[bytes, ...]]


class History:
    """Commits made at random with `git fast-import`; each knows what every record was in it."""

    def __init__(self, folder: Path, seed: int, *, grows: bool) -> None:
        self.chance = random.Random(seed)  # noqa: S311  a seed makes a history
        self.grows = grows
        self.files: list[dict[str, bytes]] = []
        self.parents: list[list[int]] = []
        stream = b""
        for number in range(self.chance.randint(1, 14)):
            stream += self._commit(number)
        system = World(folder).folder_system(f"r{seed}-{grows}")
        system.git("init", "--quiet", "--bare")
        system.git("fast-import", "--quiet", "--export-marks=marks", stdin=stream)
        marks = dict(line.split() for line in (system.path / "marks").read_text().splitlines())
        self.commits = [Oid(marks[f":{number + 1}"]) for number in range(len(self.files))]
        self.objects = LibgitObjects(system.path, system.environment)
        self.versions = {oid: parse_all(files) for oid, files in zip(self.commits, self.files, strict=True)}

    def parents_of(self, commit: Oid) -> list[Oid]:
        return [self.commits[number] for number in self.parents[self.commits.index(commit)]]

    def _commit(self, number: int) -> bytes:
        recent = range(max(number - 4, 0), number)
        parents = self.chance.sample(recent, min(len(recent), self.chance.choice([1, 1, 1, 2])))
        if number and number - 1 not in parents and self.chance.random() < 0.7:
            parents[0] = number - 1
        parents = list(dict.fromkeys(parents))
        self.parents.append(parents)
        self.files.append(self._content(parents))
        text = f"commit refs/heads/main\nmark :{number + 1}\n"
        text += f"committer A <a@example.org> {EPOCH} +0000\ndata 1\nx\n"
        for position, parent in enumerate(parents):
            text += f"{'merge' if position else 'from'} :{parent + 1}\n"
        body = text.encode() + b"deleteall\n"
        for path, data in self.files[-1].items():
            body += b"M 644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)
        return (b"reset refs/heads/main\n" if not parents else b"") + body

    def _content(self, parents: list[int]) -> dict[str, bytes]:
        held = b"".join(data for parent in parents for data in self.files[parent].values())
        lines = [*canonical_set(held).splitlines(), *(self._line() for _ in range(self.chance.randint(0, 2)))]
        if not self.grows and lines and self.chance.random() < 0.3:
            lines.remove(self.chance.choice(lines))
        spread: dict[str, list[bytes]] = {}
        level = self.chance.choice([0, 1, 2])
        for line in canonical_set(b"\n".join(lines)).splitlines():
            shard = line[8 : 8 + level].decode()
            spread.setdefault(f"{STEM}/{shard}.jsonl" if shard else f"{STEM}.jsonl", []).append(line)
        if self.chance.random() < 0.2:
            spread.setdefault(f"{STEM}.jsonl", []).append(self._line())
        return {path: b"".join(line + b"\n" for line in found) for path, found in spread.items()}

    def _line(self) -> bytes:
        chance, title = self.chance, self.chance.randrange(len(TITLES))
        fields: dict[str, Any] = {"_gen": chance.choice([0, 0, 0, 1, 2])}
        if chance.random() < 0.2:
            fields |= {"_id": IDS[title], "_retracted": {"at": "2026", "by": "sys-aaaaaaaaaa"}}
        else:
            seen = chance.sample(["sys-aaaaaaaaaa", "sys-bbbbbbbbbb", "sys-cccccccccc"], chance.randint(1, 2))
            fields |= {
                "title": TITLES[title],
                "value_score": chance.choice([0.7, 0.8, 0.9]),
                "_seen_by": seen,
            }
        if chance.random() < 0.1:
            return json.dumps({key: value for key, value in fields.items() if key != "_gen"}).encode()
        return make_record(fields).line


def parse_all(files: dict[str, bytes]) -> Version:
    """Every record of a version, joined, by id."""
    found: dict[str, list[Record]] = {}
    for line in parse_record_set(canonical_set(b"".join(files.values()))):
        if line.record:
            found.setdefault(line.record.id, []).append(line.record)
    return {identifier: tuple(r.line for r in records) for identifier, records in found.items()}


def naive_trace(history: History, identifier: str) -> set[Oid]:
    """git-log(1), "history simplification": of parents that are the same, only the first is followed."""
    waiting, seen, found = [history.commits[-1]], set[Oid](), set[Oid]()
    while waiting:
        commit = waiting.pop()
        if commit in seen:
            continue
        seen.add(commit)
        now = history.versions[commit].get(identifier, ())
        parents = history.parents_of(commit)
        same = [parent for parent in parents if history.versions[parent].get(identifier, ()) == now]
        waiting += same[:1] or parents
        if not same and (parents or now):
            found.add(commit)
    return found


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), grows=st.booleans())
@example(seed=35, grows=True)  # red where a merge follows all its parents
def test_the_log_of_a_record_is_that_of_a_reader_of_everything(
    tmp_path_factory: pytest.TempPathFactory, *, seed: int, grows: bool
) -> None:
    history = History(tmp_path_factory.mktemp("history"), seed, grows=grows)
    tip = history.commits[-1]
    for identifier in IDS:
        expected = naive_trace(history, identifier)
        full = trace_record(history.objects, tip, SKILLS_PATTERNS, identifier, full=True)
        assert {step.commit for step in full} == expected
        newest_first = [step.commit for step in full]
        assert not any(history.objects.is_ancestor(a, b) for a, b in pairwise(newest_first))
        for step in full:
            before = [history.versions[p].get(identifier, ()) for p in history.parents_of(step.commit)][:1]
            assert {change.record.id for change in step.changes} == {identifier}
            assert (before in ([], [()])) == all(change.before is None for change in step.changes)


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32))
def test_bisection_finds_the_same_where_nothing_was_lost(
    tmp_path_factory: pytest.TempPathFactory, *, seed: int
) -> None:
    history = History(tmp_path_factory.mktemp("history"), seed, grows=True)
    tip = history.commits[-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("git_fedlearn.repository.record_log.MAX_SCANNED_BYTES", -1)
        for identifier in IDS:
            found = trace_record(history.objects, tip, SKILLS_PATTERNS, identifier)
            assert {step.commit for step in found} == naive_trace(history, identifier)


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), grows=st.booleans())
def test_diff_and_log_of_all_records(
    tmp_path_factory: pytest.TempPathFactory, *, seed: int, grows: bool
) -> None:
    history = History(tmp_path_factory.mktemp("history"), seed, grows=grows)
    first, tip = history.commits[0], history.commits[-1]
    for old, new in ((first, tip), (tip, first)):
        changes = revision_changes(history.objects, old, new).get(SKILLS_PATTERNS, [])
        assert {change.record.id for change in changes} == differing(history, old, new)
    told = {c.commit: c.sets[SKILLS_PATTERNS] for c in log_changes(history.objects, tip)}
    for commit in history.objects.walk([tip]):
        sides = [differing(history, parent, commit) for parent in history.parents_of(commit)]
        expected = set.intersection(*sides) if sides else {*history.versions[commit]}
        assert {change.record.id for change in told.get(commit, [])} == expected


def differing(history: History, old: Oid, new: Oid) -> set[str]:
    before, after = history.versions[old], history.versions[new]
    return {i for i in {*before, *after} if before.get(i) != after.get(i)}


def test_a_shallow_clone_ends_where_its_history_ends(world: World) -> None:
    one = world.system("one")
    for score in (0.7, 0.8, 0.9):
        one.add("skills-patterns", {"title": "t", "value_score": score})
        one.commit()
    made = System(world.folder, world.home)
    made.git("clone", "--quiet", "--depth", "2", f"file://{one.path}", "shallow")
    made.path = world.folder / "shallow"
    out = made.fedlearn("log", one.records("skills-patterns")[0].id[:6]).out
    assert [line.split("  ")[3] for line in out.splitlines()[1:]] == [
        "score raised to 0.90",
        "learned with score 0.80 by " + one.git("config", "fedlearn.system").out.strip(),
    ]
