"""`git fedlearn sanitize`: redact secrets and personal data in files."""

from collections import Counter

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import count, kinds
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.scanning.files import ScanTarget, expects_json, find_targets, is_binary
from git_fedlearn.scanning.findings import shown_path
from git_fedlearn.scanning.sanitize import SanitizeResult, redact_file, sanitize_files

STDIN = "-"


@click.command("sanitize", short_help="Redact secrets and personal data in files.")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, paths: tuple[str, ...]) -> None:
    """Redact secrets and personal data in all data files, or in the files and folders PATH.

    A record that was committed with private data is retracted, and its redacted version is added. The commit
    itself stays in history until you rewrite it. `-` reads standard input and prints it redacted. To see what
    would be redacted, run `git fedlearn scan` with the same paths.
    """
    if STDIN in paths:
        _sanitize_stream(context, paths)
        return
    targets = find_targets(context.directory, context.find_repository(), paths)
    cleaned = SanitizeResult([], Counter())
    data = [target.shown for target in targets if target.is_data]
    if data:
        repository = context.data_repository
        with repository.lock("sanitize"):
            cleaned = sanitize_files(repository, context.privacy, data if paths else None)
    for target in targets:
        if not target.is_data:
            _sanitize_file(context, target, cleaned)
    names = {target.shown for target in targets if target.is_data}
    facts = {"files": [*cleaned.paths], "redacted": dict(sorted(cleaned.redacted.items()))}
    context.answer("sanitize/v1", facts)
    for path in cleaned.paths:
        shown = shown_path(context.privacy, path) if path in names else path
        context.say(f"sanitized {shown}")
    if cleaned.paths:
        context.say(f"{count(len(cleaned.paths), 'file')} sanitized{kinds(cleaned.redacted)}")
    else:
        context.say("no private data found")


def _sanitize_file(context: Context, target: ScanTarget, cleaned: SanitizeResult) -> None:
    if is_binary(target):
        context.note(f"{target.shown}: binary, not sanitized")
        return
    data = read_file(target.file)
    redacted = redact_file(context.privacy, target.shown, data, is_json=expects_json(target.shown))
    if redacted.kinds:
        cleaned.paths.append(target.shown)
        cleaned.redacted.update(redacted.kinds)
        write_file(target.file, redacted.data)


def _sanitize_stream(context: Context, paths: tuple[str, ...]) -> None:
    """Redact each line, as JSON if it is valid JSON, else as text."""
    if len(paths) > 1:
        raise UsageError(
            "`-` cannot be combined with other paths", hint="git fedlearn sanitize - <FILE >CLEAN"
        )
    if context.is_json:
        raise UsageError("`-` prints the text itself, so --json has no answer", hint="leave --json out")
    redacted = redact_file(context.privacy, STDIN, context.stdin.read(), is_json=True)
    context.write(redacted.data)
