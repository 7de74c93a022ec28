"""The texts of the files that `git fedlearn init` makes."""

from typing import Final

from git_fedlearn.repository.settings import Settings

_DEFAULTS = Settings()

SETTINGS: Final = f"""\
# Settings that every clone of this repository shares. Lines that begin with # show the defaults.
# What belongs to one machine alone (addresses, keys, its system id) is git config fedlearn.*.
format = 1

[limits]
# record_set_bytes = {_DEFAULTS.record_set_bytes}    # a file that would grow larger is sharded
# record_bytes = {_DEFAULTS.record_bytes}         # a larger record is refused

[learn]
# minimum_score = {_DEFAULTS.minimum_score}            # what scores less is not learned

[privacy]
# kinds = {{ HOST_NAME = "allow", PRIVATE_KEY = "block" }}    # else "redact"; block refuses the record
# [[privacy.allow]]             # git fedlearn scan --allow FINGERPRINT --reason … writes this
# fingerprint = "0123456789abcdef"
# reason = "the key of the public test server"
# expires = 2030-01-31          # optional: the first day it no longer holds
# [[privacy.rules]]             # what only you know to be private
# name = "customer-number"
# pattern = 'CUST-[0-9]{{6}}'
# kind = "CUSTOMER_NUMBER"      # the placeholder; SECRET unless said

[keep]
# telemetry_events = {_DEFAULTS.telemetry_events}        # events in a telemetry snapshot
# telemetry_snapshots = {_DEFAULTS.telemetry_snapshots}       # snapshots of each system
# fine_tuning_snapshots = {_DEFAULTS.fine_tuning_snapshots}      # versions of each system
"""

IGNORED: Final = [
    "# what one machine knows raw or can make again",
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

After cloning, run `git fedlearn install` once: git then merges these files record by record, without conflicts.
Do not delete lines: `git fedlearn retract ID --reason …` removes a lesson on every system.
"""
