"""Operations between systems: every way git has to bring one history into another.

After each, the clone must know what both sides knew, all is committed, and no path is in conflict.
"""

from collections.abc import Callable
from random import Random
from typing import Self

from simulation.clones import Clone
from simulation.learning import POOL, add
from simulation.lessons import draw
from simulation.oracle import DisagreementError, combine_all, compare, is_set_file

NO_DRIVER = ("-c", "merge.fedlearn.driver=false")
RACES = 6
STOPS = 20
"""Of one operation, at most."""
MONTHS = "\tdata/metrics/monthly/"


def pull_peer(clone: Clone, random: Random) -> str:
    """`git pull` from a peer."""
    peer = _some_peer(clone, random)
    clone.save("before a pull")
    with Joining(clone, peer.name) as joining:
        joining.run("pull", "--quiet", "--no-rebase", "--no-edit", peer.name, "main")
    return f"pull {peer.name}"


def share(clone: Clone, random: Random) -> str:
    """Pull from and push to the shared remote; sometimes another is faster, and it takes a second round."""
    clone.save("before a push")
    rivals = [_some_peer(clone, random)] if random.random() < 0.3 else []
    for attempt in range(1, RACES):
        pull_origin(clone)
        for rival in rivals:
            rival.save("before a push")
            pull_origin(rival)
            rival.git("push", "--quiet", "origin", "main")
        if clone.git("push", "--quiet", "origin", "main", check=False).code == 0:
            return f"pull and push in {attempt} rounds"
        rivals = []
    raise DisagreementError(f"{clone.name}: no push in {RACES - 1} rounds")


def pull_origin(clone: Clone) -> None:
    """`git pull` from the shared remote."""
    with Joining(clone, "origin") as joining:
        joining.run("pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main")


def rebase(clone: Clone, random: Random) -> str:  # noqa: ARG001  the form of all operations
    """Rebase onto the shared remote."""
    clone.save("before a rebase")
    with Joining(clone, "origin") as joining:
        joining.run("pull", "--quiet", "--rebase", "origin", "main")
    return "rebase onto origin"


def squash(clone: Clone, random: Random) -> str:
    """Squash-merge a peer."""
    peer = _some_peer(clone, random)
    clone.save("before a squash")
    with Joining(clone, peer.name) as joining:
        clone.git("fetch", "--quiet", peer.name)
        joining.run("merge", "--quiet", "--squash", f"{peer.name}/main")
        clone.save(f"squash {peer.name}")
    return f"squash {peer.name}"


def cherry_pick(clone: Clone, random: Random) -> str:
    """Cherry-pick one commit of a peer; what it brings is a part of what the peer knows.

    Where the commit changes a file that an earlier, unpicked commit made, git asks (modify/delete) and
    runs no driver: `resolve` must be able to finish that. Where it empties the root file of a set whose
    shards came with an earlier commit, git takes that side: `verify --fix` must bring back what was lost.
    """
    peer = _some_peer(clone, random)
    clone.save("before a cherry-pick")
    with Joining(clone, peer.name, whole=False) as joining:
        clone.git("fetch", "--quiet", peer.name)
        range_ = (f"HEAD..{peer.name}/main", "--not", "origin/main")
        commits = clone.git("rev-list", "--no-merges", "--max-count=8", *range_).out.split()
        if not commits:
            return f"nothing to pick from {peer.name}"
        chosen = random.choice(commits)
        changed = _changed_by(clone, chosen)
        before = clone.known()
        command = ("cherry-pick", "--allow-empty", "--keep-redundant-commits", chosen)
        resolved = joining.run(*command)
        brought = {i for i, fact in clone.known().items() if fact != before.get(i)}
        if changed and not brought <= changed:
            raise DisagreementError(
                f"{clone.name}: {chosen} brought {brought - changed}, which it did not change"
            )
        clone.fedlearn("verify", "--fix")
        clone.save("bring back what the pick lost")
    return f"cherry-pick {chosen[:8]} of {peer.name}{resolved}"


def _changed_by(clone: Clone, commit: str) -> set[str]:
    """The lessons that a commit changed; nothing if it moved lessons to other files, which git adds whole."""
    if moved_lessons(clone, f"{commit}~1", commit):
        return set()
    parent, known = (clone.world.known_at(clone, at) for at in (f"{commit}~1", commit))
    return {i for i in {*parent, *known} if known.get(i) != parent.get(i)}


def moved_lessons(clone: Clone, old: str, new: str) -> bool:
    """Whether lessons left a file of a set, for a shard, from one commit to another."""
    listed = clone.git("diff", "--numstat", "--no-renames", "--no-textconv", old, new, "--", "data").out
    numbers = [line.split("\t") for line in listed.splitlines()]
    return any(is_set_file(path) and int(gone) > int(added) for added, gone, path in numbers)


