"""The line git runs for a merge: whatever happens to our program, both sides stay in the file."""

import sys
from pathlib import Path

import pytest
from installed import write_hook
from systems import System, World

from git_fedlearn.core.record import make_record
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.git import Git
from git_fedlearn.setup.drivers import format_driver
from git_fedlearn.setup.launcher import Launcher, find_launcher

SET = "data/patterns/skills-patterns.jsonl"
BASE, OURS, THEIRS = (make_record({"pattern": name}).line + b"\n" for name in ("base", "ours", "theirs"))

RAISES = """#!/bin/sh
shift 3
exec '{python}' -c 'import git_fedlearn.core.merge as m; m.merge_pieces = None
from git_fedlearn.plumbing.merge_driver import main; main()' "$@"
"""

ENDS = {
    "killed": "#!/bin/sh\nkill -9 $$\n",
    "killed while writing": '#!/bin/sh\necho half >"$5.fedlearn-1"\nkill -9 $$\n',
    "interrupted": "#!/bin/sh\nexit 130\n",
    "failed": "#!/bin/sh\necho Traceback >&2\nexit 1\n",
    "used wrongly": "#!/bin/sh\nexit 2\n",
    "raised": RAISES,
    "gone": None,
}


def _diverged(world: World, driver: str, base: bytes, ours: bytes, theirs: bytes) -> System:
    one = world.repository("one")
    one.write(".git/info/attributes", b"data/**/*.jsonl merge=fedlearn\n")
    one.git("config", "merge.fedlearn.driver", driver)
    one.write("README", b"x\n")
    if base:
        one.write(SET, base)
    one.commit()
    one.git("checkout", "--quiet", "-b", "theirs")
    one.write(SET, theirs)
    one.commit()
    one.git("checkout", "--quiet", "main")
    one.write(SET, ours)
    one.commit()
    return one


@pytest.mark.parametrize("base", [b"", BASE], ids=["added by both", "changed by both"])
@pytest.mark.parametrize("end", ENDS)
def test_every_failure_leaves_both_sides(world: World, end: str, base: bytes) -> None:
    program = world.folder / "it's gone" / "python"
    script = ENDS[end]
    if script:
        write_hook(program, script.replace("{python}", sys.executable))
    one = _diverged(world, format_driver(Launcher((str(program), "-I"))), base, OURS, THEIRS)
    assert one.git("merge", "theirs", check=False).code == 1
    merged = one.read(SET)
    assert OURS in merged
    assert THEIRS in merged
    assert merged.startswith(b"<<<<<<< ours")
    assert len(one.git("ls-files", "--unmerged").out.splitlines()) == (3 if base else 2)
    assert one.git("status", "--short").out == f"{'UU' if base else 'AA'} {SET}\n"


def test_a_line_that_one_side_removed_stays_in_the_fallback(world: World) -> None:
    lines = [make_record({"pattern": str(number)}).line + b"\n" for number in range(9)]
    base, ours, theirs = lines[:8], lines[1:8], lines
    sides = (b"".join(side) for side in (base, ours, theirs))
    one = _diverged(world, format_driver(Launcher(("/gone/python",))), *sides)
    assert one.git("merge", "theirs", check=False).code == 1
    assert all(line in one.read(SET) for line in lines)


def test_bytes_that_git_cannot_merge_are_put_one_after_the_other(world: World) -> None:
    one = _diverged(world, format_driver(Launcher(("/gone/python",))), b"", b"a\0b", b"c\0d\n")
    assert one.git("merge", "theirs", check=False).code == 1
    assert one.read(SET) == b"a\0b\nc\0d\n"


def test_the_driver_joins_when_nothing_is_wrong(world: World) -> None:
    one = _diverged(world, format_driver(Launcher((sys.executable, "-I"))), b"", OURS, THEIRS)
    one.git("merge", "--quiet", "theirs")
    assert one.read(SET) == b"".join(sorted((OURS, THEIRS)))


def test_a_package_of_pip_install_user_is_found_without_isolation_from_it(world: World) -> None:
    picky = write_hook(
        world.folder / "python", f'#!/bin/sh\ntest "$1" != -I || exit 1\nexec {sys.executable} "$@"\n'
    )
    one = world.repository("one")
    assert find_launcher(Git(one.path, one.environment), str(picky)).python == (str(picky), "-E", "-P")


def test_a_wrapped_interpreter_is_reached_by_its_scripts(world: World) -> None:
    one = world.repository("one")
    launcher = find_launcher(Git(one.path, one.environment), "/bin/false")
    assert launcher.command("merge_driver") == str(Path(sys.executable).parent / "git-fedlearn-merge-driver")


def test_without_any_way_to_our_programs_install_refuses(world: World) -> None:
    one = world.repository("one")
    with pytest.raises(FedlearnError, match="cannot import git_fedlearn"):
        find_launcher(Git(one.path, {**one.environment, "PATH": "/usr/bin:/bin"}), "/bin/false")
