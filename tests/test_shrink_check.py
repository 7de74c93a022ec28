"""The hooks on real commits, merges and pushes: what a record set may not lose, and what may not enter."""

import json
import os
import stat
from pathlib import Path

import pytest
from systems import Result, System, World, prepared

SET = "data/patterns/skills-patterns.jsonl"
MAIL = "jane.roe" + "@" + "corp-mail.net"
HOOKS = Path(__file__).parent.parent / "hooks"


def commit(system: System, *options: str) -> Result:
    return system.git("commit", "--quiet", "--message", "x", *options, check=False)


@prepared
def taught(system: System) -> None:
    """A system that committed three lessons."""
    system.add("skills-patterns", *({"title": title} for title in ("a", "b", "c")))
    system.commit()


def ids(system: System) -> dict[str, str]:
    return {str(record.fields.get("title", "-")): record.id for record in system.records("skills-patterns")}


def leak(system: System) -> None:
    system.write(SET, system.read(SET) + json.dumps({"title": f"ask {MAIL}"}).encode() + b"\n")


def test_a_commit_that_drops_records_is_blocked_and_both_ways_out_work(taught: System) -> None:
    lost = sorted(ids(taught).values())[1]
    whole = taught.read(SET)
    taught.write(SET, b"".join(line for line in whole.splitlines(keepends=True) if lost.encode() not in line))
    result = commit(taught, "--all")
    assert result.code == 1
    retract = f"git fedlearn retract {lost[:12]} --reason WHY && git add :/data"
    assert result.err == (
        f"error: 1 record of skills-patterns would be lost: {lost[:12]}\n"
        "hint: git fedlearn verify --fix && git add :/data    (keeps them)\n"
        f"hint: git fedlearn verify --fix && {retract}    (retracts them on every system)\n"
    )
    taught.fedlearn("verify", "--fix")
    assert taught.read(SET) == whole
    taught.fedlearn("retract", lost[:12], "--reason", "WHY")
    assert commit(taught, "--all").code == 0


@pytest.mark.parametrize("how", ["delete", "rename", "empty"])
def test_a_file_that_goes_away_drops_records(taught: System, how: str) -> None:
    if how == "delete":
        taught.git("rm", "--quiet", SET)
    elif how == "rename":
        taught.git("mv", SET, "data/patterns/old.jsonl")
    else:
        taught.write(SET, b"")
    result = commit(taught, "--all")
    lost = " ".join(identifier[:12] for identifier in sorted(ids_at(taught, "HEAD")))
    assert result.err.startswith(f"error: 3 records of skills-patterns would be lost: {lost}\n")
    assert result.code == 1


def ids_at(system: System, revision: str) -> list[str]:
    return [
        line[8:40] for line in system.git("show", f"{revision}:{SET}").out.splitlines() if "{" in line[:1]
    ]


def test_an_undone_tombstone_is_blocked(taught: System) -> None:
    before = taught.read(SET)
    taught.fedlearn("retract", ids(taught)["b"], "--reason", "x")
    taught.commit()
    taught.write(SET, before)
    result = commit(taught, "--all")
    assert result.code == 1
    assert f"1 retraction of skills-patterns would be undone: {ids(taught)['b'][:12]}" in result.err
    assert "git fedlearn restore ID" in result.err
    taught.fedlearn("verify", "--fix")
    assert commit(taught, "--all").code == 1  # nothing is left to commit
    assert taught.git("status", "--porcelain").out == ""


def test_private_data_is_blocked_by_file_line_and_kind_and_never_shown(taught: System) -> None:
    leak(taught)
    taught.git("config", "fedlearn.sanitize", "stop")
    result = commit(taught, "--all")
    assert result.code == 1
    assert f"error: {SET}:4: EMAIL_ADDRESS (email-address) at /title [" in result.err
    assert "hint: git fedlearn sanitize && git add :/data\n" in result.err
    assert MAIL not in result.out + result.err
    taught.fedlearn("sanitize")
    assert commit(taught, "--all").code == 0


