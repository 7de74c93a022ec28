"""The layout of data/ in a federated repository; paths use `/` and are relative to its top.

The kind of a file follows from its path alone. Any other file under data/ is the user's: git merges it, and
nothing here checks, rewrites or commits it.

A record set that outgrows one file is sharded (docs/format.md, "Shards"): level 0 is the root file
alone, level 1 has shards of one hexadecimal digit of the record id, level 2 of two. A set never returns
to a lower level: files are emptied, not deleted, so a clone that still writes to the root file and one
that has sharded converge as soon as one of them writes again.
"""

import re
from collections.abc import Collection
from enum import Enum
from typing import Final, NewType

from git_fedlearn.core.collection_names import escape_name, is_collection_name, known_name, unescape_name
from git_fedlearn.core.fast_join import Settled
from git_fedlearn.core.patterns import lazy_pattern

ROOT: Final = ""
"""The name of the root file among the shards of its set."""

MAX_LEVEL: Final = 2
SHARD_NAME: Final = lazy_pattern(r"[0-9a-f]{1,2}")


SetName = NewType("SetName", str)
"""The name of a record set as commands take it, e.g. `error-solutions` or `collections/notes`."""

SKILLS_PATTERNS: Final = SetName("skills-patterns")
ERROR_SOLUTIONS: Final = SetName("error-solutions")
BEST_PRACTICES: Final = SetName("best-practices")
FINE_TUNING: Final = SetName("fine-tuning")

SHARED_SETS: Final = {
    SKILLS_PATTERNS: "data/patterns/skills-patterns",
    ERROR_SOLUTIONS: "data/patterns/error-solutions",
    BEST_PRACTICES: "data/patterns/best-practices",
    FINE_TUNING: "data/fine-tuning/dataset",
}
"""The record sets that every federated repository has, with their paths without `.jsonl`."""

DATA: Final = "data"
_COLLECTIONS: Final = f"{DATA}/collections"
_SNAPSHOT: Final = lazy_pattern(r"data/(telemetry|fine-tuning|collections)/snapshots/([^/]+)/[^/]+\.jsonl")
MODELS_FILE: Final = "models.jsonl"
"""The file beside the frozen versions of a system that names the models it trained on them."""
README: Final = f"{DATA}/README.md"
"""Written by `init`; it belongs to no kind."""
FOLDERS: Final = (
    f"{DATA}/patterns",
    f"{DATA}/fine-tuning",
    f"{DATA}/collections",
    f"{DATA}/telemetry/snapshots",
    f"{DATA}/metrics/monthly",
    f"{DATA}/outcomes",
)
"""The folders in which all files of the layout are, at most three levels deep."""
_COPY_MARKS: Final = (
    r"(?P<stem>.+?)(?:"
    r"\.sync-conflict-\d{8}-\d{6}(?:-\w+)?"  # Syncthing
    r"|_conflict-\d{8}-\d{6}"  # ownCloud
    r"| \([^()/]*conflict[^()/]*\)"  # Dropbox, Nextcloud, Seafile (in any case)
    r"| \(\d{1,3}\)"  # Google Drive
    r")+(?P<ending>\.jsonl?)"
)
"""How file synchronizers name the losing version of a file that two machines changed."""
_COPIED_SET: Final = lazy_pattern(
    r"(?:(?:copy|copie|copia|kopie) (?:of|de|di|von) )?"
    r"(?P<stem>best-practices|error-solutions|skills-patterns|dataset)(?P<mark>"
    r"[ ._(\[-](?=.*(?:conflict|konflikt|conflit|conflito|\u51b2\u7a81|\u885d\u7a81|\u7af6\u5408)).*"
    r"|[ _-]+\d{1,3}"
    r"|(?: -)?[ _]+(?:copy|copie|copia|kopie)(?: ?\(?\d{1,3}\)?)?"
    r"|(?-i:-[A-Z][\w-]*)"
    r")?\.jsonl(?(mark)~?)",
    re.IGNORECASE | re.DOTALL,
)
"""Further names of copies: of iCloud, OneDrive, Synology, file managers. Collections may be called so."""
_METRICS: Final = lazy_pattern(r"data/metrics/monthly/([^/]+)/\d{4}-\d\d\.json")
OUTCOMES: Final = f"{DATA}/outcomes"
"""The folder in which each system counts outcomes of lessons, in a file of its own."""
_OUTCOMES: Final = lazy_pattern(rf"{OUTCOMES}/([^/]+)\.jsonl")


