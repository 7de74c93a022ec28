"""The formulas of docs/search.md."""

from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.search.edge_shard import Candidate
from git_fedlearn.search.relevance import WordMatch, WordMatcher, best_matches, relevance
from git_fedlearn.search.search import Query, rank

scores = st.floats(0, 1)
COSINES = (("near", 0.5), ("less", 0.3), ("far", 0.2))


@given(st.floats(-1, 1), st.integers(0, 50), scores, scores)
def test_relevance_is_in_the_unit_interval(cosine: float, number: int, coverage: float, lead: float) -> None:
    assert 0 <= relevance(cosine, WordMatch(number, coverage), lead) <= 1


def test_one_shared_word_is_less_than_many() -> None:
    found = [relevance(0.5, WordMatch(number, 0.9), 1.0) for number in (0, 1, 2, 10)]
    assert found == sorted(found)
    assert found[0] == 0.35
    assert found[-1] > 0.63
    assert relevance(0.5, WordMatch(1, 1.0), 1.0) > found[2]


def test_numbers_that_differ_from_one_system_to_the_next_do_not_count_against_a_lesson() -> None:
    line = '{"error_message":"task 7 of worker 12 timed out","solution":"raise the limit"}'
    matcher = WordMatcher()
    assert matcher.match("task 9 of worker 31 timed out", line) == WordMatch(3, 1.0)
    assert matcher.match("task 7 of worker 31 timed out", line) == WordMatch(4, 1.0)
    assert matcher.match("job of worker 31 timed out", line).coverage < 1


def test_other_lessons_follow_one_that_reaches_the_bar() -> None:
    near, less, far = (Candidate("x", f'{{"text":"{name}"}}', cosine, 0.0) for name, cosine in COSINES)

    def answers(*candidates: Candidate, share: float = 0.5) -> list[Candidate]:
        return [one.candidate for one in best_matches(["q"], [candidates], 0.3, share)]

    assert answers(near, less, far) == [near, less]
    assert answers(near, less, far, share=1.0) == [near]
    assert answers(less, far) == []


def test_one_of_many_lines_needs_more_than_a_question() -> None:
    alike = Candidate("x", '{"text":"alike"}', 0.85, 0.0)
    same = Candidate("x", '{"text":"the pump of the oven is stuck"}', 0.85, 2.0)
    question = Query("the pump of my oven is stuck")
    paste = Query(f"reading recipes\nheating\n{question.text}\ncooling\ndone")
    assert best_matches(question.windows, [[alike]], question.bar)
    assert not best_matches(question.windows, [[alike]], paste.bar)
    assert best_matches(question.windows, [[same]], paste.bar)


@given(scores, scores, scores)
def test_rank_grows_with_relevance_and_with_the_score(relevant: float, low: float, high: float) -> None:
    assert rank(relevant, min(low, high)) <= rank(relevant, max(low, high)) <= relevant + 1e-9
