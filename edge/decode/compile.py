"""From layouts to flat tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from edge.decode.compiled import ANY_SENDER, BLOCKS_MAX, EXACT_BITS, SELECTOR_BITS, WORD, Form, Kind, Tables
from edge.decode.layout import Fate, MessageLayout, Number, Remark, SignalLayout

VERSION: Final = 9
"""Of what is written here, of units and names, of what is remarked: with another one, what was kept is made anew."""
_FLOATS: Final = {16: Kind.FLOAT16, 32: Kind.FLOAT32, 64: Kind.FLOAT64}
LOOKS_MAX: Final = 1 << 20
"""At signals and their ranges, while the blocks of one message are laid out: bounds the time and the tables."""
DEPTH_MAX: Final = 64
"""Selectors one behind the other."""
_ALL: Final = (1 << WORD) - 1
_NOTHING: Final = frozenset(
    {"error", "not available", "not installed", "reserved", "invalid", "unknown", "snv", "take no action"}
)
"""Labels that say of a value that it is none."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a mapping adds: value x factor + offset, or a value for each raw value that has one."""

    factor: float = 1.0
    offset: float = 0.0
    cases: Mapping[int, float] = field(default_factory=dict)
    """By raw value; empty: there is no table. With one, scale and offset of the file, and what says "not available",
    are nothing to it: it says all. The signal is an integer of up to 32 bits."""


def compiled(messages: Sequence[MessageLayout], conversions: Sequence[Conversion]) -> tuple[Tables, list[Remark]]:
    """Tables of a database, and what of it has no place in them.

    Args:
        messages: in the order in which their signals are numbered.
        conversions: of each signal, in that order.
    """
    build = _Build()
    for message in messages:
        build.add(message)
    return build.tables(messages, conversions), build.remarks


class _TooMany(Exception):
    """A message has more blocks, or takes longer, than is laid out."""


