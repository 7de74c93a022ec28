"""One simulation: random operations on random clones, then quiet, then everybody must know the same.

Everything random comes from the seed; sets are sharded in simulations of odd seeds. A failure raises
SimulationError with the seed, the operations so far and the folder, which is kept; a run that ends well
removes it.
"""

import shutil
import tempfile
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random

from simulation import learning, replaying, sharing
from simulation.clones import Clone, Universe
from simulation.oracle import DisagreementError, compare, read_outcomes, set_files

OPERATIONS = {
    learning.learn: 14,
    learning.raise_score: 4,
    learning.retract: 9,
    learning.restore: 5,
    learning.use: 6,
    learning.sync: 9,
    learning.shard: 2,
    learning.crash: 3,
    sharing.pull_peer: 16,
    sharing.share: 14,
    sharing.rebase: 5,
    sharing.squash: 5,
    sharing.cherry_pick: 5,
    sharing.stash: 5,
    sharing.without_driver: 4,
    sharing.worktree: 3,
    replaying.rebase_interactive: 7,
    replaying.rebase_onto: 7,
    replaying.revert: 3,
    replaying.abort: 2,
    replaying.undo: 3,
    replaying.carry: 4,
}
"""Every operation with how often it comes."""

ROUNDS = 6
"""Rounds of pull, fix and push until nothing changes; more means that it never does."""


class SimulationError(AssertionError):
    """A simulation whose clones do not know what they must."""


@dataclass(frozen=True)
class Outcome:
    """What a simulation did: `trees` counts the distinct record sets over all clones."""

    seed: int
    operations: int
    commands: dict[str, int]
    trees: int
    records: int
    tombstones: int
    seconds: float


def simulate(seed: int, *, clones: int, operations: int) -> Outcome:
    """Run one simulation to its end. Raises SimulationError."""
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix=f"git-fedlearn-simulation-{seed}-"))
    log: list[str] = []
    try:
        world = Universe(folder, clones, shards=seed % 2 == 1)
        random = Random(seed)  # noqa: S311  reproducible
        _operate(world, random, operations, log)
        trees = _settle(world, random, log)
        known = world.oracle.expected()
    except AssertionError as error:
        history = "\n".join(log)
        raise SimulationError(f"seed {seed}, folder {folder}, after\n{history}\n{error}") from error
    shutil.rmtree(folder)
    buried = sum(bool(fact.retracted) for fact in known.values())
    seconds = time.monotonic() - started
    return Outcome(seed, operations, dict(world.figures), trees, len(known), buried, seconds)


def _operate(world: Universe, random: Random, operations: int, log: list[str]) -> None:
    chosen = random.choices([*OPERATIONS], weights=[*OPERATIONS.values()], k=operations)
    for number, operation in enumerate(chosen, 1):
        clone = random.choice(world.clones)
        log.append(f"{number:>4}  {clone.name}  {operation.__name__} …")
        log[-1] = f"{number:>4}  {clone.name}  {operation(clone, random)}"


def _settle(world: Universe, random: Random, log: list[str]) -> int:
    """First everybody merges everybody in an order of its own, then all share; returns distinct trees.

    After the first part no two clones stand on one commit, so equal record sets are the join's doing.
    """
    for clone in world.clones:
        clone.save("the last")
    world.clones[0].drop_hooks()
    log.append("      everybody pulls from everybody")
    _gossip(world, random)
    expected = world.oracle.expected()
    for clone in world.clones:
        compare(expected, clone.known(), f"{clone.name} in the end")
    trees = {_fingerprint(clone) for clone in world.clones}
    if len(trees) != 1:
        raise DisagreementError(f"{len(trees)} distinct record sets after everybody merged everybody")
    log.append("      everybody pulls and pushes")
    _share_until_quiet(world)
    for clone in world.clones:
        compare(expected, clone.known(), f"{clone.name} after sharing")
        _compare_outcomes(world, clone)
        _check_clean(clone)
    return len(trees | {_fingerprint(clone) for clone in world.clones})


def _compare_outcomes(world: Universe, clone: Clone) -> None:
    """Every outcome that any system counted is known everywhere, and none twice."""
    found, expected = read_outcomes(clone.path), world.oracle.outcomes
    if found != expected:
        raise DisagreementError(f"{clone.name}: lacks {expected - found}, has too much {found - expected}")


def _gossip(world: Universe, random: Random) -> None:
    """Everybody merges the same commits of all others, in random order."""
    for clone in world.clones:
        clone.git(
            "fetch", "--quiet", "--multiple", *(peer.name for peer in world.clones if peer is not clone)
        )
    for clone in world.clones:
        peers = [peer for peer in world.clones if peer is not clone]
        for peer in random.sample(peers, len(peers)):
            with sharing.Joining(clone, peer.name, fetched=True) as joining:
                joining.run("merge", "--quiet", "--no-edit", f"{peer.name}/main")
        clone.fedlearn("verify", "--fix")
        clone.save("mend")


def _share_until_quiet(world: Universe) -> None:
    for _ in range(ROUNDS):
        heads = [clone.head() for clone in world.clones]
        for clone in world.clones:
            sharing.pull_origin(clone)
            clone.fedlearn("verify", "--fix")
            clone.save("mend")
            clone.git("push", "--quiet", "origin", "main")
        if heads == [clone.head() for clone in world.clones] and len(set(heads)) == 1:
            return
    raise DisagreementError(f"not quiet after {ROUNDS} rounds")


def _fingerprint(clone: Clone) -> str:
    """Stands for the paths and bytes of all files of record sets."""
    digest = sha256()
    for path in set_files(clone.path):
        digest.update(f"{path.relative_to(clone.path)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _check_clean(clone: Clone) -> None:
    """Nothing wrong, nothing uncommitted, and no lock or temporary file left behind."""
    clone.fedlearn("verify", "--history")
    left = clone.git("status", "--porcelain", "--ignored", "--untracked-files=all").out.splitlines()
    left = [line for line in left if not line.endswith("latest.jsonl")]
    folder = clone.path / ".git"
    left += [str(path) for pattern in ("*.lock", "*.tmp", "*.holder") for path in folder.rglob(pattern)]
    if left:
        raise DisagreementError(f"{clone.name}: left behind: {left}")
