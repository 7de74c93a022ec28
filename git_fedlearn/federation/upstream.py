"""The upstream of the branch: plain `git pull`, and `git push` with retries while others push too."""

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
from git_fedlearn.repository.git import IDENTITY_HINT, TIMED_OUT, Finished, GitLimits
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository

ATTEMPTS: Final = 24
MAX_DELAY_SECONDS: Final = 300.0
PULL_UNRELATED: Final = "git pull --no-rebase --allow-unrelated-histories"
"""The command that merges an upstream with which this branch has no commit in common."""
SYSTEMS: Final = "systems"
"""`--push-to systems`: each system pushes to its own branch, so that pushes never race."""

_RACED: Final = re.compile(
    r"fetch first|non-fast-forward|failed to update ref|cannot lock ref|incorrect old value"
    r"|reference already exists"
)


class StepStatus(Enum):
    """How a step of `federate` ended."""

    DONE = "done"
    NOTHING = "nothing to do"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Exchange:
    """The result of a pull or a push; `detail` is the cause of a failure, or where a push went."""

    status: StepStatus
    detail: str = ""
    attempts: int = 1
    warnings: tuple[str, ...] = ()
    """Of a pull that is done: what it lost, retracted or replaced here."""


@dataclass(frozen=True, slots=True)
class PushTarget:
    """The remote and refspec of a push."""

    remote: str
    refspec: str
    tracking: str = ""
    """The ref of the last known state there; empty if unknown."""


def find_upstream(repository: Repository) -> str | None:
    """The upstream of the branch as git names it, or None."""
    found = repository.git.attempt("rev-parse", "--symbolic-full-name", "@{upstream}")
    return found.out.decode("utf-8", "replace").strip() if found.code == 0 else None


def pull_upstream(repository: Repository, seconds: float) -> Exchange:
    """`git pull`; a merge that conflicts is aborted."""
    if find_upstream(repository) is None:
        return Exchange(StepStatus.SKIPPED, "this branch has no upstream")
    git = repository.git
    before = git.text("rev-parse", "HEAD")
    plain = () if _has_pull_config(repository) else ("--no-rebase",)
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
    return Exchange(StepStatus.DONE if moved else StepStatus.NOTHING, warnings=(*finished.warnings,))


def undo_unfinished(repository: Repository) -> None:
    """Abort a merge or rebase that `git pull` did not finish."""
    for name, command in (("MERGE_HEAD", "merge"), ("rebase-merge", "rebase"), ("rebase-apply", "rebase")):
        if (repository.git_dir / name).exists():
            repository.git.attempt(command, "--abort")


def first_push(repository: Repository) -> str:
    """The command that gives a branch without an upstream one: a remote that is no peer, or a new one."""
    git = repository.git
    remotes = [name for name in git.text("remote").split() if not git.find_config(f"remote.{name}.fedlearn")]
    if not remotes:
        return "git remote add origin URL"
    return f"git push -u {'origin' if 'origin' in remotes else remotes[0]} HEAD"


def find_target(repository: Repository, to: str | None) -> PushTarget | None:
    """Where `git push` goes (None if there is no upstream), or with `to` the branch of this system there."""
    git = repository.git
    branch = git.attempt("symbolic-ref", "--quiet", "--short", "HEAD").out.decode("utf-8", "replace").strip()
    pulled = git.find_config(f"branch.{branch}.remote") or "origin"
    pushed = git.find_config(f"branch.{branch}.pushRemote") or git.find_config("remote.pushDefault") or pulled
    upstream, merge = find_upstream(repository), git.find_config(f"branch.{branch}.merge")
    if to != SYSTEMS and not (upstream and merge):
        return None
    if to != SYSTEMS and pushed == pulled:
        return PushTarget(pulled, f"HEAD:{merge}", upstream or "")
    name = f"{SYSTEMS}/{repository.system()}" if to == SYSTEMS else branch
    known = git.is_true("rev-parse", "--verify", "--quiet", f"refs/remotes/{pushed}/{name}")
    force = "+" if to == SYSTEMS else ""
    return PushTarget(
        pushed, f"{force}HEAD:refs/heads/{name}", f"refs/remotes/{pushed}/{name}" if known else ""
    )