def test_a_private_file_name_alone_blocks_the_commit_and_the_push(world: World, taught: System) -> None:
    name = f"data/{MAIL}.md"
    taught.write(name, b"a fine text\n")
    taught.git("add", name)
    shown = "error: data/…: EMAIL_ADDRESS (file-name:email-address) ["
    hint = "hint: git rm --cached FILE    (or rename it)\n"
    result = commit(taught)
    assert result.code == 1
    assert result.err.startswith(shown)
    assert result.err.endswith(hint)
    assert len(result.err.splitlines()) == len((shown, hint))
    assert MAIL not in result.out + result.err
    assert commit(taught, "--no-verify").code == 0
    hub = world.bare("hub")
    push = taught.git("push", "--quiet", str(hub.path), "main", check=False)
    assert push.code == 1
    assert shown in push.err
    assert MAIL not in push.err
    assert hub.git("for-each-ref").out == ""


def test_a_whole_event_is_adopted_as_the_hint_says(world: World, taught: System) -> None:
    event = {"event": "solved", "ts": "2026-05-01", "error_message": "zorp jams", "solution": "Oil the gate."}
    taught.write(SET, taught.read(SET) + json.dumps(event).encode() + b"\n")
    error = f"error: {SET}:4: a whole event of a log, not a record"
    hint = "hint: git fedlearn verify --fix && git add :/data"
    assert commit(taught, "--all").err.splitlines() == [error, hint]
    assert commit(taught, "--all", "--no-verify").code == 0
    hub = world.bare("hub")
    push = ("push", "--quiet", str(hub.path), "main")
    assert taught.git(*push, check=False).err.splitlines()[:2] == [error, hint]
    taught.fedlearn("verify", "--fix")
    taught.git("add", ":/data")
    assert commit(taught).code == 0
    assert taught.git(*push).code == 0


def test_a_broken_line_is_blocked_where_it_is_new_only(world: World, taught: System) -> None:
    taught.write(SET, taught.read(SET) + b"rubbish\n")
    result = commit(taught, "--all")
    assert (result.code, result.err) == (
        1,
        f"error: {SET}:4: not JSON: expecting value at column 1\nhint: fix the file, then git add it\n",
    )
    assert commit(taught, "--all", "--no-verify").code == 0
    taught.add("skills-patterns", {"title": "d"})
    assert commit(taught, "--all").code == 0
    other = world.clone(taught, "other")
    other.add("skills-patterns", {"title": "e"})
    other.commit()
    taught.add("best-practices", {"title": "f"})
    taught.commit()
    other.git("pull", "--quiet", "--no-rebase", "--no-edit")
    assert b"rubbish\n" in other.read(SET)


def test_code_alone_passes_without_a_look_at_data(taught: System) -> None:
    taught.write("code.py", b"x = 1\n")
    taught.git("add", "code.py")
    taught.write(SET, b"")
    assert commit(taught).code == 0


def test_a_partial_commit_is_judged_by_its_own_index(taught: System) -> None:
    leak(taught)
    taught.git("add", "--all")
    taught.write("code.py", b"x = 1\n")
    taught.git("add", "code.py")
    assert commit(taught, "--only", "--", "code.py").code == 0
    taught.git("config", "fedlearn.sanitize", "stop")
    assert commit(taught, "--only", "--", SET).code == 1


def test_the_first_commit_and_an_amended_one(world: World) -> None:
    fresh = world.repository("fresh")
    fresh.fedlearn("init")
    fresh.write(SET, b"rubbish\n")
    fresh.git("add", "--all")
    assert commit(fresh).code == 1
    fresh.write(SET, b"")
    assert commit(fresh, "--all").code == 0
    fresh.add("skills-patterns", {"title": "a"})
    fresh.git("add", "--all")
    assert commit(fresh, "--amend").code == 0
    fresh.write(SET, b"")
    assert commit(fresh, "--amend", "--all").code == 1


