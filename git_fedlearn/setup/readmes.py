"""The README.md of each folder under data/: what belongs there, who writes it, what never goes there.

`init` writes one where none is; one with another text is the user's. The texts hardly ever change: two clones
that were set up by different versions would otherwise have a conflict in a file that no driver merges.
"""

from typing import Final

from git_fedlearn.core.layout import DATA

_PATTERNS: Final = """\
# patterns

What worked, in a form that other systems can use: `skills-patterns.jsonl`, `error-solutions.jsonl` and
`best-practices.jsonl`, one lesson per line. A set that outgrows one file is split into a folder of its name.

* Written by: every system, with `git fedlearn sync`, `add` and `pull-remotes`; git merges both sides.
* Never here: raw logs, conversations, secrets, personal data. Do not delete lines: `git fedlearn retract ID`.
"""
_FINE_TUNING: Final = """\
# fine-tuning

Samples to train models with. `dataset.jsonl` is shared; `snapshots/<system>/<version>.jsonl` are versions
that one system froze, ready for a trainer, the newest five of each system. `snapshots/<system>/models.jsonl`
names the models that it trained, with the ids of their lessons.

* Written by: every system; `snapshots/<system>/` only by that system, with `git fedlearn dataset`.
* Never here: samples that nobody checked, model files, secrets, personal data.
"""
_COLLECTIONS: Final = """\
# collections

Payloads of Qdrant collections: `<collection>.jsonl` is shared; `snapshots/<system>/` has exports of one
system, the newest five of each collection, and the schema of the collection.

* Written by: `git fedlearn export`, or by hand with `git fedlearn add collections/NAME FILE`.
* Never here: vectors (an import computes them again), database files, secrets, personal data.
"""
_TELEMETRY: Final = """\
# telemetry

`snapshots/<system>/<date>.jsonl`: the most valuable lessons of one system on one day, with score and time,
the newest thirty of each system.

* Written by: only the system in the path, with `git fedlearn sync`. `latest.jsonl` stays local.
* Never here: the logs themselves. Git ignores `*-events.jsonl`, and the commit checks refuse it.
"""
_METRICS: Final = """\
# metrics

`monthly/<system>/<YYYY-MM>.json`: what one system counted in one month; `git fedlearn metrics` sums it up.

* Written by: only the system in the path, with `git fedlearn federate`.
* Never here: dashboards and other files that can be made again; names of hosts or people.
"""
_OUTCOMES: Final = """\
# outcomes

`<system>.jsonl`: how often each lesson worked or failed for one system.

* Written by: only the system in the name, with `git fedlearn outcome ID --worked` or `--failed`.
* Never here: what was asked or done, only counts and short notes; secrets, personal data.
"""

FOLDER_READMES: Final = {
    f"{DATA}/{folder}/README.md": text
    for folder, text in {
        "patterns": _PATTERNS,
        "fine-tuning": _FINE_TUNING,
        "collections": _COLLECTIONS,
        "telemetry": _TELEMETRY,
        "metrics": _METRICS,
        "outcomes": _OUTCOMES,
    }.items()
}
"""The text of each, by path."""