_GIT_FILES: Final = (".gitkeep", ".gitignore", ".gitattributes")
_RAW: Final = lazy_pattern(
    r"data/(?:telemetry/(?!snapshots/).*|dashboards/.*|metrics/dashboard.*|(?:.*/)?[^/]*-events[^/]*\.jsonl[^/]*)"
)
"""What the AI stack itself writes, if its data folder is data/: `init` lets git ignore it."""


class FileKind(Enum):
    """How a file under data/ is joined and checked."""

    RECORD_SET = "record set"
    SNAPSHOT = "snapshot"
    TRAINING = "training snapshot"
    """Fine-tuning snapshot: training-ready lines without metadata keys."""
    MODELS = "trained models"
    """Models of one system, with the ids of the lessons they were trained on; lines of JSON objects."""
    METRICS = "metrics"
    OUTCOMES = "outcomes"
    """Counters of one system; a join takes the larger of each, so anyone may join them."""
    OTHER = "other"


def stem_of(name: SetName) -> str | None:
    """The path of a set's files without `.jsonl`, or None for an invalid name."""
    if name in SHARED_SETS:
        return SHARED_SETS[name]
    kind, _, collection = name.partition("/")
    if kind == "collections" and is_collection_name(collection):
        return f"{_COLLECTIONS}/{escape_name(collection)}"
    return None


def set_of_collection(collection: str) -> SetName:
    """The record set of a collection, under the name that its files give it."""
    return SetName(f"collections/{known_name(collection)}")


def older_stem_of(name: SetName) -> str | None:
    """The path without `.jsonl` that earlier versions gave a set, None if it was the same."""
    older = f"{DATA}/{name}"
    return older if _name_of(older) == name and stem_of(name) != older else None


def path_of(stem: str, shard: str) -> str:
    """The path of a shard, or of the root file for ROOT."""
    return f"{stem}/{shard}.jsonl" if shard else f"{stem}.jsonl"


def find_set(path: str) -> tuple[SetName, str] | None:
    """The record set and the shard that this path names, or None."""
    if not path.endswith(".jsonl"):
        return None
    stem = path[: -len(".jsonl")]
    name = _name_of(stem)
    if name:
        return name, ROOT
    stem, _, shard = stem.rpartition("/")
    name = _name_of(stem) if SHARD_NAME.fullmatch(shard) else None
    return (name, shard) if name else None


def set_of(path: str) -> SetName | None:
    """The record set that this path belongs to, or None."""
    found = find_set(path)
    return found[0] if found else None


def may_share(shard: str, other: str) -> bool:
    """Whether an id can begin with both: then two shards of a set may contain the same record."""
    return shard.startswith(other) or other.startswith(shard)


def kind_of(path: str) -> FileKind:
    """The kind of the file at this path."""
    if find_set(path):
        return FileKind.RECORD_SET
    if find_original(path):
        return FileKind.OTHER
    snapshot = _SNAPSHOT.fullmatch(path)
    if snapshot:
        kind = FileKind.MODELS if path.endswith(f"/{MODELS_FILE}") else FileKind.TRAINING
        return kind if snapshot[1] == "fine-tuning" else FileKind.SNAPSHOT
    if _OUTCOMES.fullmatch(path):
        return FileKind.OUTCOMES
    return FileKind.METRICS if _METRICS.fullmatch(path) else FileKind.OTHER


def is_data_file(path: str) -> bool:
    """Whether a file is ours to check, redact and commit: one of the layout, or the README."""
    return path == README or kind_of(path) is not FileKind.OTHER


def find_original(path: str) -> str | None:
    """The file of the layout that a file synchronizer or a merge tool copied to this path, or None."""
    folder, _, name = path.rpartition("/")
    if name.endswith(".orig"):
        original = path.removesuffix(".orig")
    elif folder in FOLDERS[:2] and (match := _COPIED_SET.fullmatch(name)):
        original = f"{folder}/{match['stem']}.jsonl"
        return original if find_set(original) and original != path else None
    elif "conflict" in name.lower() or name.endswith((").jsonl", ").json")):
        match = re.fullmatch(_COPY_MARKS, name, re.IGNORECASE)
        original = f"{folder}/{match['stem']}{match['ending']}" if match else ""
    else:
        return None
    return original if original and kind_of(original) is not FileKind.OTHER else None