def test_files_of_this_machine_alone_do_not_enter(taught: System) -> None:
    taught.write(f"{SET}.tmp", b"")
    taught.git("add", "--force", f"{SET}.tmp")
    assert "a file for this machine only; remove it with git rm --cached" in commit(taught).err


@pytest.fixture
def diverged(world: World, taught: System) -> System:
    """A system without the merge driver that has fetched a commit with another lesson."""
    other = world.clone(taught, "other")
    for system, title in ((taught, "ours"), (other, "theirs")):
        system.add("skills-patterns", {"title": title})
        system.commit()
    taught.git("fetch", "--quiet", str(other.path), "main:theirs")
    for key in ("merge.fedlearn.driver", "merge.fedlearn.name"):
        taught.git("config", "--unset", key, check=False)
    taught.git("config", "merge.fedlearn.driver", "false")
    return taught


def test_a_conflict_settled_for_one_side_is_blocked(diverged: System) -> None:
    assert diverged.git("merge", "theirs", check=False).code == 1
    for side in ("--ours", "--theirs"):
        diverged.git("checkout", side, "--", SET)
        diverged.git("add", SET)
        result = commit(diverged)
        assert result.code == 1
        assert "1 record of skills-patterns would be lost" in result.err
    diverged.fedlearn("verify", "--fix")
    diverged.git("add", SET)
    assert commit(diverged).code == 0
    assert set(ids(diverged)) == {"a", "b", "c", "ours", "theirs"}


def test_a_merge_that_lost_records_says_so_and_its_hint_works_word_for_word(diverged: System) -> None:
    merged = diverged.git("merge", "--no-edit", "--strategy=ours", "theirs")
    lost = next(i for i in ids_at(diverged, "theirs") if i not in ids(diverged).values())
    hint = "git fedlearn verify --fix && git add :/data && git commit -m 'Restore lost records'"
    assert merged.err == f"warning: this merge lost 1 record of skills-patterns: {lost[:12]}\nhint: {hint}\n"
    follow(diverged, hint)
    assert set(ids(diverged)) == {"a", "b", "c", "ours", "theirs"}


def test_going_forward_to_a_commit_that_lost_records_long_ago(world: World, taught: System) -> None:
    careless = world.clone(taught, "careless")
    careless.write(SET, b"")
    careless.git("commit", "--quiet", "--no-verify", "--all", "--message", "lose")
    for title in ("x", "y"):
        careless.add("best-practices", {"title": title})
        careless.commit()
    pulled = taught.git("pull", "--ff-only", str(careless.path), "main")
    hint = pulled.err.splitlines()[-1].removeprefix("hint: ")
    assert hint.startswith("git fedlearn verify --fix --history && ")
    follow(taught, hint)
    assert set(ids(taught)) == {"a", "b", "c"}


def follow(system: System, hint: str) -> None:
    done = System(system.path, Path(system.environment["HOME"]))
    done.git("-c", f"alias.follow=!{hint}", "follow")


def test_a_squash_merge_warns_of_nothing(diverged: System) -> None:
    assert "warning" not in diverged.git("merge", "--squash", "--strategy=ours", "theirs").err


