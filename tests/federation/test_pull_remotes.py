"""`pull-remotes` between real repositories: what is joined, what is left alone, and what is reported."""

import shlex

from federation.foreign import ERRORS, SKILLS, Foreign, line, lines_of, patterns, pull
from systems import System, World

OTHER = "sys-other23456"


def head(system: System) -> str:
    return system.git("rev-parse", "HEAD").out.strip()


def test_what_a_peer_learned_comes_in_as_one_commit(here: System, peer: Foreign) -> None:
    here.add("skills-patterns", {"pattern": "ours", "value_score": 0.8})
    before = here.commit()
    tip = peer.offer(line(pattern="first"), line(pattern="second"))
    result = here.fedlearn("pull-remotes")
    assert result.out == f"peer  2 new\nskills-patterns: 2 new\ncommitted {head(here)[:12]}\n"
    assert result.err == ""
    assert patterns(here) == ["first", "ours", "second"]
    assert here.git("rev-parse", "HEAD~1").out.strip() == before
    assert here.git("status", "--porcelain").out == ""
    system = here.git("config", "fedlearn.system").out.strip()
    assert here.git("show", "-s", "--format=%B").out.rstrip() == (
        "pull-remotes: add 2 records from 1 peer\n\n2 new, 0 changed in skills-patterns\n\n"
        f"Fedlearn-System: {system}\nFedlearn-Peer: peer {tip} (2 new, 0 changed)"
    )
    assert here.git("diff", "--name-only", "HEAD~1", "HEAD").out == f"{SKILLS}\n"


def test_a_peer_that_has_nothing_for_us_says_so(here: System, peer: Foreign) -> None:
    peer.offer_files({"README.md": b"code only"})
    assert here.fedlearn("pull-remotes").out == "peer  no data/ folder\nnothing new\n"
    here.add("skills-patterns", {"pattern": "known", "value_score": 0.8})
    here.commit()
    peer.offer_files({SKILLS: here.read(SKILLS)})
    assert here.fedlearn("pull-remotes").out == "peer  nothing new\nnothing new\n"


def test_nothing_new_makes_no_commit(here: System, peer: Foreign) -> None:
    peer.offer(line(pattern="first"))
    here.fedlearn("pull-remotes")
    before = head(here)
    assert here.fedlearn("pull-remotes").out == "peer  nothing new\nnothing new\n"
    assert head(here) == before


def test_the_same_bytes_as_a_merge_by_git(here: System, world: World) -> None:
    other = world.clone(here, "other")
    for system, words in ((here, ("a", "b")), (other, ("b", "c"))):
        system.add("skills-patterns", *({"pattern": word, "value_score": 0.9} for word in words))
        system.commit()
    merging = world.clone(here, "merging")
    merging.git("pull", "--quiet", "--no-rebase", "--no-edit", str(other.path), "main")
    here.fedlearn("remote", "add", "other", str(other.path))
    here.fedlearn("pull-remotes")
    assert here.read(SKILLS) == merging.read(SKILLS)


def test_many_peers_one_commit_and_one_down(here: System, world: World) -> None:
    for name in ("a", "b", "c"):
        made = Foreign(world, name)
        made.offer(line(pattern=f"of {name}"), line(pattern="shared"))
        here.fedlearn("remote", "add", name, str(made.path))
    (world.folder / "b.git" / "HEAD").unlink()
    before = head(here)
    result = here.fedlearn("pull-remotes", code=1)
    assert result.out.startswith("a  2 new\nb  unreachable: ")
    assert patterns(here) == ["of a", "of c", "shared"]
    assert here.git("rev-parse", "HEAD~1").out.strip() == before


def test_only_the_peers_that_are_named(here: System, world: World) -> None:
    for name in ("a", "b"):
        made = Foreign(world, name)
        made.offer(line(pattern=f"of {name}"))
        here.fedlearn("remote", "add", name, str(made.path))
    here.fedlearn("pull-remotes", "b")
    assert patterns(here) == ["of b"]
    assert here.fedlearn("pull-remotes", "c", code=2).err == (
        "error: c: not a peer (peers: a, b)\nhint: git fedlearn remote add c URL\n"
    )


