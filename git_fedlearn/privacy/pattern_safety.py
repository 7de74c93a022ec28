r"""Whether a regular expression of a repository has the shape that makes a backtracking engine explode.

Not a proof: it knows the usual shape, a repeat over a body that is nothing but repeats, as in `(a+)+` and
`(\w+\s*)*`, where a text can be divided in exponentially many ways (Friedl, Mastering Regular Expressions).
"""

from __future__ import annotations

import re._constants as sre  # type: ignore[import-not-found]  # the parse tree that re itself compiles from
import re._parser as sre_parser  # type: ignore[import-not-found]
from typing import Any, Final

_REPEATS: Final = (sre.MAX_REPEAT, sre.MIN_REPEAT)
_MANY: Final = 8
"""An outer repeat of at most this many rounds ends soon enough."""


def is_explosive(pattern: str) -> bool:
    """Whether some part of a valid pattern repeats what is nothing but repeats."""
    waiting: list[Any] = [sre_parser.parse(pattern)]
    while waiting:
        for operator, argument in waiting.pop():
            if operator in _REPEATS and argument[1] > _MANY and _is_only_repeats(argument[2]):
                return True
            waiting += _bodies(operator, argument)
    return False


def _bodies(operator: Any, argument: Any) -> list[Any]:  # noqa: ANN401  re has no types for its tree
    """The sequences inside one item."""
    if operator in (*_REPEATS, sre.POSSESSIVE_REPEAT):
        return [argument[2]]
    if operator is sre.BRANCH:
        return list(argument[1])
    if operator is sre.SUBPATTERN:
        return [argument[-1]]
    if operator in (sre.ASSERT, sre.ASSERT_NOT):
        return [argument[1]]
    if operator is sre.ATOMIC_GROUP:
        return [argument]
    return [body for body in argument[1:] if body] if operator is sre.GROUPREF_EXISTS else []


def _is_only_repeats(sequence: Any) -> bool:  # noqa: ANN401
    """Whether every item of a sequence, or of one of its branches, is a repeat of variable length."""
    items = [item for item in sequence if item[0] is not sre.AT]
    return bool(items) and all(_is_variable(*item) for item in items)


def _is_variable(operator: Any, argument: Any) -> bool:  # noqa: ANN401
    if operator in _REPEATS:
        return bool(argument[0] != argument[1])
    if operator is sre.SUBPATTERN:
        return _is_only_repeats(argument[-1])
    return operator is sre.BRANCH and any(_is_only_repeats(branch) for branch in argument[1])
