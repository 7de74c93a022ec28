"""The files that `git fedlearn init` creates, or extends once if they exist.

Existing content is never changed, so a second run changes no byte. The config of the pre-commit framework
(pre-commit.com) is extended as text, which keeps comments and layout, and only if parsing the result as YAML
shows that nothing except our hooks was added.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from git_fedlearn.core.layout import DATA, README, ROOT, SHARED_SETS, is_data_file, path_of
from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import SETTINGS_FILE, Settings
from git_fedlearn.setup.blocks import line_end, put_block
from git_fedlearn.setup.drivers import with_shared_rule
from git_fedlearn.setup.readmes import FOLDER_READMES

yaml = Lazy("yaml")

HOOK_IDS: Final = ("fedlearn-sanitize", "fedlearn-scan", "fedlearn-verify", "fedlearn-message")
LOCAL_HOOKS: Final = r"""- repo: local
  hooks:
    - id: fedlearn-sanitize
      name: redact secrets and personal data in lessons
      entry: git-fedlearn-hook sanitize
      language: system
      files: ^data/
      require_serial: true
    - id: fedlearn-scan
      name: no secrets or personal data in lessons
      entry: git-fedlearn-hook scan
      language: system
      files: ^data/
      require_serial: true
    - id: fedlearn-verify
      name: record sets are whole
      entry: git-fedlearn-hook verify
      language: system
      files: ^data/
      always_run: true
      require_serial: true
    - id: fedlearn-message
      name: redact secrets and personal data in the commit message
      entry: git-fedlearn-hook commit-msg
      language: system
      stages: [commit-msg]
      verbose: true
"""


_DEFAULTS = Settings()

SETTINGS: Final = f"""\
# Settings that every clone of this repository shares. Lines that begin with # show the defaults.
# Settings of one machine (addresses, keys, its system id) are git config fedlearn.*.
format = 1

[limits]
# record_set_bytes = {_DEFAULTS.record_set_bytes}    # a larger file is sharded
# record_bytes = {_DEFAULTS.record_bytes}         # a larger record is refused

[learn]
# minimum_score = {_DEFAULTS.minimum_score}            # lessons that score less are not learned

[privacy]
# kinds = {{ HOST_NAME = "allow", PRIVATE_KEY = "block" }}    # else "redact"; block refuses the record
# [[privacy.allow]]             # git fedlearn scan --allow FINGERPRINT --reason … writes this
# fingerprint = "0123456789abcdef"
# reason = "the key of the public test server"
# expires = 2030-01-31          # optional: the first day it no longer applies
# [[privacy.rules]]             # private values that only you know
# name = "customer-number"
# pattern = 'CUST-[0-9]{{6}}'
# kind = "CUSTOMER_NUMBER"      # the placeholder (default: SECRET)

[keep]
# telemetry_events = {_DEFAULTS.telemetry_events}        # events in a telemetry snapshot
# telemetry_snapshots = {_DEFAULTS.telemetry_snapshots}       # snapshots of each system
# fine_tuning_snapshots = {_DEFAULTS.fine_tuning_snapshots}      # versions of each system
"""

IGNORED: Final = [
    "# raw telemetry and files that can be rebuilt",
    "/data/telemetry/*-events.jsonl*",
    "/data/**/snapshots/*/latest.jsonl",
    "/data/dashboards/",
    "/data/metrics/dashboard*",
    ".local/",
    "*.jsonl.bak",
    "*.jsonl.tmp",
]

DATA_README: Final = """\
# Lessons of our systems

Lessons of local AI stacks, shared with plain `git push` and `git pull` by git-fedlearn. Each line is one JSON
object, sorted by `_id`. Secrets and personal data were removed before anything was written here.

| path | contents |
|---|---|
| `patterns/skills-patterns.jsonl` | patterns that worked, in a form that others can use |
| `patterns/error-solutions.jsonl` | errors and their solutions |
| `patterns/best-practices.jsonl` | proven practices |
| `fine-tuning/dataset.jsonl` | samples to fine-tune models with |
| `collections/` | payloads of Qdrant collections |
| `outcomes/` | whether lessons worked, counted by each system |
| `*/snapshots/<system>/`, `metrics/monthly/<system>/` | files that only one system writes |

After cloning, run `git fedlearn install` once, so that git merges these files without conflicts.
Any other file under `data/` belongs to you: git-fedlearn neither merges nor changes it.
Do not delete lines: `git fedlearn retract ID --reason …` removes a lesson on every system.
"""

PRE_COMMIT_CONFIG: Final = ".pre-commit-config.yaml"


@dataclass(frozen=True, slots=True)
class Scaffold:
    """Paths relative to the top: created, extended, and those a person must extend with the given text."""

    made: tuple[str, ...] = ()
    extended: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()


class ExistingFiles(NamedTuple):
    """Files under data/ before `init`, sorted."""

    ours: list[str]
    """Not empty, and in a place of the layout: they are used as data files from now on."""
    others: list[str]
    """They stay the user's."""


