"""What the generated function reads: one list of numbers for each tick, whatever the rules speak of."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.rules.nodes import Call, Node, Number, SignalNow, Stretch, Words
from edge.history import UNKNOWN, Window
from edge.spans import Span, Spans, Wants

FALSE: Final = 0
OPEN: Final = 1
"""Neither true nor false, because something it needs is unknown."""
TRUE: Final = 2

_OVER_TIME: Final = "_over_time"


@dataclass(frozen=True, slots=True)
class Input:
    """One number that an expression reads."""

    what: str
    """`now`, `low`, `high`, `last`, `age`, `state`, `dtc`, `quantile`, or a figure of a stretch: `avg`, `min`, …"""
    name: str
    """Path, state, or trouble code."""
    span_ns: int = 0
    share: float = 0.0


def input_of(node: Node) -> Input | None:
    """What a part of an expression reads; None: it is reckoned from others."""
    match node:
        case SignalNow():
            return Input("now", node.path)
        case Call(name=("last" | "age") as name, arguments=(SignalNow(path=path),)):
            return Input(name, path)
        case Call(name=("state" | "dtc") as name, arguments=(Words(text=text),)):
            return Input(name, text)
        case Call(name="quantile_over_time", arguments=(Number(value=share), Stretch() as over)):
            return Input("quantile", over.path, over.span_ns, share)
        case Call(name=name, arguments=(Stretch() as over,)):
            return Input(name.removesuffix(_OVER_TIME), over.path, over.span_ns)
    return None


def wants_of(inputs: Iterable[Input]) -> Wants:
    """What has to be kept of samples for them."""
    inputs = tuple(inputs)
    return Wants(
        {Span(one.name, one.span_ns) for one in inputs if one.span_ns},
        {one.name for one in inputs if one.what in {"low", "high"}},
        {one.name for one in inputs if one.what == "changes"},
    )


class Reader:
    """Fills the list from a window; places are looked up once for each vehicle."""

    def __init__(self, inputs: Iterable[Input]) -> None:
        self.inputs = tuple(inputs)
        self._spans: Spans | None = None
        self._plan: list[_Group] = []
        self._single: list[tuple[int, Input]] = []

    def read(self, window: Window) -> list[float]:
        """The number of each input as of the window; NaN is unknown; states and codes are FALSE, OPEN or TRUE."""
        if window.spans is not self._spans:
            self._prepare(window)
        numbers = [UNKNOWN] * len(self.inputs)
        for group in self._plan:
            values = group.read(window)
            for place, value in zip(group.places, values, strict=True):
                numbers[place] = value
        for place, one in self._single:
            numbers[place] = _single(one, window)
        return numbers

    def _prepare(self, window: Window) -> None:
        self._spans = window.spans
        groups: dict[str, list[tuple[int, int]]] = {}
        self._single = []
        for place, one in enumerate(self.inputs):
            if one.what in {"state", "dtc", "age", "last", "quantile"}:
                self._single.append((place, one))
            elif (row := _row(one, window)) is not None:
                groups.setdefault(one.what, []).append((place, row))
        self._plan = [
            _Group(what, [place for place, _ in each], np.array([row for _, row in each], np.intp))
            for what, each in groups.items()
        ]


@dataclass(frozen=True, slots=True)
class _Group:
    """Inputs of one kind: read together."""

    what: str
    places: list[int]
    rows: npt.NDArray[np.intp]

    def read(self, window: Window) -> list[float]:
        spans = window.spans
        if self.what == "now":
            column = window.values[self.rows]
        elif self.what == "low":
            column = spans.low[self.rows]
        elif self.what == "high":
            column = spans.high[self.rows]
        else:
            column = spans.read(self.what, self.rows)
        numbers: list[float] = column.tolist()
        return numbers


def _row(one: Input, window: Window) -> int | None:
    if one.what == "now":
        return window.history.slot.get(one.name)
    if one.what in {"low", "high"}:
        return window.spans.lane(one.name)
    return window.spans.row(Span(one.name, one.span_ns))


def _single(one: Input, window: Window) -> float:
    if one.what == "state":
        return _truth(None if window.doing is None else window.doing == one.name)
    if one.what == "dtc":
        return _truth(window.tells_code(one.name))
    if one.what == "last":
        return window.last(one.name)
    if one.what == "age":
        age_s = window.age_s(one.name)
        return UNKNOWN if age_s == float("inf") else age_s
    row = window.spans.row(Span(one.name, one.span_ns))
    return UNKNOWN if row is None else window.spans.quantile(row, one.share)


def _truth(answer: bool | None) -> int:
    return OPEN if answer is None else TRUE if answer else FALSE
