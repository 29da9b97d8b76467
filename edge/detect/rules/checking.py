"""Whether an expression makes sense: signals exist, kinds and units go together. Numbers are put into the right unit.

Who compares a speed with a temperature, or a tyre's kPa with bare bar, is told before the vehicle is on the road.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge.catalogue import CATALOGUE, LABELS
from edge.decode.units import between, unit_of, why_unknown
from edge.detect.rules.functions import FUNCTIONS, STATES, Takes
from edge.detect.rules.nodes import COMPARISONS, LOGIC, Binary, Call, Node, Number, SignalNow, Stretch, Unary, Words
from edge.detect.rules.syntax import Wrong

CODE: Final = re.compile(r"[PCBU][0-3][0-9A-F]{0,3}\*|[PCBU][0-3][0-9A-F]{3}(-[0-9A-F]{2})?|SPN \d{1,6}( FMI \d{1,2})?")
LIKE_MAX: Final = 3
_ANY: Final = None
"""The unit of a bare number: whatever it stands beside."""


class Kind(StrEnum):
    """What a part of an expression is."""

    NUMBER = "a number"
    CONDITION = "a condition"
    STRETCH = "a stretch of time"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Checked:
    """A part that makes sense."""

    node: Node
    kind: Kind
    unit: str | None = None
    """Of a number: as the catalogue spells it, "" for none; None: as that of what it stands beside."""


class Known:
    """The signals that expressions may speak of, with their units."""

    def __init__(self, units: Mapping[str, str] | None = None, *, any_dbc: bool = False) -> None:
        """`units`: by path, of the vehicle's databases. `any_dbc`: none is at hand, any `dbc.` path may be right."""
        self._units = {**{path: one.unit for path, one in CATALOGUE.items()}, **(units or {})}
        self._any_dbc = any_dbc

    def unit(self, node: SignalNow | Stretch) -> str | None:
        """Unit of a signal; None where only the vehicle's database knows.

        Raises:
            Wrong: there is no such signal.
        """
        if node.path in self._units:
            return self._units[node.path]
        if self._any_dbc and node.path.startswith("dbc."):
            return None
        raise Wrong(f"there is no signal {node.path}", node.at, self._meant(node.path))

    def _meant(self, path: str) -> str:
        like = difflib.get_close_matches(path, self._units, LIKE_MAX, 0.8)
        if not like:
            leaf = path.rpartition(".")[2]
            like = [one for one in self._units if one.endswith(f".{leaf}")][:LIKE_MAX]
        return (
            f"Did you mean {' or '.join(like)}?" if like else "telltale-edge dbc check lists the signals of a database"
        )


def check_condition(tree: Node, known: Known) -> Node:
    """The tree of a condition, its numbers in the units of what they are compared with.

    Raises:
        Wrong: a signal is unknown, kinds or units do not go together, or it is no condition.
    """
    return _condition(_check(tree, known)).node


def check_number(tree: Node, known: Known) -> Checked:
    """The tree of a number, with its unit.

    Raises:
        Wrong: as above, or it is no number.
    """
    return _number(_check(tree, known))


def _check(node: Node, known: Known) -> Checked:
    if isinstance(node, Call):
        return _call(node, known)
    if isinstance(node, Unary):
        return _unary(node, known)
    if isinstance(node, Binary):
        return _binary(node, known)
    return _leaf(node, known)


def _leaf(node: Node, known: Known) -> Checked:
    if isinstance(node, Number):
        return Checked(node, Kind.NUMBER, _spelled(node))
    if isinstance(node, SignalNow | Stretch):
        return Checked(node, Kind.NUMBER if isinstance(node, SignalNow) else Kind.STRETCH, known.unit(node))
    return Checked(node, Kind.WORDS)


def _unary(node: Unary, known: Known) -> Checked:
    of = _check(node.of, known)
    of = _condition(of) if node.operator == "not" else _number(of)
    return Checked(Unary(node.operator, of.node, at=node.at), of.kind, of.unit)


