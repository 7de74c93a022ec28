"""What the manual says beyond the commands: exit codes, environment, files, settings."""

from typing import Final

EXIT_CODES: Final = (
    ("0", "done"),
    ("1", "the answer is no: there are findings or differences, or a peer failed while others went on"),
    ("2", "the command line is wrong"),
    ("3", "failed"),
    ("130", "interrupted"),
)

ENVIRONMENT: Final = (
    ("AI_STACK_DATA", "The folder the stack writes to (~/.local/share/nixos-ai-stack)."),
    ("QDRANT_URL, QDRANT_API_KEY", "The Qdrant server of export and import, and its key."),
    ("FEDLEARN_EMBEDDER_KEY", "The key of the embedding endpoint that fedlearn.embedder names."),
    ("NO_COLOR", "Set to anything: no colours. A pipe never gets any, unless FORCE_COLOR is set."),
    ("SOURCE_DATE_EPOCH", "The time to take for now, in seconds since 1970."),
)

CONFIGURATION: Final = (
    ("fedlearn.system", "The id of this system, made by install."),
    ("fedlearn.lockTimeout", "Seconds to wait for another run (30)."),
    ("fedlearn.source", "The folder the stack writes to, unless AI_STACK_DATA or --source names one."),
    ("fedlearn.source.NAME", "Where the files of a profile lie on this machine."),
    ("fedlearn.pushTo", "systems: federate pushes to a branch of this system's own."),
    ("fedlearn.anonymous", "true: commits of federate name the system id, not its user."),
    ("fedlearn.injection", "flag (default) or quarantine what reads like instructions to an agent."),
    (
        "fedlearn.embedder, fedlearn.embedderModel, fedlearn.embedderFolder",
        "wordllama (default), onnx, fastembed or the URL of an embedding endpoint; its model; its folder.",
    ),
    ("fedlearn.qdrantUrl, fedlearn.qdrantFolder", "The vector store of export and import."),
    ("fedlearn.qdrantCredential", "Whether git's credential helpers are asked for the store's key."),
    ("fedlearn.qdrantGrpcPort", "The port at which the store speaks gRPC; REST when it is not set."),
    ("fedlearn.autoImport", "Whether what a merge brings is imported at once."),
    ("remote.NAME.fedlearn", "true: this remote is a peer. git fedlearn remote sets it and its options."),
)

FILES: Final = (
    (".fedlearn.toml", "Settings that all clones share."),
    ("data/", "What was learned: record sets, and the snapshots and metrics of each system."),
    (".git/fedlearn/", "This clone's own state: lock, checkpoints, index. It can be removed at any time."),
)
