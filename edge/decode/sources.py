"""Where one path comes from more than one place: what contradicts itself is an error, what is usual is told.

A vehicle often says one quantity in two messages. History keeps one value of each path, whoever says it: every sample
counts, the latest stands. That is sound as long as both are in one unit and not in one frame, where the second would
always hide the first.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

from edge.decode.layout import Fate, MessageLayout, Remark, SignalLayout
from edge.decode.mapping import Mapping as MappingFile
from edge.errors import ConfigError

Place = tuple[MessageLayout, SignalLayout]
Ranges = tuple[tuple[int, int], ...]
PLACES_MAX: Final = 256
"""Of one path: of more, pairs in one frame are not looked for."""
NAMES_MAX: Final = 4
"""Told of one path."""


def of_one_path(messages: Sequence[MessageLayout], mapping: MappingFile) -> list[Remark]:
    """A remark for every path that a mapping gives to signals of several messages.

    Raises:
        ConfigError: it gives one to two signals that are in the same frames, or in two units.
    """
    places: dict[str, list[Place]] = {}
    for message in messages:
        for signal in message.signals:
            if (mapped := mapping.entries.get(_name((message, signal)))) is not None:
                places.setdefault(mapped.path, []).append((message, signal))
    for path, found in places.items():
        _must_be_in_one_unit(path, found, mapping)
        for one, other in combinations(found, 2) if len(found) <= PLACES_MAX else ():
            if one[0] is other[0] and are_together(one[0], one[1], other[1]):
                raise _hidden(path, one, other, mapping)
    return [_told(path, found) for path, found in places.items() if len({message.name for message, _ in found}) > 1]


def are_together(message: MessageLayout, one: SignalLayout, other: SignalLayout) -> bool:
    """Whether a frame can have both: no selector that one needs at some values is needed by the other at others."""
    signals = {signal.name: signal for signal in message.signals}
    needs = dict(_needs(signals, one))
    return all(
        any(low <= last and first <= high for low, high in needs[selector] for first, last in ranges)
        for selector, ranges in _needs(signals, other)
        if selector in needs
    )


def _needs(signals: Mapping[str, SignalLayout], signal: SignalLayout) -> Iterator[tuple[str, Ranges]]:
    """Each selector on the way to a signal, and its values there."""
    seen = {signal.name}
    at: SignalLayout | None = signal
    while at is not None and at.branch is not None and at.branch.selector not in seen:
        yield at.branch.selector, at.branch.values
        seen.add(at.branch.selector)
        at = signals.get(at.branch.selector)


def _must_be_in_one_unit(path: str, found: Sequence[Place], mapping: MappingFile) -> None:
    first, *others = map(_name, found)
    unit = mapping.entries[first].unit
    for name in others:
        if (another := mapping.entries[name].unit) != unit:
            raise ConfigError(
                f"{path} is in {another!r} here, and in {unit!r} from {first}",
                file=mapping.file,
                place=name,
                remedy="Give both lines one unit, and convert with factor and offset",
            )


def _hidden(path: str, one: Place, other: Place, mapping: MappingFile) -> ConfigError:
    return ConfigError(
        f"{path} is mapped from {_name(one)} as well, and both are in the same frames: one always hides the other",
        file=mapping.file,
        place=_name(other),
        remedy="Leave one of the two lines out",
    )


def _told(path: str, found: Sequence[Place]) -> Remark:
    names, more = " and ".join(map(_name, found[:NAMES_MAX])), len(found) - NAMES_MAX
    names = f"{names} and {more} more" if more > 0 else names
    reason = f"it is mapped from {names}: every sample counts, the latest stands. Leave out what should not count"
    return Remark(found[-1][0].line, Fate.DOUBTFUL, path, reason)


def _name(place: Place) -> str:
    return f"{place[0].name}.{place[1].name}"
