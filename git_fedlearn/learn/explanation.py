"""What `sync --explain` shows: verdicts by reason, and what no event of a source can reach."""

from collections.abc import Iterable

from git_fedlearn.core.scoring import CLAIMED, FEEDBACK, OUTCOME, Skipped, Term
from git_fedlearn.core.weights import Weights
from git_fedlearn.learn.extracts import ScoredEvent

_WORTH_WITHOUT = {OUTCOME: "stated", FEEDBACK: "feedback_none"}
_WORTH_WITH = {OUTCOME: "success", FEEDBACK: "feedback_up"}


_MISSING = frozenset({"stated without an outcome", "unknown, by nothing", "none given"})


def group_by_verdict(events: Iterable[ScoredEvent]) -> list[tuple[str, list[ScoredEvent]]]:
    """The events of each set, then those of each reason, the most frequent first."""
    groups: dict[tuple[bool, str], list[ScoredEvent]] = {}
    for event in events:
        if isinstance(event.outcome, Skipped):
            verdict = (True, f"skipped: {event.outcome.reason}")
        else:
            verdict = (False, f"learned into {event.outcome}")
        groups.setdefault(verdict, []).append(event)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]), item[0][1]))
    return [(verdict, found) for (_, verdict), found in ordered]


def find_unreachable(events: Iterable[ScoredEvent], weights: Weights) -> list[tuple[str, str, float]]:
    """For each file: a term that no scored event has a field for, and the highest score without it."""
    by_path: dict[str, list[Term]] = {}
    for event in events:
        by_path.setdefault(event.path, []).extend(event.score.terms)
    full = weights.success + weights.feedback_up + weights.reusability + weights.complexity + weights.novelty
    found: list[tuple[str, str, float]] = []
    for path, terms in sorted(by_path.items()):
        if any(term.name == CLAIMED for term in terms):
            continue
        for name in (OUTCOME, FEEDBACK):
            whys = [term.why for term in terms if term.name == name]
            if whys and all(why in _MISSING for why in whys):
                lost = getattr(weights, _WORTH_WITH[name]) - getattr(weights, _WORTH_WITHOUT[name])
                found.append((path, name, round(min(1.0, full - max(0.0, lost)), 3)))
    return found
