"""The format check as a law: a file without problems is canonical, and the other way round."""

import random

from git_fedlearn.core.inspection import SizeLimits, inspect_file
from git_fedlearn.core.record import make_record
from git_fedlearn.core.record_set import canonical_set

SET = "data/patterns/skills-patterns.jsonl"
LIMITS = SizeLimits(record=10_000, record_set=1_000_000)
LINES = [make_record({"title": title}).line for title in "abc"]


def kinds(data: bytes, path: str = SET) -> list[tuple[str, int]]:
    return [(problem.kind, problem.line) for problem in inspect_file(path, data, LIMITS)]


def test_no_fixable_problem_means_canonical() -> None:
    source = random.Random(2)  # noqa: S311  test data
    pieces = [*LINES, b"", b"[1]", b"rubbish", b"\xef\xbb\xbf" + LINES[0], LINES[1] + b"\r", b'{"title":"d"}']
    for _ in range(500):
        lines = source.choices(pieces, k=source.randint(0, 5))
        data = b"\n".join([*lines, b""]) if source.random() < 0.8 else b"\n".join(lines)
        problems = [*inspect_file(SET, data, LIMITS)]
        assert (canonical_set(data) == data) == (not any(problem.fixable for problem in problems)), data
        assert all(0 < problem.line <= len(lines) for problem in problems)


def test_an_opaque_line_before_records_is_out_of_order() -> None:
    assert kinds(b"x\n" + LINES[0] + b"\n") == [("opaque", 1), ("order", 2)]


def test_known_records_are_not_parsed_and_all_else_is_found() -> None:
    source = random.Random(3)  # noqa: S311  test data
    pieces = [*LINES, b"", b"rubbish", LINES[1] + b"\r", b'{"title":"d"}', LINES[2].replace(b"c", b"x")]
    for _ in range(500):
        data = b"\n".join([*source.choices(pieces, k=source.randint(0, 5)), b""])
        for known in (set(LINES), set(LINES[:1])):
            assert [*inspect_file(SET, data, LIMITS, known)] == [*inspect_file(SET, data, LIMITS)]
    wrong = LINES[0].replace(b'"a"', b'"b"') + b"\n"
    assert kinds(wrong) == [("id", 1)]
    assert not [*inspect_file(SET, wrong, LIMITS, {wrong[:-1]})]


def test_a_set_that_can_be_sharded_no_further() -> None:
    data = b"".join(sorted(line + b"\n" for line in LINES if line.startswith(b'{"_id":"')))
    small = SizeLimits(record=10_000, record_set=10)
    root, shard, last = (
        [problem.fixable for problem in inspect_file(path, data, small) if problem.kind == "size"]
        for path in (SET, "data/patterns/skills-patterns/a.jsonl", "data/patterns/skills-patterns/ab.jsonl")
    )
    assert (root, shard, last) == ([True], [True], [False])


def test_what_belongs_to_another_system_is_not_ours_to_mend() -> None:
    data = LINES[0] + b"\n" + LINES[0] + b"\n"
    path = "data/telemetry/snapshots/sys-aaaaaaaaaa/2026-01-01.jsonl"
    for system, fixable in (("sys-aaaaaaaaaa", True), ("sys-bbbbbbbbbb", False), ("", False)):
        limits = LIMITS._replace(system=system)
        assert [problem.fixable for problem in inspect_file(path, data, limits)] == [fixable]
