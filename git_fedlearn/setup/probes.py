"""Experiments that show what git really does in this clone, without leaving a trace.

They find configurations that look right and have no effect: each one lets git do the real thing, on made-up
records with objects in a temporary folder.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.layout import ATTRIBUTE_PATTERNS, DATA
from git_fedlearn.core.record import make_record
from git_fedlearn.core.record_set import join_sets
from git_fedlearn.errors import GitError
from git_fedlearn.repository.git import Finished, Git, null_ended
from git_fedlearn.repository.git_objects import GitObjects
from git_fedlearn.repository.libgit_objects import LibgitObjects
from git_fedlearn.repository.objects import Objects, TreeEntry
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import WorkTree
from git_fedlearn.setup.drivers import DRIVER_KEY, EXPECTED
from git_fedlearn.setup.hooks import PROBE, HookFile, is_run_by_tool
from git_fedlearn.setup.launcher import run_line

OLDEST_GIT: Final = (2, 34)
MERGE_TREE_SINCE: Final = (2, 38)
TRIED_PATHS: Final = tuple(
    pattern.replace("[A-Za-z0-9]*", "a").replace("[0-9a-f]", "0").replace("[0-9]", "1").replace("*", "a")
    for pattern in ATTRIBUTE_PATTERNS
)
"""One path for each of our rules."""
MAX_REPORTED_PATHS: Final = 3

_SIDES: Final[list[list[JsonObject]]] = [
    [{"pattern": "ours"}, {"pattern": "both", "value_score": 0.8}],
    [{"pattern": "theirs"}, {"pattern": "both", "value_score": 0.9}],
]
"""Two versions of a set whose join differs from both, from the union of lines, and from a text merge."""

_OURS, _THEIRS = (b"".join(sorted(make_record(fields).line + b"\n" for fields in side)) for side in _SIDES)
_COMMIT: Final = """\
tree {tree}
{parents}author doctor <doctor@example.org> 0 +0000
committer doctor <doctor@example.org> 0 +0000

