"""Whatever the user's environment holds, a hook sees the same files: one test for the whole table."""

import json
import os
import pwd

import pytest
from systems import System, World

from git_fedlearn.repository.environment import CLEARED, behind_python_path

SET = "data/patterns/best-practices.jsonl"
MAIL = "jane.roe" + "@" + "corp-mail.net"

HONORED = (
    "GIT_DIR GIT_WORK_TREE GIT_COMMON_DIR GIT_INDEX_FILE GIT_INDEX_VERSION GIT_OBJECT_DIRECTORY "
    "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_QUARANTINE_PATH GIT_SHALLOW_FILE GIT_NO_REPLACE_OBJECTS "
    "GIT_NO_LAZY_FETCH GIT_NAMESPACE GIT_CEILING_DIRECTORIES GIT_DISCOVERY_ACROSS_FILESYSTEM "
    "GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG_NOSYSTEM GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS "
    "GIT_ATTR_NOSYSTEM GIT_AUTHOR_NAME GIT_COMMITTER_NAME GIT_REFLOG_ACTION GIT_OPTIONAL_LOCKS GIT_TRACE "
    "GIT_SSH_COMMAND GIT_PROTOCOL_FROM_USER PYTHONPATH PYTHONUSERBASE PYTHONNOUSERSITE "
).split()
"""Variables that git and hooks see as git would: they say where things are, who commits, what to reach."""

VALUES = {
    **dict.fromkeys(CLEARED, "1"),
    "GIT_EXTERNAL_DIFF": "true",
    "GIT_EXTERNAL_DIFF_TRUST_EXIT_CODE": "true",
    "GIT_DIFF_OPTS": "--unified=0",
    "GIT_CONFIG": os.devnull,
    "GIT_ATTR_SOURCE": "HEAD",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_REPLACE_REF_BASE": "refs/other/",
    "GIT_PREFIX": "data/",
    "PYTHONHOME": "/nowhere",
    "PYTHONSTARTUP": "/nowhere.py",
    "PYTHONBREAKPOINT": "os.abort",
    "PYTHONWARNINGS": "error",
    "PYTHONPLATLIBDIR": "nowhere",
    "PYTHONIOENCODING": "utf-16",
    **dict.fromkeys(HONORED, "1"),
    "GIT_DIR": "{top}/.git",
    "GIT_WORK_TREE": "{top}",
    "GIT_COMMON_DIR": "{top}/.git",
    "GIT_INDEX_FILE": "{top}/.git/other-index",
    "GIT_INDEX_VERSION": "4",
    "GIT_OBJECT_DIRECTORY": "{top}/.git/objects",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "{top}/.git/objects",
    "GIT_QUARANTINE_PATH": "{top}/.git/objects",
    "GIT_SHALLOW_FILE": "{top}/.git/none",
    "GIT_NAMESPACE": "other",
    "GIT_CEILING_DIRECTORIES": "{top}",
    "GIT_CONFIG_GLOBAL": "{top}/.git/config",
    "GIT_CONFIG_SYSTEM": "{top}/.git/config",
    "GIT_CONFIG_COUNT": "0",
    "GIT_CONFIG_PARAMETERS": "'diff.external=true' 'diff.trustExitCode=true' 'color.ui=always'",
    "GIT_AUTHOR_NAME": "Nora",
    "GIT_COMMITTER_NAME": "Nora",
    "GIT_REFLOG_ACTION": "other",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_SSH_COMMAND": "false",
    "PYTHONPATH": "{top}/shadowing",
    "PYTHONUSERBASE": "/nowhere",
}
"""A value of each variable that changes what it can."""

UNCHECKED = {"GIT_QUARANTINE_PATH"}
"""git makes no commit at all with it."""


@pytest.mark.parametrize(
    "names", [*(tuple(CLEARED)[start::4] for start in range(4)), *((name,) for name in HONORED)]
)
def test_no_variable_lets_private_data_past_the_hook(system: System, names: tuple[str, ...]) -> None:
    system.write("shadowing/json.py", b"raise SystemExit(0)\n")
    line = json.dumps({"title": "Whom to ask", "description": f"The lift key is with {MAIL}."})
    system.write(SET, line.encode() + b"\n")
    system.environment |= {name: VALUES[name].replace("{top}", str(system.path)) for name in names}
    system.git("add", SET)
    done = system.git("commit", "--quiet", "--message", "learn", check=False)
    for name in names:
        del system.environment[name]
    assert (done.code == 0) == (not UNCHECKED.issuperset(names)), done.err
    committed = system.git("show", f"HEAD:{SET}", check=False).out
    assert MAIL not in committed
    assert UNCHECKED.issuperset(names) or "The lift key is with <EMAIL_ADDRESS>" in committed


def test_modules_of_python_path_come_last() -> None:
    folders = ["/bin", "/mine", "/lib", "/lib/site-packages", "/too"]
    assert behind_python_path(folders, {"PYTHONPATH": "/mine:/too"}) == [
        *("/bin", "/lib", "/lib/site-packages"),
        *("/mine", "/too"),
    ]
    assert behind_python_path(folders, {}) == folders


def test_a_hook_of_the_framework_ignores_modules_of_python_path(system: System) -> None:
    system.write("shadowing/json.py", b"raise SystemExit(0)\n")
    system.write(SET, json.dumps({"title": f"ask {MAIL}"}).encode() + b"\n")
    system.git("add", SET)
    system.environment["PYTHONPATH"] = str(system.path / "shadowing")
    found = system.git("-c", "alias.run=!git-fedlearn-hook scan", "run", check=False)
    assert (found.code, f"error: {SET}:1: EMAIL_ADDRESS" in found.err) == (1, True)


def _unknown(_user: int) -> pwd.struct_passwd:
    raise KeyError("uid not found")


def test_a_user_without_home_and_passwd_entry(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under a number: `docker run --user`, OpenShift."""
    one = world.system("one")
    one.git("config", "fedlearn.qdrantFolder", "~/qdrant")
    monkeypatch.setattr(pwd, "getpwuid", _unknown)
    for name in ("HOME", "USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
        one.environment.pop(name, None)
    one.environment.pop("XDG_CONFIG_HOME")
    one.add("error-solutions", {"error_message": "the disk is full", "solution": "remove the old logs"})
    one.fedlearn("note", "When the disk is full, remove the old logs first.")
    one.commit()
    one.fedlearn("status")
    one.fedlearn("scan")
    assert "problem" not in one.fedlearn("doctor", code=1).out.replace("problem  qdrant", "")
    assert one.fedlearn("schedule", "show", code=1).err.startswith("no timers\n")
    assert "/.local/share/nixos-ai-stack does not exist" in one.fedlearn("sync", code=3).err
    assert one.fedlearn("agent", "install", "claude", "--global", code=3).err.startswith("error: /dev/null/")
