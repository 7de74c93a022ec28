"""`git fedlearn dataset`: count, freeze and export the fine-tuning set."""

from collections.abc import Iterator
from pathlib import Path

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON, NumberRange
from git_fedlearn.console.words import COMMIT_HINT, count, note_memory
from git_fedlearn.core.layout import FINE_TUNING
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.names import read_names
from git_fedlearn.training.dataset import (
    LENGTHS,
    Dataset,
    Stats,
    at_least,
    freeze,
    list_versions,
    measure,
    parse_version,
    read_dataset,
    version_folder,
    version_path,
)
from git_fedlearn.training.formats import FORMATS, Formatted, format_samples, suffix_of
from git_fedlearn.training.own_files import remember_own_files
from git_fedlearn.training.selection import lesson_sets, samples_of_lessons, select_samples
from git_fedlearn.training.split import split_samples
from git_fedlearn.training.trained import (
    MAX_MODEL_NAME,
    describe_model,
    lessons_of_export,
    lessons_of_version,
    model_to_json,
    new_model,
    read_models,
    record_model,
)

BAR = 40
"""Characters of the longest bar of a histogram."""

MEMORY_SHARE = 4
"""The memory that an export takes, as a multiple of the bytes of its sets."""


@click.group("dataset", short_help="Count, freeze and export the fine-tuning set.")
def command() -> None:
    """Count the fine-tuning set, freeze versions of it, and export it for trainers."""


@command.command("stats", short_help="Count the samples in the set.")
@ANSWER_AS_JSON
@click.pass_obj
def stats(context: Context) -> None:
    """Count samples, tokens (an estimate), lengths, roles, duplicates and systems."""
    counted = measure(context.data_repository.sets)
    context.answer("dataset-stats/v1", _to_json(counted))
    context.say(
        f"{count(counted.samples, 'sample')}, about {counted.tokens:,} tokens, {counted.bytes:,} bytes"
    )
    last = ""
    for heading, number, text in _rows(counted):
        shown = "" if heading == last else heading
        context.say(f"  {shown:<12} {number:>8}  {text}".rstrip())
        last = heading


def _rows(counted: Stats) -> Iterator[tuple[str, int, str]]:
    """A heading, a number, and what is counted; the last rows are a histogram up to the longest sample."""
    found = [("malformed", counted.malformed, ""), ("retracted", counted.retracted, "")]
    for heading, counter in (("form", counted.forms), ("role", counted.roles), ("system", counted.systems)):
        ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
        found += [(heading, number, name) for name, number in ordered]
    found.append(("repeated", counted.same_text, "same text, ignoring case and white space"))
    found.append(("repeated", counted.same_question, "same question"))
    found.append(("no score", counted.unscored, ""))
    yield from (row for row in found if row[1])
    most = max(counted.lengths)
    longest = max((bar for bar, number in enumerate(counted.lengths) if number), default=-1)
    for bar, number in enumerate(counted.lengths[: longest + 1]):
        label = f"< {LENGTHS[bar]}" if bar < len(LENGTHS) else f">= {LENGTHS[-1]}"
        yield "tokens", number, f"{label:<9} {'#' * round(BAR * number / most)}"


@command.command("snapshot", short_help="Freeze a version.")
@click.option(
    "--version", "chosen", metavar="VERSION", help="Such as v1.2.0 (default: the next minor version)."
)
@ANSWER_AS_JSON
@click.pass_obj
def snapshot(context: Context, chosen: str | None) -> None:
    """Write the set, ready for training, to data/fine-tuning/snapshots/SYSTEM/VERSION.jsonl.

    Keeps the newest five versions of this system (keep.fine_tuning_snapshots); latest.jsonl is the newest.
    If nothing changed, no new one is made. A retracted sample is taken out of all of them.
    """
    version = parse_version(chosen) if chosen else None
    repository = context.data_repository
    folder = version_folder(repository.top, repository.system())
    with repository.lock("dataset snapshot"):
        dataset = read_dataset(context.data_repository.sets)
        if not dataset.samples:
            raise FedlearnError("the fine-tuning set is empty", hint="git fedlearn sync")
        frozen = freeze(folder, dataset.samples, version, repository.settings.fine_tuning_snapshots)
        remember_own_files(repository, [frozen.path])
    path = repository.relative(frozen.path)
    if context.is_json:
        answer = {"version": str(frozen.version), "path": path, "new": frozen.is_new}
        pruned = [str(old) for old in frozen.pruned]
        context.say_json("dataset-snapshot/v1", {**answer, "samples": len(dataset.samples), "pruned": pruned})
        return
    if not frozen.is_new:
        context.say(f"no changes since {frozen.version} ({path})")
        return
    context.say(f"wrote {count(len(dataset.samples), 'sample')} to {path}")
    if frozen.pruned:
        context.say(f"emptied {', '.join(str(old) for old in frozen.pruned)}")
    _note_malformed(context, dataset)


