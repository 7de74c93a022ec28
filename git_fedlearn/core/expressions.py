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

Node = Mapping[str, Any]
"""A node of the syntax tree that the library makes."""


class _Bound(NamedTuple):
    """How many times its input a part returns at most, and reads at most."""

    growth: int
    cost: int


@lru_cache(maxsize=512)
def compile_expression(text: str) -> Expression:
    """Check an expression once, to evaluate it often. Raises SettingsError, which says how to write it."""
    tree = _parse(text)
    evaluate = _compile(tree)

    def value(fields: Json) -> Json:
        try:
            return evaluate(fields)
        except (ValueError, TypeError, ArithmeticError, RecursionError):
            return None

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
    if _OTHER_FILTER.fullmatch(text):
        made = re.sub(r"(==|!=)\s*([^\s'`][^'`]*?)\s*\Z", r"\1 '\2'", _rewrite(text))
        made = "value_score >= `0.7`" if _OTHER_FILTER.fullmatch(made) else made
        quote = '"' if "'" in made else "'"
        raise UsageError(f"{text}: not JMESPath", hint=f"--filter {quote}{made}{quote}")
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
        raise SettingsError(f"not JMESPath: {text}", hint=_how_to_write(text)) from None
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
            raise SettingsError(
                f"no such function: {name}()", hint=_old_form(self._text) or f"functions: {known}"
            )
        wanted = found["signature"]
        is_open = wanted[-1].get("variadic", False)
        if len(arguments) < len(wanted) or (len(arguments) > len(wanted) and not is_open):
            raise SettingsError(
                f"{name}() takes {len(wanted)}, not {len(arguments)}", hint=_how_to_write(self._text)
            )
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
                constant = _CONSTANTS[side["value"]]
                raise SettingsError(
                    f"`{side['value']}` is a field here: {self._text}",
                    hint=_old_form(self._text) or f"write {constant}, in backticks",
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


def _compile(node: Node) -> Expression:
    """A part of an expression as a function: the same as the library's interpreter, but faster."""
    make, children = _COMPILERS.get(node["type"]), node["children"]
    if make and all(child["type"] != "expref" for child in children):
        return make(node.get("value"), [_compile(child) for child in children])
    visit = _interpreter().visit
    return lambda value: visit(node, value)


def _chain(_: Any, parts: list[Expression]) -> Expression:  # noqa: ANN401  the value of any node
    first, *others = parts

    def follow(value: Json) -> Json:
        value = first(value)
        for part in others:
            value = part(value)
        return value

    return follow


def _field(name: Any, _: list[Expression]) -> Expression:  # noqa: ANN401  the value of any node
    return lambda value: value.get(name) if isinstance(value, dict) else None


def _literal(constant: Any, _: list[Expression]) -> Expression:  # noqa: ANN401  the value of any node
    return lambda _value: constant


def _same(_name: Any, _: list[Expression]) -> Expression:  # noqa: ANN401  the value of any node
    return lambda value: value


def _index(place: Any, _: list[Expression]) -> Expression:  # noqa: ANN401  the value of any node
    return lambda value: (
        value[place] if isinstance(value, list) and -len(value) <= place < len(value) else None
    )


def _comparison(sign: Any, sides: list[Expression]) -> Expression:  # noqa: ANN401  the value of any node
    from jmespath.visitor import TreeInterpreter  # noqa: PLC0415  costs start-up time

    left, right = sides
    compare = TreeInterpreter.COMPARATOR_FUNC[sign]
    if sign in ("eq", "ne"):
        return lambda value: compare(left(value), right(value))

    def ordered(value: Json) -> Json:
        one, other = left(value), right(value)
        return compare(one, other) if _has_order(one) and _has_order(other) else None

    return ordered


def _has_order(value: Json) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _or(_: Any, sides: list[Expression]) -> Expression:  # noqa: ANN401  the value of any node
    left, right = sides
    return lambda value: found if is_true(found := left(value)) else right(value)


def _and(_: Any, sides: list[Expression]) -> Expression:  # noqa: ANN401  the value of any node
    left, right = sides
    return lambda value: right(value) if is_true(found := left(value)) else found


def _not(_: Any, sides: list[Expression]) -> Expression:  # noqa: ANN401  the value of any node
    (operand,) = sides
    return lambda value: not is_true(operand(value))


def _call(name: Any, arguments: list[Expression]) -> Expression:  # noqa: ANN401  the value of any node
    call = _functions()().call_function
    return lambda value: call(name, [argument(value) for argument in arguments])


def _listed(_: Any, items: list[Expression]) -> Expression:  # noqa: ANN401  the value of any node
    return lambda value: None if value is None else [item(value) for item in items]


def _filtered(_: Any, parts: list[Expression]) -> Expression:  # noqa: ANN401  the value of any node
    base, then, test = parts

    def chosen(value: Json) -> Json:
        listed = base(value)
        if not isinstance(listed, list):
            return None
        found = (then(item) for item in listed if is_true(test(item)))
        return [item for item in found if item is not None]

    return chosen


_COMPILERS: Final[Mapping[str, Callable[[Any, list[Expression]], Expression]]] = {
    "field": _field,
    "index": _index,
    "literal": _literal,
    "current": _same,
    "identity": _same,
    "subexpression": _chain,
    "pipe": _chain,
    "index_expression": _chain,
    "comparator": _comparison,
    "or_expression": _or,
    "and_expression": _and,
    "not_expression": _not,
    "function_expression": _call,
    "multi_select_list": _listed,
    "filter_projection": _filtered,
}
"""How the most frequent nodes are made faster; the library does the others."""


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

    return TreeInterpreter(Options(custom_functions=_functions()()))


_CONSTANTS: Final = {
    name: f"`{constant}`"
    for constant, names in {"true": "true True", "false": "false False", "null": "null None"}.items()
    for name in names.split()
}
_OTHER_FILTER: Final = re.compile(r"\s*[\w.-]+\s*(?:>=|<=|==|!=|=|>|<)\s*[^'\"`\s=][^'\"`]*")
_ARITHMETIC: Final = re.compile(r"[\w)`] *[+*/] *[\w(`]|[\w)`] - [\w(`]")
_WORD: Final = r"[\w.]+"
_REWRITES: Final[tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]] = (
    (r"\[([\w-]+)=([^\[\]=']*)\](?=\[)", r"[?\1=='\2'] | "),
    (r"\[([\w-]+)=([^\[\]=']*)\]", r"[?\1=='\2']"),
    (rf"({_WORD}) not in (\[[^\]]*\])", r"!contains(\2, \1)"),
    (rf"({_WORD}|'[^']*') not in ({_WORD})", r"!contains(\2, \1)"),
    (rf"({_WORD}) in (\[[^\]]*\])", r"contains(\2, \1)"),
    (rf"({_WORD}|'[^']*') in ({_WORD})", r"contains(\2, \1)"),
    (r"\A(.+) if (.+) else (.+)\Z", r"\2 && \1 || \3"),
    (r"\band\b", "&&"),
    (r"\bor\b", "||"),
    (r"\bnot\s+", "!"),
    (r"\blen\(", "length("),
    (r"\b(min|max)\(([^\[\]()]*,[^\[\]()]*)\)", r"\1([\2])"),
    (rf"({_WORD}) *(?<![=!<>])=(?!=) *", r"\1 == "),
    (rf"({_WORD}) *(>=|<=|==|!=|>|<) *(?=[\w.-])", r"\1 \2 "),
    (r"(?!(?<=\[)-?\d+\])(?<![\w.`'-])-?\d+(?:\.\d+)?(?![\w.`'])", r"`\g<0>`"),
    (r"(?<=[=<>] )\b(?:true|false|null|True|False|None)\b", lambda match: _CONSTANTS[match[0]]),
)
"""What Python and other languages write, and how JMESPath does."""


def _how_to_write(text: str) -> str:
    if _ARITHMETIC.search(text):
        return "JMESPath has no + - * /: write sum([a, b]), product([a, b])"
    return _old_form(text) or _HINT


def _old_form(text: str) -> str:
    """A hint with the expression in JMESPath, if it is written as in another language; else empty."""
    made = _rewrite(text)
    if made == text:
        return ""
    try:
        compile_expression(made)
    except SettingsError:
        return ""
    return f"in JMESPath: {made}"


def _rewrite(text: str) -> str:
    for pattern, replacement in _REWRITES:
        text = re.sub(pattern, replacement, text)
    return text.strip()
