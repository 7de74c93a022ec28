"""Fields of an event that describe one occurrence of a lesson, not the lesson.

Logs of AI stacks name their fields like this. A record of another source keeps such fields: there, `model` or
`host` may be what the lesson is about.
"""

from functools import lru_cache
from typing import Final

from git_fedlearn.core.identity import is_volatile
from git_fedlearn.core.record import SESSION_FIELDS, USAGE_FIELDS

_FIELDS: Final = SESSION_FIELDS | USAGE_FIELDS.union(
    """
    solution_verified
    timestamps datetime created updated modified started_at finished_at completed_at
    host hostname pid
    model model_id model_name model_version provider temperature top_p top_k seed finish_reason
    tokens cost cost_usd duration duration_s
    """.split()
)
"""Times, sessions, the machine, and the run of a model."""

_PREFIXES: Final = ("last_", "tokens_", "latency_")
_SUFFIXES: Final = ("_count", "_timestamp")


@lru_cache(maxsize=1024)
def is_of_one_occurrence(key: str) -> bool:
    """Whether the field of an event belongs to one occurrence, or is volatile."""
    return is_volatile(key) or key in _FIELDS or key.startswith(_PREFIXES) or key.endswith(_SUFFIXES)
