"""`git fedlearn sources`: find the logs on this machine, list the configured sources, and try one."""

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.progress import reading_bar
from git_fedlearn.console.reading import say_skipped, say_unreadable, unused_to_json
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import ago, count, redactions, score_text, what_is_new
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import headline
from git_fedlearn.errors import UsageError
from git_fedlearn.learn.probe import (
    PROBED_BYTES,
    FoundSource,
    LessonPreview,
    Probe,
    find_in,
    find_on_machine,
    probe,
)
from git_fedlearn.learn.remote_files import RemotePath
from git_fedlearn.learn.source_settings import (
    find_folder,
    is_absent,
    read_profiles,
    sources_of,
    write_source,
)
from git_fedlearn.learn.sources import (
    MAIN_SOURCE,
    Location,
    SourceError,
    Sources,
    choose_source,
    find_profiled,
    find_sources,
)
from git_fedlearn.learn.sync import SyncOptions
from git_fedlearn.repository.state import SOURCES, read_json

DETECTED_HEADLINES: Final = 3
TESTED_HEADLINES: Final = 10
"""Lessons shown of a source by `detect`, and of a set by `test`."""


@click.group("sources", short_help="Find the logs on this machine, list and test sources.")
def command() -> None:
    """Find the logs on this machine, list the sources that `sync` reads, and test one.

    A source is a folder of logs: those of your AI stack, the sessions of a coding agent, or the request logs
    of a server.
    """


@command.command("detect", short_help="Find the logs on this machine.")
@click.argument("folders", metavar="[DIR]...", nargs=-1)
@click.option("--write", is_flag=True, help="Let `sync` read all of them from now on.")
@click.option("--add", "names", metavar="SOURCE", multiple=True, help="Only this one; may be repeated.")
@ANSWER_AS_JSON
@click.pass_obj
def detect(context: Context, folders: tuple[str, ...], names: tuple[str, ...], *, write: bool) -> int:
    """Find the logs of agents, servers and your AI stack, and show what each would yield.

    Looks in the folders where the tools write, or in DIR. Reads the newest 20 MB of each and writes nothing,
    unless you pass --write or --add: these add it to the git config of this clone.

    Exits with 1 if it finds nothing.
    """
    repository = context.data_repository
    found = _detected(context, folders)
    unknown = sorted({*names} - {one.name for one in found})
    if unknown:
        listed = ", ".join(one.name for one in found) or "none"
        raise UsageError(
            f"{unknown[0]}: no such source found (found: {listed})", hint="git fedlearn sources detect DIR"
        )
    configured = _configured_files(context)
    chosen = [one for one in found if write or one.name in names]
    options = SyncOptions(Path(), context.now(), dry_run=True)
    answers: list[dict[str, object]] = []
    for one in found:
        tried = probe(repository, context.privacy, one.sources, options, PROBED_BYTES)
        is_configured = _is_configured(one, configured)
        answers.append(_detected_json(one, tried, is_configured=is_configured or one in chosen))
        _say_detected(context, one, tried, is_configured=is_configured)
    for one in chosen:
        if not _is_configured(one, configured):
            _configure(context, one)
    if context.is_json:
        context.say_json("sources-detect/v1", {"sources": answers})
    elif not found:
        context.note(
            "no logs found\nhint: git fedlearn sources detect DIR    (or write one down: git fedlearn note)"
        )
    elif chosen:
        context.note("hint: git fedlearn sync")
    elif not all(_is_configured(one, configured) for one in found):
        named = "".join(f" {shlex.quote(folder)}" for folder in folders)
        context.note(f"hint: git fedlearn sources detect{named} --write    (then sync reads them)")
    return 0 if found else 1


def _detected(context: Context, folders: Iterable[str]) -> list[FoundSource]:
    """What is on this machine, or in the folders that were named; each with a name that is free for it."""
    repository = context.data_repository
    found = []
    for folder in folders:
        found += find_in(choose_source(repository, context.directory, folder))
    if not folders:
        found = find_on_machine(repository, context.directory)
    named: dict[str, FoundSource] = {}
    for one in found:
        name, number = one.name, 1
        while name in named or (one.entry and find_folder(repository, name) not in (None, one.folder)):
            number += 1
            name = f"{one.name}-{number}"
        named[name] = replace(one, name=name)
    return [*named.values()]


def _configured_files(context: Context) -> set[tuple[str, str]]:
    """Path and profile of each file that `sync` reads."""
    repository = context.repository
    with suppress(SourceError):
        sources = sources_of(repository, choose_source(repository, context.directory, None))
        return {(str(file.path), file.profile.tool if file.profile else "") for file in sources.files}
    return set()


def _is_configured(one: FoundSource, configured: set[tuple[str, str]]) -> bool:
    tool = one.entry["profile"] if one.entry else ""
    return all((str(file.path), tool) in configured for file in one.sources.files)


