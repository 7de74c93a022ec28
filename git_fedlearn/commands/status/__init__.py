"""`git fedlearn status`: one line for each thing that may need attention, with the command to run.

It contacts no network, takes no lock and changes no data file.
"""

import sys
from collections.abc import Iterator
from typing import Final

import click

from git_fedlearn.commands.status.line import StatusLine, Urgency, most_urgent
from git_fedlearn.commands.status.local import bare_lines, branch_line, clone_lines
from git_fedlearn.commands.status.surroundings import surrounding_lines
from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.core.layout import DATA
from git_fedlearn.repository.work_tree import find_unborn_choices, read_work_state


def status_lines(context: Context) -> Iterator[StatusLine]:
    """All lines, from the work tree to other machines."""
    repository = context.repository
    if repository.is_bare:
        yield from bare_lines(repository)
        return
    state = read_work_state(repository)
    yield branch_line(repository, state)
    if not (repository.top / DATA).is_dir():
        fetched = find_unborn_choices(repository)
        text, command = "nothing: no data/ folder yet", "git fedlearn init"
        if state.commit and repository.objects.tree_oid(state.commit, DATA):
            text, command = "nothing: data/ is in HEAD, and not here", "git checkout HEAD -- data"
        elif fetched:
            command = f"git checkout {fetched[0]}"
        yield StatusLine("learned", text, command, {"sets": {}}, Urgency.BROKEN)
        return
    yield from clone_lines(context, state)
    yield from surrounding_lines(context)


NAME_WIDTH = 12
TEXT_WIDTH = 50
_EXIT_CODES: Final = {Urgency.PERSON: 1, Urgency.BROKEN: 3}


@click.command("status", short_help="Show the state of this clone and what to do next.")
@click.option("--check", is_flag=True, help="Only what needs a person; the exit code says it, too.")
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, *, check: bool) -> int:
    """Show the state of this clone and what to do next.

    The first line is the command to run first. Then there is a line for lessons, uncommitted and unpushed
    changes, privacy, peers, pending items, lessons to publish again, Qdrant and timers, where there is
    something to say; one that needs action ends with the command to run. --json has all lines. It does not
    contact the network.

    --check is for monitors: it exits with 0 if all is well, 1 if something needs a person, such as a decision
    or a peer that does not answer, and 3 if something is broken, such as a hook or a file that lost lessons.
    What a timer does, such as a commit or a push, is well.
    """
    items = [*status_lines(context)]
    first = most_urgent(items)
    if context.is_json:
        listed = [_to_json(item) for item in items]
        answer = {
            "first": {"item": first.name, "command": first.command} if first else None,
            "worst": _worst(first).name.lower(),
            "items": listed,
        }
        context.say_json("status/v1", answer)
    elif check:
        _say(context, [item for item in items if item.command and item.urgency >= Urgency.PERSON])
    else:
        if first:
            _say(context, [StatusLine("do first", f"({first.name})", first.command)])
        _say(context, [item for item in items if not item.is_quiet])
        idea = next((item for item in items if item.is_quiet and item.command), None)
        if idea and not first:
            context.note(f"hint: {idea.command}    ({idea.name}: {idea.text})")
    return _EXIT_CODES.get(_worst(first), 0) if check else 0


def _worst(first: StatusLine | None) -> Urgency:
    return first.urgency if first else Urgency.OPTIONAL


def _say(context: Context, items: list[StatusLine]) -> None:
    lengths = [len(item.text) for item in items if item.command]
    width = max((length for length in lengths if length <= TEXT_WIDTH), default=0)
    for item in items:
        line = f"{item.name:<{NAME_WIDTH}} {item.text:<{width}}"
        if item.command and len(line) + len(item.command) + 2 <= (context.columns or sys.maxsize):
            line = f"{line}  {item.command}"
        elif item.command:
            line = f"{line.rstrip()}\n{'':<{NAME_WIDTH}} {item.command}"
        context.say(line.rstrip())


def _to_json(item: StatusLine) -> dict[str, object]:
    urgency = item.urgency if item.command else Urgency.OPTIONAL
    facts = {"text": item.text, "command": item.command or None, "urgency": urgency.name.lower()}
    return {"item": item.name, **facts, **item.facts}
