"""The hooks for the pre-commit framework: `sanitize` rewrites files, `scan` and `verify` check the index.

The three run one after the other over one index. The first remembers which checks passed, so that the others
need not repeat them. If nothing is staged (`pre-commit run --all-files`), the files named are checked whole,
not only what is new in them.
"""

from typing import TYPE_CHECKING

from git_fedlearn.console.context import Context
from git_fedlearn.console.judged import SCAN, VERIFY, Judged

if TYPE_CHECKING:
    from git_fedlearn.repository.trees import CommittedTree


def sanitize(context: Context, *paths: str) -> int:
    """Sanitize data files; fail if any changed, so that people check and stage it."""
    if paths and _nothing_to_redact(context, paths):
        return 0
    from git_fedlearn.console.words import count, kinds  # noqa: PLC0415  costs start-up time, as below
    from git_fedlearn.scanning.findings import shown_path  # noqa: PLC0415
    from git_fedlearn.scanning.sanitize import sanitize_files  # noqa: PLC0415

    with context.repository.lock("sanitize"):
        cleaned = sanitize_files(context.repository, context.privacy, paths or None)
    for path in cleaned.paths:
        context.print_error(f"sanitized {shown_path(context.privacy, path)}")
    if cleaned.paths:
        context.print_error(f"{count(len(cleaned.paths), 'file')} sanitized{kinds(cleaned.redacted)}")
    return 1 if cleaned.paths else 0


def scan(context: Context, *paths: str) -> int:
    """Block private data in the index."""
    trees = _trees(context, paths)
    judged = Judged(context, *trees)
    if judged.is_sound(SCAN):
        return 0
    from git_fedlearn.console.findings import report_private  # noqa: PLC0415

    return judged.remember(SCAN, report_private(context, *trees))


def verify(context: Context, *paths: str) -> int:
    """Block invalid lines and lost records in the index, and raw logs of a source in this work tree."""
    from git_fedlearn.commands.hooks.commits import is_unchanged, refuse_raw_logs  # noqa: PLC0415

    raw = refuse_raw_logs(context)
    trees = _trees(context, paths)
    judged = Judged(context, *trees)
    if judged.is_sound(VERIFY) or (not paths and is_unchanged(*trees)):
        return raw
    from git_fedlearn.console.findings import report_losses, report_problems  # noqa: PLC0415
    from git_fedlearn.repository.commit_checks import judge  # noqa: PLC0415

    verdict = judge(context.repository, *trees)
    code = report_problems(context, verdict.problems) | report_losses(context, verdict.losses)
    return judged.remember(VERIFY, code) | raw


def _trees(context: Context, paths: tuple[str, ...]) -> "tuple[CommittedTree, list[CommittedTree]]":
    """The files to check, and those whose content is not new."""
    from git_fedlearn.commands.hooks.commits import staged  # noqa: PLC0415
    from git_fedlearn.repository.trees import CommittedTree  # noqa: PLC0415

    candidate, parents = staged(context)
    if not paths or len(parents) != 1 or parents[0].entries != candidate.entries:
        return candidate, parents
    named = {path: entry for path, entry in candidate.entries.items() if path in paths}
    return CommittedTree(named, candidate.objects), []


def _nothing_to_redact(context: Context, paths: tuple[str, ...]) -> bool:
    """Whether these files equal the index and are clean. Then the other checks run, too."""
    changed = ("ls-files", "--others", "--modified", "--deleted", "--", *paths)
    if context.repository.git.run("--literal-pathspecs", *changed):
        return False
    candidate, parents = _trees(context, paths)
    judged = Judged(context, candidate, parents)
    if judged.is_sound(SCAN):
        return True
    from git_fedlearn.console.findings import find_private  # noqa: PLC0415
    from git_fedlearn.repository.commit_checks import judge  # noqa: PLC0415

    private = find_private(context.privacy, candidate, parents)
    if private.found:
        return False
    judged.remember(SCAN, bool(private.named))
    verdict = judge(context.repository, candidate, parents)
    judged.remember(VERIFY, bool(verdict.problems or verdict.losses))
    return True
