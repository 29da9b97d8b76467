"""Payloads that reach all of a message: every value of every selector, with random bits in between."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from edge.decode.layout import MessageLayout, SignalLayout

WAYS_MAX = 4096
"""Of one message: combinations of selectors that are made; a message with more is told by `ways`."""
VALUES_MAX = 256
"""Of one selector: values of its ranges that are made one by one; of more, the ends of the ranges."""

Ways = list[dict[str, int]]


def ways(message: MessageLayout) -> Ways:
    """Every combination of selector values that the file knows, and of each selector one that selects nothing."""
    found: Ways = []
    for way in _ways(message, {}):
        found.append(way)
        if len(found) == WAYS_MAX:
            break
    return found


def _ways(message: MessageLayout, known: Mapping[str, int]) -> Iterator[dict[str, int]]:
    selector = next((one for one in message.signals if one.name not in known and _selects(message, one, known)), None)
    if selector is None:
        yield dict(known)
        return
    for value in _values(message, selector):
        yield from _ways(message, {**known, selector.name: value})


def _selects(message: MessageLayout, signal: SignalLayout, known: Mapping[str, int]) -> bool:
    """Whether it is there with these selectors, and others are there by it."""
    is_there = signal.branch is None or (
        signal.branch.selector in known and signal.branch.holds(known[signal.branch.selector])
    )
    return is_there and any(one.branch is not None and one.branch.selector == signal.name for one in message.signals)


def _values(message: MessageLayout, selector: SignalLayout) -> list[int]:
    ranges = {
        pair
        for one in message.signals
        if one.branch is not None and one.branch.selector == selector.name
        for pair in one.branch.values
    }
    top = (1 << selector.length) - 1
    all_of_them = sum(high - low + 1 for low, high in ranges) <= VALUES_MAX
    told = {value for low, high in ranges for value in (range(low, high + 1) if all_of_them else (low, high))}
    others = (high + 1 for _, high in sorted(ranges) if not any(low <= high + 1 <= last for low, last in ranges))
    return sorted({value for value in {*told, next(others, 0)} if value <= top})


def placed(payload: bytes, signal: SignalLayout, raw: int) -> bytes:
    """The payload with these bits in the place of a signal."""
    order, length = ("big" if signal.big else "little"), 8 * len(payload)
    shift = length - signal.begin - signal.length if signal.big else signal.begin
    bits = int.from_bytes(payload, order)  # type: ignore[arg-type]  # one of the two words
    mask = ((1 << signal.length) - 1) << shift
    return ((bits & ~mask) | (raw << shift)).to_bytes(len(payload), order)  # type: ignore[arg-type]  # as above


def bits_of(payload: bytes, signal: SignalLayout) -> int:
    """The bits in the place of a signal, by the arithmetic of whole numbers alone."""
    order, length = ("big" if signal.big else "little"), 8 * len(payload)
    shift = length - signal.begin - signal.length if signal.big else signal.begin
    return int.from_bytes(payload, order) >> shift & ((1 << signal.length) - 1)  # type: ignore[arg-type]  # as above


def payloads(message: MessageLayout, count: int, dice: np.random.Generator) -> list[bytes]:
    """At least `count` random ones, among them one at least for each of `ways` that the message has room for."""
    wanted = ways(message)
    rows: npt.NDArray[np.uint8] = dice.integers(0, 256, (max(count, len(wanted)), message.length), np.uint8)
    made = [row.tobytes() for row in rows]
    signals = {one.name: one for one in message.signals}
    for row, way in enumerate(wanted):
        for name, value in way.items():
            if signals[name].end_byte <= message.length:
                made[row] = placed(made[row], signals[name], value)
    return made
