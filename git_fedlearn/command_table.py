"""The table of commands: section, one-line help and examples of each, for `-h`, completion and the manual.

Plain data, so that `-h` imports no command: the module of a command, of the same name in `commands/`, is
imported when the command is run.
"""

from typing import Final

SECTIONS: Final[dict[str, dict[str, str]]] = {
    "start": {
        "init": "Set up this repository to share lessons.",
        "clone": "Clone a repository of lessons and set it up.",
        "install": "Set up this clone: drivers, attributes, hooks, system id.",
        "uninstall": "Undo `install`, byte for byte.",
        "demo": "Watch three throw-away systems learn from each other.",
    },
    "every day": {
        "status": "Show the state of this clone and what to do next.",
        "sources": "Find the logs on this machine, list and test sources.",
        "sync": "Learn from your AI stack's logs.",
        "search": "Find lessons that answer a question or an error.",
        "show": "Show a record.",
        "note": "Write down a lesson in one line.",
        "add": "Add records from a file.",
        "outcome": "Record that lessons worked or failed here.",
    },
    "share": {
        "federate": "Sync, pull, push and fetch from peers in one run.",
        "pull-remotes": "Fetch lessons from all peers.",
        "remote": "Add, list and remove peers.",
        "publish": "Copy chosen lessons into another repository.",
        "bundle": "Share lessons as a file, without a network.",
        "schedule": "Run sync and federate on a timer.",
    },
    "look": {
        "log": "Show the history of records.",
        "diff": "Show which records changed between two states.",
        "metrics": "Show figures for all systems.",
        "report": "Create an HTML report.",
    },
    "decide": {
        "review": "Decide on pending items.",
        "retract": "Retract lessons on every system.",
        "restore": "Undo a retraction, on every system.",
    },
    "protect": {
        "scan": "Report secrets and personal data in files or history.",
        "sanitize": "Redact secrets and personal data in files.",
        "verify": "Check data files and repair them.",
        "resolve": "Resolve merge conflicts in data files.",
        "doctor": "Check that merges, diffs and hooks work in this clone.",
    },
    "use": {
        "import": "Import lessons from this repository to Qdrant.",
        "export": "Export lessons from Qdrant to this repository.",
        "dataset": "Count, freeze and export the fine-tuning set.",
        "mcp": "Serve lessons to agents (MCP over stdio).",
        "agent": "Connect Claude Code or Codex to this clone.",
        "prime": "Show the lessons worth knowing for a project.",
    },
}
"""Every command that `-h` lists, by section, with its one-line help."""

UNLISTED: Final = {"completion": "Print the completion script of a shell."}
"""Commands for packagers and shell files, with their one-line help."""

COMMANDS: Final = {
    name: text for commands in (*SECTIONS.values(), UNLISTED) for name, text in commands.items()
}
"""Every command with its one-line help."""


ACTING: Final = frozenset(
    (
        *("init", "clone", "install", "uninstall", "agent install", "agent uninstall"),
        *("sync", "note", "add", "outcome", "retract", "restore", "sanitize", "resolve"),
        *("federate", "pull-remotes", "publish", "bundle apply", "bundle create"),
        *("remote add", "remote name", "remote remove", "schedule install", "schedule remove"),
        *("review accept", "review drop", "review edit", "report", "import", "export"),
        *("dataset export", "dataset snapshot", "dataset trained"),
    )
)
"""Commands that do something, and then report it; all others answer a question."""

CONFIGURING: Final = frozenset(
    (
        *("init", "clone", "install", "uninstall", "doctor", "remote", "sources", "agent", "schedule"),
        *("demo", "mcp"),
    )
)
"""Commands that change git's config, or go on while others do; all others read it once."""

ANSWERING: Final = ("dry_run", "explain", "only_print", "terminal")
"""Options with which a command that acts answers a question instead, as click names their values."""


