"""What `sync --explain` shows: verdicts by reason, and what no event of a source can reach."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from git_fedlearn.core.scoring import CLAIMED, FEEDBACK, OUTCOME, Skipped
from git_fedlearn.core.weights import Weights
from git_fedlearn.learn.extracts import ScoredEvent

_WORTH_WITHOUT = {OUTCOME: "stated", FEEDBACK: "feedback_none"}
_WORTH_WITH = {OUTCOME: "success", FEEDBACK: "feedback_up"}


@dataclass(slots=True)
class Explanation:
    """The verdicts of a run, in the order of the lines."""

    events: list[ScoredEvent] = field(default_factory=list)

    def add(self, event: ScoredEvent) -> None:
        """Add a verdict."""
        self.events.append(event)

    def by_verdict(self) -> list[tuple[str, list[ScoredEvent]]]:
        """The events of each set, then those of each reason, the most frequent first."""
        groups: dict[tuple[bool, str], list[ScoredEvent]] = {}
        for event in self.events:
            is_skipped = isinstance(event.outcome, Skipped)
            groups.setdefault((is_skipped, verdict_of(event)), []).append(event)
        ordered = sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]), item[0][1]))
        return [(verdict, events) for (_, verdict), events in ordered]

    def unreachable(self, weights: Weights) -> list[tuple[str, str, float]]:
        """For each file: a term that no scored event has a field for, and the highest score without it."""
        found: list[tuple[str, str, float]] = []
        for path, events in sorted(_by_path(self.events).items()):
            terms = [term for event in events for term in event.score.terms]
            if not terms or any(term.name == CLAIMED for term in terms):
                continue
            for name in (OUTCOME, FEEDBACK):
                whys = [term.why for term in terms if term.name == name]
                if whys and all(why in _MISSING for why in whys):
                    full = weights.success + weights.feedback_up + weights.reusability
                    full += weights.complexity + weights.novelty
                    lost = getattr(weights, _WORTH_WITH[name]) - getattr(weights, _WORTH_WITHOUT[name])
                    found.append((path, name, round(min(1.0, full - max(0.0, lost)), 3)))
        return found


_MISSING = frozenset({"stated without an outcome", "unknown, by nothing", "none given"})


def verdict_of(event: ScoredEvent) -> str:
    """The verdict in words: `learned into SET`, or the reason."""
    outcome = event.outcome
    return f"skipped: {outcome.reason}" if isinstance(outcome, Skipped) else f"learned into {outcome}"


def _by_path(events: Iterable[ScoredEvent]) -> dict[str, list[ScoredEvent]]:
    groups: dict[str, list[ScoredEvent]] = {}
    for event in events:
        groups.setdefault(event.path, []).append(event)
    return groups
