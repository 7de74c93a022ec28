"""JMESPath over the fields of a JSON object: paths, conditions, scores and filters in one language.

Expressions come from people and, in shared settings, from peers. So each is bounded before it is evaluated:
its length, its depth, and how much more than its input it can read or return. An expression that cannot be
computed (a text instead of a number, say) is null, as is one that is missing.

To the functions of JMESPath comes one: `product([a, b])`, which multiplies as `sum([a, b])` adds.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from git_fedlearn.core.canonical import InvalidJsonError, Json, parse_value
from git_fedlearn.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from jmespath.visitor import TreeInterpreter

MAX_LENGTH: Final = 500
MAX_DEPTH: Final = 60
"""Characters and nesting of an expression."""

MAX_COST: Final = 300
"""How many times its input an expression may read or return."""

Expression = Callable[[Json], Json]
"""Computes the value of an expression for an event; never raises."""

_LITERAL_UNIT: Final = 32
"""Characters of a literal that count as one part of the input."""

_ESCAPED: Final = 6
"""How much longer a text can get when it is written as JSON."""

_HINT: Final = (
    "JMESPath: a.b, a[0], a[?role=='user'] | [-1].text, ==, &&, ||, !, numbers as `0.7`, sum([a, b]), "
    "product([a, b])"
)

_FILTER_HINT: Final = "--filter \"language == 'nix'\", or --filter 'value_score >= `0.7`'"

_CONSTANTS: Final = {
    name: f"`{constant}`"
    for constant, names in {"true": "true True", "false": "false False", "null": "null None"}.items()
    for name in names.split()
}
"""Fields that are probably meant as constants, with the constants."""

_UNQUOTED: Final = re.compile(r"\s*[\w.-]+\s*(?:>=|<=|==|!=|=|>|<)\s*[^'\"`\s=][^'\"`]*")
"""A comparison with a value that stands in no quotes, so that JMESPath takes it for a field."""

Node = Mapping[str, Any]
"""A node of the syntax tree that the library makes."""


class _Bound(NamedTuple):
    """How many times its input a part returns at most, and reads at most."""

    growth: int
    cost: int


@lru_cache(maxsize=512)
def compile_expression(text: str) -> Expression:
    """Check an expression once, to evaluate it often. Raises SettingsError, which says how to write it."""
    tree, visit = _parse(text), _interpreter().visit

    def value(fields: Json) -> Json:
        try:
            found: Json = visit(tree, fields)
        except (ValueError, TypeError, ArithmeticError, RecursionError):
            return None
        return found

    return value


def compile_path(text: str) -> Expression:
    """An expression whose value may be the content of a chat message: its parts are joined to one text."""
    value = compile_expression(text)
    return lambda fields: _joined(value(fields))


def is_true(value: Json) -> bool:
    """Whether JMESPath takes a value as true: all but null, false, and an empty text, list or object."""
    if value is None or isinstance(value, bool):
        return value is True
    return isinstance(value, int | float) or bool(value)


def compile_filter(text: str) -> Expression:
    """The expression of a filter. Raises UsageError."""
    if _UNQUOTED.fullmatch(text):
        raise UsageError(f"{text}: not a filter: a value without quotes", hint=_FILTER_HINT)
    try:
        return compile_expression(text)
    except SettingsError as error:
        raise UsageError(f"{text}: not a filter: {error.message}", hint=error.hint) from None


def _parse(text: str) -> Node:
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415  costs start-up time
    from jmespath.parser import Parser  # noqa: PLC0415

    if len(text) > MAX_LENGTH:
        raise SettingsError(f"an expression longer than {MAX_LENGTH} characters")
    try:
        tree: Node = Parser().parse(text).parsed
    except JMESPathError:
        raise SettingsError(f"not JMESPath: {text}", hint=_HINT) from None
    except (RecursionError, ValueError, OverflowError):
        raise SettingsError("an expression nested too deeply", hint=_HINT) from None
    bound = _Checker(text).bound_of(tree, 0)
    if max(bound) > MAX_COST:
        raise SettingsError(f"an expression that takes too long: {text}", hint="copy less, nest less")
    return tree


class _Checker:
    """Refuses what the library would only find out on a line, and bounds the rest."""

    def __init__(self, text: str) -> None:
        self._text = text

    def bound_of(self, node: Node, depth: int) -> _Bound:
        """The bound of a part of an expression. Raises SettingsError."""
        if depth > MAX_DEPTH:
            raise SettingsError("an expression nested too deeply", hint=_HINT)
        kind, children = node["type"], node.get("children", ())
        if kind in ("field", "current", "identity", "index", "slice"):
            return _Bound(1, 1)
        if kind == "literal":
            return _Bound(1 + len(self._checked(node["value"])) // _LITERAL_UNIT, 1)
        if kind == "function_expression":
            return self._function(node, depth)
        if kind == "expref":
            raise SettingsError(f"`&` is for the functions that take an expression: {self._text}", hint=_HINT)
        if kind == "key_val_pair":
            self._checked(node["value"])
        if kind == "comparator":
            self._refuse_bare_literals(children)
        return _combined(kind, [self.bound_of(child, depth + 1) for child in children])

    def _function(self, node: Node, depth: int) -> _Bound:
        name, arguments = node["value"], node["children"]
        found = _functions().FUNCTION_TABLE.get(name)
        if found is None:
            known = ", ".join(sorted(_functions().FUNCTION_TABLE))
            raise SettingsError(f"no such function: {name}()", hint=f"functions: {known}")
        wanted = found["signature"]
        is_open = wanted[-1].get("variadic", False)
        if len(arguments) < len(wanted) or (len(arguments) > len(wanted) and not is_open):
            raise SettingsError(f"{name}() takes {len(wanted)}, not {len(arguments)}", hint=_HINT)
        bounds: list[_Bound] = []
        inner = _Bound(1, 1)
        for place, argument in enumerate(arguments):
            takes_expression = "expref" in wanted[min(place, len(wanted) - 1)]["types"]
            if takes_expression != (argument["type"] == "expref"):
                raise SettingsError(f"{name}() takes `&expression` once: {self._text}", hint=_HINT)
            if takes_expression:
                inner = self.bound_of(argument["children"][0], depth + 1)
            else:
                bounds.append(self.bound_of(argument, depth + 1))
        growth = sum(bound.growth for bound in bounds)
        cost = 1 + sum(bound.cost for bound in bounds) + growth * inner.cost
        return _Bound(growth * self._growth_by(name, arguments, inner), cost)

    def _growth_by(self, name: str, arguments: Sequence[Node], inner: _Bound) -> int:
        """How much longer the result of a function can be than its arguments."""
        if name == "join":
            if arguments[0]["type"] != "literal":
                raise SettingsError(f"join() needs a separator in quotes: {self._text}", hint=_HINT)
            return 1 + len(str(arguments[0]["value"]))
        return {"map": inner.growth, "to_string": _ESCAPED}.get(name, 1)

    def _checked(self, value: Json) -> bytes:
        """A literal as JSON; one that no record can contain is refused."""
        try:
            data = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
            parse_value(data)
        except (ValueError, RecursionError, InvalidJsonError):
            raise SettingsError(f"a value that JSON cannot hold: {self._text}", hint=_HINT) from None
        return data

    def _refuse_bare_literals(self, sides: Iterable[Node]) -> None:
        for side in sides:
            if side["type"] == "field" and side["value"] in _CONSTANTS:
                raise SettingsError(
                    f"`{side['value']}` is a field here: {self._text}",
                    hint=f"write {_CONSTANTS[side['value']]}, in backticks",
                )


def _combined(kind: str, parts: list[_Bound]) -> _Bound:
    """The bound of an operator over its operands."""
    growths, costs = [part.growth for part in parts], [part.cost for part in parts]
    match kind:
        case "subexpression" | "pipe" | "index_expression" | "projection" | "value_projection":
            growth, cost = 1, 1
            for part in parts:
                cost += growth * part.cost
                growth *= part.growth
            return _Bound(growth, cost)
        case "filter_projection":
            base, then, test = parts
            return _Bound(base.growth * then.growth, base.cost + base.growth * (then.cost + test.cost))
        case "flatten" | "multi_select_list" | "multi_select_dict" | "key_val_pair":
            return _Bound(sum(growths), 1 + sum(costs) + sum(growths))
        case "or_expression" | "and_expression":
            return _Bound(max(growths), 1 + sum(costs))
        case "comparator" | "not_expression":
            return _Bound(1, 1 + sum(costs) + sum(growths))
    raise SettingsError(f"not supported in an expression: {kind}", hint=_HINT)


def _joined(value: Json) -> Json:
    """Join the parts of a chat message; parts that are not text are omitted."""
    if isinstance(value, list) and value and all(isinstance(part, dict) and "type" in part for part in value):
        texts = [part.get("text") for part in value if isinstance(part, dict)]
        return "\n".join(text for text in texts if isinstance(text, str))
    return value


@lru_cache(maxsize=1)
def _functions() -> Any:  # noqa: ANN401  a class made of a library that is imported late
    from jmespath import functions  # noqa: PLC0415  costs start-up time

    class Functions(functions.Functions):  # type: ignore[misc]  # the library has no types
        """The functions of JMESPath and `product`; a number without an end is null."""

        @functions.signature({"types": ["array-number"]})  # type: ignore[untyped-decorator]
        def _func_product(self, numbers: list[float]) -> float:
            return math.prod(map(float, numbers))

        def call_function(self, function_name: str, resolved_args: list[Any]) -> Json:
            found: Json = super().call_function(function_name, resolved_args)
            return None if isinstance(found, float) and not math.isfinite(found) else found

    return Functions


@lru_cache(maxsize=1)
def _interpreter() -> "TreeInterpreter":
    from jmespath.visitor import Options, TreeInterpreter  # noqa: PLC0415  costs start-up time

    class Interpreter(TreeInterpreter):  # type: ignore[misc]  # the library has no types
        """The library's, which looks methods up for each node of each line; this one has a table of them."""

        def __init__(self, options: Options) -> None:
            super().__init__(options)
            methods = [name for name in dir(self) if name.startswith("visit_")]
            self._visits = {name.removeprefix("visit_"): getattr(self, name) for name in methods}

        def visit(self, node: Node, value: Json) -> Json:
            found: Json = self._visits[node["type"]](node, value)
            return found

        def visit_field(self, node: Node, value: Json) -> Json:
            return value.get(node["value"]) if isinstance(value, dict) else None

        def _is_false(self, value: Json) -> bool:
            return not is_true(value)

    return Interpreter(Options(custom_functions=_functions()()))
