"""Paths, expressions and filters over the fields of a JSON object.

They come from people, paths and expressions from peers too, so none is ever run as Python: an expression is
parsed, checked node by node against a short list, and evaluated by the functions here. If a part cannot be
computed (a missing field, a text instead of a number, a division by zero), the whole expression is None.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, parse_value
from git_fedlearn.errors import SettingsError, UsageError

MAX_LENGTH: Final = 500
MAX_NODES: Final = 120
"""Characters and syntax nodes of an expression."""

Expression = Callable[[Mapping[str, Json]], Json]
"""Computes the value of an expression for the fields of an event; never raises."""

_Evaluate = Callable[[Mapping[str, Json]], Any]


class _UnknownError(Exception):
    """The expression has no value for this event."""


def compile_expression(text: str) -> Expression:
    """Check an expression once, to evaluate it often. Raises SettingsError."""
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
            f"not allowed in an expression: `{ast.unparse(node)}`",
            hint=f"allowed: numbers, text, fields, + - * /, comparisons, in, and, or, not, if, {_NAMES}",
        )
    return compiler(node)


def _constant(node: ast.Constant) -> _Evaluate:
    value = node.value
    if not isinstance(value, str | int | float | bool | None):
        raise SettingsError(f"not allowed in an expression: `{ast.unparse(node)}`")
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
        raise SettingsError(f"not allowed in an expression: `{ast.unparse(node)}`")
    parts.insert(0, inner.id)

    def value(fields: Mapping[str, Json]) -> Any:  # noqa: ANN401  an event may contain anything
        found: Any = fields
        for part in parts:
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    return value


def _arithmetic(node: ast.BinOp) -> _Evaluate:
    operation = _ARITHMETIC.get(type(node.op))
    if operation is None:
        raise SettingsError(f"not allowed in an expression: `{ast.unparse(node)}`", hint="use + - * /")
    left, right = _compile(node.left), _compile(node.right)
    return lambda fields: operation(_number(left(fields)), _number(right(fields)))


def _unary(node: ast.UnaryOp) -> _Evaluate:
    operand = _compile(node.operand)
    if isinstance(node.op, ast.Not):
        return lambda fields: not operand(fields)
    if isinstance(node.op, ast.USub):
        return lambda fields: -_number(operand(fields))
    raise SettingsError(f"not allowed in an expression: `{ast.unparse(node)}`")


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
        raise SettingsError(f"not allowed in an expression: `{ast.unparse(node)}`")
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
        raise SettingsError(
            f"not allowed in an expression: `{ast.unparse(node)}`", hint=f"allowed functions: {_NAMES}"
        )
    arguments = [_compile(argument) for argument in node.args]
    return lambda fields: function([argument(fields) for argument in arguments])


def _number(value: Any) -> float:  # noqa: ANN401  an event may contain anything
    """A boolean counts as 1 or 0, so that terms can be switched on; other types have no value."""
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


FieldPath = Callable[[Json], Json]
"""The value at a path, None if missing; never raises."""

_STEP: Final = re.compile(
    r"(?:^|\.)(?P<name>[^.\[\]=]+)|\[(?P<index>-?\d{1,6})\]|\[(?P<key>[^.\[\]=]+)=(?P<value>[^\[\]]*)\]"
)


def compile_path(text: str) -> FieldPath:
    """A path of names, `[n]` (negative: from the end) and `[key=value]` (the items that match).

    Raises SettingsError.
    """
    steps: list[FieldPath] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or text.startswith("."):
            raise SettingsError(f"not a path: {text}", hint="write a.b, a[0], a[-1] or a[key=value]")
        steps.append(_step(match))
        at = match.end()
    if not steps:
        raise SettingsError("an empty path")

    def find(value: Json) -> Json:
        for step in steps:
            value = step(value)
        return _joined(value)

    return find


def _step(match: re.Match[str]) -> FieldPath:
    name, index, key = match["name"], match["index"], match["key"]
    if name is not None:
        return lambda value: value.get(name) if isinstance(value, dict) else None
    if index is not None:
        return lambda value: _item(value, int(index))
    wanted = match["value"]
    return lambda value: (
        [item for item in value if isinstance(item, dict) and item.get(key) == wanted]
        if isinstance(value, list)
        else None
    )


def _item(value: Json, index: int) -> Json:
    if isinstance(value, list) and -len(value) <= index < len(value):
        return value[index]
    return None


def _joined(value: Json) -> Json:
    """Join the parts of a chat message; parts that are not text are omitted."""
    if isinstance(value, list) and value and all(isinstance(part, dict) and "type" in part for part in value):
        texts = [part.get("text") for part in value if isinstance(part, dict)]
        return "\n".join(text for text in texts if isinstance(text, str))
    return value


_FILTER: Final = re.compile(r"\s*([\w.-]+)\s*(>=|<=|==|!=|=|>|<)\s*(.+?)\s*")
_ORDER: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


class PayloadFilter(NamedTuple):
    """A field (dots lead into objects), an operator and the value it is compared with."""

    path: str
    sign: str
    value: Json

    def accepts(self, payload: JsonObject) -> bool:
        """Whether an object passes; without the field only `!=` does."""
        found: Json = payload
        for key in self.path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        if self.sign in ("=", "=="):
            return found == self.value
        if self.sign == "!=":
            return found != self.value
        wanted = self.value
        if (
            isinstance(found, bool)
            or not isinstance(found, int | float)
            or not isinstance(wanted, int | float)
        ):
            return False
        return _ORDER[self.sign](found, wanted)


def parse_filter(text: str) -> PayloadFilter:
    """Parse `FIELD>=VALUE`; the value is JSON, or else text. Raises UsageError."""
    match = _FILTER.fullmatch(text)
    if not match:
        raise UsageError(f"{text}: not a filter", hint="--filter 'value_score>=0.7'")
    path, sign, written = match.groups()
    try:
        value = parse_value(written.encode("utf-8", "replace"))
    except InvalidJsonError:
        value = written
    if sign in _ORDER and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise UsageError(f"{text}: {sign} compares numbers", hint="--filter 'value_score>=0.7'")
    return PayloadFilter(path, sign, value)
