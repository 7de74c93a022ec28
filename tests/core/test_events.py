"""When an event happened, in the forms in which programs write it."""

import pytest

from git_fedlearn.core.events import event_time


@pytest.mark.parametrize(
    "stamp",
    [
        1734800000,
        1734800000.0,
        1734800000000,
        1734800000000000,
        1734800000000000000,
        "1734800000",
        "1734800000.0",
        "1734800000000",
        "2024-12-21T16:53:20Z",
        "2024-12-21 16:53:20 UTC",
        "2024-12-21T17:53:20+01:00",
        "Sat, 21 Dec 2024 16:53:20 GMT",
        "Sat, 21 Dec 2024 11:53:20 EST",
        "21 Dec 2024 17:53:20 +0100",
        "Saturday, 21-Dec-2024 16:53:20 GMT",
        "21/Dec/2024:16:53:20 +0000",
        "[21/Dec/2024:18:53:20 +0200]",
    ],
)
def test_one_moment(stamp: str | float) -> None:
    found = event_time({"timestamp": stamp})
    assert found
    assert found.isoformat() == "2024-12-21T16:53:20+00:00"


@pytest.mark.parametrize(
    "stamp", ["", "yesterday", "12", "99 Foo 2024 10:00:00", 1e40, float("1e308"), True, None]
)
def test_what_is_no_moment(stamp: str | float | None) -> None:
    assert event_time({"timestamp": stamp}) is None
