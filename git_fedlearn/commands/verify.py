"""`git fedlearn verify`: check data files, as git fsck does objects, and repair them."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import COMMIT_HINT, count, short_ids
from git_fedlearn.core.inspection import CONTENT
from git_fedlearn.core.layout import find_original
from git_fedlearn.core.record_set import Losses
from git_fedlearn.repository.older_layout import OlderFile, OlderKind, find_older_files
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import work_files
from git_fedlearn.repository.verify import COPY, OLDER, Verified, earlier_trees, repair, verify_tree


@click.command("verify", short_help="Check data files and repair them.")
@click.option("--fix", is_flag=True, help="Rewrite malformed files and restore lost records.")
@click.option(
    "--history", is_flag=True, help="Look for lost records in all history, not only the last commits."
)
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, *, fix: bool, history: bool) -> int:
    """Check format, ids, order and sizes of all data files, and that no record was lost.

    A record is lost if HEAD, its parents or a commit being merged contain it, and the working tree has
    neither the record nor its retraction.

    Exits with 1 if there are problems.
    """
    repository = context.data_repository
    repaired: list[str] = []
    if fix:
        with repository.lock("verify --fix"):
            _adopt(context, find_older_files(repository), quiet=context.is_json)
            before = _verify(repository, history=history)
            repaired = repair(repository, before)
            _say_repaired(context, before, repaired)
    verified = before if fix and not repaired else _verify(repository, history=history)
    facts = {
        "sound": verified.is_sound,
        "records": verified.records,
        "files": verified.files,
        "problems": [problem._asdict() for problem in verified.problems],
        "losses": [
            {"set": name, "lost": found.lost, "revived": found.revived, "weakened": found.weakened}
            for name, found in verified.losses.items()
        ],
        "mended": repaired,
    }
    context.answer("verify/v1", facts)
    if not context.is_json:
        _say(context, verified, fixed=fix)
    return 0 if verified.is_sound else 1


def _verify(repository: Repository, *, history: bool) -> Verified:
    objects = repository.objects
    return verify_tree(
        repository, work_files(repository), earlier_trees(repository, objects, history=history)
    )


def _adopt(context: Context, files: list[OlderFile], *, quiet: bool) -> None:
    """Adopt files of an older layout."""
    from git_fedlearn.console.older_layout import say_adopted, say_dumps  # noqa: PLC0415  costs start-up time
    from git_fedlearn.learn.adopt import adopt  # noqa: PLC0415
    from git_fedlearn.qdrant.dumps import take_dumps  # noqa: PLC0415

    repository = context.data_repository
    adopted = adopt(repository, context.intake, files, context.now())
    taken = take_dumps(repository, [one.path for one in files if one.kind is OlderKind.DUMP], context.admit)
    if not quiet:
        say_adopted(context, adopted)
        say_dumps(context, taken)


def _say_repaired(context: Context, before: Verified, repaired: list[str]) -> None:
    for name, losses in before.losses.items():
        for _, what, ids in _kinds_of_loss(losses):
            context.say(f"{name}: restored {count(len(ids), what)}: {short_ids(ids)}")
    for path in repaired:
        context.say(f"rewrote {path}")
    for problem in before.problems:
        if problem.kind == COPY and problem.fixable:
            context.say(f"merged {problem.path} into {find_original(problem.path)} and removed it")
    if repaired:
        context.note(COMMIT_HINT)


def _say(context: Context, verified: Verified, *, fixed: bool) -> None:
    for problem in verified.problems:
        context.say(f"{problem.place}: {problem.message}")
    for name, losses in verified.losses.items():
        for what, _, ids in _kinds_of_loss(losses):
            context.say(f"{name}: {count(len(ids), 'record')} {what}: {short_ids(ids)}")
    if verified.is_sound:
        context.say(
            f"{count(verified.records, 'record')} in {count(verified.files, 'file')}, no problems found"
        )
        return
    if not fixed and (verified.losses or any(problem.fixable for problem in verified.problems)):
        context.note("hint: git fedlearn verify --fix")
    older = {problem.path for problem in verified.problems if problem.kind == OLDER}
    manual = [one.kind for one in verified.problems if not one.fixable and one.path not in older]
    if CONTENT in manual:
        context.note("hint: git fedlearn doctor    (shows what converts data files)")
    if any(kind not in (CONTENT, COPY, "type") for kind in manual):
        context.note("hint: fix or remove the invalid lines in an editor")
    if COPY in manual or "type" in manual:
        context.note("hint: move the copies and links away")


def _kinds_of_loss(losses: Losses) -> list[tuple[str, str, tuple[str, ...]]]:
    """How many records are lost how: after the noun, as a noun, and the ids."""
    kinds = (
        ("lost", "lost record", losses.lost),
        ("no longer retracted", "lost retraction", losses.revived),
        ("with a lower score or less metadata than before", "earlier version", losses.weakened),
    )
    return [(what, noun, tuple(ids)) for what, noun, ids in kinds if ids]
