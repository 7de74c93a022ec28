"""Operations in which git replays the changes of single commits, some of which are dropped before any push.

Law: what a kept commit learned is known, what only a dropped one learned is not, and all else is as before.
The exception is a commit that moved a set into shards: git adds its files whole.
"""

from random import Random
from typing import Self

from simulation.clones import Clone
from simulation.learning import POOL, add_untold, fact_of, note_learned
from simulation.lessons import Draw, token_of, word
from simulation.oracle import DisagreementError, Known, combine_all, compare
from simulation.sharing import is_modify_delete, moved_lessons

FRESH = 400
"""Lessons that only these operations learn, beyond the pool of the others."""

STOPS = 12


def rebase_interactive(clone: Clone, random: Random) -> str:
    """Pick, drop, squash, fix up, reword and reorder commits that were never pushed."""
    start, commits = _begin(clone, random, random.randint(2, 5))
    plan: list[str] = []
    kept: list[Draw] = []
    dropped: list[Draw] = []
    for commit, draw in commits:
        verb = random.choice(("pick", "drop", "reword", *(("squash", "fixup") if kept else ())))
        plan.append(f"{verb} {commit}")
        (dropped if verb == "drop" else kept).append(draw)
    if random.random() < 0.3:
        plan.insert(random.randint(1, len(plan)), "break")
    todo = clone.world.folder / f"{clone.name}-plan"
    todo.write_text("".join(f"{line}\n" for line in plan))
    with Replaying(clone, start, kept, dropped) as replaying:
        editor = ("-c", f"sequence.editor=cp {todo}")
        replaying.run(*editor, "rebase", "--quiet", "--interactive", "--empty=drop", start)
    return f"rebase -i: {' '.join(line.split()[0] for line in plan)}"


def rebase_onto(clone: Clone, random: Random) -> str:
    """Move the last commit of a branch onto main, by either backend; the ones before it stay behind."""
    start, commits = _begin(clone, random, 2)
    clone.git("branch", "--quiet", "--force", "topic")
    clone.git("reset", "--quiet", "--hard", start)
    ours = _learn(clone, random, 1)
    way = random.choice(("--merge", "--apply", "cherry-pick", "am"))
    (_, first), (last, second) = commits
    with Replaying(clone, start, [second, *(draw for _, draw in ours)], [first]) as replaying:
        if way == "cherry-pick":
            replaying.run("cherry-pick", last)
        elif way == "am":
            patch = clone.git("format-patch", "--stdout", "--binary", "-1", last).out
            replaying.run("am", "--quiet", "--3way", stdin=patch.encode())
        else:
            replaying.run("rebase", "--quiet", way, "--onto", "main", "topic~1", "topic")
            clone.git("checkout", "--quiet", "main")
            clone.git("merge", "--quiet", "--ff-only", "topic")
    return f"move a commit by {way}"


def revert(clone: Clone, random: Random) -> str:
    """Revert one of the last commits; `verify --fix` brings back what that took away."""
    start, commits = _begin(clone, random, 2)
    reverted, _ = random.choice(commits)
    with Replaying(clone, start, [draw for _, draw in commits], []) as replaying:
        replaying.run("revert", "--no-edit", reverted)
        clone.fedlearn("verify", "--fix")
        clone.save("bring back what was reverted")
    return f"revert {reverted[:8]}"


def abort(clone: Clone, random: Random) -> str:
    """Begin a rebase and give it up: all is as before."""
    start, commits = _begin(clone, random, 3)
    with Replaying(clone, start, [draw for _, draw in commits], []):
        editor = ("-c", "sequence.editor=sed -i -e 1d -e 2abreak")
        clone.git(*editor, "rebase", "--quiet", "--interactive", start, check=False)
        clone.git("rebase", "--abort")
    return "abort a rebase"


def undo(clone: Clone, random: Random) -> str:
    """Throw away a commit or a stash before anybody saw it."""
    start, commits = _begin(clone, random, 2)
    (_, kept), (_, dropped) = commits
    way = random.choice(("reset", "stash"))
    with Replaying(clone, start, [kept], [dropped]):
        if way == "reset":
            clone.git("reset", "--quiet", "--hard", "HEAD~1")
        else:
            clone.git("reset", "--quiet", "--soft", "HEAD~1")
            clone.git("stash", "push", "--quiet")
            clone.git("stash", "drop", "--quiet")
    return f"undo a commit by {way}"


