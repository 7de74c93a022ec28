"""The join of two versions of a monthly metrics file, which two branches of one system may both have written.

The file says how things stood when it was written, so the later one holds: docs/metrics.md, "Monthly file".
"""

from git_fedlearn.core.canonical import InvalidJsonError, parse_value


def join_month_files(ours: bytes, theirs: bytes) -> bytes:
    """The version with the later `synced_at`, of equal ones the larger bytes; one that is no object loses."""
    return max(ours, theirs, key=_order)


def _order(data: bytes) -> tuple[bool, str, bytes]:
    try:
        value = parse_value(data)
    except InvalidJsonError:
        return False, "", data
    when = value.get("synced_at") if isinstance(value, dict) else None
    return isinstance(value, dict), when if isinstance(when, str) else "", data