def test_sharded_and_unsharded_sets_join(here: System, peer: Foreign) -> None:
    one, two = line(pattern="one"), line(pattern="two")
    folder = SKILLS.removesuffix(".jsonl")
    peer.offer_files(
        {SKILLS: b"", f"{folder}/{chr(one[8])}.jsonl": lines_of([one]), f"{folder}/00.jsonl": lines_of([two])}
    )
    pull(here)
    assert patterns(here) == ["one", "two"]
    peer.offer(*(line(pattern=f"{number} {'x' * 300}") for number in range(9)))
    here.write(".fedlearn.toml", b"format = 1\n[limits]\nrecord_set_bytes = 1000\n")
    here.commit()
    pull(here)
    assert len(patterns(here)) == 11
    assert here.read(SKILLS) == b""
    assert here.fedlearn("verify").code == 0


def test_files_of_other_systems_are_copied_never_replaced_or_deleted(here: System, peer: Foreign) -> None:
    folder = f"data/telemetry/snapshots/{OTHER}"
    own = here.git("config", "fedlearn.system").out.strip()
    event = lines_of([line(query="q", response="r")])
    snapshots = {f"{folder}/2026-05-0{day}.jsonl": event for day in (1, 2)}
    peer.offer_files(
        {
            **snapshots,
            f"data/metrics/monthly/{OTHER}/2026-05.json": b'{"records":1}\n',
            f"data/telemetry/snapshots/{own}/2026-05-01.jsonl": event,
            f"{folder}/latest.jsonl": event,
            "data/telemetry/snapshots/../evil.jsonl".replace("..", "sys-x"): event,
        }
    )
    assert pull(here)["files"] == [f"data/metrics/monthly/{OTHER}/2026-05.json", *sorted(snapshots)]
    here.git("rm", "--quiet", f"{folder}/2026-05-01.jsonl")
    here.git("commit", "--quiet", "--message", "prune")
    peer.offer_files({f"{folder}/{day}.jsonl": event for day in ("2026-05-01", "2026-05-02", "2026-05-03")})
    assert pull(here)["files"] == [f"{folder}/2026-05-03.jsonl"]
    assert (here.path / f"data/metrics/monthly/{OTHER}/2026-05.json").exists()


def test_what_is_not_committed_is_in_the_way(here: System, peer: Foreign) -> None:
    peer.offer(line(pattern="first"))
    here.add("skills-patterns", {"pattern": "ours", "value_score": 0.8})
    before = here.read(SKILLS), head(here)
    assert here.fedlearn("pull-remotes", code=3).err == (
        f"error: {SKILLS}: uncommitted changes would be overwritten\n"
        "hint: git add data && git commit    (or: git stash -u -- data)\n"
    )
    assert (here.read(SKILLS), head(here)) == before


def test_work_outside_data_is_left_as_it_is(here: System, peer: Foreign) -> None:
    here.write("code.py", b"1\n")
    here.write("staged.py", b"1\n")
    here.commit()
    here.write("code.py", b"2\n")
    here.write("staged.py", b"2\n")
    here.git("add", "staged.py")
    here.write("new.py", b"3\n")
    before = here.git("status", "--porcelain").out
    peer.offer_files({SKILLS: lines_of([line(pattern="first")]), "code.py": b"theirs\n", "more.py": b"4\n"})
    pull(here)
    assert patterns(here) == ["first"]
    assert here.git("status", "--porcelain").out == before
    assert (here.read("code.py"), here.read("staged.py")) == (b"2\n", b"2\n")


def test_an_unfinished_merge_is_in_the_way(here: System, peer: Foreign) -> None:
    peer.offer(line(pattern="first"))
    (here.path / ".git" / "MERGE_HEAD").write_text(head(here) + "\n")
    assert here.fedlearn("pull-remotes", code=3).err.startswith("error: a merge is in progress\n")