@dataclass(slots=True)
class _Build:
    signals: list[tuple[MessageLayout, SignalLayout]] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    blocks: list[tuple[int, int, bool]] = field(default_factory=list)
    """First slot, count, whether a selector was not understood."""
    forks: list[int] = field(default_factory=list)
    arms: list[tuple[int, int, int]] = field(default_factory=list)
    """Fork, first value, where to go."""
    absent: dict[int, int] = field(default_factory=dict)
    """By fork: where to go when the selector is not in the frame."""
    roots: list[int] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    limit: int = 0
    """Of blocks, for the message that is laid out."""
    work: int = 0
    """What is left of LOOKS_MAX for it."""
    selected: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """Its selectors, with the ranges of values at which they select."""

    def add(self, message: MessageLayout) -> None:
        """Number its signals, and lay out its blocks."""
        base = len(self.signals)
        self.signals += [(message, signal) for signal in message.signals]
        place = {signal.name: base + number for number, signal in enumerate(message.signals)}
        slots, blocks, forks, arms = len(self.slots), len(self.blocks), len(self.forks), len(self.arms)
        self.limit, self.work = blocks + BLOCKS_MAX, LOOKS_MAX
        self.selected = _selected(message)
        try:
            self.roots.append(self._way(message, place, {}))
        except _TooMany:
            del self.slots[slots:], self.blocks[blocks:], self.forks[forks:], self.arms[arms:]
            self.absent = {fork: way for fork, way in self.absent.items() if fork < forks}
            always = [signal for signal in message.signals if signal.branch is None]
            self.roots.append(self._block(always, place, is_lost=True))
            reason = f"its selectors have more than {BLOCKS_MAX} combinations: only what is always there is decoded"
            self.remarks.append(Remark(message.line, Fate.SKIPPED, message.name, reason))

    def _way(self, message: MessageLayout, place: Mapping[str, int], known: Mapping[str, int | None]) -> int:
        """From here on, with these selectors known (None: a value that selects nothing): a block, or -1 - fork."""
        self.work -= sum(1 if one.branch is None else len(one.branch.values) for one in message.signals)
        if self.work < 0 or len(known) > DEPTH_MAX:
            raise _TooMany
        there = [signal for signal in message.signals if _is_there(signal, known)]
        selector = next((one for one in there if one.name not in known and one.name in self.selected), None)
        if selector is None:
            return self._block(there, place, is_lost=None in known.values())
        if selector.length > SELECTOR_BITS:
            raise _TooMany
        fork = len(self.forks)
        self.forks.append(place[selector.name])
        nothing = self._way(message, place, {**known, selector.name: None})
        for first, value in _values(self.selected[selector.name], selector.length):
            way = nothing if value is None else self._way(message, place, {**known, selector.name: value})
            self.arms.append((fork, first, way))
        self.absent[fork] = nothing
        return -1 - fork

    def _block(self, signals: Sequence[SignalLayout], place: Mapping[str, int], *, is_lost: bool) -> int:
        if len(self.blocks) >= self.limit:
            raise _TooMany
        self.blocks.append((len(self.slots), len(signals), is_lost))
        self.slots += [place[signal.name] for signal in signals]
        return len(self.blocks) - 1

    def tables(self, messages: Sequence[MessageLayout], conversions: Sequence[Conversion]) -> Tables:
        """All of it as arrays."""
        bits = [
            _bits(message, signal, has_table=bool(one.cases))
            for (message, signal), one in zip(self.signals, conversions, strict=True)
        ]
        scales = [
            (1.0, 0.0) if one.cases else (signal.scale, signal.offset)
            for (_, signal), one in zip(self.signals, conversions, strict=True)
        ]
        cases = [(at, raw, to) for at, one in enumerate(conversions) for raw, to in sorted(one.cases.items())]
        arms = sorted(self.arms)
        ends = np.array([signal.end_byte for _, signal in self.signals], np.int32)
        held = [self.slots[first : first + count] for first, count, _ in self.blocks]
        return Tables(
            begin=np.array([bit.begin for bit in bits], np.int32),
            bits=np.array([signal.length for _, signal in self.signals], np.int32),
            signed=np.array([signal.number is Number.SIGNED for _, signal in self.signals], np.uint8),
            word=np.array([bit.word for bit in bits], np.int32),
            big=np.array([signal.big for _, signal in self.signals], np.uint8),
            shift=np.array([bit.shift for bit in bits], np.uint64),
            spill=np.array([bit.spill for bit in bits], np.uint64),
            mask=np.array([bit.mask for bit in bits], np.uint64),
            sign=np.array([bit.sign for bit in bits], np.uint64),
            kind=np.array([bit.kind for bit in bits], np.uint8),
            scale=np.array([scale for scale, _ in scales], np.float64),
            offset=np.array([offset for _, offset in scales], np.float64),
            factor=np.array([one.factor for one in conversions], np.float64),
            shift_to=np.array([one.offset for one in conversions], np.float64),
            end=ends,
            unknown_from=np.array([bit.unknown_from or 0 for bit in bits], np.uint64),
            masked=np.array([bit.unknown_from is not None for bit in bits], np.uint8),
            exact=np.array(
                [_is_exact(signal, one) for (_, signal), one in zip(self.signals, conversions, strict=True)], np.uint8
            ),
            has_table=np.array([bool(one.cases) for one in conversions], np.uint8),
            case_of=np.array([at for at, _, _ in cases], np.int32),
            case_raw=np.array([raw for _, raw, _ in cases], np.int64),
            case_to=np.array([to for _, _, to in cases], np.float64),
            slots=np.array(self.slots, np.int32),
            first=np.array([first for first, _, _ in self.blocks], np.int32),
            count=np.array([count for _, count, _ in self.blocks], np.int32),
            needs=np.array([max((int(ends[one]) for one in some), default=0) for some in held], np.int32),
            lost=np.array([is_lost for _, _, is_lost in self.blocks], np.uint8),
            fork=np.array(self.forks, np.int32),
            absent=np.array([self.absent[fork] for fork in range(len(self.forks))], np.int32),
            arm_key=np.array([(fork << SELECTOR_BITS) + first for fork, first, _ in arms], np.uint64),
            arm_to=np.array([to for _, _, to in arms], np.int32),
            root=np.array(self.roots, np.int32),
            id=np.array([one.pgn if one.j1939 else one.id for one in messages], np.uint32),
            sender=np.array([ANY_SENDER if one.sender is None else one.sender for one in messages], np.int16),
            form=np.array([_form(one) for one in messages], np.uint8),
            length=np.array([one.length for one in messages], np.int32),
        )


