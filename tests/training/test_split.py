from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.identity import RecordId
from git_fedlearn.training.dataset import Sample
from git_fedlearn.training.split import find_groups, split_samples

WORDS = "valve drawer lamp shutter boiler fence roller badge camera printer antenna ladder".split()


def sample(number: int, question: str, answer: str) -> Sample:
    content = {"prompt": question, "completion": answer}
    return Sample(RecordId(f"{number * 2654435761 % 2**32:032x}"), None, (), {**content})


def plain(number: int) -> Sample:
    one, other = WORDS[number % 12], WORDS[number // 12 % 12]
    return sample(number, f"Which {one} goes near the {other}?", f"Number {number} of the {one} list")


ANSWER = (
    "Close the blue valve first, wait for nine minutes, and open the drain when the needle rests at zero."
)
COPIES = [
    sample(201, "Which valve is closed first?", ANSWER),
    sample(202, "which valve is closed first", "The blue one, as long as the needle still moves."),
    sample(203, "Which valve do I close first, please?", ANSWER.upper()),
    sample(204, "What comes first at the valves?", ANSWER.replace("nine", "ten")),
]


def test_near_copies_are_one_group_and_other_samples_are_not() -> None:
    groups = find_groups([*COPIES, *map(plain, range(40))])
    assert sorted(len(group) for group in groups) == [1] * 40 + [4]


@given(st.integers(2, 40), st.floats(0.01, 0.99))
def test_each_side_has_samples_and_no_near_copy_is_on_both(number: int, share: float) -> None:
    samples = [*COPIES, *map(plain, range(number))]
    train, validation = split_samples(samples, share)
    assert train
    assert validation
    assert sorted(train + validation) == sorted(samples)
    sides = [
        {found.id for found in side}.isdisjoint(copy.id for copy in COPIES) for side in (train, validation)
    ]
    assert sides.count(False) == 1


def test_one_group_is_not_split() -> None:
    train, validation = split_samples(COPIES, 0.5)
    assert sorted(map(len, (train, validation))) == [0, 4]


def test_pairs_of_whole_chats_are_near_copies_only_if_they_ask_the_same() -> None:
    def pair(number: int, question: str) -> Sample:
        answers = (f"number {number}", f"none of the {number}")
        chats: list[Any] = [
            [{"role": "user", "content": question}, {"role": "assistant", "content": text}]
            for text in answers
        ]
        return Sample(RecordId(f"{number:032x}"), None, (), {"chosen": chats[0], "rejected": chats[1]})

    pairs = [pair(1, "Which valve?"), pair(2, "Which valve?"), pair(3, "Who keeps the ladder in summer?")]
    assert [len(group) for group in find_groups(pairs)] == [2, 1]
