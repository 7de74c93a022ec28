"""The upstream of the branch: plain `git pull` and `git push`, also when others push at the same time."""

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from git_fedlearn.federation.fetch import FILE_BYTES
from git_fedlearn.federation.publish_policy import may_publish, outgoing_paths
from git_fedlearn.repository.checkout import PULLING, marked_checkout, rollback_interrupted
from git_fedlearn.repository.git import TIMED_OUT, Finished, GitLimits
from git_fedlearn.repository.repository import Repository

ATTEMPTS: Final = 24
MAX_DELAY_SECONDS: Final = 60.0
"""Seconds."""
SYSTEMS: Final = "systems"
"""`--push-to systems`: a branch of this system's own, so that no push ever races."""

_RACED: Final = re.compile(
    r"fetch first|non-fast-forward|failed to update ref|cannot lock ref|incorrect old value"
    r"|reference already exists"
)


class StepStatus(Enum):
    """How a step with the upstream ended."""

    DONE = "done"
    NOTHING = "nothing to do"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A pull or a push; `detail` says what git said or what was not there."""

    outcome: StepStatus
    detail: str = ""
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Where a push goes: a remote and a refspec."""

    remote: str
    refspec: str
    tracking: str = ""
    """The ref of the last known state there, empty when there is none."""


def find_upstream(repository: Repository) -> str | None:
    """The upstream of the branch as git names it, or None."""
    found = repository.git.attempt("rev-parse", "--symbolic-full-name", "@{upstream}")
    return found.out.decode("utf-8", "replace").strip() if found.code == 0 else None


def pull_upstream(repository: Repository, seconds: float) -> Exchange:
    """`git pull`; a merge that conflicts outside data/ is undone again."""
    if find_upstream(repository) is None:
        return Exchange(StepStatus.SKIPPED, "this branch has no upstream")
    git = repository.git
    before = git.text("rev-parse", "HEAD")
    plain = () if _has_own_way(repository) else ("--no-rebase",)
    mark = repository.git_dir / PULLING
    with marked_checkout(git, mark, "@{upstream}"):
        finished = _run(repository, ["pull", "--quiet", "--no-edit", *plain], seconds)
        if finished.code:
            undo_unfinished(repository)
        if finished.code == TIMED_OUT or finished.code < 0:
            rollback_interrupted(git, mark)
    if finished.code:
        return Exchange(StepStatus.FAILED, _explain(finished))
    moved = git.text("rev-parse", "HEAD") != before
    return Exchange(StepStatus.DONE if moved else StepStatus.NOTHING)


def undo_unfinished(repository: Repository) -> None:
    """Undo a merge or rebase that `git pull` left half done."""
    for name, command in (("MERGE_HEAD", "merge"), ("rebase-merge", "rebase"), ("rebase-apply", "rebase")):
        if (repository.git_dir / name).exists():
            repository.git.attempt(command, "--abort")


def find_target(repository: Repository, to: str | None, remote: str | None) -> PushTarget | None:
    """Where to push: the upstream, or with `to` a branch of this system's own on a remote."""
    git = repository.git
    branch = git.attempt("symbolic-ref", "--quiet", "--short", "HEAD").out.decode("utf-8", "replace").strip()
    named = remote or git.find_config(f"branch.{branch}.remote") or "origin"
    if to == SYSTEMS:
        name = f"{SYSTEMS}/{repository.system()}"
        known = git.is_true("rev-parse", "--verify", "--quiet", f"refs/remotes/{named}/{name}")
        return PushTarget(named, f"+HEAD:refs/heads/{name}", f"refs/remotes/{named}/{name}" if known else "")
    upstream = find_upstream(repository)
    merge = git.find_config(f"branch.{branch}.merge")
    return PushTarget(named, f"HEAD:{merge}", upstream) if upstream and merge else None


def push(
    repository: Repository,
    target: PushTarget,
    catch_up: Callable[[], bool],
    rest: Callable[[float], None],
    *,
    seconds: float,
) -> Exchange:
    """Push; when others were faster, rest for a random time, catch up and try again.

    `catch_up` says whether it is worth another try. The rest is measured by what a push takes, as everything
    takes longer where many push at the same time.
    """
    if target.tracking and repository.git.text("rev-parse", target.tracking) == repository.git.text(
        "rev-parse", "HEAD"
    ):
        return Exchange(StepStatus.NOTHING)
    refusal = may_publish(repository, target.remote, outgoing_paths(repository, target.remote, ["HEAD"]))
    if refusal:
        return Exchange(StepStatus.FAILED, f"{refusal.message} ({refusal.hint})")
    for attempt in range(1, ATTEMPTS + 1):
        began = time.monotonic()
        finished = _run(repository, ["push", "--quiet", target.remote, target.refspec], seconds)
        took = time.monotonic() - began
        if finished.code == 0:
            return Exchange(StepStatus.DONE, target.refspec.partition(":")[2], attempt)
        if not _RACED.search(finished.err) or attempt == ATTEMPTS:
            return Exchange(StepStatus.FAILED, _explain(finished), attempt)
        rest(random.uniform(0, _longest_rest(took, attempt)))  # noqa: S311  jitter, no secret
        if not catch_up():
            return Exchange(StepStatus.FAILED, "others push at the same time, and pulling failed", attempt)
    return Exchange(StepStatus.FAILED, "others push all the time", ATTEMPTS)


def _longest_rest(seconds: float, attempt: int) -> float:
    """How long to rest at most after a try, the first being 1, whose push took so many seconds.

    Four pushes long, so that of a few who wait one mostly comes through alone; a little longer each time.
    """
    return min(4 * seconds * 1.3**attempt, MAX_DELAY_SECONDS)


def _run(repository: Repository, arguments: list[str], seconds: float) -> Finished:
    (answer,) = repository.git.attempt_all({"": arguments}, GitLimits(seconds, FILE_BYTES), parallel=1)
    return answer[1]


def _has_own_way(repository: Repository) -> bool:
    """Whether the user told git how to pull."""
    return repository.git.is_true("config", "--get-regexp", r"^(pull\.(rebase|ff)|branch\..*\.rebase)$")


def _explain(finished: Finished) -> str:
    return "timed out" if finished.code == TIMED_OUT else finished.said
