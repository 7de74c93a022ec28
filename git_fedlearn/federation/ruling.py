"""What one peer may do: verdicts on its lines that depend on who it is and on what we hold."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from git_fedlearn.core.identity import RecordId
from git_fedlearn.federation.checking import Checked
from git_fedlearn.federation.joining import HeadSet
from git_fedlearn.federation.peers import Trust
from git_fedlearn.federation.reasons import Reason

MASS: Final = 20
"""So many retractions by one peer at once are too many when they are also more than this share of the set."""
MASS_SHARE: Final = 0.1
MOST_GENERATIONS: Final = 1000
"""A record may be so many generations ahead of ours; a peer that claims more wants to win for ever."""


@dataclass(slots=True)
class Ruling:
    """The lines of one peer for one set: accepted, and kept back with a reason."""

    accepted: list[Checked] = field(default_factory=list)
    kept_back: list[tuple[bytes, Reason]] = field(default_factory=list)


def rule(
    lines: Iterable[tuple[bytes, Checked]], head: HeadSet, trust: Trust, introduced: set[RecordId]
) -> Ruling:
    """Decide on checked lines; `introduced` are ids that this peer brought here first."""
    ruling = Ruling()
    passed: list[tuple[bytes, Checked]] = []
    for line, checked in sorted(lines):
        if checked.reason:
            ruling.kept_back.append((line, checked.reason))
        else:
            passed.append((line, checked))
    held = head.generations({c.id for _, c in passed if c.id and (c.is_tombstone or c.gen)})
    for line, checked in passed:
        may_rule = trust is Trust.FULL or checked.id in introduced
        reason = _reason(checked, held, may_rule=may_rule)
        if reason:
            ruling.kept_back.append((line, reason))
        else:
            ruling.accepted.append(checked)
    _refuse_mass(ruling, held, len(head.lines))
    return ruling


def _reason(checked: Checked, held: dict[RecordId, tuple[int, bool]], *, may_rule: bool) -> Reason | None:
    if not checked.id or not (checked.is_tombstone or checked.gen):
        return None
    gen, is_tombstone = held.get(checked.id, (0, False))
    if checked.gen > gen + MOST_GENERATIONS:
        return Reason.GENERATION
    if may_rule:
        return None
    if checked.is_tombstone:
        return None if is_tombstone and checked.gen <= gen else Reason.RETRACTION
    return Reason.RESTORATION if is_tombstone and checked.gen > gen else None


def _refuse_mass(ruling: Ruling, held: dict[RecordId, tuple[int, bool]], size: int) -> None:
    """Keep back all retractions when there are too many; what we hold retracted already does not count."""
    burying = [
        c for c in ruling.accepted if c.is_tombstone and not held.get(c.id or RecordId(""), (0, False))[1]
    ]
    if len(burying) <= MASS or len(burying) <= size * MASS_SHARE:
        return
    lines = {checked.line for checked in burying}
    ruling.accepted = [checked for checked in ruling.accepted if checked.line not in lines]
    ruling.kept_back += [(line, Reason.MASS_RETRACTION) for line in sorted(lines)]
