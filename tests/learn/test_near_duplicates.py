"""Clusters are found whatever the order, measured exactly, and never tied together by small steps."""

import random
import subprocess
import sys
from itertools import combinations
from typing import Any

from git_fedlearn.core.record import Record, make_record
from git_fedlearn.learn.near_duplicates import find_clusters, jaccard, shingles_of

WORDS = [f"w{number}" for number in range(400)]


def record(text: str, **more: Any) -> Record:
    return make_record({"query": "q", "response": text, **more})


def varied(seed: int, changes: int, length: int = 60) -> str:
    chance = random.Random(seed)  # noqa: S311
    words = [WORDS[(seed // 10 * 7 + at) % 400] for at in range(length)]
    for _ in range(changes):
        words[chance.randrange(length)] = chance.choice(WORDS)
    return " ".join(words)


def corpus() -> list[Record]:
    """Families of texts that differ in none to ten words."""
    return [record(varied(family * 10 + child, child * 2)) for family in range(30) for child in range(6)]


def test_every_pair_that_an_exact_comparison_finds_is_found() -> None:
    records = corpus()
    clusters = find_clusters(records, 0.6)
    clustered = {cluster.best.id: {similar.record.id for similar in cluster.weaker} for cluster in clusters}
    assert clustered
    shingles = {item.id: shingles_of(item) for item in records}
    alone = [
        item
        for item in records
        if item.id not in clustered and not any(item.id in ids for ids in clustered.values())
    ]
    for left, right in combinations(alone, 2):
        assert jaccard(shingles[left.id], shingles[right.id]) < 0.6
    for best, weaker in clustered.items():
        assert all(jaccard(shingles[best], shingles[other]) >= 0.6 for other in weaker)


def test_the_order_of_records_does_not_matter() -> None:
    records = corpus()
    expected = find_clusters(records, 0.7)
    random.Random(3).shuffle(records)  # noqa: S311
    assert find_clusters(records, 0.7) == expected


def test_the_hash_seed_of_python_does_not_matter() -> None:
    code = (
        "from learn.test_near_duplicates import corpus\n"
        "from git_fedlearn.learn.near_duplicates import find_clusters\n"
        "print(find_clusters(corpus(), 0.7))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "tests"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_small_steps_do_not_tie_together_what_is_unlike() -> None:
    steps = [" ".join(WORDS[start : start + 40]) for start in range(0, 40, 4)]
    clusters = find_clusters([record(text) for text in steps], 0.7)
    for cluster in clusters:
        for similar in cluster.weaker:
            assert similar.resemblance >= 0.7
    assert len(clusters) > 2


def test_the_best_was_learned_by_more_systems_then_scores_higher() -> None:
    text = varied(10, 0)
    plain = record(text)
    scored = record(f"{text} and", value_score=0.9)
    known = record(f"{text} so", value_score=0.7, _seen_by=["sys-aaaaaaaaaa", "sys-bbbbbbbbbb"])
    (cluster,) = find_clusters([plain, scored, known], 0.8)
    assert [cluster.best, *(similar.record for similar in cluster.weaker)] == [known, scored, plain]


def test_error_messages_are_compared_in_their_normal_form() -> None:
    solution = "raise the limit of open files in the unit and restart it"
    errors = [
        make_record(
            {"error_message": f"open /tmp/{name}: too many files at {at}", "solution": f"{solution} {name}"}
        )
        for name, at in (("aa11", "0x7f001122"), ("bb22", "0x7f998877"))
    ]
    assert find_clusters(errors, 0.7)


def test_lessons_without_words_are_not_alike() -> None:
    assert find_clusters([make_record({"tags": [number]}) for number in range(9)], 0.6) == []
