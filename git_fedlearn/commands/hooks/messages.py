"""The hook commit-msg; `plumbing/hook.py` finds it by name.

The message is redacted, like staged records, and the commit continues. What git itself will remove from the
message (comments, the diff of `git commit -v`) is left alone.
"""

import re
from typing import Final

from git_fedlearn.commands.hooks.mode import must_stop
from git_fedlearn.console.context import Context
from git_fedlearn.console.judged import remembering_clean_texts
from git_fedlearn.console.words import ALLOW_HINT, redactions
from git_fedlearn.errors import SettingsError
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.scanning.messages import COMMIT_MESSAGE, DraftMessage, before_scissors

_MERGE: Final = re.compile(r"Merge .+ of .+")
"""The first line that git writes for a merge from another repository, which it names."""
_NO_EDITOR: Final = ":"
"""The editor that hooks see if git opens none: git-commit(1)."""
_STRIPPING: Final = ("", "default", "strip", "scissors")


def commit_msg(context: Context, path: str) -> int:
    """Redact the message of a commit; stop the commit if git config or the policy says so."""
    file = context.directory / path
    data = read_file(file)
    try:
        encoding, text = "utf-8", data.decode()
    except UnicodeDecodeError:
        encoding, text = "latin-1", data.decode("latin-1")
    draft = DraftMessage(text, _find_comment(context.repository, text))
    with remembering_clean_texts(context):
        engine = _find_engine(context)
        found = draft.scan(engine)
    if not found:
        return 0
    # The user did not write this line, and a pull must not fail because of it.
    is_merge = (context.repository.git_dir / "MERGE_HEAD").exists() and bool(_MERGE.match(text))
    typed = [item for item in found if not (is_merge and item.line == 1)]
    blocked = engine.policy.find_blocked(item.finding.kind for item in typed)
    if typed and (blocked or must_stop(context.repository)):
        from git_fedlearn.console.findings import report_found  # noqa: PLC0415  costs start-up time

        report_found(context, typed)
        context.print_error(f"hint: git commit --edit --file={path}    (the message is in this file)")
        context.print_error(ALLOW_HINT)
        return 1

    redacted = draft.redact(engine)
    write_file(file, redacted.text.encode(encoding, "replace"))
    context.print_error(f"note: {COMMIT_MESSAGE}: {redactions(redacted.kinds)} before the commit")
    return 0


def _find_engine(context: Context) -> PrivacyEngine:
    """The privacy engine; with settings that the next push refuses, that of the default policy."""
    try:
        return context.privacy
    except SettingsError as error:
        context.print_error(f"warning: {error.message}; the message is checked by the default policy")
        return PrivacyEngine(context.identity())


def _find_comment(repository: Repository, text: str) -> str:
    """The beginning of the lines that git will remove from a message; empty if it removes none."""
    if repository.environment.get("GIT_EDITOR") == _NO_EDITOR:
        return ""
    find = repository.git.find_config
    if (find("commit.cleanup") or "") not in _STRIPPING:
        return ""
    comment = find("core.commentString") or find("core.commentChar") or "#"
    if comment != "auto":
        return comment
    # Git chose a character, with which it begins the last lines, before any diff.
    return next((line[0] for line in reversed(before_scissors(text).split("\n")) if line), "#")
