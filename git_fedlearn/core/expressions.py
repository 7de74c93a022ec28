"""Expressions in a shared settings file: arithmetic and comparison over an event's fields, and nothing else.

The text comes from peers, so it is never run as Python: it is parsed, checked node by node against a short
list, and evaluated by the functions here. What cannot be computed (a missing field, a text where a number
belongs, a division by zero) makes the whole expression None.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import SettingsError

MAX_LENGTH: Final = 500
MAX_NODES: Final = 120

Expression = Callable[[Mapping[str, Json]], Json]
"""The value of an expression for the fields of an event; never raises."""

_Evaluate = Callable[[Mapping[str, Json]], Any]


class _UnknownError(Exception):
    """The expression has no value for this event."""


def compile_expression(text: str) -> Expression:
    """Check an expression once, to evaluate it often. Raises SettingsError saying what is wrong."""
    if len(text) > MAX_LENGTH:
        raise SettingsError(f"an expression longer than {MAX_LENGTH} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SettingsError(f"not an expression: {text}") from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise SettingsError(f"an expression of more than {MAX_NODES} parts")
    evaluate = _compile(tree.body)

    def value(fields: Mapping[str, Json]) -> Json:
        try:
            found: Json = evaluate(fields)
        except (_UnknownError, ArithmeticError):
            return None
        return None if isinstance(found, float) and not math.isfinite(found) else found

    return value


def _compile(node: ast.expr) -> _Evaluate:
    compiler = _COMPILERS.get(type(node))
    if compiler is None:
        raise SettingsError(
            f"an expression cannot hold `{ast.unparse(node)}`",
            hint=f"known: numbers, texts, field names, + - * /, comparisons, in, and, or, not, if, {_NAMES}",
        )
    return compiler(node)


def _constant(node: ast.Constant) -> _Evaluate:
    value = node.value
    if not isinstance(value, str | int | float | bool | None):
        raise SettingsError(f"an expression cannot hold `{ast.unparse(node)}`")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return lambda _: float(value)
    return lambda _: value


def _name(node: ast.Name | ast.Attribute) -> _Evaluate:
    """A field, or with dots a field of an object; a missing one is None."""
    parts: list[str] = []
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute):
        parts.insert(0, inner.attr)
        inner = inner.value
    if not isinstance(inner, ast.Name):
        raise SettingsError(f"an expression cannot hold `{ast.unparse(node)}`")
    parts.insert(0, inner.id)

    def value(fields: Mapping[str, Json]) -> Any:  # noqa: ANN401  whatever an event holds
        found: Any = fields
        for part in parts:
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    return value


def _arithmetic(node: ast.BinOp) -> _Evaluate:
    operation = _ARITHMETIC.get(type(node.op))
    if operation is None:
        raise SettingsError(f"an expression cannot hold `{ast.unparse(node)}`", hint="+ - * / are known")
    left, right = _compile(node.left), _compile(node.right)
    return lambda fields: operation(_number(left(fields)), _number(right(fields)))


def _unary(node: ast.UnaryOp) -> _Evaluate:
    operand = _compile(node.operand)
    if isinstance(node.op, ast.Not):
        return lambda fields: not operand(fields)
    if isinstance(node.op, ast.USub):
        return lambda fields: -_number(operand(fields))
    raise SettingsError(f"an expression cannot hold `{ast.unparse(node)}`")


def _logic(node: ast.BoolOp) -> _Evaluate:
    values = [_compile(value) for value in node.values]
    if isinstance(node.op, ast.And):
        return lambda fields: all(value(fields) for value in values)
    return lambda fields: any(value(fields) for value in values)


def _comparison(node: ast.Compare) -> _Evaluate:
    if len(node.ops) != 1:
        raise SettingsError(f"compare two things at a time: `{ast.unparse(node)}`", hint="join with `and`")
    compare = _COMPARISONS.get(type(node.ops[0]))
    if compare is None:
        raise SettingsError(f"an expression cannot hold `{ast.unparse(node)}`")
    left, right = _compile(node.left), _compile(node.comparators[0])
    return lambda fields: compare(left(fields), right(fields))


def _choice(node: ast.IfExp) -> _Evaluate:
    test, then, other = _compile(node.test), _compile(node.body), _compile(node.orelse)
    return lambda fields: then(fields) if test(fields) else other(fields)


def _list(node: ast.List | ast.Tuple) -> _Evaluate:
    items = [_compile(item) for item in node.elts]
    return lambda fields: [item(fields) for item in items]


def _call(node: ast.Call) -> _Evaluate:
    function = _FUNCTIONS.get(node.func.id) if isinstance(node.func, ast.Name) else None
    if function is None or node.keywords or not node.args:
        raise SettingsError(f"an expression cannot hold `{ast.unparse(node)}`", hint=f"known: {_NAMES}")
    arguments = [_compile(argument) for argument in node.args]
    return lambda fields: function([argument(fields) for argument in arguments])


def _number(value: Any) -> float:  # noqa: ANN401  whatever an event holds
    """A truth counts as 1 or 0, so that terms can be switched; anything else but a number is unknown."""
    if isinstance(value, int | float):
        return float(value)
    raise _UnknownError


def _length(values: list[Any]) -> float:
    if len(values) != 1 or not isinstance(values[0], str | list | dict):
        raise _UnknownError
    return float(len(values[0]))


def _contains(item: Any, whole: Any) -> bool:  # noqa: ANN401
    if isinstance(whole, str):
        return isinstance(item, str) and item in whole
    return isinstance(whole, list | dict) and any(item == one for one in whole)


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: compare(_number(left), _number(right))


_ARITHMETIC: Final[dict[type, Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: Final[dict[type, Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: _ordered(operator.lt),
    ast.LtE: _ordered(operator.le),
    ast.Gt: _ordered(operator.gt),
    ast.GtE: _ordered(operator.ge),
    ast.In: _contains,
    ast.NotIn: lambda item, whole: not _contains(item, whole),
}
_FUNCTIONS: Final[dict[str, Callable[[list[Any]], float]]] = {
    "min": lambda values: min(map(_number, values)),
    "max": lambda values: max(map(_number, values)),
    "abs": lambda values: abs(_number(values[0])),
    "len": _length,
}
_NAMES: Final = ", ".join(f"{name}()" for name in _FUNCTIONS)
_COMPILERS: Final[dict[type, Callable[[Any], _Evaluate]]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _name,
    ast.BinOp: _arithmetic,
    ast.UnaryOp: _unary,
    ast.BoolOp: _logic,
    ast.Compare: _comparison,
    ast.IfExp: _choice,
    ast.List: _list,
    ast.Tuple: _list,
    ast.Call: _call,
}
