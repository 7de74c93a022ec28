"""Solutions that are none yet, and remedies that mention failures."""

import pytest

from git_fedlearn.core.scoring import RoutedLesson, Skipped, route_event
from git_fedlearn.core.substance import UNRESOLVED

ERROR = "psycopg2.OperationalError: the connection to the pool was lost while reading"


@pytest.mark.parametrize(
    "solution",
    [
        "Switched to the legacy resolver, no luck.",
        "Applied the patch to the driver. Same error.",
        "Downgrading grpcio did not help.",
        "Updated openssl, but the error persists.",
        "I did all that the guide says, but it still doesn't work at all.",
        "The last fix held for some days, and now it does not work anymore.",
        "Pinned numpy to 1.24 but rolled it back after CI broke.",
        "Added a sleep before the connect; backed out, it made things worse.",
        "Maybe raising the ulimit would help.",
        "If the cache were cleared, it might work.",
        "I suspect the resolver of the container.",
        "I'm going to bump the pool size tomorrow.",
        "Next step is to bisect between 2.3 and 2.4.",
        "Should we set max_connections higher?",
        "Someone on chat said to disable SELinux, have not tried it.",
    ],
)
def test_a_solution_that_did_not_help_or_was_not_tried_is_none(solution: str) -> None:
    assert route_event({"error_message": ERROR, "solution": solution})[1] == Skipped(UNRESOLVED)


@pytest.mark.parametrize(
    "solution",
    [
        "Restarting does not help; delete the stale socket in /run/app first.",
        "Clearing the cache did nothing; the lockfile was wrong: run `npm install --package-lock-only`.",
        "Tried localhost, which does not work: postgres listens on a socket. Use `-h /run/postgresql`.",
        "Reverting to kernel 6.5 fixes it, because 6.6 broke the driver.",
        "Set `strict = false`; no change to the code is needed.",
        "Version 3 does not work with musl; use the glibc image.",
        "You may have two Pythons; call `python3.11 -m pip`.",
        "Perhaps surprisingly, the order of imports matters: import torch before tensorflow.",
        "The cable was fine, the port negotiated 100 Mbit: set the speed by hand.",
    ],
)
def test_a_remedy_may_tell_of_what_did_not_help(solution: str) -> None:
    assert isinstance(route_event({"error_message": ERROR, "solution": solution})[1], RoutedLesson)
