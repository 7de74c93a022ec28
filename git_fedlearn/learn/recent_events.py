"""The newest events of a run, sanitized only if they stay: what a telemetry snapshot is made of."""

from collections.abc import Callable
from typing import Final

from xxhash import xxh3_128_digest

from git_fedlearn.core.canonical import JsonObject

SLACK: Final = 4
"""How many times more events are held than are wanted, before the older ones are let go."""

MakeLine = Callable[[JsonObject], bytes | None]
"""The record line of an event, None for one that cannot be a record."""


class RecentEvents:
    """Keeps the events that come last by time, then by their lines, in whatever order they are added."""

    def __init__(self, most: int, make_line: MakeLine) -> None:
        self._most = most
        self._make_line = make_line
        self._held: dict[tuple[str, bytes], JsonObject | bytes] = {}

    def add(self, time: str, event: JsonObject) -> None:
        """Take in an event; `time` is ISO 8601, empty for none."""
        self._held[time, xxh3_128_digest(repr(event).encode("utf-8", "surrogatepass"))] = event
        if len(self._held) >= SLACK * self._most:
            self._let_go()

    def take(self) -> list[tuple[str, bytes]]:
        """(time, record line) of the newest events; forgets them all."""
        self._let_go()
        made = [(time, self._line(event)) for (time, _), event in self._held.items()]
        self._held.clear()
        return [(time, line) for time, line in made if line is not None]

    def _let_go(self) -> None:
        """Drop the oldest. Of events of one time the lines decide, so only theirs are made now."""
        if len(self._held) <= self._most:
            return
        times = sorted((time for time, _ in self._held), reverse=True)
        last = times[self._most - 1]
        newer = {key: event for key, event in self._held.items() if key[0] > last}
        made = {self._line(event) for (time, _), event in self._held.items() if time == last}
        tied = sorted((line for line in made if line is not None), reverse=True)[: self._most - len(newer)]
        self._held = {**newer, **{(last, line): line for line in tied}}

    def _line(self, event: "JsonObject | bytes") -> bytes | None:
        return event if isinstance(event, bytes) else self._make_line(event)
