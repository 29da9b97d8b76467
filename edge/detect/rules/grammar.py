"""The grammar of expressions, and the tree that is made of what it reads: the one place that knows lark."""

import re
from collections.abc import Sequence
from typing import Any, Final

import lark

from edge.detect.rules.nodes import Binary, Call, Node, Number, SignalNow, Stretch, Unary, Words
from edge.detect.rules.syntax import Wrong, parse_duration

_GRAMMAR: Final = r"""
?start: either
?either: both | either "or" both -> or_
?both: turned | both "and" turned -> and_ | both "unless" turned -> unless_
?turned: "not" turned -> not_ | compared
?compared: sum | sum COMPARISON sum -> binary
?sum: product | sum SIGN product -> binary
?product: signed | product TIMES signed -> binary
?signed: SIGN signed -> signed | atom
?atom: NUMBER UNIT? -> number
     | TEXT -> words
     | PATH "[" DURATION "]" -> stretch
     | PATH -> signal
     | NAME "(" [either ("," either)*] ")" -> call
     | "(" either ")"

COMPARISON.3: "<=" | ">=" | "==" | "!=" | "<" | ">"
SIGN: "+" | "-"
TIMES: "*" | "/"
DURATION.2: /\d+(\.\d+)?(ms|s|m|h|d)(?=\s*\])/
NUMBER: /\d+(\.\d+)?([eE][+-]?\d+)?/
PATH.2: /(Vehicle|dbc)(\.[A-Za-z_]\w*)+/
NAME.1: /(?!(and|or|unless|not)\b)[a-z_]+(?=\s*\()/
UNIT: /(?!(and|or|unless|not)\b)[A-Za-z%°µΩ][\w%°\/^²³]*/
TEXT: /"[^"\n]{0,200}"/ | /'[^'\n]{0,200}'/
COMMENT: /#[^\n]*/
%ignore /\s+/
%ignore COMMENT
"""


class _Builder(lark.Transformer[lark.Token, Node]):
    """Makes a node of each rule of the grammar, by its name."""

    def number(self, parts: Sequence[Any]) -> Node:
        unit = str(parts[1]) if len(parts) > 1 and parts[1] is not None else ""
        return Number(_finite(parts[0]), unit, at=parts[0].start_pos)

    def words(self, parts: Sequence[Any]) -> Node:
        return Words(str(parts[0])[1:-1], at=parts[0].start_pos)

    def signal(self, parts: Sequence[Any]) -> Node:
        return SignalNow(str(parts[0]), at=parts[0].start_pos)

    def stretch(self, parts: Sequence[Any]) -> Node:
        return Stretch(str(parts[0]), _span(parts[1]), at=parts[0].start_pos)

    def call(self, parts: Sequence[Any]) -> Node:
        arguments = tuple(part for part in parts[1:] if part is not None)
        return Call(str(parts[0]), arguments, at=parts[0].start_pos)

    def binary(self, parts: Sequence[Any]) -> Node:
        return Binary(str(parts[1]), parts[0], parts[2], at=parts[1].start_pos)

    def signed(self, parts: Sequence[Any]) -> Node:
        return parts[1] if parts[0] == "+" else _negative(parts[1], parts[0].start_pos)

    def not_(self, parts: Sequence[Any]) -> Node:
        return Unary("not", parts[0], at=parts[0].at)

    def and_(self, parts: Sequence[Any]) -> Node:
        return Binary("and", *parts, at=parts[0].at)

    def or_(self, parts: Sequence[Any]) -> Node:
        return Binary("or", *parts, at=parts[0].at)

    def unless_(self, parts: Sequence[Any]) -> Node:
        return Binary("unless", *parts, at=parts[0].at)


_MACHINE: Final = lark.Lark(_GRAMMAR, parser="lalr", transformer=_Builder())


def read(text: str) -> Node:
    """The tree of a text.

    Raises:
        Wrong: it cannot be read.
    """
    try:
        tree = _MACHINE.parse(text)
    except lark.exceptions.VisitError as error:
        if isinstance(error.orig_exc, Wrong):
            raise error.orig_exc from None
        raise
    except lark.exceptions.UnexpectedInput as error:
        raise _unexpected(text, error) from None
    if not isinstance(tree, Node):
        raise TypeError(f"the grammar gives {tree!r}")
    return tree


def _negative(of: Node, at: int) -> Node:
    return Number(-of.value, of.unit, at=at) if isinstance(of, Number) else Unary("-", of, at=at)


def _finite(token: str) -> float:
    value = float(token)
    if value in (float("inf"), float("-inf")):
        raise Wrong(f"{token} is too large a number", getattr(token, "start_pos", 0))
    return value


def _span(token: str) -> int:
    at = getattr(token, "start_pos", 0)
    try:
        span_ns = parse_duration(str(token))
    except ValueError as error:
        raise Wrong(str(error), at) from None
    if span_ns <= 0:
        raise Wrong("a stretch of no time holds nothing", at, "Write how far back to look: [30s]")
    return span_ns


def _unexpected(text: str, error: Any) -> Wrong:
    is_end = getattr(getattr(error, "token", None), "type", "") == "$END"
    at = len(text.rstrip()) if is_end or not isinstance(error.pos_in_stream, int) else max(error.pos_in_stream, 0)
    rest = text[at:]
    word = re.match(r"\w[\w.]*|\S", rest)
    if word is None:
        return Wrong("it breaks off", at, "Write what comes behind it")
    known = _REMEDIES.get(word[0])
    if known is None and (comparison := re.match(r"<=|>=|==|!=|<|>", rest)):
        return Wrong(f"a second {comparison[0]} in a row", at, 'Write each comparison by itself: "a < b and b < c"')
    if known is None and re.match(r"[A-Za-z]\w*\.", rest):
        known = "Paths begin with Vehicle. or dbc."
    if known is None and text[:at].rstrip().endswith("["):
        known = "Write how far back to look, with its unit: [30s]"
    return Wrong(f"{word[0]!r} cannot stand here", at, known or "")


_REMEDIES: Final = {
    "=": "Write == to compare",
    "&": "Write and",
    "|": "Write or",
    "!": "Write not, or !=",
    "AND": "Write and",
    "OR": "Write or",
    "NOT": "Write not",
    "[": "A stretch of time goes with a signal: Vehicle.Speed[30s]",
    "{": "Signals have no labels: write their path alone",
}
