"""When an event happened, in the forms in which programs write it."""

import pytest

from git_fedlearn.core.canonical import Json
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
        "Sat Dec 21 16:53:20 2024",
        "Sat Dec 21 16:53:20 UTC 2024",
        "Saturday, 21-Dec-24 16:53:20 GMT",
        "2024/12/21 16:53:20",
        "2024-12-21t16:53:20z",
        "2024-12-21 17:53:20 CET",
        "2024-12-21 16:53:20 +0000 UTC",
        "20241221T165320Z",
        "20241221165320",
        20241221165320,
        "12/21/2024 4:53:20 PM",
        "12/21/2024 16:53:20",
        "21/12/2024 16:53:20",
        "21.12.2024 16:53:20",
        "Dec 21, 2024 4:53:20 PM",
        "December 21, 2024 at 4:53:20 p.m.",
        "/Date(1734800000000)/",
        {"$date": "2024-12-21T16:53:20Z"},
        {"$date": {"$numberLong": "1734800000000"}},
        {"seconds": 1734800000, "nanos": 5},
    ],
)
def test_one_moment(stamp: Json) -> None:
    found = event_time({"timestamp": stamp})
    assert found
    assert found.isoformat() == "2024-12-21T16:53:20+00:00"


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "yesterday",
        "12",
        "99 Foo 2024 10:00:00",
        "03/04/2024 10:00:00",
        "Dec 21 16:53:20",
        1e40,
        float("1e308"),
        True,
        None,
        {"$date": [1]},
        {"$date": {"$date": {"$date": None}}},
    ],
)
def test_what_is_no_moment(stamp: Json) -> None:
    assert event_time({"timestamp": stamp}) is None