def _binary(node: Binary, known: Known) -> Checked:
    if node.operator in COMPARISONS:
        left, right = _alike(*_labelled(node, known), node)
    elif node.operator in LOGIC:
        left, right = (_condition(_check(one, known)) for one in node.parts)
    else:
        return _arithmetic(node, _number(_check(node.left, known)), _number(_check(node.right, known)))
    return Checked(Binary(node.operator, left.node, right.node, at=node.at), Kind.CONDITION)


def _spelled(node: Number) -> str | None:
    if not node.unit:
        return _ANY
    if unit_of(node.unit) is None:
        raise Wrong(
            why_unknown(node.unit), node.at, "Write the unit as the catalogue does: km/h, Celsius, kPa, V, percent"
        )
    return node.unit


def _condition(part: Checked) -> Checked:
    if part.kind is Kind.CONDITION:
        return part
    remedy = f"Compare it: {part.node} > 0.5" if part.kind is Kind.NUMBER else ""
    raise Wrong(f"{part.node} is {part.kind}, not a condition", part.node.at, remedy)


def _number(part: Checked) -> Checked:
    if part.kind is Kind.NUMBER:
        return part
    if part.kind is Kind.STRETCH:
        raise Wrong(f"{part.node} is many values", part.node.at, f"Say which: avg_over_time({part.node})")
    raise Wrong(f"{part.node} is {part.kind}, not a number", part.node.at)


def _labelled(node: Binary, known: Known) -> tuple[Checked, Checked]:
    """Both sides of a comparison; a word beside a signal with named values is the value."""
    left, right = (_check(one, known) for one in node.parts)
    if left.kind is Kind.WORDS or right.kind is Kind.WORDS:
        words, other = (left, right) if left.kind is Kind.WORDS else (right, left)
        value = Checked(Number(_value(words.node, other.node), at=words.node.at), Kind.NUMBER, _ANY)
        return (value, other) if words is left else (left, value)
    return _number(left), _number(right)


def _value(words: Node, signal: Node) -> float:
    labels = LABELS.get(signal.path, ()) if isinstance(signal, SignalNow) else ()
    if not labels:
        raise Wrong(f"{signal} has no values with names", words.at, "Compare it with a number")
    text = words.text if isinstance(words, Words) else str(words)
    if text not in labels:
        raise Wrong(f"{signal} is never {text!r}", words.at, f"It is one of {', '.join(labels)}")
    return float(labels.index(text))


def _alike(left: Checked, right: Checked, node: Binary) -> tuple[Checked, Checked]:
    """Both sides in one unit: that of the left one, unless that is a written number beside a signal."""
    if left.unit == right.unit or left.unit is _ANY or right.unit is _ANY:
        return left, right
    if isinstance(left.node, Number) and not isinstance(right.node, Number):
        return _turned(left, right, node), right
    return left, _turned(right, left, node)


def _turned(part: Checked, into: Checked, node: Binary) -> Checked:
    theirs, ours = unit_of(part.unit or ""), unit_of(into.unit or "")
    line = between(theirs, ours) if theirs is not None and ours is not None else None
    if line is None:
        problem = f"{node.left} and {node.right} do not go together: {_in(into)} beside {_in(part)}"
        raise Wrong(problem, node.at, f"Write it in {into.unit}" if into.unit else "Leave the unit out")
    factor, offset = line
    if offset and _is_difference(into.node):
        raise Wrong(f"{into.node} is a difference in {into.unit}", node.at, f"Write it in {into.unit} too")
    if isinstance(part.node, Number):
        return Checked(Number(part.node.value * factor + offset, at=part.node.at), Kind.NUMBER, into.unit)
    scaled: Node = Binary("*", part.node, Number(factor), at=part.node.at)
    return Checked(Binary("+", scaled, Number(offset), at=part.node.at) if offset else scaled, Kind.NUMBER, into.unit)


def _is_difference(node: Node) -> bool:
    """Whether 0 of it is 0 in any unit, as a temperature is not."""
    if isinstance(node, Call):
        return node.name in {"delta", "rate", "stddev_over_time"} or (
            node.name == "abs" and _is_difference(node.parts[0])
        )
    return isinstance(node, Binary) and node.operator == "-"


