"""`git fedlearn scan`: report secrets and personal data in data files."""

import click

from git_fedlearn.commands.context import Context
from git_fedlearn.commands.findings import Found, scan_lines
from git_fedlearn.commands.sanitize import data_path
from git_fedlearn.commands.wording import count
from git_fedlearn.core.canonical import Json, format_value
from git_fedlearn.repository.data_tree import WorkTree, index_tree, open_objects
from git_fedlearn.repository.gate import NewLine


@click.command("scan", short_help="Report secrets and personal data in data files.")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--staged", is_flag=True, help="Scan what is staged instead of the work tree.")
@click.option(
    "--format", "form", type=click.Choice(["text", "jsonl"]), default="text", help="Form of the report."
)
@click.pass_obj
def command(context: Context, paths: tuple[str, ...], *, staged: bool, form: str) -> int:
    """Report every finding in data files (all of them without PATH), never the text that was found."""
    repository = context.data_repository
    tree = index_tree(repository, open_objects(repository)) if staged else WorkTree(repository.top)
    chosen = [data_path(context, repository, path) for path in paths] or tree.paths()
    lines = (
        NewLine(path, number, line)
        for path in chosen
        if tree.is_file(path)
        for number, line in enumerate(tree.read(path).split(b"\n"), 1)
        if line
    )
    found = 0
    for found, item in enumerate(scan_lines(context.privacy, lines), 1):  # noqa: B007
        context.say(str(item) if form == "text" else format_value(_to_json(item)).decode("utf-8"))
    if form == "text":
        context.say(f"{count(found, 'finding')} in {count(len(chosen), 'file')}")
    return 1 if found else 0


def _to_json(item: Found) -> Json:
    finding = item.finding
    return {
        "path": item.path,
        "line": item.line,
        "pointer": finding.pointer,
        "start": finding.start,
        "end": finding.end,
        "kind": finding.kind,
        "rule": finding.rule,
        "fingerprint": finding.fingerprint,
    }
