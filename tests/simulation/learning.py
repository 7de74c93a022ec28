"""Operations of one system on its own: learn, raise, retract, restore, sync, shard, crash.

Each changes one clone, tells the oracle, and returns a line for the log.
"""

import json
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

from simulation.clones import TINY, Clone
from simulation.lessons import Draw, draw, event, number_of, word
from simulation.oracle import DisagreementError, Fact, Known, combine_all, compare

POOL = 120
"""Lessons there are to learn: few enough that systems learn the same ones."""

CRASH = Path(__file__).with_name("crash.py")
KILLED = -signal.SIGKILL


def learn(clone: Clone, random: Random) -> str:
    """Add a few lessons, and perhaps leave them uncommitted."""
    drawn = [draw(random, POOL) for _ in range(random.randint(1, 4))]
    add(clone, drawn)
    return f"add {_named(drawn)}{_maybe_save(clone, random)}"


def raise_score(clone: Clone, random: Random) -> str:
    """Add a lesson that is known already, at the highest score."""
    tokens = [clone.world.oracle.token(i) for i, fact in clone.known().items() if not fact.retracted]
    if not tokens:
        return "nothing to raise"
    drawn = word(random, number_of(random.choice(sorted(tokens))), 1.0)
    add(clone, [drawn])
    return f"raise {drawn.token}{_maybe_save(clone, random)}"


def retract(clone: Clone, random: Random) -> str:
    """Retract a lesson."""
    known = clone.known()
    live = sorted(i for i, fact in known.items() if not fact.retracted)
    if not live:
        return "nothing to retract"
    chosen = random.choice(live)
    clone.fedlearn("retract", chosen, "--reason", "wrong")
    _note_retraction(clone, chosen, known)
    return f"retract {chosen[:8]} gen {known[chosen].gen}{_maybe_save(clone, random)}"


def restore(clone: Clone, random: Random) -> str:
    """Bring a lesson back; refused only if no ref reaches one that held it, nor this clone retracted it."""
    known = clone.known()
    buried = sorted(i for i, fact in known.items() if fact.retracted)
    if not buried:
        return "nothing to restore"
    chosen = random.choice(buried)
    token = clone.world.oracle.token(chosen)
    own = clone.path / ".git" / "fedlearn" / "retracted.jsonl"
    held = own.exists() and token in own.read_text()
    held = held or bool(
        clone.git(
            "log", "-1", "--format=%h", "--no-textconv", "--full-history", f"-S{token}", "--all", "--", "data"
        ).out
    )
    done = clone.fedlearn("restore", chosen, code=0 if held else 3)
    if done.code:
        return f"restore {chosen[:8]} refused"
    _note_restore(clone, chosen, known)
    return f"restore {chosen[:8]} gen {known[chosen].gen + 1}{_maybe_save(clone, random)}"


def use(clone: Clone, random: Random) -> str:
    """Use a lesson, and say whether it worked."""
    live = sorted(i for i, fact in clone.known().items() if not fact.retracted)
    if not live:
        return "nothing to use"
    chosen, how = random.choice(live), random.choice(("worked", "failed"))
    clone.fedlearn("outcome", chosen, f"--{how}")
    clone.world.oracle.outcomes[clone.system, chosen, how] += 1
    return f"use {chosen[:8]} {how}{_maybe_save(clone, random)}"


def sync(clone: Clone, random: Random) -> str:
    """Some days later: new telemetry, read by `sync`, which also writes and prunes snapshots."""
    clone.world.pass_days(random.randint(0, 2))
    drawn = write_telemetry(clone, random)
    clone.fedlearn("sync", "--source", str(clone.source), "--commit")
    note_learned(clone, drawn)
    return f"sync on day {clone.world.day} {_named(drawn)}"


def shard(clone: Clone, random: Random) -> str:  # noqa: ARG001  the form of all operations
    """Lower the size limit, so that sets are sharded from here on. One system decides that, once."""
    decider = clone.world.clones[-1]
    if clone.world.shards and (decider.path / ".fedlearn.toml").read_text() != TINY:
        decider.save("before the limit")
        decider.write(".fedlearn.toml", TINY.encode())
        decider.save("lower the size limit")
        return f"on {decider.name}: lower the size limit"
    return "the limit stays"


