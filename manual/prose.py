"""What the manual says beyond the commands: exit codes, environment, files, settings."""

from typing import Final

EXIT_CODES: Final = (
    ("0", "done"),
    ("1", "the answer is no: there are findings or differences, or a peer or a step failed"),
    ("2", "wrong command line"),
    ("3", "failed"),
    ("130", "interrupted"),
)

ENVIRONMENT: Final = (
    ("AI_STACK_DATA", "The folder of your AI stack's logs (default: ~/.local/share/nixos-ai-stack)."),
    ("CLAUDE_CONFIG_DIR, CODEX_HOME", "The homes of Claude Code and Codex, where sources detect looks."),
    ("QDRANT_URL, QDRANT_API_KEY", "The Qdrant server for export and import, and its key."),
    ("FEDLEARN_EMBEDDER_KEY", "The key of the embedding endpoint in fedlearn.embedder."),
    ("NO_COLOR", "If set: no colors. A pipe gets colors only if FORCE_COLOR is set, or color.ui is always."),
    ("SOURCE_DATE_EPOCH", "The current time to use, in seconds since 1970."),
)

CONFIGURATION: Final = (
    ("fedlearn.system", "The id of this system, set by install."),
    ("fedlearn.lockTimeout", "Seconds to wait for another run (default: 30)."),
    ("fedlearn.sanitize", "redact (default) private data in staged records, or stop the commit."),
    ("fedlearn.source", "The folder of your AI stack's logs; AI_STACK_DATA and --source win over it."),
    ("fedlearn.source.NAME", "The folder of a source's files on this machine."),
    ("fedlearn.profile.NAME", "The profile and files of a source that sources detect found here."),
    ("fedlearn.name.ID", "What people read in place of a system id, on this machine only (remote name)."),
    ("fedlearn.pushTo", "systems: federate pushes to a branch of this system alone."),
    ("fedlearn.anonymous", "true: commits of federate name the system id instead of the user."),
    (
        "fedlearn.injection",
        "quarantine (default) records that look like instructions to an agent, or flag: learn them, marked.",
    ),
    (
        "fedlearn.embedder, fedlearn.embedderModel, fedlearn.embedderFolder",
        "wordllama (default), onnx, fastembed or the URL of an embedding endpoint; its model; its folder.",
    ),
    ("fedlearn.qdrantUrl, fedlearn.qdrantFolder", "The vector store for export and import."),
    ("fedlearn.qdrantCredential", "true: ask git's credential helpers for the key of the store."),
    ("fedlearn.autoImport", "true: import the records of each merge at once."),
    ("remote.NAME.fedlearn", "true: this remote is a peer; set by git fedlearn remote."),
)

FILES: Final = (
    (".fedlearn.toml", "Settings that all clones share."),
    ("data/", "Lessons: record sets, and the snapshots and metrics of each system."),
    (".git/fedlearn/", "State of this clone: lock, read positions, index, pending items."),
)