EXAMPLES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "init": (("git init lessons && cd lessons && git fedlearn init", "a new repository for lessons"),),
    "clone": (("git fedlearn clone git@example.org:me/lessons.git", "on your next machine"),),
    "install": (
        ("git fedlearn install", "after a plain git clone"),
        ("git fedlearn install --global", "man pages and completions for your account"),
    ),
    "uninstall": (("git fedlearn uninstall", "restore the earlier state of this clone"),),
    "status": (("git fedlearn status --check", "only what needs a person, for monitors"),),
    "doctor": (("git fedlearn doctor --fix", "repair what is broken"),),
    "demo": (("git fedlearn demo --keep", "keep the folder to explore it"),),
    "completion": (('eval "$(git fedlearn completion bash)"', "turn completion on in this shell"),),
    "sync": (
        ("git fedlearn sync --dry-run", "show what it would learn"),
        ("git fedlearn sync --source ~/logs --commit", "learn from another folder, and commit"),
        ("git fedlearn sync --explain --full --dry-run", "why each event is learned or skipped"),
    ),
    "note": (
        ("git fedlearn note 'externally-managed-environment => use a venv'", "an error and its solution"),
        ("git fedlearn note 'Pin the channel: builds stay the same'", "a practice"),
        ("git fedlearn note", "in your editor"),
    ),
    "sources": (
        ("git fedlearn sources detect", "find logs, and what they would yield"),
        ("git fedlearn sources detect --add codex", "let sync read the sessions of Codex"),
        ("git fedlearn sources test ~/.claude", "what would be learned, and what is skipped"),
    ),
    "add": (("git fedlearn add best-practices notes.jsonl", "one JSON object per line"),),
    "retract": (
        ("git fedlearn retract 3f2a --reason 'wrong since 2.0'", "one lesson"),
        ("git fedlearn retract --commit HEAD --reason 'a bad log'", "all records that a commit added"),
    ),
    "restore": (("git fedlearn restore 3f2a", "undo its retraction"),),
    "outcome": (
        ("git fedlearn outcome 3f2a --worked", "it helped"),
        ("git fedlearn outcome 3f2a --failed --note 'needs version 2'", "it did not, and why"),
    ),
    "dataset": (
        ("git fedlearn dataset stats", "how many samples, tokens and duplicates"),
        ("git fedlearn dataset export --format openai --split 0.9", "files for a trainer"),
    ),
    "metrics": (("git fedlearn metrics --month 2026-10", "the figures at the end of October"),),
    "show": (
        ("git fedlearn show 3f2a", "the first characters of an id are enough"),
        ("git fedlearn show 3f2a --origin", "who learned it, and how it got here"),
    ),
    "log": (
        ("git fedlearn log", "what each commit changed"),
        ("git fedlearn log 3f2a", "the history of one lesson"),
    ),
    "diff": (
        ("git fedlearn diff", "what is not committed yet"),
        ("git fedlearn diff main@{1.week.ago}", "what changed in a week"),
    ),
    "report": (("git fedlearn report -o lessons.html", "one file to open or to send"),),
    "federate": (("git fedlearn federate --dry-run", "show what it would do"),),
    "remote": (
        (
            "git fedlearn remote add friend https://example.org/friend/lessons.git",
            "learn from a friend's repository",
        ),
        ("git fedlearn remote remove friend --retract", "stop, and retract its lessons"),
        ("git fedlearn remote name sys-abcde23456 laptop", "show a name for a system, on this machine only"),
    ),
    "pull-remotes": (("git fedlearn pull-remotes friend --dry-run", "show what would be added"),),
    "publish": (
        ("git fedlearn publish community 3f2a --dry-run", "show what would leave, as it would leave"),
        ("git fedlearn publish community --set best-practices --seen-by 3", "what three systems learned"),
        ("git fedlearn publish community", "let updates and retractions follow"),
    ),
    "bundle": (
        ("git fedlearn bundle create stick.bundle", "a file for a machine without a network"),
        ("git fedlearn bundle apply stick.bundle", "on that machine"),
    ),
    "schedule": (("git fedlearn schedule install --federate 6h", "share every six hours"),),
    "verify": (
        ("git fedlearn verify --history", "check that no record was ever lost"),
        ("git fedlearn verify --fix", "restore lost records"),
    ),
    "sanitize": (("git fedlearn sanitize notes/ corpus.jsonl", "redact these files and folders"),),
    "scan": (
        ("git fedlearn scan --staged", "before a commit"),
        ("git fedlearn scan --history", "every version of every data file"),
    ),
    "review": (
        ("git fedlearn review", "walk through all pending items"),
        ("git fedlearn review accept --peer friend --all", "accept all records from a peer, redacted"),
        ("git fedlearn review --duplicates best-practices", "find lessons that say nearly the same"),
    ),
    "resolve": (("git fedlearn resolve", "after a conflict under data/"),),
    "search": (
        ("git fedlearn search 'connection refused on 6333'", "a question or a pasted error"),
        ("git fedlearn search 'pin a channel' --set best-practices --limit 3", "in one set"),
    ),
    "export": (("git fedlearn export notes --dry-run", "show what it would add"),),
    "import": (("git fedlearn import --since HEAD~1", "what the last commit changed"),),
    "mcp": (("git fedlearn mcp --read-only", "the command that an agent starts"),),
    "agent": (
        ("git fedlearn agent install claude --for ~/src/app", "hooks and MCP for one project"),
        ("git fedlearn agent install codex", "for all projects: Codex has one file"),
        ("git fedlearn agent status", "what is installed, and whether it runs"),
    ),
    "prime": (("git fedlearn prime --for ~/src/app --budget 300", "what an agent should know there"),),
}
"""Examples of each command: a command line and its purpose."""
