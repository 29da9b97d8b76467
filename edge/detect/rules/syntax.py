"""From the text of an expression to its tree.

    avg_over_time(Vehicle.Speed[30s]) > 90 km/h and not state("charging")

Operators from the loosest to the tightest: `or`, `and` and `unless`, `not`, one comparison, `+ -`, `* /`, `-`. A number
may have a unit behind it. Comments begin with `#`.
"""

import re
from typing import Final

from edge.detect.rules.nodes import Node
from edge.frames import NANOSECONDS

TEXT_MAX: Final = 4000
"""Characters of one expression."""
DEPTH_MAX: Final = 40
"""Of brackets, calls and operators within each other."""
DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
UNITS_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
DURATION_MAX_S: Final = 86_400.0


class Wrong(Exception):
    """An expression that cannot be used: what is wrong, where, and what to do about it."""

    def __init__(self, problem: str, at: int = 0, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.at = at
        """Where in the text, from 0."""
        self.remedy = remedy


def parse_duration(text: str) -> int:
    """`500ms`, `5s`, `1.5m`, `2h`, `1d` in ns.

    Raises:
        ValueError: it is none of these, or longer than a day.
    """
    found = DURATION.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no duration; write 500ms, 5s, 1.5m or 2h")
    seconds = float(found[1]) * UNITS_S[found[2]]
    if seconds > DURATION_MAX_S:
        raise ValueError(f"{text!r} is longer than a day")
    return round(seconds * NANOSECONDS)


def parse(text: str) -> Node:
    """The tree of an expression.

    Raises:
        Wrong: it cannot be read.
    """
    if len(text) > TEXT_MAX:
        raise Wrong(f"an expression has at most {TEXT_MAX} characters", 0, "Write two rules of it")
    if _deepest(text) > DEPTH_MAX:
        raise Wrong(f"it is nested more than {DEPTH_MAX} times", 0, "Write it flatter")
    from edge.detect.rules.grammar import read  # noqa: PLC0415  # who has no rules loads no library

    tree = read(text)
    if _depth(tree) > DEPTH_MAX * 3:
        raise Wrong("it is too long a chain", 0, "Write two rules of it")
    return tree


def place(text: str, at: int) -> tuple[int, int]:
    """Line and column, both from 1, of a place in a text."""
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def _deepest(text: str) -> int:
    depth = deepest = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    return max(deepest, len(re.findall(r"\bnot\b(?=\s*not\b)|-(?=\s*-)", text)))


def _depth(tree: Node) -> int:
    """Without recursion: what is too deep for it is what is looked for."""
    depth, level = 0, [tree]
    while level:
        depth, level = depth + 1, [part for node in level for part in node.parts]
    return depth