def crash(clone: Clone, random: Random) -> str:
    """Kill a writing command at a random write; nothing may be lost, and the next command goes on."""
    clone.fedlearn("verify", "--fix")
    before = clone.known()
    drawn = write_telemetry(clone, random)
    own = word(random, random.randrange(POOL), 0.9)
    command = random.choice(
        (["add", own.set_name], ["sync", "--source", str(clone.source)], ["verify", "--fix"])
    )
    at = random.randint(0, 24)
    code = _run_killed(clone, at, command, own.line + b"\n")
    after = clone.known()
    _note_partial(clone, [own, *drawn], after)
    if combine_all(before, after) != after:
        raise DisagreementError(f"{clone.name}: killed at call {at} of {command}, and something is lost")
    clone.fedlearn("sync", "--source", str(clone.source))
    note_learned(clone, drawn)
    clone.fedlearn("verify")
    clone.save("after a crash")
    return f"{command[0]} {'killed' if code == KILLED else f'ended ({code})'} at call {at}"


def add(clone: Clone, drawn: list[Draw]) -> None:
    """Learn lessons by `git fedlearn add`."""
    add_untold(clone, drawn)
    note_learned(clone, drawn)


def add_untold(clone: Clone, drawn: list[Draw]) -> None:
    """Add lessons that may be dropped again, so the oracle is not told."""
    for name in sorted({found.set_name for found in drawn}):
        lines = b"".join(found.line + b"\n" for found in drawn if found.set_name == name)
        clone.fedlearn("add", name, "-", stdin=lines)


def note_learned(clone: Clone, drawn: list[Draw]) -> None:
    """Tell the oracle."""
    for found in drawn:
        clone.world.oracle.note(found.token, fact_of(clone, found))


def write_telemetry(clone: Clone, random: Random) -> list[Draw]:
    """Append events and samples to the data of a clone's stack; returns what there is to learn."""
    drawn = []
    for number in range(random.randint(1, 4)):
        found = word(random, _number_for_sync(random), random.choice((0.7, 0.8, 1.0)))
        drawn.append(Draw(found.token, found.set_name, found.score, "", found.fields))
        where = "fine-tuning/dataset" if found.set_name == "fine-tuning" else "telemetry/agents-events"
        path = clone.source / f"{where}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        when = clone.world.now.replace(second=number).isoformat()
        with path.open("a") as file:
            file.write(json.dumps(event(found, when)) + "\n")
    return drawn


def _number_for_sync(random: Random) -> int:
    """Telemetry teaches every kind of lesson but collection payloads."""
    return random.choice([number for number in range(POOL) if number % 5 != 4])


def fact_of(clone: Clone, found: Draw) -> Fact:
    """What a clone says of a lesson that it learns today."""
    today = clone.world.now.date().isoformat()
    return Fact(0, found.score, frozenset({clone.system}), today, found.point)


def _note_partial(clone: Clone, drawn: list[Draw], after: Known) -> None:
    """What a killed command had written counts as learned, if it is what could have been learned."""
    ids = clone.world.oracle.ids
    for found in drawn:
        fact = fact_of(clone, found)
        known = after.get(ids.get(found.token, ""))
        if known and known.gen == 0 and combine_all({"": known}, {"": fact}) == {"": known}:
            clone.world.oracle.note(found.token, fact)


def _note_retraction(clone: Clone, chosen: str, before: Known) -> None:
    after = clone.known()
    at = clone.world.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    fact = Fact(before[chosen].gen, retracted=at)
    compare(combine_all(before, {chosen: fact}), after, f"{clone.name} after a retraction")
    clone.world.oracle.note(clone.world.oracle.token(chosen), fact)


def _note_restore(clone: Clone, chosen: str, before: Known) -> None:
    after = clone.known()
    fact = after[chosen]
    compare(combine_all(before, {chosen: fact}), after, f"{clone.name} after a restore")
    token = clone.world.oracle.token(chosen)
    past = clone.world.oracle.facts[token]
    named = frozenset().union(*(known.seen for known in past))
    if fact.retracted or fact.gen != before[chosen].gen + 1 or not fact.seen <= named:
        raise DisagreementError(f"{clone.name}: restored as {fact}, was {before[chosen]}")
    if fact.score not in {known.score for known in past}:
        raise DisagreementError(f"{clone.name}: restored with a score nobody gave: {fact}")
    clone.world.oracle.note(token, fact)


def _run_killed(clone: Clone, at: int, command: list[str], stdin: bytes) -> int:
    arguments = [sys.executable, str(CRASH), str(at), *command]
    done = subprocess.run(
        arguments, cwd=clone.path, env=clone.environment, input=stdin, capture_output=True, check=False
    )
    if done.returncode not in (0, KILLED):
        raise DisagreementError(
            f"{clone.name}: {command} ended with {done.returncode}: {done.stderr.decode()}"
        )
    return done.returncode


def _named(drawn: list[Draw]) -> str:
    return " ".join(found.token.removeprefix("lesson-") for found in drawn)


def _maybe_save(clone: Clone, random: Random) -> str:
    if random.random() < 0.3:
        return " (uncommitted)"
    clone.save("learn")
    return ""