def carry(clone: Clone, random: Random) -> str:
    """Take uncommitted lessons to another commit by `stash pop`; the commit below them stays behind."""
    start, commits = _begin(clone, random, 2)
    (first, behind), (_, carried) = commits
    clone.git("reset", "--quiet", "--soft", first)
    with Replaying(clone, start, [carried], [behind]) as replaying:
        clone.git("stash", "push", "--quiet")
        clone.git("reset", "--quiet", "--hard", start)
        replaying.kept += [draw for _, draw in _learn(clone, random, 1)]
        replaying.run("stash", "pop", "--quiet")
        clone.save("carried")
    return "carry lessons along by stash pop"


class Replaying:
    """Checks one operation that began at `start` and tells the oracle what was kept."""

    def __init__(self, clone: Clone, start: str, kept: list[Draw], dropped: list[Draw]) -> None:
        self.clone = clone
        self.start = start
        self.kept = kept
        self.dropped = dropped

    def __enter__(self) -> Self:
        self.before = self.clone.world.known_at(self.clone, self.start)
        return self

    def run(self, *command: str, stdin: bytes = b"") -> None:
        """A git command that must end without a conflict but those of modify/delete, which are resolved."""
        clone, verb = self.clone, next(word for word in command if word in VERBS)
        clone.world.figures[verb] += 1
        done = clone.git("-c", "core.editor=true", *command, stdin=stdin, check=False)
        for _ in range(STOPS):
            unmerged = clone.git("ls-files", "--unmerged").out.splitlines()
            if unmerged and not is_modify_delete(unmerged):
                clone.world.figures["conflicts"] += 1
                break
            if unmerged:
                clone.world.figures["resolved"] += 1
                clone.fedlearn("resolve")
            elif not _is_unfinished(clone):
                if done.code == 0 or verb in ENDING_BADLY:
                    return
                break
            if verb == "stash":
                return
            way = "--continue" if unmerged or verb == "rebase" else "--skip"
            done = clone.git("-c", "core.editor=true", verb, way, check=False)
        raise DisagreementError(f"{clone.name}: git {' '.join(command)} ended as {done}")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            return
        clone = self.clone
        after = clone.known()
        came = [draw for draw in self.dropped if clone.world.oracle.ids.get(draw.token) in after]
        if came and moved_lessons(clone, self.start, "HEAD"):
            clone.world.figures["came along"] += len(came)
            self.kept = [*self.kept, *came]
        where = f"{clone.name} after a replay"
        compare(combine_all(self.before, _facts(clone, self.kept)), after, where)
        note_learned(clone, self.kept)
        if clone.is_dirty:
            raise DisagreementError(f"{where}: {clone.git('status', '--porcelain').out}")


ENDING_BADLY = ("stash", "revert")
"""They end with 1 though all is well: after a conflict that is resolved, and with nothing to revert."""
VERBS = ("rebase", "cherry-pick", "am", "revert", "stash")


def _begin(clone: Clone, random: Random, number: int) -> tuple[str, list[tuple[str, Draw]]]:
    """Commit what there is, then learn a few new lessons in a commit each; returns where that began."""
    clone.save("before a replay")
    return clone.head(), _learn(clone, random, number)


def _learn(clone: Clone, random: Random, number: int) -> list[tuple[str, Draw]]:
    """Commits that learn one lesson each that nobody here knows, with the lessons."""
    ids = clone.world.oracle.ids
    known: Known = clone.known()
    fresh = [n for n in range(POOL, POOL + FRESH) if ids.get(token_of(n)) not in known]
    made: list[tuple[str, Draw]] = []
    for chosen in random.sample(fresh, number):
        draw = word(random, chosen, 0.8)
        add_untold(clone, [draw])
        clone.known()
        clone.save("learn")
        made.append((clone.head(), draw))
    return made


def _facts(clone: Clone, drawn: list[Draw]) -> Known:
    return {clone.world.oracle.ids[draw.token]: fact_of(clone, draw) for draw in drawn}


def _is_unfinished(clone: Clone) -> bool:
    names = ("rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD", "REVERT_HEAD", "sequencer")
    return any((clone.path / ".git" / name).exists() for name in names)
