"""The formulas of docs/search.md."""

from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.search.search import rank, relevance

scores = st.floats(0, 1)


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 50)), max_size=8), scores)
def test_relevance_is_in_the_unit_interval(pairs: list[tuple[float, float]], coverage: float) -> None:
    found = relevance([cosine for cosine, _ in pairs], [words for _, words in pairs], coverage)
    assert len(found) == len(pairs)
    assert all(0 <= one <= 1 for one in found)


def test_words_count_for_as_much_of_the_question_as_they_explain() -> None:
    assert relevance([0.5, 0.1], [0.0, 3.0], 0.0) == [0.5, 0.1]
    assert relevance([0.5, 0.1], [0.0, 3.0], 1.0) == [0.25, 0.55]


@given(scores, scores, scores)
def test_rank_grows_with_relevance_and_with_the_score(relevant: float, low: float, high: float) -> None:
    assert rank(relevant, min(low, high)) <= rank(relevant, max(low, high)) <= relevant + 1e-9
