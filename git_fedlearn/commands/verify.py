"""`git fedlearn verify`: fsck of the record sets."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import count, short_ids
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record_set import Losses
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import WorkTree
from git_fedlearn.repository.verify import Verified, earlier_trees, repair, verify_tree


@click.command("verify", short_help="Check the record sets, and mend them.")
@click.option("--fix", is_flag=True, help="Rewrite what is out of form and bring back what was lost.")
@click.option("--history", is_flag=True, help="Look for losses in all history, not only the last commits.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def command(context: Context, *, fix: bool, history: bool, as_json: bool) -> int:
    """Check format, ids, order and sizes of all data files, and that no record was lost.

    A record is lost when HEAD, its parents or a commit being merged hold it, and the work tree has
    neither it nor its tombstone.
    """
    repository = context.data_repository
    mended: list[str] = []
    if fix:
        with repository.lock("verify --fix"):
            before = _verify(repository, history=history)
            mended = repair(repository, before)
            if not as_json:
                _say_mended(context, before, mended)
    verified = before if fix and not mended else _verify(repository, history=history)
    if as_json:
        _say_json(context, verified, mended)
    else:
        _say(context, verified, fixed=fix)
    return 0 if verified.is_sound else 1


def _verify(repository: Repository, *, history: bool) -> Verified:
    objects = repository.objects
    return verify_tree(
        repository, WorkTree(repository.top), earlier_trees(repository, objects, history=history)
    )


def _say_mended(context: Context, before: Verified, mended: list[str]) -> None:
    for name, losses in before.losses.items():
        for what, ids in _kinds_of_loss(losses):
            context.say(f"{name}: brought back {count(len(ids), 'record')} {what}: {short_ids(ids)}")
    for path in mended:
        context.say(f"rewrote {path}")
    if mended:
        context.note("hint: git add data && git commit")


def _say(context: Context, verified: Verified, *, fixed: bool) -> None:
    for problem in verified.problems:
        context.say(f"{problem.place}: {problem.message}")
    for name, losses in verified.losses.items():
        for what, ids in _kinds_of_loss(losses):
            context.say(f"{name}: {count(len(ids), 'record')} {what}: {short_ids(ids)}")
    if verified.is_sound:
        context.say(f"{count(verified.records, 'record')} in {count(verified.files, 'data file')}: all well")
        return
    if not fixed and (verified.losses or any(problem.fixable for problem in verified.problems)):
        context.note("hint: git fedlearn verify --fix")
    if any(not problem.fixable for problem in verified.problems):
        context.note("hint: correct or remove lines that are no records with an editor")


def _kinds_of_loss(losses: Losses) -> list[tuple[str, tuple[str, ...]]]:
    kinds = (
        ("lost", losses.lost),
        ("retracted but alive again", losses.revived),
        ("with a lower score or less metadata than before", losses.weakened),
    )
    return [(what, tuple(ids)) for what, ids in kinds if ids]


def _say_json(context: Context, verified: Verified, mended: list[str]) -> None:
    losses: dict[SetName, Losses] = verified.losses
    context.say_json(
        "verify/v1",
        {
            "sound": verified.is_sound,
            "records": verified.records,
            "files": verified.files,
            "problems": [{**problem._asdict()} for problem in verified.problems],
            "losses": [
                {
                    "set": name,
                    "lost": [*found.lost],
                    "revived": [*found.revived],
                    "weakened": [*found.weakened],
                }
                for name, found in losses.items()
            ],
            "mended": [*mended],
        },
    )