def push(
    repository: Repository,
    target: PushTarget,
    catch_up: Callable[[], Exchange],
    wait: Callable[[float], None],
    *,
    seconds: float,
    check: Callable[[Oid], None] = lambda _: None,
) -> Exchange:
    """Push; if others were faster, wait for a random time, catch up and try again.

    `catch_up` pulls; if that fails, so does the push. `wait` gets seconds. The delay grows with the time a
    push takes, as everything takes longer when many push at the same time. `check` gets each commit that is
    about to be pushed, and raises FedlearnError if it must not be.
    """
    git = repository.git

    def checked_refspec() -> str:
        head = Oid(git.text("rev-parse", "HEAD"))
        check(head)
        return target.refspec.replace("HEAD", head, 1)

    if target.tracking and git.text("rev-parse", target.tracking) == git.text("rev-parse", "HEAD"):
        return Exchange(StepStatus.NOTHING)
    refusal = may_publish(repository, target.remote, outgoing_paths(repository, target.remote, ["HEAD"]))
    if refusal:
        return Exchange(StepStatus.FAILED, f"{refusal.message} ({refusal.hint})")
    return push_until_done(repository, target.remote, checked_refspec, catch_up, wait, seconds=seconds)


def push_until_done(
    repository: Repository,
    remote: str,
    find_refspec: Callable[[], str],
    catch_up: Callable[[], Exchange],
    wait: Callable[[float], None],
    *,
    seconds: float,
) -> Exchange:
    """Push a refspec, which may be another one after `catch_up`; see `push`."""
    attempt = 0
    while True:
        attempt += 1
        began = time.monotonic()
        refspec = find_refspec()
        finished = _run(repository, ["push", "--quiet", "--", remote, refspec], seconds)
        took = time.monotonic() - began
        if finished.code == 0:
            branch = refspec.partition(":")[2].removeprefix("refs/heads/")
            return Exchange(StepStatus.DONE, f"to {remote}/{branch}", attempt)
        if not _RACED.search(finished.err) or attempt == ATTEMPTS:
            return Exchange(StepStatus.FAILED, _explain(finished), attempt)
        wait(random.uniform(0, _max_delay(took, attempt)))  # noqa: S311  jitter, no secret
        pulled = catch_up()
        if pulled.status is StepStatus.FAILED:
            return Exchange(StepStatus.FAILED, f"git pull failed: {pulled.detail}", attempt)


def _max_delay(seconds: float, attempt: int) -> float:
    """The longest delay, in seconds, after attempt number `attempt` (from 1), whose push took `seconds`.

    As long as 24 pushes: of fifty systems that spread over that time, every second or third finds that nobody
    else pushed between its pull and its push, and fewer wait for the next try. Longer each time.
    """
    return min(24 * seconds * 1.3**attempt, MAX_DELAY_SECONDS)


def _run(repository: Repository, arguments: list[str], seconds: float) -> Finished:
    (answer,) = repository.git.attempt_all({"": arguments}, GitLimits(seconds, FILE_BYTES), parallel=1)
    return answer[1]


def _has_pull_config(repository: Repository) -> bool:
    """Whether the user configured how git pulls."""
    return repository.git.is_true("config", "--get-regexp", r"^(pull\.(rebase|ff)|branch\..*\.rebase)$")


def _explain(finished: Finished) -> str:
    if finished.lacks_identity:
        return f"{finished.said} ({IDENTITY_HINT})"
    if "Not possible to fast-forward" in finished.err:
        return f"{finished.said} (git config pull.ff true    lets git pull merge)"
    if "refusing to merge unrelated histories" in finished.err:
        return f"{finished.said} ({PULL_UNRELATED}    keeps both)"
    return "timed out" if finished.code == TIMED_OUT else finished.said
