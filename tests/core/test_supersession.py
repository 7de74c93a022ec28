"""Chains, cycles and unbelieved links of lessons that replace others."""

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.supersession import (
    MAX_CHAIN,
    MAX_SUPERSEDED,
    NewerLessons,
    Successor,
    find_last,
    superseded_ids,
    superseding,
)


def record_id(number: int) -> RecordId:
    return RecordId(f"{number:032x}")


def links(*pairs: tuple[int, int]) -> NewerLessons:
    """Pairs of a newer lesson and the older one that it replaces."""
    older = {old for _, old in pairs}
    return {record_id(old): frozenset(record_id(new) for new, of in pairs if of == old) for old in older}


def last(of: int, newer: NewerLessons) -> list[Successor]:
    return find_last(record_id(of), newer, lambda _newer, _older: 1.0)


def test_a_chain_ends_in_the_newest_lesson() -> None:
    newer = links((2, 1), (3, 2), (5, 1))
    assert last(1, newer) == [Successor(record_id(3), 1.0), Successor(record_id(5), 1.0)]
    assert last(2, newer) == [Successor(record_id(3), 1.0)]
    assert last(3, newer) == []


def test_links_on_a_cycle_replace_nothing() -> None:
    assert [last(number, links((2, 1), (1, 2))) for number in (1, 2)] == [[], []]
    assert [last(number, links((2, 1), (3, 2), (1, 3))) for number in (1, 2, 3)] == [[], [], []]
    beside = links((2, 1), (3, 2), (2, 3), (4, 1))
    assert last(1, beside) == [Successor(record_id(2), 1.0), Successor(record_id(4), 1.0)]
    assert last(2, links((1, 1), (3, 2))) == [Successor(record_id(3), 1.0)]


def test_a_link_that_is_not_believed_is_shown_and_not_followed() -> None:
    newer = links((2, 1), (3, 2))
    found = find_last(record_id(1), newer, lambda one, _: 1.0 if one == record_id(2) else 0.0)
    assert found == [Successor(record_id(2), 1.0)]
    assert find_last(record_id(2), newer, lambda *_: 0.0) == [Successor(record_id(3), 0.0)]


def test_a_long_chain_ends() -> None:
    newer = links(*((number + 1, number) for number in range(10 * MAX_CHAIN)))
    assert len(last(0, newer)) == 1


def test_only_ids_count() -> None:
    one, two = record_id(10), record_id(11)
    assert superseded_ids({"supersedes": one}) == [one]
    assert superseded_ids({"supersedes": [two, "v2", 3, None, one.upper(), two, one[:8]]}) == [two]
    assert superseded_ids({"supersedes": {"id": one}}) == []
    assert len(superseded_ids({"supersedes": [record_id(n) for n in range(100)]})) == MAX_SUPERSEDED
    assert superseding({"a": 1, "supersedes": [two]}, [one]) == {"a": 1, "supersedes": [one, two]}
    assert superseding({"a": 1}, []) == {"a": 1}