@dataclass(frozen=True, slots=True)
class _Bits:
    """Where a signal's bits are."""

    begin: int
    word: int
    shift: int
    spill: int
    mask: int
    sign: int
    kind: int
    unknown_from: int | None


def _bits(message: MessageLayout, signal: SignalLayout, *, has_table: bool) -> _Bits:
    length = signal.length
    kind = _FLOATS[length] if signal.number is Number.FLOAT else Kind.WIDE if length > WORD else Kind.INTEGER
    word, within = divmod(signal.begin, WORD)
    over = max(0, within + length - WORD)
    shift = within if not signal.big else max(0, WORD - within - length)
    mask = min((1 << length) - 1, _ALL)
    sign = 1 << (length - 1) if signal.number is Number.SIGNED and length <= WORD else 0
    unknown_from = None if has_table else _unknown_from(message, signal)
    return _Bits(signal.begin, word, shift, 0 if kind == Kind.WIDE else over, mask, sign, kind, unknown_from)


def _unknown_from(message: MessageLayout, signal: SignalLayout) -> int | None:
    """The first raw value that is no number: SAE J1939-71, 5.1.4 and tables 1 and 2; None: all are numbers.

    Of parameters of a byte and more the top byte says so (0xFE: error, 0xFF: not available), of discrete ones of 2 bits
    and more the two highest values. Where the file gives such a value a meaning of its own, it and those below are
    numbers.
    """
    length = signal.length
    if not message.j1939 or signal.number is not Number.UNSIGNED or not 2 <= length <= WORD:
        return None
    first = 0xFE << (length - 8) if length >= 8 else (1 << length) - 2
    meant = [value for value, label in signal.labels.items() if value >= first and not _says_nothing(label)]
    first = max(meant, default=first - 1) + 1
    return first if first < 1 << length else None


def _says_nothing(label: str) -> bool:
    return any(word in label.lower().replace("_", " ") for word in _NOTHING)


def _is_exact(signal: SignalLayout, conversion: Conversion) -> bool:
    """Whether it is an integer that a float64 may not hold, as it stands in the frame."""
    is_plain = (signal.scale, signal.offset, conversion.factor, conversion.offset) == (1.0, 0.0, 1.0, 0.0)
    return is_plain and signal.number is not Number.FLOAT and signal.length > EXACT_BITS


def _is_there(signal: SignalLayout, known: Mapping[str, int | None]) -> bool:
    if signal.branch is None:
        return True
    value = known.get(signal.branch.selector)
    return value is not None and signal.branch.holds(value)


def _selected(message: MessageLayout) -> dict[str, list[tuple[int, int]]]:
    """By selector the ranges of values at which signals are there, ascending."""
    found: dict[str, list[tuple[int, int]]] = {}
    for signal in message.signals:
        if signal.branch is not None:
            found.setdefault(signal.branch.selector, []).extend(signal.branch.values)
    return {name: sorted(ranges) for name, ranges in found.items()}


def _values(ranges: Sequence[tuple[int, int]], length: int) -> Iterator[tuple[int, int | None]]:
    """The first value of each arm of a selector of so many bits, and the same, or None where it selects nothing."""
    firsts = {0, *(low for low, _ in ranges), *(high + 1 for _, high in ranges)}
    at, end = 0, -1
    for first in sorted(first for first in firsts if not first >> length):
        while at < len(ranges) and ranges[at][0] <= first:
            end = max(end, ranges[at][1])
            at += 1
        yield first, first if first <= end else None


def _form(message: MessageLayout) -> int:
    return Form.J1939 if message.j1939 else Form.EXTENDED if message.extended else Form.STANDARD
