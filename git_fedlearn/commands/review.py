"""`git fedlearn review`: decide on samples to train on that may hold something private."""

import json
import re
from collections.abc import Callable
from typing import Final

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.review_acts import drop_samples, edit_sample, keep_samples, redact_samples
from git_fedlearn.console.review_views import say_list, say_sample, waiting_to_json
from git_fedlearn.errors import UsageError
from git_fedlearn.learn.review import Waiting, read_waiting

CHOICES: Final = "keep, redact, edit, drop, show, next or quit? "

Act = Callable[[Context, list[Waiting]], None]

KEYS = click.argument("keys", nargs=-1, metavar="[KEY…]")
ALL = click.option("--all", "everything", is_flag=True, help="All that wait.")


@click.group(
    "review", invoke_without_command=True, short_help="Decide on samples that may hold private data."
)
@click.option("--json", "as_json", is_flag=True, help="Answer for programs: what waits.")
@click.pass_context
def command(click_context: click.Context, *, as_json: bool) -> None:
    """Samples to train on in which something may or may not be private wait here until you decide.

    On a terminal this walks through them; without one it lists them. Nothing of them is shared before
    that, and a decision is remembered: reading the source again does not ask again. What waits is kept in
    this clone only, and is shown redacted.
    """
    if click_context.invoked_subcommand:
        return
    context: Context = click_context.obj
    waiting = read_waiting(context.repository)
    if as_json:
        context.say_json("review/v1", {"waiting": [waiting_to_json(context, item) for item in waiting]})
    elif waiting and context.stdin.isatty():
        _walk(context, waiting)
    else:
        say_list(context, waiting)


@command.command("list", short_help="List what waits.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def list_waiting(context: Context, *, as_json: bool) -> None:
    """List what waits: key, where it came from, and what it may hold."""
    waiting = read_waiting(context.repository)
    if as_json:
        context.say_json("review/v1", {"waiting": [waiting_to_json(context, item) for item in waiting]})
    else:
        say_list(context, waiting)


@command.command("show", short_help="Look at a sample.")
@KEYS
@click.option("--reveal", is_flag=True, help="Print what may be private, too.")
@click.pass_obj
def show(context: Context, keys: tuple[str, ...], *, reveal: bool) -> None:
    """Show samples, redacted. With --reveal, what the findings of doubt are about is printed as well."""
    for item in _select(read_waiting(context.repository), keys):
        say_sample(context, item, reveal=reveal)


@command.command("keep", short_help="Learn it as it is: nothing in it is private.")
@KEYS
@ALL
@click.pass_obj
def keep(context: Context, keys: tuple[str, ...], *, everything: bool) -> None:
    """Learn samples with what was in doubt; what is private beyond doubt is still redacted.

    The values go on the allow-list in .fedlearn.toml, by their fingerprints, so that no hook and no other
    clone takes them for private: commit that file too.
    """
    keep_samples(context, _choose(context, keys, everything=everything))


@command.command("redact", short_help="Learn it redacted: it is private.")
@KEYS
@ALL
@click.pass_obj
def redact(context: Context, keys: tuple[str, ...], *, everything: bool) -> None:
    """Learn samples with everything in doubt redacted."""
    redact_samples(context, _choose(context, keys, everything=everything))


@command.command("drop", short_help="Do not learn it.")
@KEYS
@ALL
@click.pass_obj
def drop(context: Context, keys: tuple[str, ...], *, everything: bool) -> None:
    """Throw samples away for good: reading the source again does not bring them back."""
    drop_samples(context, _choose(context, keys, everything=everything))


@command.command("edit", short_help="Learn another wording of it.")
@click.argument("key")
@click.argument("file", required=False, type=click.Path(allow_dash=True))
@click.pass_obj
def edit(context: Context, key: str, file: str | None) -> None:
    """Learn the sample in FILE (one JSON object; `-` is standard input) in place of the one that waits.

    Without FILE an editor opens with the redacted sample.
    """
    (item,) = _select(read_waiting(context.repository), (key,))
    edit_sample(context, item, _read_text(context, item, file))


def _walk(context: Context, waiting: list[Waiting]) -> None:
    """Ask about each; what is decided is written at once, so that nothing is lost when it ends early."""
    actions: dict[str, Act] = {"k": keep_samples, "r": redact_samples, "d": drop_samples}
    for number, item in enumerate(waiting, 1):
        if item not in read_waiting(context.repository):
            continue
        context.say(f"\n{number} of {len(waiting)}")
        say_sample(context, item, reveal=False)
        while True:
            answer = _ask(context)
            if answer in actions:
                actions[answer](context, [item])
                break
            if answer == "q":
                return
            if answer == "n":
                break
            if answer == "e":
                edit_sample(context, item, _read_text(context, item, None))
                break
            say_sample(context, item, reveal=answer == "s")


def _ask(context: Context) -> str:
    """The first letter of the answer; the end of input means quit."""
    context.stdout.write(CHOICES)
    context.stdout.flush()
    line = context.stdin.readline().decode("utf-8", "replace")
    return line.strip()[:1].lower() if line else "q"


def _read_text(context: Context, item: Waiting, file: str | None) -> str:
    if file is None:
        redacted = json.dumps(context.privacy.sanitize(item.content).value, indent=2, ensure_ascii=False)
        edited = click.edit(redacted, extension=".json")
        if edited is None:
            raise UsageError("nothing was changed", hint="save the file in the editor, or name one")
        return edited
    if file == "-":
        return context.stdin.read().decode("utf-8", "replace")
    try:
        return (context.directory / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {error}") from error


def _choose(context: Context, keys: tuple[str, ...], *, everything: bool) -> list[Waiting]:
    if bool(keys) == everything:
        raise UsageError("which samples?", hint="name their keys, or --all")
    waiting = read_waiting(context.repository)
    return waiting if everything else _select(waiting, keys)


def _select(waiting: list[Waiting], keys: tuple[str, ...]) -> list[Waiting]:
    chosen: dict[str, Waiting] = {}
    for key in keys:
        matching = [item for item in waiting if re.fullmatch("[0-9a-f]+", key) and item.key.startswith(key)]
        if len(matching) != 1:
            what = f"{len(matching)} samples begin so" if matching else "no sample that waits has this key"
            raise UsageError(f"{key}: {what}", hint="git fedlearn review list")
        chosen[matching[0].key] = matching[0]
    if not chosen:
        raise UsageError("which samples?", hint="git fedlearn review list")
    return list(chosen.values())
