"""The languages and tools of a project, by its files, and those that a text is about.

Only names of files and the lists of dependencies in manifests are read, in the folder itself and one level
below it.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

PRE_COMMIT_CONFIG: Final = ".pre-commit-config.yaml"

FILES: Final = {
    name: tags
    for tags, names in {
        "python": "pyproject.toml setup.py setup.cfg",
        "python pip": "requirements.txt",
        "python uv": "uv.lock",
        "python poetry": "poetry.lock",
        "python pipenv": "Pipfile",
        "python tox": "tox.ini",
        "python pytest": "pytest.ini conftest.py",
        "python django": "manage.py",
        "python alembic": "alembic.ini",
        "python conda": "environment.yml",
        "javascript node": "package.json",
        "javascript node npm": "package-lock.json",
        "javascript node pnpm": "pnpm-lock.yaml",
        "javascript node yarn": "yarn.lock",
        "javascript bun": "bun.lockb bun.lock",
        "javascript deno": "deno.json",
        "typescript javascript": "tsconfig.json",
        "rust cargo": "Cargo.toml Cargo.lock",
        "go": "go.mod go.sum",
        "ruby bundler": "Gemfile Gemfile.lock",
        "php composer": "composer.json composer.lock",
        "java maven": "pom.xml",
        "java gradle": "build.gradle",
        "kotlin java gradle": "build.gradle.kts",
        "dart flutter": "pubspec.yaml",
        "elixir": "mix.exs",
        "swift": "Package.swift",
        "zig": "build.zig",
        "cpp cmake": "CMakeLists.txt",
        "cpp meson": "meson.build",
        "make": "Makefile",
        "just": "justfile",
        "nix": "flake.nix flake.lock default.nix",
        "docker": "Dockerfile Containerfile compose.yaml compose.yml docker-compose.yml docker-compose.yaml",
        "helm kubernetes": "Chart.yaml",
        "kubernetes": "kustomization.yaml",
        "ansible": "ansible.cfg",
        "gitlab": ".gitlab-ci.yml",
        "pre-commit": PRE_COMMIT_CONFIG,
        "jenkins": "Jenkinsfile",
        "serverless": "serverless.yml",
        "cloudflare": "wrangler.toml",
    }.items()
    for name in names.split()
}
"""What a file of this name says."""

EXTENSIONS: Final = {
    name: tags
    for tags, names in {
        "python": ".py .ipynb",
        "javascript": ".js .mjs",
        "javascript react": ".jsx",
        "typescript javascript": ".ts",
        "typescript javascript react": ".tsx",
        "javascript vue": ".vue",
        "javascript svelte": ".svelte",
        "rust": ".rs",
        "go": ".go",
        "ruby": ".rb",
        "php": ".php",
        "java": ".java",
        "kotlin": ".kt",
        "swift": ".swift",
        "cpp": ".c .h .cc .cpp .hpp",
        "csharp dotnet": ".cs .csproj .sln",
        "elixir": ".ex",
        "haskell": ".hs",
        "scala": ".scala",
        "lua": ".lua",
        "dart": ".dart",
        "zig": ".zig",
        "nix": ".nix",
        "terraform": ".tf",
        "sql": ".sql",
        "bash": ".sh",
        "cuda": ".cu",
    }.items()
    for name in names.split()
}
"""What a file with this extension says."""

WORDS: Final = {
    **{tag: tag for listed in (*FILES.values(), *EXTENSIONS.values()) for tag in listed.split()},
    **{
        word: tag
        for tag, words in {
            "python": "py python3 pip3 virtualenv venv pypi",
            "pytest": "conftest",
            "javascript": "js ecmascript nodejs",
            "node": "nodejs npx",
            "typescript": "ts tsc",
            "rust": "rustc crate crates",
            "go": "golang",
            "ruby": "gem rails rspec",
            "docker": "dockerfile podman containerd",
            "kubernetes": "kubectl k8s",
            "terraform": "tofu opentofu",
            "postgres": "postgresql psql psycopg psycopg2",
            "mysql": "mariadb",
            "cpp": "c++ gcc clang g++",
            "csharp": "c# nuget",
            "java": "jvm jdk javac",
            "bash": "shell zsh",
            "nix": "nixos nixpkgs",
            "systemd": "systemctl journald",
            "github": "actions",
            "torch": "pytorch",
        }.items()
        for word in words.split()
    },
    **{
        name: name
        for name in (
            "redis sqlite mongodb elasticsearch kafka rabbitmq nginx apache git eslint prettier webpack vite jest "
            "vitest playwright cypress react vue svelte angular nextjs django flask fastapi sqlalchemy pydantic "
            "celery numpy pandas torch tensorflow cuda qdrant ollama mypy ruff spring laravel symfony express "
            "prisma graphql grpc aws gcp azure"
        ).split()
    },
}
"""The language or tool that a word names."""

LANGUAGES: Final = frozenset(listed.split()[0] for listed in EXTENSIONS.values()) - {"bash", "sql"}

BOUND_TO_A_LANGUAGE: Final = LANGUAGES | {
    tag
    for listed in (*FILES.values(), *EXTENSIONS.values())
    for tag in listed.split()
    if listed.split()[0] in LANGUAGES
}
"""Languages, and tools that only projects of one language have."""

_EVERYDAY: Final = frozenset(
    {"go", "make", "just", "express", "actions", "node", "shell", "gem", "spring", "ts", "uv"}
)
"""Names that are words, too: in prose they count only beside what such a tool is called with."""

_CALLS: Final = re.compile(
    r"\b(go) (?:build|mod|test|get|vet|run|install|generate)\b|\b(make) (?:-\w|\w+:)|\bmake: \*\*\*|\b(node)[ :](?:\w+\.js|internal|v?\d)"
    r"|\b(uv) (?:run|sync|pip|lock|add)\b"
)
_WORD: Final = re.compile(r"[a-z][a-z0-9+#-]*")
_DEPENDENCY: Final = re.compile(r"^\s*[\"']?(@?[A-Za-z][\w./-]*)[\"']?\s*(?:[=<>~!\[:(]|$)", re.MULTILINE)
_MANIFESTS: Final = frozenset(
    {"pyproject.toml", "package.json", "Cargo.toml", "requirements.txt", "Gemfile", "composer.json", "go.mod"}
)
_SKIPPED: Final = frozenset(
    {"node_modules", "target", "dist", "build", "vendor", "__pycache__", "data", "venv"}
)

MAX_FOLDERS: Final = 40
MAX_ENTRIES: Final = 400
"""Entries of a folder that are looked at."""

MAX_MANIFEST_BYTES: Final = 64_000
MIN_FILES: Final = 2
"""Files with an extension, below which it says nothing about the project."""


def project_tags(folder: Path) -> frozenset[str]:
    """The languages and tools of the project in a folder; none if it cannot be read."""
    found: set[str] = set()
    extensions: dict[str, int] = {}
    for place in _folders(folder):
        for entry in _entries(place):
            if not _is_of_init(entry):
                found.update(FILES.get(entry.name, "").split())
            ending = os.path.splitext(entry.name)[1]  # noqa: PTH122  a name, not a path
            extensions[ending] = extensions.get(ending, 0) + 1
            if entry.name in _MANIFESTS:
                found |= _dependencies(Path(entry.path))
    if (folder / ".github" / "workflows").is_dir():
        found.add("github")
    for ending, number in extensions.items():
        if number >= MIN_FILES or ending in (".tf", ".sln"):
            found.update(EXTENSIONS.get(ending, "").split())
    return frozenset(found)


def tags_of(text: str, named: Iterable[str] = ()) -> frozenset[str]:
    """The languages and tools that a text is about; `named` are those that a field names outright."""
    lowered = text.casefold()
    found = {WORDS[word] for word in set(_WORD.findall(lowered)) if word in WORDS and word not in _EVERYDAY}
    found.update(word for groups in _CALLS.findall(lowered) for word in groups if word)
    for name in named:
        key = name.strip().casefold()
        found.add(WORDS.get(key, key))
    return frozenset(tag for tag in found if tag and " " not in tag)


def _folders(folder: Path) -> list[Path]:
    below = [
        Path(entry.path)
        for entry in _entries(folder)
        if entry.is_dir(follow_symlinks=False)
        and entry.name not in _SKIPPED
        and not entry.name.startswith(".")
    ]
    return [folder, *sorted(below)[:MAX_FOLDERS]]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listed:
            return [entry for _, entry in zip(range(MAX_ENTRIES), listed, strict=False)]
    except OSError:
        return []


def _is_of_init(entry: os.DirEntry[str]) -> bool:
    """Whether a file has no hooks but ours, which `init` writes: it says nothing about the project."""
    if entry.name != PRE_COMMIT_CONFIG:
        return False
    hooks = re.findall(r"^\s*- id: *(\S*)", _text_of(Path(entry.path)), re.MULTILINE)
    return bool(hooks) and all(hook.startswith("fedlearn-") for hook in hooks)


def _text_of(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(MAX_MANIFEST_BYTES)
    except OSError:
        return ""


def _dependencies(manifest: Path) -> set[str]:
    """The known tools among the dependencies that a manifest names."""
    text = _text_of(manifest)
    names = {name.casefold().rpartition("/")[2] for name in _DEPENDENCY.findall(text)}
    quoted = {name.casefold() for name in re.findall(r"[\"']([A-Za-z][\w-]*)[\"'\[<>=~! ]", text)}
    return {WORDS[name] for name in names | quoted if name in WORDS and name not in _EVERYDAY}