doctor
"""


class Effect(NamedTuple):
    """Whether it works, and what was observed."""

    ok: bool
    detail: str


def works(detail: str) -> Effect:
    """A passed experiment."""
    return Effect(ok=True, detail=detail)


def fails(detail: str) -> Effect:
    """A failed experiment."""
    return Effect(ok=False, detail=detail)


def git_version(git: Git) -> tuple[int, int]:
    """Major and minor version of git; (0, 0) if unknown."""
    match = re.search(r"(\d+)\.(\d+)", git.text("version"))
    return (int(match[1]), int(match[2])) if match else (0, 0)


def try_objects(repository: Repository) -> Effect:
    """Read the data files of HEAD through git and, where it can, through libgit2."""
    by_git = _data_files(GitObjects(repository.git, repository.common_dir))
    try:
        libgit = LibgitObjects(repository.git_dir, repository.environment)
    except GitError as error:
        return works(f"git itself reads them, because {error.message}")
    if _data_files(libgit) != by_git:
        return fails("libgit2 and git do not read the same data files")
    return works("libgit2 reads them, and git reads the same")


def _data_files(reader: Objects) -> dict[str, TreeEntry]:
    """The data files of HEAD; closes the reader."""
    try:
        head = reader.find_commit("HEAD")
        return reader.files(head, DATA) if head else {}
    finally:
        reader.close()


def try_merge(repository: Repository) -> Effect:
    """Let git merge two commits that a merge of lines cannot."""
    if git_version(repository.git) >= MERGE_TREE_SINCE:
        return try_merge_tree(repository)
    return try_driver_line(repository)


def try_merge_tree(repository: Repository) -> Effect:
    """A real merge that touches neither index nor work tree: `git merge-tree --write-tree`."""
    path = TRIED_PATHS[0]
    with _scratch(repository) as git:
        base = _commit(git, path, b"")
        sides = [_commit(git, path, side, base) for side in (_OURS, _THEIRS)]
        merged = git.attempt("merge-tree", "--write-tree", *sides)
        if merged.code:
            return fails(f"a merge of two record sets failed: {_reason(merged)}")
        tree = os.fsdecode(merged.out).splitlines()[0]
        return _judge_merge(git.run("cat-file", "blob", f"{tree}:{path}"))


def try_driver_line(repository: Repository) -> Effect:
    """Run the registered driver as git would, for a git too old for `try_merge_tree`."""
    line = repository.git.find_config(DRIVER_KEY)
    if not line:
        return fails("no merge driver is registered")
    with tempfile.TemporaryDirectory(prefix="fedlearn-doctor-") as folder:
        files = dict(zip("OAB", (Path(folder, name) for name in ("base", "ours", "theirs")), strict=True))
        for file, data in zip(files.values(), (b"", _OURS, _THEIRS), strict=True):
            file.write_bytes(data)
        values = {**{key: str(file) for key, file in files.items()}, "L": "7", "P": TRIED_PATHS[0], "%": "%"}
        done = run_line(repository.git, re.sub("%([OABLP%])", lambda match: values[match[1]], line))
        if done.code:
            return fails(f"the registered driver failed: {_reason(done)}")
        return _judge_merge(files["A"].read_bytes())


def find_wrong_attributes(git: Git) -> list[str]:
    """The attributes of data files that differ from what our drivers need, as `path: name: value`."""
    wrong = [
        f"{path}: {name}: {value}"
        for path, name, value in _attributes(git, EXPECTED, TRIED_PATHS)
        if value != EXPECTED[name] and (name != "diff" or path.endswith(".jsonl"))
    ]
    rest = len(wrong) - MAX_REPORTED_PATHS
    return wrong[:MAX_REPORTED_PATHS] + ([f"and {rest} more"] if rest > 0 else [])


def _attributes(git: Git, names: Iterable[str], paths: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """(path, attribute, value) as git-check-attr(1) prints them."""
    fields = git.items("check-attr", "--stdin", "-z", *names, stdin=null_ended(paths))
    return zip(fields[::3], fields[1::3], fields[2::3], strict=True)


def try_conversion(repository: Repository) -> Effect:
    """Whether git stores data files as they are, so that a commit contains records."""
    paths = dict.fromkeys([*TRIED_PATHS, *WorkTree(repository.top).paths()])
    found: dict[tuple[str, str], str] = {}
    for path, name, value in _attributes(repository.git, _CONVERSIONS, paths):
        if value not in ("unspecified", "unset"):
            found.setdefault((name, value), path)
    with _scratch(repository) as git:
        whys = {path: _why_converted(git, path, name, value) for (name, value), path in found.items()}
    wrong = [f"{path}: {why}" for path, why in whys.items() if why]
    return fails("; ".join(wrong)) if wrong else works("git stores data files as they are")


def _why_converted(git: Git, path: str, name: str, value: str) -> str:
    """What an attribute makes git store instead of the file; empty if nothing else."""
    rule = name if value == "set" else f"{name}={value}"
    plain = git.run("hash-object", "--no-filters", "--stdin", stdin=_STORED)
    converted = git.attempt("hash-object", "-w", "--stdin", f"--path={path}", stdin=_STORED)
    if converted.code:
        return f"{rule} keeps git from storing it: {converted.said}"
    if converted.out != plain:
        return f"{rule} makes git store something other than records"
    keys = [f"filter.{value}.{kind}" for kind in ("clean", "process")]
    if name == "filter" and not any(git.find_config(key) for key in keys):
        return f"{rule} has no effect here, but clones that define this filter store something else"
    return ""


_CONVERSIONS: Final = ("filter", "ident", "working-tree-encoding")
_STORED: Final = make_record({"pattern": "$Id: a keyword that `ident` replaces $"}).line + b"\n"


def find_wrong_shared_attributes(repository: Repository) -> list[str]:
    """The wrong attributes in a clone that has only the .gitattributes files of this work tree."""
    with tempfile.TemporaryDirectory(prefix="fedlearn-doctor-") as folder:
        environment = {
            name: value for name, value in repository.git.environment.items() if name not in _OF_A_REPOSITORY
        }
        Git(repository.top, environment).run("init", "--quiet", "--bare", "--template=", folder)
        seen = {"GIT_DIR": folder, "GIT_WORK_TREE": str(repository.top), "GIT_ATTR_NOSYSTEM": "1"}
        return find_wrong_attributes(Git(repository.top, {**environment, **seen}))


_OF_A_REPOSITORY: Final = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_PREFIX"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_DEFAULT_HASH"),
)
"""Variables that bind git to the repository at hand: `git rev-parse --local-env-vars`, without config."""


def try_textconv(repository: Repository) -> Effect:
    """Let git show a record set with the diff driver."""
    with _scratch(repository) as git:
        blob = _store(git, "blob", _OURS)
        done = git.attempt("cat-file", "--textconv", f"--path={TRIED_PATHS[0]}", blob)
    if done.code:
        return fails(f"the diff driver failed: {_reason(done)}")
    if done.out == _OURS:
        return fails("git shows record sets as raw JSON")
    return works("git diff shows records, one field per line")


def probe_hook(repository: Repository, hook: HookFile) -> Effect:
    """Run a hook that begins with our block, which answers a probe before anything else runs."""
    if not hook.has_block:
        if hook.calls_us:
            return works(f"{hook.edits} calls git-fedlearn in a line of its own (not probed)")
        if is_run_by_tool(repository, hook):
            return works(f"{hook.runs} is another tool's, whose config runs git-fedlearn (not probed)")
        return fails("is not set up" if hook.runs.exists() else "does not exist")
    if not hook.is_executable:
        return fails(f"{hook.runs} is not executable, so git ignores it")
    token = token_hex(8)
    line = f'"$FEDLEARN_HOOK" {"origin ." if hook.name == "pre-push" else ""}'
    # A hook that pre-commit moved aside is run by pre-commit, which would continue with its own hooks.
    target = hook.edits if hook.edits.suffix == ".legacy" else hook.runs
    done = run_line(repository.git, line, environment={PROBE: token, "FEDLEARN_HOOK": str(target)})
    if f"fedlearn-probe {token} {hook.name}" in done.err.splitlines():
        top = repository.top
        shown = target.relative_to(top) if target.is_relative_to(top) else target
        return works(f"git runs {shown}, which runs git-fedlearn")
    return fails(f"{target} does not reach git-fedlearn: {_reason(done)}")


def _judge_merge(merged: bytes) -> Effect:
    if merged != join_sets(_OURS, _THEIRS):
        return fails("merging two record sets gave a wrong result")
    return works("git merged two record sets with the registered driver")


@contextmanager
def _scratch(repository: Repository) -> Iterator[Git]:
    """Git with an object store and an index of its own; the repository's objects can be read."""
    objects = repository.git.text("rev-parse", "--path-format=absolute", "--git-path", "objects")
    quoted = '"' + objects.replace("\\", "\\\\").replace('"', '\\"') + '"'
    with tempfile.TemporaryDirectory(prefix="fedlearn-doctor-") as folder:
        own = {
            "GIT_OBJECT_DIRECTORY": folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted,
            "GIT_INDEX_FILE": f"{folder}/index",
        }
        yield Git(repository.top, {**repository.git.environment, **own})


def _commit(git: Git, path: str, data: bytes, *parents: str) -> str:
    """A commit with one file."""
    blob = _store(git, "blob", data)
    git.run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    named = "".join(f"parent {parent}\n" for parent in parents)
    return _store(git, "commit", _COMMIT.format(tree=git.text("write-tree"), parents=named).encode())


def _store(git: Git, kind: str, data: bytes) -> str:
    return os.fsdecode(git.run("hash-object", "-t", kind, "-w", "--stdin", stdin=data)).strip()


def _reason(done: Finished) -> str:
    """Why it failed: git reports conflicts on standard output."""
    said = done.err or done.out.decode("utf-8", "replace").replace("Auto-merging", "hint:")
    return done._replace(err=said).said if said.strip() else f"exit code {done.code} and no message"