def _in(part: Checked) -> str:
    return part.unit or "a number without a unit"


def _arithmetic(node: Binary, left: Checked, right: Checked) -> Checked:
    if node.operator in "+-":
        left, right = _alike(left, right, node)
        unit = right.unit if left.unit is _ANY else left.unit
    else:
        unit = _product(node.operator, left.unit, right.unit)
    return Checked(Binary(node.operator, left.node, right.node, at=node.at), Kind.NUMBER, unit)


def _product(operator: str, left: str | None, right: str | None) -> str | None:
    if operator == "/" and left and left == right:
        return ""
    if not right:
        return left if left or right is _ANY else ""
    if not left:
        return right if operator == "*" else f"1/{right}"
    return f"{left}{operator}{right}"


def _call(node: Call, known: Known) -> Checked:
    function = FUNCTIONS.get(node.name)
    if function is None:
        like = difflib.get_close_matches(node.name, FUNCTIONS, 1, 0.5)
        remedy = f"Did you mean {like[0]}?" if like else f"There are {', '.join(FUNCTIONS)}"
        raise Wrong(f"there is no function {node.name}", node.at, remedy)
    given, wanted = len(node.arguments), len(function.takes)
    if given < wanted or (given > wanted and not function.more):
        raise Wrong(f"{node.name} takes {', '.join(function.takes)}", node.at)
    takes = function.takes + function.takes[-1:] * (given - wanted)
    parts = [_argument(node, one, take, known) for one, take in zip(node.arguments, takes, strict=True)]
    call = Call(node.name, tuple(part.node for part in parts), at=node.at)
    if function.answers == "condition":
        return Checked(call, Kind.CONDITION)
    if function.answers == "same" and function.more:
        return _of_one_unit(node, parts)
    return Checked(call, Kind.NUMBER, _answer(function.answers, parts[-1].unit))


def _answer(answers: str, unit: str | None) -> str | None:
    if answers == "seconds":
        return "s"
    if answers == "number":
        return ""
    return f"{unit}/s" if answers == "rate" and unit else unit


def _of_one_unit(node: Call, parts: list[Checked]) -> Checked:
    first, *others = parts
    turned = [first]
    for other in others:
        _, alike = _alike(first, other, Binary(",", first.node, other.node, at=node.at))
        turned.append(alike)
        if first.unit is _ANY:
            first = alike
    call = Call(node.name, tuple(part.node for part in turned), at=node.at)
    return Checked(call, Kind.NUMBER, first.unit)


def _argument(call: Call, node: Node, take: Takes, known: Known) -> Checked:
    if take is Takes.CODE:
        return _word(call, node, CODE.fullmatch, 'as "P0301", "P03*", "SPN 110" or "SPN 110 FMI 0"')
    if take is Takes.STATE:
        return _word(call, node, STATES.__contains__, f"one of {', '.join(STATES)}, in quotes")
    part = _check(node, known)
    if take is Takes.NUMBER:
        return _number(part)
    fits = {
        Takes.SIGNAL: isinstance(part.node, SignalNow),
        Takes.STRETCH: isinstance(part.node, Stretch),
        Takes.CONDITION: part.kind is Kind.CONDITION,
        Takes.SHARE: isinstance(part.node, Number) and 0.0 <= part.node.value <= 1.0,
        Takes.EITHER: part.kind in {Kind.NUMBER, Kind.CONDITION},
    }
    if not fits[take]:
        remedy = f"{call.name}({node}[30s])" if take is Takes.STRETCH and isinstance(node, SignalNow) else ""
        raise Wrong(f"{call.name} takes {take}, not {node}", node.at, f"Write {remedy}" if remedy else "")
    return part


def _word(call: Call, node: Node, fits: Callable[[str], object], remedy: str) -> Checked:
    if not isinstance(node, Words) or not fits(node.text):
        raise Wrong(f"{call.name} does not take {node}", node.at, f"Write it {remedy}")
    return Checked(node, Kind.WORDS)
