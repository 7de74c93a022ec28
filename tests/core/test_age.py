"""Age of lessons, and the versions that they speak of."""

from datetime import date

import pytest

from git_fedlearn.core.age import MAX_VERSIONS, age_days, describe_age, find_versions
from git_fedlearn.core.canonical import JsonObject

TODAY = date(2026, 5, 28)


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        (
            "Use Python 3.11 or later with CUDA 12.4; it takes 2.5 seconds",
            ["Python 3.11 or later", "CUDA 12.4"],
        ),
        ("numpy==1.26.4 breaks torch 2.1", ["numpy == 1.26.4", "torch 2.1"]),
        ("pin qdrant-client>=1.14.1", ["qdrant-client >= 1.14.1"]),
        ("PostgreSQL 16 removed it, node@20 has it", ["PostgreSQL 16", "node 20"]),
        ("since v1.2.0 of the driver", ["v1.2.0"]),
        ("OpenSSL 3.0.2+ on nixpkgs 24.05", ["OpenSSL 3.0.2+", "nixpkgs 24.05"]),
        ("upgrade qdrant to 1.14", ["qdrant 1.14"]),
        ("set temperature 0.7, top_p=0.95, and wait 2.5 s", []),
        ("listen on 10.0.0.1 port 8080 at 12:30, error 404 is exit code 2", []),
        ("a threshold of 0.36 gives a score of 0.92 for 5.5 GB", []),
    ],
)
def test_versions_of_software_are_found_and_other_numbers_are_not(text: str, versions: list[str]) -> None:
    assert find_versions({"solution": text}) == versions


def test_a_field_of_versions_counts_and_metadata_does_not() -> None:
    assert find_versions({"python_version": "3.12", "_first_seen": "2026-05-28"}) == ["python 3.12"]
    assert find_versions({"versions": ["nixos 24.05"], "solution": "x"}) == ["nixos 24.05"]
    many: JsonObject = {"text": " ".join(f"torch 2.{n}" for n in range(50))}
    assert len(find_versions(many)) == MAX_VERSIONS


def test_the_earliest_day_counts_and_the_future_does_not() -> None:
    assert age_days({"_first_seen": "2026-05-01"}, TODAY) == 27
    assert age_days({"_first_seen": "2026-05-01", "timestamp": "2024-05-28T10:00:00Z"}, TODAY) == 730
    assert age_days({"_first_seen": "2026-05-28", "timestamp": "2099-01-01T00:00:00Z"}, TODAY) == 0
    assert age_days({"created_at": "no date"}, TODAY) is None


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "today"),
        (1, "1 day ago"),
        (45, "45 days ago"),
        (70, "2 months ago"),
        (400, "1 year ago"),
        (900, "2 years ago"),
    ],
)
def test_ages_in_words(days: int, said: str) -> None:
    assert describe_age(days) == said