class Remote:
    """A bare repository, without hooks or with our pre-receive."""

    def __init__(self, world: World, system: System, *, guarded: bool) -> None:
        self.bare = world.bare("remote.git")
        system.git("remote", "add", "origin", str(self.bare.path))
        system.git("push", "--quiet", "origin", "main")
        if guarded:
            self.guard(self.bare)

    @staticmethod
    def guard(bare: System) -> None:
        hook = bare.path / "hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_bytes((HOOKS / "pre-receive").read_bytes())
        hook.chmod(hook.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize("guarded", [False, True])
def test_a_secret_in_the_middle_of_a_push_is_blocked(world: World, taught: System, guarded: bool) -> None:  # noqa: FBT001
    remote = Remote(world, taught, guarded=guarded)
    clean = taught.read(SET)
    leak(taught)
    commit(taught, "--all", "--no-verify")
    revision = taught.git("rev-parse", "HEAD").out[:12]
    taught.write(SET, clean)
    commit(taught, "--all", "--no-verify")
    result = taught.git("push", *(["--no-verify"] if guarded else []), "origin", "main", check=False)
    assert result.code == 1
    said = result.err.replace("remote: ", "")
    assert f"error: {SET}:4: EMAIL_ADDRESS (email-address) at /title" in said
    assert f"  in commit {revision} (refs/heads/main)" in said
    assert "1 record of skills-patterns would be lost" in said
    assert MAIL not in result.err
    assert remote.bare.git("rev-parse", "main").out != taught.git("rev-parse", "main").out


@pytest.mark.parametrize("guarded", [False, True])
@pytest.mark.parametrize("what", [f"HEAD:{SET}", "HEAD:data", "HEAD^{tree}"])
@pytest.mark.parametrize("tag", [False, True])
def test_a_secret_that_no_commit_leads_to_is_blocked(
    world: World, taught: System, what: str, *, tag: bool, guarded: bool
) -> None:
    remote = Remote(world, taught, guarded=guarded)
    leak(taught)
    commit(taught, "--all", "--no-verify")
    if tag:
        taught.git("tag", "--annotate", "--message", "m", "heavy", what)
    pushed = f"{'heavy' if tag else taught.git('rev-parse', what).out.strip()}:refs/tags/heavy"
    result = taught.git("push", *(["--no-verify"] if guarded else []), "origin", pushed, check=False)
    assert result.code == 1
    assert "EMAIL_ADDRESS (email-address) at /title" in result.err
    assert "hint: refs/tags/heavy does not point to a commit" in result.err
    assert MAIL not in result.err
    assert remote.bare.git("tag").out == ""


@pytest.mark.parametrize("guarded", [False, True])
def test_a_private_file_name_that_no_commit_leads_to_is_blocked(
    world: World, taught: System, *, guarded: bool
) -> None:
    remote = Remote(world, taught, guarded=guarded)
    taught.write(f"data/{MAIL}.md", b"a fine text\n")
    taught.git("add", "--all")
    tree = taught.git("write-tree").out.strip()
    options = ["--no-verify"] if guarded else []
    result = taught.git("push", *options, "origin", f"{tree}:refs/tags/heavy", check=False)
    assert result.code == 1
    assert "error: refs/tags/heavy:data/…: EMAIL_ADDRESS (file-name:email-address) [" in result.err
    assert MAIL not in result.err
    assert remote.bare.git("tag").out == ""


@pytest.mark.parametrize("guarded", [False, True])
def test_what_is_harmless_may_be_pushed(world: World, taught: System, guarded: bool) -> None:  # noqa: FBT001
    Remote(world, taught, guarded=guarded)
    push = ("push", "--quiet", *(["--no-verify"] if guarded else []), "origin")
    taught.write("code.py", f"mail = '{MAIL}'\n".encode())
    taught.git("add", "code.py")
    commit(taught)
    taught.git(*push, "main")
    taught.git("branch", "side")
    taught.git("tag", "light")
    taught.git("tag", "--annotate", "--message", "m", "heavy")
    taught.git(*push, "side", "light", "heavy")
    taught.git(*push, "--delete", "side")
    broken = taught.read(SET)
    taught.write(SET, broken + b"rubbish\n")
    commit(taught, "--all", "--no-verify")
    assert taught.git(*push, "main", check=False).code == 1
    taught.write(SET, broken)
    commit(taught, "--all", "--no-verify")
    taught.git(*push, "main")


@pytest.mark.parametrize("guarded", [False, True])
def test_a_forced_push_that_drops_records_is_blocked(world: World, taught: System, guarded: bool) -> None:  # noqa: FBT001
    Remote(world, taught, guarded=guarded)
    taught.git("reset", "--quiet", "--hard", "HEAD~1")
    options = ["--no-verify"] if guarded else []
    result = taught.git("push", "--force", *options, "origin", "main", check=False)
    assert result.code == 1
    assert "3 records of skills-patterns would be lost" in result.err


def test_a_merge_that_took_one_side_is_not_published(world: World, diverged: System) -> None:
    Remote(world, diverged, guarded=True)
    diverged.git("merge", "--quiet", "--no-edit", "--strategy=ours", "theirs")
    result = diverged.git("push", "--no-verify", "origin", "main", check=False)
    assert result.code == 1
    assert "1 record of skills-patterns would be lost" in result.err
    diverged.fedlearn("verify", "--fix")
    commit(diverged, "--all")
    diverged.git("push", "--quiet", "origin", "main")


def test_the_server_goes_by_the_limits_in_the_push(world: World, taught: System) -> None:
    Remote(world, taught, guarded=True)
    taught.write(".fedlearn.toml", b"format = 1\n[limits]\nrecord_bytes = 2000000\n")
    taught.git("add", ".fedlearn.toml")
    taught.add("skills-patterns", {"title": "word " * 250_000})
    taught.commit()
    taught.git("push", "--quiet", "origin", "main")


def test_names_of_the_server_account_are_no_private_data_of_a_push(world: World, taught: System) -> None:
    Remote(world, taught, guarded=True)
    taught.add("skills-patterns", {"title": "ask zacharias about it"})
    taught.commit()
    taught.environment["USER"] = "zacharias"
    taught.git("push", "--quiet", "--no-verify", "origin", "main")


def test_a_push_to_a_folder_without_a_name(world: World, taught: System) -> None:
    bare = world.bare("other.git")
    taught.git("push", "--quiet", str(bare.path), "main")
    assert os.listdir(bare.path)  # noqa: PTH208


def test_what_hooks_found_clean_is_scanned_again_under_other_settings(world: World, taught: System) -> None:
    hub = world.bare("hub")
    taught.git("push", "--quiet", str(hub.path), "main")
    taught.add("skills-patterns", {"title": "see CUST-1234"})
    assert commit(taught, "--all").code == 0
    rule = "[[privacy.rules]]\nname = 'customer'\npattern = 'CUST-[0-9]{4}'\n"
    taught.write(".fedlearn.toml", taught.read(".fedlearn.toml") + rule.encode())
    push = taught.git("push", "--quiet", str(hub.path), "main", check=False)
    assert push.code == 1
    assert "(custom:customer)" in push.err


def test_a_merge_that_a_hook_found_to_lose_nothing_is_not_checked_again(taught: System) -> None:
    for branch, title in (("side", "theirs"), ("main", "ours")):
        taught.git("checkout", "--quiet", "-B", branch, "main")
        taught.add("skills-patterns", {"title": title})
        taught.commit()
    taught.git("merge", "--quiet", "--no-edit", "side")
    merged = taught.git("rev-parse", "HEAD:data", "HEAD^@").out
    assert taught.read(".git/fedlearn/merged").decode() == merged
    script = (taught.path / ".git/hooks/post-merge").read_text().replace("-m git_fedlearn", "-m no_such")
    (taught.path / ".git/hooks/post-merge").write_text(script)
    taught.git("reset", "--quiet", "--hard", "HEAD^")
    assert taught.git("merge", "--quiet", "--no-edit", "side").err == ""
    taught.git("reset", "--quiet", "--hard", "HEAD^")
    lossy = taught.git("merge", "--quiet", "--no-edit", "--strategy", "ours", "side")
    assert "no_such" in lossy.err