@command.command("trained", short_help="Record which model was trained on what.")
@click.argument("name", metavar="MODEL")
@click.option("--version", "chosen", metavar="VERSION", help="The frozen version that it was trained on.")
@click.option("--from", "source", metavar="SETS", help="The sets that were exported with --from for it.")
@ANSWER_AS_JSON
@click.pass_obj
def trained(context: Context, name: str, chosen: str | None, source: str | None) -> None:
    """Record that MODEL was trained on a version of this system, or on an export of lessons.

    `retract` and `show --origin` then name the models that saw a lesson, on every system, also when the text
    of the lesson is gone. With --from, the lessons count that an export has now.
    """
    if (chosen is None) == (source is None):
        hint = "git fedlearn dataset trained MODEL --version VERSION"
        raise UsageError("either --version or --from is needed", hint=hint)
    repository = context.data_repository
    _check_model_name(context, name)
    unknown = 0
    with repository.lock("dataset trained"):
        if chosen:
            data = str(parse_version(chosen))
            ids, unknown = lessons_of_version(repository, parse_version(chosen))
        else:
            names = lesson_sets(source or "")
            data, ids = ", ".join(names), lessons_of_export(repository, names)
        if not ids:
            raise FedlearnError(f"{data}: no lesson in it is known here", hint="git fedlearn dataset list")
        model = new_model(repository, name, data, context.now().date(), ids)
        is_new = record_model(repository, model)
    if context.is_json:
        facts = {**model_to_json(model), "new": is_new, "lessons": len(ids), "unknown": unknown}
        context.say_json("dataset-trained/v1", facts)
        return
    what = "recorded" if is_new else "already recorded"
    context.say(
        f"{what}: {describe_model(model, read_names(repository))}, trained on {count(len(ids), 'lesson')}"
    )
    if unknown:
        context.note(f"note: {count(unknown, 'sample')} of lessons that are not in this clone")
    if is_new:
        context.note(COMMIT_HINT)


def _check_model_name(context: Context, name: str) -> None:
    """Raise UsageError, without quoting the name, if it is empty, too long, or private."""
    if not name.strip() or len(name) > MAX_MODEL_NAME or not name.isprintable():
        raise UsageError(f"the name of a model has 1 to {MAX_MODEL_NAME} visible characters")
    found = sorted({finding.kind for finding in context.privacy.scan(name)})
    if found:
        raise UsageError(
            f"the name of the model contains {', '.join(found)}, and everybody can read it",
            hint="give it another name",
        )


@command.command("list", short_help="List frozen versions and trained models.")
@ANSWER_AS_JSON
@click.pass_obj
def list_(context: Context) -> None:
    """List the frozen versions of this system, and the models of all systems with their data."""
    repository = context.data_repository
    own = repository.system()
    folder = version_folder(repository.top, own)
    versions = {
        str(one): len(split_lines(read_file(version_path(folder, one)))) for one in list_versions(folder)
    }
    models = read_models(repository)
    if context.is_json:
        listed = [{"version": name, "samples": number} for name, number in versions.items()]
        found = [{**model_to_json(one), "lessons": len(one.ids)} for one in models]
        context.say_json("dataset-list/v1", {"versions": listed, "models": found})
        return
    for name, number in versions.items():
        context.say(f"{name}  {count(number, 'sample')}")
    names = read_names(repository)
    for one in models:
        context.say(f"model {describe_model(one, names)}  {count(len(one.ids), 'lesson')}")
    if not versions and not models:
        context.note("no versions yet\nhint: git fedlearn dataset snapshot")