def test_a_dry_run_joins_nothing(here: System, peer: Foreign) -> None:
    peer.offer(line(pattern="first"), b"[]")
    here.add("error-solutions", {"error": "x", "solution": "y"})
    before = here.git("status", "--porcelain").out, head(here)
    result = here.fedlearn("pull-remotes", "--dry-run")
    assert result.out == "peer  1 new, 1 quarantined\nskills-patterns: 1 new\n"
    assert result.err == (
        "warning: peer: 1 record to quarantine: not a record\ndry run: nothing was changed\n"
    )
    assert here.fedlearn("review", "list").err == "nothing to review\n"
    assert (here.git("status", "--porcelain").out, head(here)) == before
    here.commit()
    assert pull(here)["peers"]["peer"]["learned"] == 1


def test_without_a_commit_the_work_tree_has_it(here: System, peer: Foreign) -> None:
    peer.offer(line(pattern="first"))
    before = head(here)
    assert (
        here.fedlearn("pull-remotes", "--no-commit").err
        == "hint: git commit -m 'Add records from peers' -- data\n"
    )
    assert (patterns(here), head(here)) == (["first"], before)
    here.git("reset", "--quiet", "--hard")
    assert pull(here)["peers"]["peer"]["learned"] == 1


def test_what_was_thrown_away_comes_back(here: System, peer: Foreign) -> None:
    peer.offer(line(pattern="first"))
    pull(here)
    here.git("reset", "--quiet", "--hard", "HEAD~1")
    assert pull(here)["peers"]["peer"]["learned"] == 1
    assert patterns(here) == ["first"]


def test_a_blob_that_was_read_is_not_read_again(here: System, peer: Foreign) -> None:
    """Seen from outside: a line that was dropped from quarantine stays away when another file changes."""
    peer.offer_files({SKILLS: b"[]\n"})
    assert pull(here)["peers"]["peer"]["quarantined"] == 1
    peer.offer_files({SKILLS: b"[]\n", ERRORS: lines_of([line(error="e", solution="s")])})
    found = pull(here)["peers"]["peer"]
    assert (found["quarantined"], found["learned"]) == (0, 1)


def test_a_peer_whose_head_names_no_branch_says_which_to_choose(here: System, world: World) -> None:
    """As a bare repository made with another default branch, or a bundle without HEAD."""
    hub = Foreign(world, "hub")
    hub.offer(line(pattern="of the trunk"), branch="trunk")
    here.fedlearn("remote", "add", "hub", str(hub.path))
    said = here.fedlearn("pull-remotes", code=1).out
    assert "hub  no such branch: its HEAD names none; it has trunk (git fedlearn remote add" in said
    command = said.partition("(git fedlearn ")[2].partition(")")[0]
    here.fedlearn(*shlex.split(command))
    here.fedlearn("pull-remotes")
    assert patterns(here) == ["of the trunk"]


def test_a_branch_a_pattern_of_branches_and_none(here: System, world: World) -> None:
    hub = Foreign(world, "hub")
    for name in ("one", "two"):
        hub.offer(line(pattern=f"of {name}"), branch=f"systems/{name}")
    here.fedlearn("remote", "add", "hub", str(hub.path))
    found = pull(here, code=1)["peers"]["hub"]
    assert found["contact"] == "no such branch"
    assert found["detail"].startswith("its HEAD names none; it has systems/one, systems/two (git fedlearn ")
    assert found["detail"].endswith(" remote add hub --branch 'systems/*')")
    here.fedlearn("remote", "add", "hub", "--branch", "systems/two")
    pull(here)
    assert patterns(here) == ["of two"]
    here.fedlearn("remote", "add", "hub", "--branch", "systems/*")
    pull(here)
    assert patterns(here) == ["of one", "of two"]
    here.fedlearn("remote", "add", "hub", "--branch", "gone")
    assert pull(here, code=1)["peers"]["hub"]["contact"] == "no such branch"