def find_existing(top: Path) -> ExistingFiles:
    """The files that data/ contains already."""
    found = ExistingFiles([], [])
    for folder, _folders, names in os.walk(top / DATA):
        place = Path(folder).relative_to(top).as_posix()
        for path in (f"{place}/{name}" for name in names):
            if not is_data_file(path):
                ours = FOLDER_READMES.get(path)
                if ours is None or read_file(top / path).replace(b"\r\n", b"\n") != ours.encode():
                    found.others.append(path)
            elif path != README and (top / path).stat().st_size:
                found.ours.append(path)
    return ExistingFiles(sorted(found.ours), sorted(found.others))


def refuse_left_out(repository: Repository) -> None:
    """Raise FedlearnError if a sparse checkout leaves our rules out: new ones would replace them."""
    left_out = repository.sparse.rules()
    if left_out:
        raise FedlearnError(
            f"{', '.join(left_out)}: in git, but not checked out here", hint="git sparse-checkout disable"
        )


def write_scaffold(top: Path) -> Scaffold:
    """Create or extend every file. The caller holds the lock. Raises FedlearnError before writing any."""
    files: list[tuple[str, bytes | None, bytes | None]] = []
    for path, form in _files(top):
        old = read_file(top / path) if os.path.lexists(top / path) else None
        try:
            files.append((path, old, form(old)))
        except FedlearnError as error:
            raise FedlearnError(f"{top / path}: {error.message}", hint=error.hint) from None
    made: list[str] = []
    extended: list[str] = []
    left: list[tuple[str, str]] = []
    for path, old, data in files:
        if data is None:
            left.append((path, LOCAL_HOOKS))
        elif data != old:
            write_file(top / path, data)
            (made if old is None else extended).append(path)
    return Scaffold(tuple(made), tuple(extended), tuple(left))


def new_files() -> dict[str, bytes]:
    """The files of a new repository, by path."""
    return {path: form(None) or b"" for path, form in _files(None)}


def _files(top: Path | None) -> Iterator[tuple[str, Callable[[bytes | None], bytes | None]]]:
    """Every path, with a function from its current bytes (None: missing) to the new ones.

    Without READMEs in folders at `top` that are links or files.
    """
    yield SETTINGS_FILE, _kept(SETTINGS.encode())
    yield ".gitattributes", lambda old: with_shared_rule(old or b"")
    yield ".gitignore", lambda old: put_block(old or b"", IGNORED)
    yield PRE_COMMIT_CONFIG, lambda old: find_extended(old) if old else b"repos:\n" + _indented("  ")
    yield README, _kept(DATA_README.encode())
    for path, text in FOLDER_READMES.items():
        folder = (top / path).parent if top else None
        if folder is None or not os.path.lexists(folder) or (folder.is_dir() and not folder.is_symlink()):
            yield path, _kept(text.encode())
    for stem in SHARED_SETS.values():
        yield path_of(stem, ROOT), _kept(b"")


def _kept(text: bytes) -> Callable[[bytes | None], bytes | None]:
    return lambda old: text if old is None else old


def has_our_hooks(data: bytes) -> bool:
    """Whether a pre-commit config names one of our hooks, from any repository."""
    config = _load(data)
    return config is not None and _names_ours(config)


def find_extended(data: bytes) -> bytes | None:
    """A pre-commit config with our hooks appended if missing; None if a person must do that."""
    config = _load(data)
    if config is None:
        return None
    if _names_ours(config):
        return data
    extended = _insert(data)
    wanted = {**config, "repos": [*config["repos"], *yaml.safe_load(LOCAL_HOOKS)]}
    return extended if extended and _load(extended) == wanted else None


def _load(data: bytes) -> dict[str, Any] | None:
    """The file as a mapping with a list of repositories, None if it is anything else."""
    try:
        config = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError):
        return None
    return config if isinstance(config, dict) and isinstance(config.get("repos"), list) else None


def _names_ours(config: dict[str, Any]) -> bool:
    repositories = [repository for repository in config["repos"] if isinstance(repository, dict)]
    hooks = [hook for repository in repositories for hook in repository.get("hooks") or []]
    return any(isinstance(hook, dict) and hook.get("id") in HOOK_IDS for hook in hooks)


def _insert(data: bytes) -> bytes | None:
    """The file with our hooks after the last line of the list, indented like it; the caller checks it."""
    listed = next(value for key, value in yaml.compose(data).value if key.value == "repos")
    if listed.flow_style:
        return None
    lines = data.splitlines(keepends=True)
    end = listed.end_mark.line if listed.end_mark.column == 0 else len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(b"#")):
        end -= 1
    ending = line_end(data)
    before = b"".join(lines[:end])
    if not before.endswith(b"\n"):
        before += ending
    ours = _indented(" " * int(listed.start_mark.column)).replace(b"\n", ending)
    return before + ours + b"".join(lines[end:])


def _indented(indent: str) -> bytes:
    return "".join(f"{indent}{line}" for line in LOCAL_HOOKS.splitlines(keepends=True)).encode()