def in_subtree(path: str) -> str:
    """The path of the layout at the end of a path, in a repository that has this one in a subfolder.

    A path without one is returned unchanged.
    """
    parts = path.split("/")
    inner = ("/".join(parts[index:]) for index, part in enumerate(parts) if part == DATA)
    return next((one for one in inner if kind_of(one) is not FileKind.OTHER), path)


_SHARDS: Final = ("[0-9a-f]", "[0-9a-f][0-9a-f]")
ATTRIBUTE_PATTERNS: Final = (
    *(f"{stem}.jsonl" for stem in SHARED_SETS.values()),
    *(f"{stem}/{shard}.jsonl" for stem in SHARED_SETS.values() for shard in _SHARDS),
    f"{DATA}/collections/[A-Za-z0-9]*.jsonl",
    *(f"{DATA}/collections/[A-Za-z0-9]*/{shard}.jsonl" for shard in _SHARDS),
    f"{DATA}/telemetry/snapshots/*/*.jsonl",
    f"{DATA}/fine-tuning/snapshots/*/*.jsonl",
    f"{DATA}/collections/snapshots/*/*.jsonl",
    f"{DATA}/metrics/monthly/*/[0-9][0-9][0-9][0-9]-[0-9][0-9].json",
    f"{OUTCOMES}/*.jsonl",
)
"""The files of the layout as patterns of gitattributes(5), in which `*` never matches `/`."""


def is_raw(path: str) -> bool:
    """Whether a file under data/ is raw telemetry or a dashboard, which never leave a machine."""
    name = path.rsplit("/", 1)[-1]
    if kind_of(path) is not FileKind.OTHER or name.endswith(".md") or name in _GIT_FILES:
        return False
    return _RAW.fullmatch(path) is not None


def is_raw_in(folder: str, path: str) -> bool:
    """Whether a path is a raw log of a source folder of this repository outside data/; "." is the top."""
    inner = path.removeprefix(f"{folder}/") if folder != "." else path
    if (folder != "." and inner == path) or path.startswith(f"{DATA}/"):
        return False
    name = inner.rsplit("/", 1)[-1]
    if name.endswith(".md") or name in _GIT_FILES:
        return False
    return inner.startswith(_RAW_FOLDERS) or ("/" not in inner and _RAW_LOG.fullmatch(name) is not None)


_RAW_FOLDERS: Final = ("telemetry/", "fine-tuning/", "dashboards/")
_RAW_LOG: Final = lazy_pattern(r".*\.(?:jsonl|ndjson)(?:[.-].*)?")


def owner_of(path: str) -> str | None:
    """The one system that writes the file at this path; None for a shared file."""
    match = _SNAPSHOT.fullmatch(path)
    if match:
        return match[2]
    match = _METRICS.fullmatch(path) or _OUTCOMES.fullmatch(path)
    return match[1] if match else None


def _name_of(stem: str) -> SetName | None:
    for name, shared in SHARED_SETS.items():
        if stem == shared:
            return name
    folder, _, file_name = stem.rpartition("/")
    collection = unescape_name(file_name) if folder == _COLLECTIONS else None
    return SetName(f"collections/{collection}") if collection else None


def level_of(names: Collection[str]) -> int:
    """The level of a set, from its shard names (with or without ROOT)."""
    return max((len(name) for name in names), default=0)


def shard_of(line: bytes, level: int) -> str:
    """The name of the shard that a record line belongs in."""
    return line[8 : 8 + level].decode("ascii")


def distribute(
    settled: Settled, level: int, limit: int, files: Collection[str]
) -> tuple[int, dict[str, bytes]]:
    """Spread records over the lowest level, from `level` up, at which no file exceeds `limit` bytes.

    Returns that level and the bytes of each file, of all `files` that were read too: empty if all their
    records moved. Opaque lines stay in the root file.
    """
    spread = _spread(settled, level)
    while level < MAX_LEVEL and any(lines.size > limit for lines in spread.values()):
        level += 1
        spread = _spread(settled, level)
    none = Settled([], [])
    return level, {name: spread.get(name, none).format() for name in {ROOT, *files, *spread}}


def _spread(settled: Settled, level: int) -> dict[str, Settled]:
    if level == 0:
        return {ROOT: settled}
    shards: dict[str, list[bytes]] = {}
    for line in settled.records:
        shards.setdefault(shard_of(line, level), []).append(line)
    spread = {name: Settled(lines, []) for name, lines in shards.items()}
    return {ROOT: Settled([], settled.opaque), **spread}