def stash(clone: Clone, random: Random) -> str:
    """Learn, put it aside, pull from a peer, take it back."""
    clone.save("before a stash")
    add(clone, [draw(random, POOL) for _ in range(2)])
    peer = _some_peer(clone, random)
    with Joining(clone, peer.name) as joining:
        clone.git("add", "--all")
        stashed = clone.git("stash", "push", "--quiet").code == 0 and not clone.is_dirty
        joining.run("pull", "--quiet", "--no-rebase", "--no-edit", peer.name, "main")
        if stashed and clone.git("stash", "list").out:
            joining.run("stash", "pop", "--quiet")
        clone.save("after a stash")
    return f"stash around a pull from {peer.name}"


def without_driver(clone: Clone, random: Random) -> str:
    """A merge in which the driver does not run, mended by `resolve`, or by `verify --fix` after a loss."""
    peer = _some_peer(clone, random)
    way = random.choice(("resolve", "hasty", "ours"))
    clone.save("before a merge")
    with Joining(clone, peer.name) as joining:
        clone.git("fetch", "--quiet", peer.name)
        if way == "ours":
            joining.run("merge", "--quiet", "--no-edit", "--strategy=ours", f"{peer.name}/main")
        else:
            clone.git(*NO_DRIVER, "merge", "--quiet", "--no-edit", f"{peer.name}/main", check=False)
        if way == "resolve":
            clone.fedlearn("resolve")
        clone.git("add", "--all")
        hasty = clone.git("commit", "--quiet", "--no-edit", check=False)
        clone.fedlearn("verify", "--fix")
        clone.git("add", "--all")
        if hasty.code and (clone.path / ".git" / "MERGE_HEAD").exists():
            clone.git("commit", "--quiet", "--no-edit")
        clone.save("bring back what was lost")
    return f"merge {peer.name} without the driver, {way}"


def worktree(clone: Clone, random: Random) -> str:
    """Learn in a linked worktree and here, then merge."""
    clone.save("before a worktree")
    path = clone.world.folder / f"{clone.name}-tree"
    clone.git("worktree", "add", "--quiet", "-b", "side", str(path))
    side = Clone(path.name, clone.world)
    side.system = clone.system
    for one in (side, clone):
        add(one, [draw(random, POOL) for _ in range(2)])
        one.save("learn")
    expected = combine_all(clone.known(), side.known())
    clone.git("merge", "--quiet", "--no-edit", "side")
    compare(expected, clone.known(), f"{clone.name} after the merge of a worktree")
    clone.git("worktree", "remove", str(path))
    clone.git("branch", "--quiet", "--delete", "side")
    return "work in a linked worktree"


class Joining:
    """Checks one operation that joins a remote's main: with `whole`, all that both knew is known after it."""

    def __init__(self, clone: Clone, remote: str, *, whole: bool = True, fetched: bool = False) -> None:
        self.clone = clone
        self.remote = remote
        self.whole = whole
        self.fetched = fetched

    def __enter__(self) -> Self:
        world = self.clone.world
        self.before = self.clone.known()
        if self.fetched:
            self.theirs = world.known_at(self.clone, f"{self.remote}/main")
        else:
            self.theirs = world.known_at(world.remote(self.remote), "main")
        return self

    def run(self, *arguments: str) -> str:
        """A git command that must not end in a conflict, save those of modify/delete, without a driver.

        A revert may delete a whole file; a pick may take the months of one system for those of another, in
        a renamed folder. `resolve` finishes such a stop, with the command that it names.
        """
        figures, git = self.clone.world.figures, self.clone.git
        figures[arguments[0]] += 1
        done = git(*arguments, check=False)
        resolved = ""
        for _ in range(STOPS):
            unmerged = git("ls-files", "--unmerged").out.splitlines() if done.code else []
            if not unmerged:
                break
            if not is_modify_delete([line for line in unmerged if MONTHS not in line]):
                figures["conflicts"] += 1
                raise DisagreementError(
                    f"{self.clone.name}: conflict in git {' '.join(arguments)}\n{done.out}{done.err}"
                )
            figures["resolved"] += 1
            resolved = ", finished by resolve"
            named = self.clone.fedlearn("resolve").err.rpartition("&& git ")[2].split()
            done = git("-c", "core.editor=true", *(named or ["status"]), check=False)
        if done.code:
            raise DisagreementError(f"{self.clone.name}: git {' '.join(arguments)} failed: {done}")
        return resolved

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            return
        clone = self.clone
        where = f"{clone.name} after joining {self.remote}"
        after = clone.known()
        both = combine_all(self.before, self.theirs)
        compare(both if self.whole else combine_all(self.before, after), after, where)
        compare(both, combine_all(both, after), where)
        if clone.is_dirty:
            raise DisagreementError(f"{where}: {clone.git('status', '--porcelain').out}")


def is_modify_delete(unmerged: list[str]) -> bool:
    """Whether of every path in conflict one side is missing; lines of `git ls-files --unmerged`."""
    stages: dict[str, set[str]] = {}
    for line in unmerged:
        facts, path = line.split("\t")
        stages.setdefault(path, set()).add(facts.split()[2])
    return all(len(found & {"2", "3"}) == 1 for found in stages.values())


def _some_peer(clone: Clone, random: Random) -> Clone:
    return random.choice([peer for peer in clone.world.clones if peer is not clone])


Operation = Callable[[Clone, Random], str]