def _configure(context: Context, one: FoundSource) -> None:
    if not isinstance(one.folder, Path):
        raise UsageError(f"{one.folder}: a URL", hint=f"git config {MAIN_SOURCE} {one.folder}")
    if one.entry is not None and not one.entry["files"]:
        what = "logs of several tools are side by side" if one.folder.is_dir() else "a file, not a folder"
        raise UsageError(
            f"{one.folder}: {what}, so no profile can name them",
            hint=f"git fedlearn sync --source {_short(context, one.folder)}    (recognizes each file)",
        )
    write_source(context.repository, one.name, one.entry, one.folder)
    key = f"{MAIN_SOURCE}.{one.name}" if one.entry else MAIN_SOURCE
    context.say(f"wrote git config {key}")


def _say_detected(context: Context, one: FoundSource, tried: Probe, *, is_configured: bool) -> None:
    part = f", the newest {_megabytes(tried.read_bytes)} read" if tried.read_bytes < tried.size else ""
    facts = f"{count(tried.files, 'file')}, {_megabytes(tried.size)}{part}"
    mark = " (sync reads it)" if is_configured else ""
    context.say(f"{one.name}: {facts} in {_short(context, one.folder)}{mark}")
    _say_news(context, tried.lessons)
    for lesson in tried.lessons[:DETECTED_HEADLINES]:
        context.say(f"    {_line_of(lesson)}")
    if tried.batch.redacted:
        context.say(f"  {redactions(tried.batch.redacted)}")
    files = len(one.sources.faults)
    unreadable = {"file": files, "line": tried.batch.unreadable - files}
    parts = [count(number, noun) for noun, number in unreadable.items() if number]
    if parts:
        context.say(f"  {' and '.join(parts)} cannot be read (git fedlearn sources test {one.name})")


def _say_news(context: Context, lessons: Sequence[LessonPreview], limit: int = 0) -> None:
    """Print what is new in each set, and the first lessons of it."""
    counts = _counts(lessons)
    if not counts:
        context.say("  no lessons")
    for name, (new, known) in counts.items():
        context.say(f"  {name}: {what_is_new({'new': new}, known)}")
        named = [lesson for lesson in lessons if lesson.name == name]
        for lesson in named[:limit]:
            context.say(f"    {_line_of(lesson)}")
        if 0 < limit < len(named):
            context.say(f"    and {len(named) - limit} more")


def _counts(lessons: Iterable[LessonPreview]) -> dict[SetName, tuple[int, int]]:
    """New and known lessons of each set."""
    new, known = Counter[SetName](), Counter[SetName]()
    for lesson in lessons:
        (new if lesson.is_new else known)[lesson.name] += 1
    return {name: (new[name], known[name]) for name in sorted({*new, *known})}


def _line_of(lesson: LessonPreview) -> str:
    return f"{score_text(lesson.record)}  {headline(lesson.record.fields)}"


def _megabytes(size: int) -> str:
    """`3.4 MB`, `12 KB`."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{(size + 999) // 1000} KB"  # noqa: PLR2004  a megabyte


def _short(context: Context, folder: Location) -> str:
    """A path with `~` for the user's home."""
    home, text = context.environment.get("HOME", ""), str(folder)
    return f"~{text.removeprefix(home)}" if home and text.startswith(f"{home}/") else text


def _detected_json(one: FoundSource, tried: Probe, *, is_configured: bool) -> dict[str, object]:
    return {
        "name": one.name,
        "profile": one.entry["profile"] if one.entry else None,
        "folder": str(one.folder),
        "files": tried.files,
        "bytes": tried.size,
        "read_files": tried.read_files,
        "read_bytes": tried.read_bytes,
        "sets": _sets_json(tried.lessons),
        "headlines": [headline(lesson.record.fields) for lesson in tried.lessons[:DETECTED_HEADLINES]],
        "redacted": tried.batch.redacted,
        "unreadable": tried.batch.unreadable,
        "configured": is_configured,
    }


def _sets_json(lessons: Iterable[LessonPreview]) -> list[dict[str, object]]:
    return [{"set": name, "new": new, "known": known} for name, (new, known) in _counts(lessons).items()]


@command.command("list", short_help="List the sources that sync reads.")
@ANSWER_AS_JSON
@click.pass_obj
def list_sources(context: Context) -> None:
    """List the configured sources, where each reads from, when it was last read, and what came of it."""
    repository = context.data_repository
    runs = read_json(repository.state.path(SOURCES))
    rows = [_row(name, folder, files, runs.get(name)) for name, folder, files in _configured(context)]
    if context.is_json:
        context.say_json("sources-list/v1", {"sources": rows})
        return
    if not rows:
        context.note("no sources yet\nhint: git fedlearn sources detect")
    width = max((len(str(row["name"])) for row in rows), default=0)
    for row in rows:
        context.say(f"{row['name']:<{width}}  {_row_text(context, row)}")


