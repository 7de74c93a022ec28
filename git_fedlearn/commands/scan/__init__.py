"""`git fedlearn scan`: report secrets and personal data, never the text itself."""

import click

from git_fedlearn.commands.scan.formats import REPORTS
from git_fedlearn.commands.scan.run import ALL, Scanned
from git_fedlearn.console.context import Context
from git_fedlearn.console.progress import progress_bar
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.errors import UsageError
from git_fedlearn.privacy.policy import Allowed
from git_fedlearn.repository.settings import SETTINGS_FILE
from git_fedlearn.scanning.accepted import allow, read_baseline, unknown_of


@click.command("scan", short_help="Report secrets and personal data in files or history.")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--staged", is_flag=True, help="Scan the index, not the working tree.")
@click.option(
    "--history",
    "revisions",
    is_flag=False,
    flag_value=ALL,
    metavar="[RANGE]",
    help="Scan data files, settings and messages of all commits in RANGE (default: all refs).",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([*REPORTS]),
    help="Format of the report (default: text).",
)
@ANSWER_AS_JSON
@click.option("--baseline", metavar="FILE", help="Skip the findings in FILE, an earlier answer of --json.")
@click.option(
    "--allow", "allowed", metavar="FINGERPRINT", multiple=True, help="Allow this value from now on."
)
@click.option("--reason", metavar="TEXT", default="", help="With --allow: why; everybody can read it.")
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917  one parameter for each option
    context: Context,
    paths: tuple[str, ...],
    revisions: str | None,
    form: str | None,
    baseline: str | None,
    allowed: tuple[str, ...],
    reason: str,
    *,
    staged: bool,
) -> int:
    """Report secrets and personal data in all data files, or in the files and folders PATH, anywhere.

    Files that end in .jsonl are read as JSON, all others line by line as text. A finding is reported by its
    kind, rule, place and fingerprint; the private text is never printed.

    Exits with 1 if there are findings.
    """
    if allowed:
        return _allow(context, [Allowed(fingerprint, reason) for fingerprint in allowed])
    if reason:
        raise UsageError("--reason needs --allow FINGERPRINT")
    if staged and revisions is not None:
        raise UsageError("--staged and --history cannot be used together")
    if context.is_json and form not in (None, "json"):
        raise UsageError("--json and --format cannot be used together")
    form = "json" if context.is_json else form or "text"
    # No bar where findings are printed.
    with progress_bar(context, "scanning", is_hidden=context.stdout.isatty()) as show:
        scan = Scanned(context, show)
        if revisions is not None:
            found = scan.history(revisions, paths)
        else:
            found = scan.staged(paths) if staged else scan.files(paths)
        if baseline:
            found = unknown_of(read_baseline(context.named_path(baseline)), found)
        number = REPORTS[form](context, found)
    if form == "text":
        scan.say_summary(number)
    return 1 if number else 0


def _allow(context: Context, entries: list[Allowed]) -> int:
    fresh = allow(context.data_repository, context.privacy, entries, context.now().date())
    for entry in entries:
        what = "allowed" if entry in fresh else "already allowed"
        context.say(f"{what} in {SETTINGS_FILE}: {entry.fingerprint}")
    answered = [{"fingerprint": entry.fingerprint, "new": entry in fresh} for entry in entries]
    context.answer("scan-allow/v1", {"allowed": answered})
    if fresh:
        context.note(f"hint: git add {SETTINGS_FILE} && git commit    (then push it: servers use it, too)")
    return 0
