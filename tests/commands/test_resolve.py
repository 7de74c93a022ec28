"""`git fedlearn resolve`: merges in which the driver did not run, finished without losing a line."""

import pytest
from systems import System, prepared

SET = "data/patterns/skills-patterns.jsonl"
BEST = "data/patterns/best-practices.jsonl"


@prepared
def undriven(system: System) -> None:
    """A clone without hooks and driver, with branches `main` and `side` that both learned something."""
    system.add("skills-patterns", {"title": "base"})
    system.add("best-practices", {"title": "base"})
    system.commit()
    system.fedlearn("uninstall")
    system.git("config", "fedlearn.system", "sys-abcdefghij")
    system.git("config", "merge.fedlearn.driver", "false")
    system.git("checkout", "--quiet", "-b", "side")
    for name in ("skills-patterns", "best-practices"):
        system.add(name, {"title": "side"})
    system.commit("side")
    system.git("checkout", "--quiet", "main")
    for name in ("skills-patterns", "best-practices"):
        system.add(name, {"title": "main"})
    system.commit("main")


def titles(system: System, name: str = "skills-patterns") -> set[str]:
    return {str(record.fields["title"]) for record in system.records(name)}


def finish(system: System, *command: str) -> None:
    assert system.git("ls-files", "--unmerged").out == ""
    system.git("-c", "core.editor=true", *command)
    for name in ("skills-patterns", "best-practices"):
        assert titles(system, name) >= {"base", "main", "side"}
    system.fedlearn("verify")


def test_nothing_to_do(system: System) -> None:
    assert system.fedlearn("resolve").out == "no conflicts in data files\n"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (("merge", "side"), ("commit", "--no-edit")),
        (("rebase", "side"), ("rebase", "--continue")),
        (("cherry-pick", "side"), ("cherry-pick", "--continue")),
    ],
)
def test_both_sides_of_every_set_are_joined(
    undriven: System, start: tuple[str, ...], end: tuple[str, ...]
) -> None:
    assert undriven.git(*start, check=False).code
    result = undriven.fedlearn("resolve")
    assert result.out == f"merged {BEST}\nmerged {SET}\n"
    assert result.err == (f"2 files merged and staged\nhint: git fedlearn verify && git {' '.join(end)}\n")
    again = undriven.fedlearn("resolve")
    assert (again.out, again.err) == ("no conflicts in data files\n", f"hint: git {' '.join(end)}\n")
    finish(undriven, *end)


def test_hand_edits_and_markers_in_the_work_tree_are_not_lost(undriven: System) -> None:
    undriven.git("config", "merge.fedlearn.driver", "git merge-file %A %O %B")
    undriven.git("merge", "side", check=False)
    assert b"<<<<<<<" in undriven.read(SET)
    undriven.write(SET, undriven.read(SET) + b'{"title":"by hand"}\n')
    undriven.fedlearn("resolve")
    assert titles(undriven) == {"base", "main", "side", "by hand"}
    finish(undriven, "commit", "--no-edit")


@pytest.mark.parametrize("gone_on", ["main", "side"])
def test_a_file_that_one_side_deleted_stays(undriven: System, gone_on: str) -> None:
    undriven.git("checkout", "--quiet", gone_on)
    undriven.git("rm", "--quiet", SET)
    undriven.git("commit", "--quiet", "--no-verify", "--message", "delete")
    undriven.git("merge", "side" if gone_on == "main" else "main", check=False)
    undriven.fedlearn("resolve")
    assert {"main": "side", "side": "main"}[gone_on] in titles(undriven)
    assert undriven.git("ls-files", "--unmerged").out == ""


@pytest.mark.parametrize("verb", ["cherry-pick", "revert", "am"])
def test_what_would_only_delete_lessons_is_skipped(undriven: System, verb: str) -> None:
    undriven.git("checkout", "--quiet", "--detach", "main~1")
    undriven.git("rm", "--quiet", SET)
    undriven.git("commit", "--quiet", "--no-verify", "--message", "delete")
    deletion = undriven.git("rev-parse", "HEAD").out.strip()
    patch = undriven.git("format-patch", "--stdout", "-1").out.encode()
    undriven.git("checkout", "--quiet", "main")
    if verb == "revert":
        for title in ("one", "two"):
            undriven.add("collections/notes", {"title": title})
            undriven.commit()
        undriven.git("revert", "--no-edit", "HEAD~1", check=False)
    elif verb == "cherry-pick":
        undriven.git("cherry-pick", deletion, check=False)
    else:
        undriven.git("am", "--quiet", "--3way", stdin=patch, check=False)
    said = undriven.fedlearn("resolve").err
    assert said.endswith(f"hint: git fedlearn verify && git {verb} --skip\n")
    undriven.git(verb, "--skip")
    assert titles(undriven) == {"base", "main"}
    assert undriven.git("status", "--porcelain").out == ""


def test_both_sides_renamed_a_record_set(undriven: System) -> None:
    for branch in ("main", "side"):
        undriven.git("checkout", "--quiet", branch)
        (undriven.path / "data/collections").mkdir(exist_ok=True)
        undriven.git("mv", SET, f"data/collections/{branch}.jsonl")
        undriven.git("commit", "--quiet", "--no-verify", "--message", "rename")
    undriven.git("checkout", "--quiet", "main")
    undriven.git("merge", "side", check=False)
    undriven.fedlearn("resolve")
    assert undriven.git("ls-files", "--unmerged").out == ""
    assert titles(undriven) == {"base"}
    undriven.git("commit", "--quiet", "--no-edit")
    undriven.fedlearn("verify", "--fix", "--history")
    assert titles(undriven) == {"base", "main", "side"}


def test_both_sides_added_the_same_set(undriven: System) -> None:
    for branch in ("main", "side"):
        undriven.git("checkout", "--quiet", branch)
        undriven.add("collections/notes", {"title": branch})
        undriven.commit()
    undriven.git("merge", "main", check=False)
    undriven.fedlearn("resolve")
    assert titles(undriven, "collections/notes") == {"main", "side"}


def test_other_files_are_named_and_left_alone(undriven: System) -> None:
    for branch in ("main", "side"):
        undriven.git("checkout", "--quiet", branch)
        undriven.write("code.py", f"x = '{branch}'\n".encode())
        undriven.write("data/README.md", f"z\na {branch}\n".encode())
        undriven.commit()
    undriven.git("merge", "main", check=False)
    result = undriven.fedlearn("resolve", code=1)
    assert result.out == (
        f"merged {BEST}\nmerged {SET}\n"
        "code.py: not a record set or snapshot; resolve it by hand\n"
        "data/README.md: not a record set or snapshot; resolve it by hand\n"
    )
    assert undriven.git("diff", "--name-only", "--diff-filter=U").out == "code.py\ndata/README.md\n"
    assert undriven.read("data/README.md").startswith(b"z\n<<<<<<<")


def test_a_link_on_one_side_is_refused(undriven: System) -> None:
    undriven.git("checkout", "--quiet", "side")
    (undriven.path / SET).unlink()
    (undriven.path / SET).symlink_to("/etc/passwd")
    undriven.git("commit", "--quiet", "--no-verify", "--all", "--message", "link")
    undriven.git("checkout", "--quiet", "main")
    undriven.git("merge", "side", check=False)
    result = undriven.fedlearn("resolve", code=1)
    assert f"{SET}: not a regular file on one side; remove it, then run this again\n" in result.out
    assert "code.py" not in result.out