@command.command("export", short_help="Write files for a trainer.")
@click.option(
    "--format", "name", type=click.Choice(FORMATS), required=True, help="Format that the trainer reads."
)
@click.option(
    "--split",
    metavar="SHARE",
    type=NumberRange(0, 1, min_open=True, max_open=True),
    help="Share of samples to train on; the others validate.",
)
@click.option(
    "--min-score",
    metavar="SCORE",
    type=NumberRange(0, 1),
    help="Skip samples whose author's score is lower or missing.",
)
@click.option(
    "--from", "source", metavar="SETS", help="Make samples of the lessons of these sets (with commas)."
)
@click.option("-o", "output", metavar="DIR", help="Output folder (default: .local/dataset/FORMAT).")
@ANSWER_AS_JSON
@click.pass_obj
def export(
    context: Context,
    name: str,
    split: float | None,
    min_score: float | None,
    source: str | None,
    output: str | None,
) -> None:
    """Write train.jsonl (or .parquet), and with --split also validation.jsonl.

    The id of a sample decides in which file it is, so no sample moves between the two; near copies are in the
    same one. No file is written without samples. Samples that are cut off, and near copies of others, are
    skipped and counted.

    --from error-solutions,best-practices makes samples of lessons: the error or title asks, the solution or
    description answers. Also skills-patterns, and fine-tuning, the set that is exported without --from.
    """
    repository = context.data_repository
    names = lesson_sets(source) if source else [FINE_TUNING]
    note_memory(context, MEMORY_SHARE * sum(map(repository.sets.size, names)))
    dataset = read_dataset(repository.sets) if FINE_TUNING in names else Dataset((), ())
    made = samples_of_lessons(repository, [one for one in names if one != FINE_TUNING])
    found = (*dataset.samples, *made.samples)
    scored = found if min_score is None else at_least(found, min_score)
    samples, left_out = select_samples(scored)
    left_out.update(made.left_out)
    folder = context.named_path(output) if output else repository.top / ".local" / "dataset" / name
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: not a folder", hint="name a folder for the files")
    parts = {"train": [*samples]}
    if split is not None:
        parts["train"], parts["validation"] = split_samples(samples, split)
    suffix = suffix_of(name)
    files = {folder / f"{part}.{suffix}": format_samples(name, chosen) for part, chosen in parts.items()}
    _refuse_stale(folder / f"validation.{suffix}", files)
    for path, formatted in files.items():
        if formatted.samples:
            write_file(path, formatted.data)
        else:
            path.unlink(missing_ok=True)
    if context.is_json:
        listed = [
            {"path": str(path), "samples": one.samples, "left_out": one.skipped}
            for path, one in files.items()
        ]
        context.say_json("dataset-export/v1", {"files": listed, "left_out": left_out})
        return
    _say_files(context, files)
    for reason, number in sorted(left_out.items()):
        context.say(f"skipped {number}: {reason}")
    if len(scored) < len(found):
        context.say(f"skipped {len(found) - len(scored)}: author's score below {min_score:g}, or missing")
    _note_malformed(context, dataset)


def _refuse_stale(validation: Path, files: dict[Path, Formatted]) -> None:
    """Raise FedlearnError if an old validation file is left: it contains samples that are now trained on."""
    if validation not in files and validation.exists():
        raise FedlearnError(
            f"{validation}: left over from an export with --split",
            hint="remove it, or name another folder with -o",
        )


def _say_files(context: Context, files: dict[Path, Formatted]) -> None:
    for path, formatted in files.items():
        written = f"wrote {count(formatted.samples, 'sample')} to {path}"
        context.say(written if formatted.samples else f"no samples for {path}")
        for reason, number in sorted(formatted.skipped.items()):
            context.say(f"  skipped {number}: {reason}")


def _note_malformed(context: Context, dataset: Dataset) -> None:
    for identifier, reason in dataset.malformed:
        context.note(f"skipped {identifier}: {reason}")


def _to_json(counted: Stats) -> dict[str, object]:
    lengths = zip((*LENGTHS, None), counted.lengths, strict=True)
    same = ("samples", "malformed", "retracted", "bytes", "tokens", "forms", "roles", "systems", "unscored")
    return {
        **{name: getattr(counted, name) for name in (*same, "same_text", "same_question")},
        "longest_tokens": counted.longest,
        "lengths": [{"below": bound, "samples": number} for bound, number in lengths],
    }
