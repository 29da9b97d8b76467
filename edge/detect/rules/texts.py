"""Texts of a rule with values filled in: `Coolant at {Vehicle.…Temperature:.0f} °C, limit {threshold}`.

In braces stand `value`, `threshold` and `unit` of the comparison that the rule begins with, or any expression that is a
number; a format (`:.1f`, `:.0f`) may follow. What is unknown is filled in as "unknown".
"""

import math
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge.detect.rules.checking import Checked, Known, check_number
from edge.detect.rules.nodes import COMPARISONS, Binary, Node, Number
from edge.detect.rules.syntax import Wrong, parse

FORMAT: Final = re.compile(r"\.[0-6][fg]")
USUAL: Final = ".4g"
UNKNOWN: Final = "unknown"
FIELDS_MAX: Final = 20
_KEY: Final = "e"
_UNITS: Final = {"Celsius": "°C", "percent": "%", "degrees": "°"}
"""As people read them; others as the catalogue spells them."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text whose braces hold numbers of a list."""

    template: str
    nodes: tuple[Node, ...]
    formats: tuple[str, ...]


def unit_shown(unit: str) -> str:
    """A unit as people read it."""
    return _UNITS.get(unit, unit)


def deciding(tree: Node) -> Binary | None:
    """The comparison that a rule begins with: the first whose left side is no written number."""
    for part in tree.walk():
        if isinstance(part, Binary) and part.operator in COMPARISONS and not isinstance(part.left, Number):
            return part
    return None


def compiled(text: str, when: Node, known: Known, first: int) -> Text:
    """The text with its braces numbered from `first`.

    Raises:
        Wrong: what stands in a brace is no number, or cannot be formatted so.
    """
    template: list[str] = []
    nodes: list[Node] = []
    formats: list[str] = []
    for literal, inside, spec in _pieces(text):
        template.append(literal.replace("{", "{{").replace("}", "}}"))
        if inside is None:
            continue
        if inside == "unit":
            template.append(unit_shown(_unit(when, known)))
            continue
        nodes.append(_node(inside, when, known))
        formats.append(_format(spec))
        template.append(f"{{{_KEY}{first + len(nodes) - 1}}}")
    if len(nodes) > FIELDS_MAX:
        raise Wrong(f"a text has at most {FIELDS_MAX} braces")
    return Text("".join(template), tuple(nodes), tuple(formats))


def _pieces(text: str) -> Iterator[tuple[str, str | None, str]]:
    try:
        for literal, inside, spec, conversion in string.Formatter().parse(text):
            if conversion:
                raise Wrong(f"!{conversion} cannot stand in braces")
            yield literal, inside, spec or ""
    except ValueError as error:
        raise Wrong(f"braces do not match ({error})", 0, "Write {{ for a brace that is meant") from None


def _format(spec: str) -> str:
    if spec and not FORMAT.fullmatch(spec):
        raise Wrong(f"{spec!r} is no format", 0, "Write .0f, .1f or .3g behind the colon")
    return spec or USUAL


def _node(inside: str, when: Node, known: Known) -> Node:
    if inside not in {"value", "threshold"}:
        return check_number(parse(inside), known).node
    comparison = deciding(when)
    if comparison is None:
        raise Wrong(f"{{{inside}}} is of a comparison, and there is none", 0, "Write a signal's path in the braces")
    return comparison.left if inside == "value" else comparison.right


def _unit(when: Node, known: Known) -> str:
    comparison = deciding(when)
    if comparison is None:
        raise Wrong("{unit} is of a comparison, and there is none", 0, "Write the unit itself")
    left: Checked = check_number(comparison.left, known)
    return left.unit or ""


class Facts(Mapping[str, str]):
    """What fills the braces, by number; written only if it is asked for."""

    def __init__(self, numbers: Sequence[float], formats: Sequence[str], hidden: Sequence[bool] = ()) -> None:
        """`hidden`: of each, whether it is not to be told; empty: all are."""
        self._numbers = numbers
        self._formats = formats
        self._hidden = hidden

    def __getitem__(self, key: str) -> str:
        place = int(key.removeprefix(_KEY))
        value = self._numbers[place]
        is_hidden = bool(self._hidden) and self._hidden[place]
        return UNKNOWN if is_hidden or math.isnan(value) else format(value, self._formats[place])

    def __iter__(self) -> Iterator[str]:
        return (f"{_KEY}{place}" for place in range(len(self._numbers)))

    def __len__(self) -> int:
        return len(self._numbers)
