"""The shrink check as a law: what is lost is exactly what a join would bring back."""

import random

from core import generators as gen
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.record import make_record
from git_fedlearn.core.record_set import Losses, canonical_set, find_losses, join_sets


def line(**fields: object) -> bytes:
    return make_record(dict(fields)).line  # type: ignore[arg-type]


def data(*lines: bytes) -> bytes:
    return canonical_set(b"\n".join(lines))


A, B = line(title="a", value_score=0.5), line(title="b")
ID = make_record({"title": "a"}).id
TOMB = line(_id=ID, _retracted={"at": "2026-01-01"})
BACK = line(title="a", value_score=0.5, _gen=1)


def test_each_kind_of_loss() -> None:
    lower = line(title="a", value_score=0.1)
    assert find_losses([data(A)], [data(B)]) == Losses(lost=(ID,), lines=(A,))
    assert find_losses([data(TOMB)], [data(A)]) == Losses(revived=(ID,), lines=(TOMB,))
    assert find_losses([data(TOMB)], [data(B)]) == Losses(lost=(ID,), lines=(TOMB,))
    assert find_losses([data(A)], [data(lower)]) == Losses(weakened=(ID,), lines=(A,))
    assert find_losses([data(BACK)], [data(TOMB)]) == Losses(weakened=(ID,), lines=(BACK,))


def test_what_is_no_loss() -> None:
    higher = line(title="a", value_score=0.9)
    for before, after in ((A, TOMB), (TOMB, BACK), (A, higher), (A, BACK), (A, A)):
        assert find_losses([data(before)], [data(after)]) == Losses()
    assert find_losses([b"rubbish\n"], [b""]) == Losses()


FILES = st.lists(gen.raw_files(), max_size=3)


@given(before=FILES, some=FILES, others=FILES)
def test_what_some_files_did_not_lose_all_files_did_not(
    before: list[bytes], some: list[bytes], others: list[bytes]
) -> None:
    some = [*some, *before[1:]]
    if not find_losses(before, some).lines:
        assert not find_losses(before, [*some, *others]).lines


def test_shards_and_form_do_not_matter() -> None:
    assert find_losses([data(A, B)], [data(B), b"", data(A)]) == Losses()
    assert find_losses([b'\xef\xbb\xbf{"title":"a","value_score":0.50}\r\n'], [data(A)]) == Losses()
    wrong = A.replace(ID.encode(), b"0" * 32)
    assert find_losses([wrong + b"\n"], [data(A)]) == Losses()


def test_bringing_back_is_the_join_and_leaves_nothing_lost() -> None:
    source = random.Random(1)  # noqa: S311  test data
    pool = [A, B, TOMB, BACK, line(title="c"), line(title="c", value_score=1), line(title="b", _seen_by=[])]
    for _ in range(200):
        before, after = (data(*source.sample(pool, source.randint(0, 5))) for _ in range(2))
        losses = find_losses([before], [after])
        mended = data(*after.splitlines(), *losses.lines)
        assert mended == join_sets(before, after)
        assert find_losses([before], [mended]) == Losses()
