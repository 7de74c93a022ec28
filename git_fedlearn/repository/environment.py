"""The variables of the environment that change what git or Python does, and what we do with each.

A variable that would change which paths, objects or code a check sees is cleared before git or a hook of
ours runs. Editors and linters set some of them (`git --literal-pathspecs`), and every hook inherits them. A
variable that says where the repository is, who commits, or how to reach a remote is honored, as git honors
it. git(1), git-config(1), githooks(5), python(1).
"""

import os
from collections.abc import Mapping
from typing import Final

CLEARED: Final[Mapping[str, str]] = {
    "GIT_LITERAL_PATHSPECS": "`:/data` would match no file",
    "GIT_GLOB_PATHSPECS": "our pathspecs would match other files",
    "GIT_NOGLOB_PATHSPECS": "our pathspecs would match other files",
    "GIT_ICASE_PATHSPECS": "`:/data` would match Data/, too",
    "GIT_EXTERNAL_DIFF": "a program of the user would decide what has changed",
    "GIT_EXTERNAL_DIFF_TRUST_EXIT_CODE": "a program of the user would decide what has changed",
    "GIT_DIFF_OPTS": "changes the output of git diff",
    "GIT_CONFIG": "git config would read another file than git",
    "GIT_ATTR_SOURCE": "attributes would come from another commit",
    "GIT_GRAFT_FILE": "parents of commits would be others than those that are pushed",
    "GIT_REPLACE_REF_BASE": "objects would be others than those that are pushed",
    "GIT_PREFIX": "the folder from which git ran an alias, not ours",
    "PYTHONHOME": "the standard library would be another one",
    "PYTHONSTARTUP": "a program of the user",
    "PYTHONINSPECT": "a hook would end at a prompt",
    "PYTHONOPTIMIZE": "changes how code runs",
    "PYTHONBREAKPOINT": "a program of the user",
    "PYTHONWARNINGS": "a warning could become an error",
    "PYTHONDEVMODE": "a warning could become an error",
    "PYTHONPLATLIBDIR": "the standard library would be another one",
    "PYTHONCASEOK": "imports would ignore case",
    "PYTHONIOENCODING": "messages would be in another encoding",
}
"""Variables that no git command of ours (GIT_) and no hook (all) sees, and why."""


def without_cleared(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for git: without its variables that would change what a check sees.

    Python's stay, for the user's own hooks.
    """
    return {name: value for name, value in environment.items() if name not in CLEARED or name[:4] != "GIT_"}


def home_folder(environment: Mapping[str, str]) -> str:
    """The home folder of the user; one in which nothing is, nor can be, if nothing says where it is.

    In a container a user may have neither HOME nor a line in passwd(5).
    """
    home = environment.get("HOME") or os.path.expanduser("~")  # noqa: PTH111  raises nothing
    return home if home != "~" else os.devnull


def behind_python_path(folders: list[str], environment: Mapping[str, str]) -> list[str]:
    """The folders of `sys.path` with those of PYTHONPATH last, so that they replace no module.

    A package that is found only there is still found: some wrappers name their packages so.
    """
    given = {folder for folder in environment.get("PYTHONPATH", "").split(":") if folder}
    return sorted(folders, key=lambda folder: folder in given)