def test_a_rewritten_or_rolled_back_history_is_reported(here: System, peer: Foreign) -> None:
    first = peer.offer(line(pattern="first"))
    peer.offer(line(pattern="first"), line(pattern="second"))
    pull(here)
    peer.git("update-ref", "refs/heads/main", first)
    assert here.fedlearn("pull-remotes").err == (
        "warning: peer: its history was rolled back; lessons already received stay\n"
    )
    peer.git("update-ref", "-d", "refs/heads/main")
    peer.offer(line(pattern="third"))
    assert pull(here)["peers"]["peer"]["history"] == "rewritten"
    assert patterns(here) == ["first", "second", "third"]


def test_each_worktree_learns_for_its_own_branch(here: System, peer: Foreign, world: World) -> None:
    peer.offer(line(pattern="first"))
    here.git("worktree", "add", "--quiet", "-b", "other", "../other")
    other = System(world.folder / "other", world.home)
    for system in (other, here):
        assert system.fedlearn("pull-remotes").out.startswith("peer  1 new\n")
        assert patterns(system) == ["first"]


def test_a_detached_head_moves(here: System, peer: Foreign) -> None:
    peer.offer(line(pattern="first"))
    here.git("checkout", "--quiet", "--detach")
    main = here.git("rev-parse", "main").out
    pull(here)
    assert patterns(here) == ["first"]
    assert here.git("rev-parse", "main").out == main


def test_push_brings_it_to_the_upstream(here: System, peer: Foreign, world: World) -> None:
    hub = world.bare("hub")
    here.git("remote", "add", "origin", str(hub.path))
    here.git("push", "--quiet", "-u", "origin", "main")
    peer.offer(line(pattern="first"))
    assert pull(here, "--push")["pushed"] is True
    assert hub.git("rev-parse", "main").out.strip() == head(here)
    here.git("remote", "set-url", "origin", str(world.folder / "gone"))
    peer.offer(line(pattern="first"), line(pattern="second"))
    assert pull(here, "--push", code=1)["pushed"] is False


def test_no_tags_no_remote_branches_and_no_fetch_head(here: System, peer: Foreign) -> None:
    peer.offer(line(pattern="first"))
    peer.git("tag", "v1", "main")
    here.git("config", "fetch.prune", "true")
    here.git("update-ref", "refs/fedlearn/someone/main", "HEAD")
    pull(here)
    refs = here.git("for-each-ref", "--format=%(refname)").out.split()
    assert refs == ["refs/fedlearn/peer/HEAD", "refs/fedlearn/someone/main", "refs/heads/main"]
    assert not (here.path / ".git" / "FETCH_HEAD").exists()


def test_before_the_first_commit(world: World) -> None:
    system = world.repository("empty")
    system.fedlearn("init")
    assert system.fedlearn("pull-remotes", code=3).err == (
        "error: this branch has no commit yet\nhint: git add --all && git commit -m 'Set up git-fedlearn'\n"
    )


def test_what_only_came_from_a_bad_peer_is_taken_back(here: System, world: World) -> None:
    bad, good = Foreign(world, "bad"), Foreign(world, "good")
    for peer in (bad, good):
        here.fedlearn("remote", "add", peer.path.stem, str(peer.path))
    here.add("skills-patterns", {"pattern": "known here", "value_score": 0.8})
    here.commit()
    accepted = line(pattern="accepted").replace(b"0.8", b"8")
    bad.offer(line(pattern="poison"), accepted, line(pattern="held by both"), line(pattern="known here"))
    pull(here)
    here.fedlearn("review", "accept", "--peer", "bad", "--all")
    here.commit()
    good.offer(line(pattern="held by both"), line(pattern="good"))
    pull(here)
    assert here.fedlearn("remote", "remove", "bad", "--retract").out == "bad: removed; 2 records retracted\n"
    assert patterns(here) == ["good", "held by both", "known here"]
    assert here.fedlearn("verify").code == 0
