"""Every repository that git can open: one journey through each kind, from `init` to every reader.

Where a kind needs a newer git than the one on PATH, FEDLEARN_TEST_GIT names the folder of its programs.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from systems import System, World

from git_fedlearn.core.record import make_record

TEST_GIT = os.environ.get("FEDLEARN_TEST_GIT", "")
PRACTICES = "data/patterns/best-practices.jsonl"
SAMPLES = "data/fine-tuning/dataset.jsonl"
NAMES = ("origin", "hub.git", "peer")
NOTES = "data/collections/notes.jsonl"
OURS = ("data", ".fedlearn.toml", ".gitattributes", ".gitignore")
SAMPLE = {"prompt": "How is a fan replaced?", "completion": "Unplug the machine, then take out four screws."}


def practice(title: str) -> dict[str, Any]:
    return {"category": "operations", "title": title, "description": f"{title}, always."}


def version_of(folder: str) -> tuple[int, ...]:
    path = os.pathsep.join([folder, os.environ["PATH"]])
    said = subprocess.run(["git", "version"], env={"PATH": path}, capture_output=True, check=True).stdout
    return tuple(map(int, re.findall(rb"\d+", said)[:2]))


def use_git(monkeypatch: pytest.MonkeyPatch, what: str, needed: tuple[int, int]) -> None:
    """Put the git on PATH that FEDLEARN_TEST_GIT names; skip if neither is new enough."""
    if version_of(TEST_GIT) < needed:
        pytest.skip(
            f"{what} needs git {'.'.join(map(str, needed))}: set FEDLEARN_TEST_GIT to the folder of one"
        )
    if TEST_GIT:
        monkeypatch.setenv("PATH", os.pathsep.join([TEST_GIT, os.environ["PATH"]]))


class Kind:
    """How a kind of repository is made; the default is a plain clone."""

    init: tuple[str, ...] = ()
    clone: tuple[str, ...] = ()
    needs: tuple[int, int] = (2, 34)
    reader = "libgit2"

    def prepare(self, hub: System, here: System) -> None:
        """Make the clone at `here`, which does not exist yet."""
        System(here.path.parent, here.path.parent / "home").git(
            "clone", "--quiet", *self.clone, f"file://{hub.path}", str(here.path)
        )


class Sha256(Kind):
    init = ("--object-format=sha256",)
    reader = "git"


class Reftable(Kind):
    init = ("--ref-format=reftable",)
    clone = ("--ref-format=reftable",)
    needs = (2, 45)
    reader = "git"


class WithoutTrees(Kind):
    clone = ("--filter=tree:0",)
    reader = "git"


class ShallowSparse(Kind):
    clone = ("--depth=1", "--sparse")
    cone: tuple[str, ...] = ("data/patterns",)

    def prepare(self, hub: System, here: System) -> None:
        super().prepare(hub, here)
        here.git("sparse-checkout", "set", *self.cone)
        assert not (here.path / SAMPLES).exists()


class SparseWithoutBlobs(ShallowSparse):
    """Not even the settings are checked out."""

    clone = ("--filter=blob:none", "--sparse")
    cone = ("--no-cone", "/data/patterns/")
    reader = "git"


class SkippedAndShared(Kind):
    """The objects are those of another repository, and files are skipped by hand."""

    def prepare(self, hub: System, here: System) -> None:
        System(hub.path, here.path.parent / "home").git(
            "clone", "--quiet", "--shared", str(hub.path), str(here.path)
        )
        listed = here.git("ls-files", *OURS).out.split()
        for path in (path for path in listed if not path.startswith("data/patterns/")):
            here.git("update-index", "--skip-worktree", path)
            (here.path / path).unlink()


class Worktree(Kind):
    options: tuple[str, ...] = ()

    def prepare(self, hub: System, here: System) -> None:
        main = System(here.path.parent / "main-worktree", here.path.parent / "home")
        super().prepare(hub, main)
        main.git("checkout", "--quiet", "--detach")
        main.git("worktree", "add", "--quiet", *self.options, str(here.path), "main")


class RelativeWorktree(Worktree):
    """`extensions.relativeWorktrees` is one that libgit2 may not know."""

    options = ("--relative-paths",)
    needs = (2, 48)
    reader = ""  # depends on the version of libgit2


class Submodule(Kind):
    def prepare(self, hub: System, here: System) -> None:
        above = World(here.path.parent).repository("above")
        above.git("submodule", "--quiet", "add", f"file://{hub.path}", "lessons")
        here.path = above.path / "lessons"


KINDS: dict[str, Callable[[], Kind]] = {
    "plain": Kind,
    "SHA-256": Sha256,
    "reftable": Reftable,
    "tree:0": WithoutTrees,
    "shallow and sparse": ShallowSparse,
    "blob:none and sparse by patterns": SparseWithoutBlobs,
    "alternates, and skipped by hand": SkippedAndShared,
    "linked worktree": Worktree,
    "relative worktree": RelativeWorktree,
    "submodule": Submodule,
}


@pytest.mark.parametrize("name", KINDS)
def test_the_journey_through_a_kind_of_repository(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    kind = KINDS[name]()
    use_git(monkeypatch, name, kind.needs)
    world.copies(origin_hub_and_peer, *kind.init)
    origin, hub, peer = (System(world.folder / name, world.home) for name in NAMES)
    here = System(world.folder / "here", world.home)
    kind.prepare(hub, here)
    here.fedlearn("install")
    assert objects_line(here).startswith(kind.reader)
    assert here.git("status", "--porcelain").out == ""

    if not (here.path / ".fedlearn.toml").exists():
        assert ".gitattributes, .gitignore: in git, but not" in here.fedlearn("init", code=3).err
    learn(here)
    titles = {"first", "second", "third"}
    assert "fine-tuning" not in here.fedlearn("verify").err
    merge(here, origin)
    titles |= {"fourth"}
    here.git("push", "--quiet", "origin", "HEAD:main")
    check_sets(hub, "main", titles)
    if kind.init or name == "plain":
        assert objects_line(hub).startswith("git " if kind.init else "libgit2 ")
    hub.fedlearn("scan", "--history")

    read(here)
    share(here, peer)
    check_sets(here, "HEAD", titles | {"fifth"})
    here.fedlearn("verify", "--history")
    assert here.git("status", "--porcelain").out == ""


def objects_line(system: System) -> str:
    """Who reads the objects, as doctor says; everything else must work, too."""
    checks = {check["name"]: check for check in system.fedlearn("doctor", "--json").json()["checks"]}
    assert [check for check in checks.values() if not check["ok"]] == []
    return str(checks["objects"]["detail"])


def origin_hub_and_peer(world: World, *init: str) -> None:
    """A system with lessons in three sets and two commits, a server where it pushed, and somebody else."""
    origin, hub, peer = (world.folder_system(name) for name in NAMES)
    for system in (origin, peer):
        system.git("init", "--quiet", *init)
        system.fedlearn("init")
    origin.add("best-practices", practice("first"))
    origin.add("collections/notes", {"text": "a note"})
    origin.commit()
    origin.add("best-practices", practice("second"))
    origin.add("fine-tuning", SAMPLE)
    (first, *_) = origin.records("best-practices")
    origin.fedlearn("outcome", first.id, "--worked")
    origin.commit()
    hub.git("init", "--quiet", "--bare", *init)
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        hub.git("config", key, "true")
    hub.fedlearn("install")
    origin.git("remote", "add", "origin", str(hub.path))
    origin.git("push", "--quiet", "--set-upstream", "origin", "main")
    peer.add("best-practices", practice("fifth"))
    peer.commit()


def learn(here: System) -> None:
    """`add`, `sync`, and a commit through the hooks, which takes private data out."""
    here.add("best-practices", practice("third"))
    event = {
        "event": "interaction",
        "timestamp": "2026-05-20T10:00:00Z",
        "query": "how to configure the backup service of the module",
        "response": "set the interval in the configuration file and restart the service afterwards",
        "outcome": "success",
        "value_score": 0.9,
    }
    log = here.path.parent / "stack/telemetry/x-events.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text(json.dumps(event) + "\n")
    here.fedlearn("sync", "--source", str(log.parent.parent), "--commit")
    assert "backup service" in here.git("grep", "backup service", "HEAD", "--", "data").out
    name, host = "wren.larkin", "mail.example-corp.com"
    address = f"{name}@{host}"
    private = make_record(practice(f"ask {address}")).line
    here.write(PRACTICES, here.read(PRACTICES) + private + b"\n")
    here.git("add", PRACTICES)
    done = here.git("commit", "--quiet", "--message", "private")
    assert "redacted" in done.err or "before the commit" in done.err
    assert address not in here.git("show", f"HEAD:{PRACTICES}").out
    assert address not in here.git("log", "--patch", "--no-textconv").out
    (asked,) = (one for one in here.records("best-practices") if "ask" in str(one.fields.get("title")))
    here.fedlearn("retract", asked.id, "--reason", "a test")
    here.git("commit", "--quiet", "--all", "--message", "retract")


def merge(here: System, origin: System) -> None:
    """Both sides changed one set: the driver joins it, the hooks agree."""
    origin.add("best-practices", practice("fourth"))
    origin.commit()
    origin.git("push", "--quiet")
    done = here.git("pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main")
    assert "lost" not in done.err
    here.fedlearn("verify")


def check_sets(system: System, revision: str, titles: set[str]) -> None:
    """A revision has every record that anybody learned."""
    lines = system.git("show", f"{revision}:{PRACTICES}").out.splitlines()
    records = [json.loads(line) for line in lines]
    assert {record["title"] for record in records if "_retracted" not in record} == titles
    assert system.git("show", f"{revision}:{SAMPLES}").out.count("\n") == 1
    assert system.git("show", f"{revision}:{NOTES}").out.count("\n") == 1


def read(here: System) -> None:
    """Every command that only reads finds what is here, also where the work tree lacks it."""
    (first,) = (one for one in here.records("best-practices") if one.fields.get("title") == "first")
    assert "uncommitted" not in here.fedlearn("status").out
    assert "first" in here.fedlearn("show", first.id).out
    assert "worked 1" in here.fedlearn("show", first.id).out
    here.fedlearn("show", first.id, "--origin")
    assert "Unplug" in here.fedlearn("search", "replace a fan", "--set", "fine-tuning").out
    assert "a note" in here.fedlearn("search", "a note").out
    assert "retract" in here.fedlearn("log").out
    here.fedlearn("log", first.id)
    assert "fourth" in here.fedlearn("diff", "HEAD~1", "HEAD", code=1).out
    assert "1" in here.fedlearn("metrics").out
    here.fedlearn("dataset", "stats")
    here.fedlearn("dataset", "export", "--format", "openai", "-o", str(here.path.parent / "out"))
    exported = "".join(file.read_text() for file in (here.path.parent / "out").rglob("*.jsonl"))
    assert "four screws" in exported
    here.fedlearn("report", "-o", str(here.path.parent / "report.html"))
    assert "second" in (here.path.parent / "report.html").read_text()
    here.fedlearn("scan", "--history")
    assert here.git("diff", "HEAD~1", "HEAD", "--", PRACTICES).out.count("record ") >= 1


def share(here: System, peer: System) -> None:
    """A peer's lesson comes in, and a bundle goes out."""
    here.fedlearn("remote", "add", "peer", str(peer.path))
    assert "1 new" in here.fedlearn("pull-remotes").out
    bundle = str(here.path.parent / "stick.bundle")
    if here.git("rev-parse", "--is-shallow-repository").out == "false\n":
        here.fedlearn("bundle", "create", bundle)
        assert "new" in peer.fedlearn("bundle", "apply", bundle).out
        here.fedlearn("bundle", "apply", bundle)


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_repositories_with_other_object_ids_are_told_of(world: World, form: str) -> None:
    other = {"sha1": "sha256", "sha256": "sha1"}[form]
    here, peer = world.folder_system("here"), world.folder_system("peer")
    for system, its in ((here, form), (peer, other)):
        system.git("init", "--quiet", f"--object-format={its}")
        system.fedlearn("init")
        system.add("best-practices", practice(its))
        system.commit()
    here.fedlearn("remote", "add", "peer", str(peer.path))
    assert here.fedlearn("pull-remotes", code=1).out.startswith("peer  other object ids: ")
    bundle = str(world.folder / "stick.bundle")
    peer.fedlearn("bundle", "create", bundle)
    refused = here.fedlearn("bundle", "apply", bundle, code=3).err
    assert f"its object ids are {other}, those of this repository {form}" in refused
    here.fedlearn("add", "best-practices", str(peer.path / PRACTICES))
    assert {record.fields["title"] for record in here.records("best-practices")} == {form, other}
