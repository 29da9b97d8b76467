"""What expressions mean, said once more and plainly: a walk over the tree with None for unknown."""

import math
from collections.abc import Mapping

from edge.detect.rules.nodes import Binary, Call, Node, Number, SignalNow, Unary, Words

Values = Mapping[str, float]
"""Signals by path; what is not in it, or NaN, is unknown."""


def number(node: Node, values: Values) -> float | None:
    """The value of a number; None: unknown."""
    found = _number(node, values)
    return None if found is None or math.isnan(found) else found


def _number(node: Node, values: Values) -> float | None:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, SignalNow):
        return values.get(node.path)
    each = [number(one, values) for one in node.parts]
    known = [one for one in each if one is not None]
    if len(known) < len(each):
        return None
    return _reckoned(node, known)


def _reckoned(node: Node, known: list[float]) -> float | None:
    match node:
        case Unary():
            return -known[0]
        case Binary(operator="/"):
            return known[0] / known[1] if known[1] else None
        case Binary(operator=operator):
            left, right = known
            return {"+": left + right, "-": left - right, "*": left * right}[operator]
        case Call(name=name):
            return {"abs": abs(known[0]), "min": min(known), "max": max(known)}[name]
    raise TypeError(node)


def truth(node: Node, values: Values, states: Mapping[str, bool | None]) -> bool | None:
    """Whether a condition holds; None: unknown."""
    match node:
        case Call(name="state", arguments=(Words(text=text),)):
            return states.get(text)
        case Call(name="unknown", arguments=(of,)):
            return (truth(of, values, states) if _is_condition(of) else number(of, values)) is None
        case Unary():
            of_it = truth(node.of, values, states)
            return None if of_it is None else not of_it
        case Binary(operator=("and" | "or" | "unless") as operator):
            left, right = truth(node.left, values, states), truth(node.right, values, states)
            if operator == "unless":
                right = None if right is None else not right
            decides = operator == "or"
            if decides in (left, right):
                return decides
            return None if None in (left, right) else not decides
        case Binary():
            return _compared(node, number(node.left, values), number(node.right, values))
    raise TypeError(node)


def _compared(node: Binary, left: float | None, right: float | None) -> bool | None:
    if left is None or right is None:
        return None
    return {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "==": left == right,
        "!=": left != right,
    }[node.operator]


def _is_condition(node: Node) -> bool:
    match node:
        case Binary(operator=operator):
            return operator not in "+-*/"
        case Unary(operator=operator):
            return operator == "not"
        case Call(name=name):
            return name in {"state", "unknown"}
    return False