def _configured(context: Context) -> list[tuple[str, Location | None, int | None]]:
    """Name, folder and number of files of each source; without folder, it is not set up on this machine."""
    repository = context.data_repository
    main = choose_source(repository, context.directory, None)
    profiles = read_profiles(repository, main)
    rows: list[tuple[str, Location | None, int | None]] = []
    if isinstance(main, RemotePath):
        found = find_profiled(profiles)
        rows.append((MAIN_SOURCE, main, None))
    else:
        elsewhere = {profile: folder for profile, folder in profiles.items() if folder != main}
        found = find_sources(main, profiles) if main.is_dir() else find_profiled(elsewhere)
    files = Counter(file.source for file in found.files)
    if isinstance(main, Path) and not is_absent(repository, main):
        rows.append((MAIN_SOURCE, main, files[MAIN_SOURCE]))
    for profile, folder in profiles.items():
        is_elsewhere = profile.tool and folder == main and not files[profile.name]
        rows.append((profile.name, None if is_elsewhere else folder, files[profile.name]))
    named = repository.settings_table.get("sources", {})
    rows += [(name, None, None) for name in sorted(named.keys() - {profile.name for profile in profiles})]
    return rows


def _row(name: str, folder: Location | None, files: int | None, run: Json) -> dict[str, object]:
    match run:
        case {"at": str(at), "lessons": int(lessons)}:
            last: object = {"at": at, "lessons": lessons}
        case _:
            last = None
    return {"name": name, "folder": str(folder) if folder else None, "files": files, "last_run": last}


def _row_text(context: Context, row: Mapping[str, object]) -> str:
    if row["folder"] is None:
        return f"not set up on this machine (git fedlearn sources detect --add {row['name']})"
    place = _short(context, Path(str(row["folder"])))
    files = f"{count(row['files'], 'file')}, " if isinstance(row["files"], int) else ""
    last = row["last_run"]
    if isinstance(last, dict):
        return (
            f"{place}: {files}last read {ago(context, last['at'])}, {count(last['lessons'], 'lesson')} found"
        )
    return f"{place}: {files}not read yet"


@command.command("test", short_help="Show what would be learned from a source.")
@click.argument("name", metavar="SOURCE|DIR")
@ANSWER_AS_JSON
@click.pass_obj
def test(context: Context, name: str) -> int:
    """Read a source from its start, and show what would be learned and what is skipped. Writes nothing.

    SOURCE is a name of `sources list` or `sources detect`, DIR a folder, file or URL.

    Exits with 1 if something cannot be read.
    """
    repository = context.data_repository
    place, sources = _find(context, name)
    with reading_bar(context) as watch:
        options = SyncOptions(place, context.now(), dry_run=True, watch=watch)
        tried = probe(repository, context.privacy, sources, options)
    if context.is_json:
        context.say_json("sources-test/v1", _tested_json(name, place, sources, tried))
    else:
        _say_tested(context, place, sources, tried)
    return 1 if tried.batch.faults else 0


def _find(context: Context, name: str) -> tuple[Location, Sources]:
    """A source by its name or place."""
    repository = context.data_repository
    main = choose_source(repository, context.directory, None)
    profiles = {
        profile.name: (profile, folder) for profile, folder in read_profiles(repository, main).items()
    }
    if name == MAIN_SOURCE:
        return main, find_sources(main)
    if name in profiles:
        profile, folder = profiles[name]
        if folder != main or not profile.tool:
            return folder, find_profiled({profile: folder})
        found = find_sources(main, {profile: folder}) if main.is_dir() else Sources((), ())
        own = tuple(file for file in found.files if file.source == name)
        if own:
            return folder, replace(found, files=own, unread=())
    place = choose_source(repository, context.directory, name)
    if isinstance(place, RemotePath) or place.exists():
        return place, find_sources(place)
    for one in _detected(context, ()):
        if one.name == name:
            return one.folder, one.sources
    raise UsageError(f"{name}: no such source or folder", hint="git fedlearn sources detect")


def _say_tested(context: Context, place: Location, sources: Sources, tried: Probe) -> None:
    batch = tried.batch
    read = sum(batch.read.values())
    context.say(f"read {count(read, 'event')} from {count(tried.files, 'file')} in {_short(context, place)}")
    _say_news(context, tried.lessons, TESTED_HEADLINES)
    say_skipped(context, batch, sources.unread)
    if batch.redacted:
        context.say(f"  {redactions(batch.redacted)}")
    for warning in batch.warnings:
        context.warn(warning)
    say_unreadable(context, batch)
    context.note("nothing was written")


def _tested_json(name: str, place: Location, sources: Sources, tried: Probe) -> dict[str, object]:
    batch = tried.batch
    return {
        "name": name,
        "folder": str(place),
        "files": tried.files,
        "bytes": tried.size,
        "read": {kind.value: number for kind, number in batch.read.items()},
        "sets": _sets_json(tried.lessons),
        "lessons": [
            {
                "id": lesson.record.id,
                "set": lesson.name,
                "headline": headline(lesson.record.fields),
                "new": lesson.is_new,
            }
            for lesson in tried.lessons
        ],
        **unused_to_json(batch),
        "unread": sources.unread,
        "warnings": batch.warnings,
    }
