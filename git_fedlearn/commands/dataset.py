"""`git fedlearn dataset`: the fine-tuning set counted, frozen as a version, and exported for trainers."""

from collections import Counter
from pathlib import Path

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import count
from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import write_file
from git_fedlearn.training.dataset import (
    LENGTHS,
    Dataset,
    Sample,
    Stats,
    at_least,
    freeze,
    is_for_training,
    measure,
    parse_version,
    read_dataset,
    version_folder,
)
from git_fedlearn.training.formats import FORMATS, Formatted, format_samples, suffix_of

BAR = 40
"""Characters of the longest bar of a histogram."""


@click.group("dataset", short_help="Count, freeze and export the fine-tuning set.")
def command() -> None:
    """The fine-tuning set: what is in it, versions of it, and files for trainers."""


@command.command("stats", short_help="Count what the set holds.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def stats(context: Context, *, as_json: bool) -> None:
    """Count samples, tokens (an estimate), lengths, roles, duplicates and systems."""
    counted = measure(context.data_repository.sets)
    if as_json:
        context.say_json("dataset-stats/v1", _to_json(counted))
        return
    context.say(
        f"{count(counted.samples, 'sample')}, about {counted.tokens:,} tokens, {counted.bytes:,} bytes"
    )
    for what, number in (("malformed", counted.malformed), ("retracted", counted.retracted)):
        if number:
            context.say(f"  {what:<12} {number:>8}")
    for heading, counter in (("form", counted.forms), ("role", counted.roles), ("system", counted.systems)):
        _say_counter(context, heading, counter)
    context.say(f"  {'repeated':<12} {counted.same_text:>8}  equal but for case and white space")
    context.say(f"  {'':<12} {counted.same_question:>8}  the same question again")
    context.say(f"  {'no score':<12} {counted.unscored:>8}")
    _say_lengths(context, counted)


@command.command("snapshot", short_help="Freeze a version.")
@click.option("--version", "wanted", metavar="VERSION", help="As v1.2.0, above the newest (its next minor).")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def snapshot(context: Context, wanted: str | None, *, as_json: bool) -> None:
    """Write the set as training-ready lines to data/fine-tuning/snapshots/SYSTEM/VERSION.jsonl.

    The newest five versions of this system stay (keep.fine_tuning_snapshots), and latest.jsonl is the newest.
    A version is never rewritten; where nothing changed since the newest one, none is made.
    """
    version = parse_version(wanted) if wanted else None
    repository = context.data_repository
    folder = version_folder(repository.top, repository.system())
    with repository.lock("dataset snapshot"):
        dataset = read_dataset(context.data_repository.sets)
        if not dataset.samples:
            raise FedlearnError("the fine-tuning set is empty", hint="git fedlearn sync")
        frozen = freeze(folder, dataset.samples, version, repository.settings.fine_tuning_snapshots)
    path = repository.relative(frozen.path)
    if as_json:
        answer: dict[str, Json] = {"version": str(frozen.version), "path": path, "new": frozen.is_new}
        pruned = [str(old) for old in frozen.pruned]
        context.say_json(
            "dataset-snapshot/v1", {**answer, "samples": len(dataset.samples), "pruned": [*pruned]}
        )
        return
    if not frozen.is_new:
        context.say(f"{frozen.version}: nothing changed since ({path})")
        return
    context.say(f"{frozen.version}: {count(len(dataset.samples), 'sample')} in {path}")
    if frozen.pruned:
        context.say(f"emptied {', '.join(str(old) for old in frozen.pruned)}")
    _note_malformed(context, dataset)


@command.command("export", short_help="Write files for a trainer.")
@click.option("--format", "name", type=click.Choice(FORMATS), required=True, help="What the trainer reads.")
@click.option(
    "--split",
    metavar="SHARE",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="The share to train on.",
)
@click.option(
    "--min-score",
    metavar="SCORE",
    type=click.FloatRange(0, 1),
    help="Leave out samples that claim less, or nothing.",
)
@click.option("-o", "output", metavar="DIR", help="Where to (.local/dataset/FORMAT of the repository).")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def export(
    context: Context,
    name: str,
    split: float | None,
    min_score: float | None,
    output: str | None,
    *,
    as_json: bool,
) -> None:
    """Write train.jsonl (or .parquet), and with --split also validation.jsonl.

    Which side a sample is on follows from its id alone, so it never moves from one side to the other.
    """
    repository = context.data_repository
    dataset = read_dataset(context.data_repository.sets)
    samples = dataset.samples if min_score is None else at_least(dataset.samples, min_score)
    folder = context.directory / output if output else repository.top / ".local" / "dataset" / name
    parts = _split(samples, split)
    files = {
        folder / f"{part}.{suffix_of(name)}": format_samples(name, chosen) for part, chosen in parts.items()
    }
    _refuse_stale(folder / f"validation.{suffix_of(name)}", files)
    for path, formatted in files.items():
        write_file(path, formatted.data)
    if as_json:
        context.say_json("dataset-export/v1", {"files": [_file(path, made) for path, made in files.items()]})
        return
    for path, formatted in files.items():
        context.say(f"{path}: {count(formatted.samples, 'sample')}")
        for reason, number in sorted(formatted.skipped.items()):
            context.say(f"  left out {number:>4}  {reason}")
    if len(samples) < len(dataset.samples):
        context.say(
            f"left out {len(dataset.samples) - len(samples)} below the score {min_score:g}, or without any"
        )
    _note_malformed(context, dataset)


def _split(samples: tuple[Sample, ...], share: float | None) -> dict[str, list[Sample]]:
    if share is None:
        return {"train": [*samples]}
    return {
        "train": [sample for sample in samples if is_for_training(sample.id, share)],
        "validation": [sample for sample in samples if not is_for_training(sample.id, share)],
    }


def _refuse_stale(validation: Path, files: dict[Path, Formatted]) -> None:
    """An old validation file would hold samples that are now trained on."""
    if validation not in files and validation.exists():
        raise FedlearnError(
            f"{validation}: left from an export with --split",
            hint="remove it, or name another folder with -o",
        )


def _file(path: Path, made: Formatted) -> dict[str, Json]:
    return {"path": str(path), "samples": made.samples, "left_out": dict(made.skipped)}


def _note_malformed(context: Context, dataset: Dataset) -> None:
    for identifier, reason in dataset.malformed:
        context.note(f"left out {identifier}: {reason}")


def _say_counter(context: Context, heading: str, counter: Counter[str]) -> None:
    for name, number in sorted(counter.items(), key=lambda item: (-item[1], item[0])):
        context.say(f"  {heading:<12} {number:>8}  {name}")
        heading = ""


def _say_lengths(context: Context, counted: Stats) -> None:
    """The histogram; bars beyond the longest sample are left out."""
    last = max((bar for bar, number in enumerate(counted.lengths) if number), default=-1)
    most = max(counted.lengths)
    for bar, number in enumerate(counted.lengths[: last + 1]):
        label = f"< {LENGTHS[bar]}" if bar < len(LENGTHS) else f">= {LENGTHS[-1]}"
        line = (
            f"  {'tokens' if not bar else '':<12} {number:>8}  {label:<9} {'#' * round(BAR * number / most)}"
        )
        context.say(line.rstrip())


def _to_json(counted: Stats) -> dict[str, Json]:
    bounds: list[Json] = [*LENGTHS, None]
    return {
        "samples": counted.samples,
        "malformed": counted.malformed,
        "retracted": counted.retracted,
        "bytes": counted.bytes,
        "tokens": counted.tokens,
        "longest_tokens": counted.longest,
        "lengths": [
            {"below": bound, "samples": number} for bound, number in zip(bounds, counted.lengths, strict=True)
        ],
        "forms": dict(counted.forms),
        "roles": dict(counted.roles),
        "systems": dict(counted.systems),
        "same_text": counted.same_text,
        "same_question": counted.same_question,
        "unscored": counted.unscored,
    }
