"""Our hooks in `.pre-commit-config.yaml`, the file of the pre-commit framework (pre-commit.com).

A file that exists is extended as text, so that comments and layout stay, and only if reading the result
as YAML shows that nothing but our hooks was added.
"""

from typing import Any, Final

import yaml  # type: ignore[import-untyped]

from git_fedlearn.repository.setup.blocks import line_end

HOOK_IDS: Final = ("fedlearn-sanitize", "fedlearn-scan", "fedlearn-verify")
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
"""


def new_config() -> bytes:
    """A file with our hooks alone."""
    return b"repos:\n" + _indented("  ")


def has_our_hooks(data: bytes) -> bool:
    """Whether the file names one of our hooks, from whatever repository."""
    config = _load(data)
    return config is not None and any(identifier in HOOK_IDS for identifier in _hook_ids(config))


def find_extended(data: bytes) -> bytes | None:
    """The file with our hooks after the others, itself if it has them, None where that takes a human."""
    config = _load(data)
    if config is None:
        return None
    if has_our_hooks(data):
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


def _hook_ids(config: dict[str, Any]) -> list[object]:
    repositories = [repository for repository in config["repos"] if isinstance(repository, dict)]
    hooks = [hook for repository in repositories for hook in repository.get("hooks") or []]
    return [hook.get("id") for hook in hooks if isinstance(hook, dict)]


def _insert(data: bytes) -> bytes | None:
    """Our hooks behind the last line of the list, at its indentation; the caller checks the result."""
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
