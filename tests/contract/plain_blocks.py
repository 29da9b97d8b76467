"""A reader of blocks from the manual alone: nothing of ours, no numpy, byte by byte, as in any other language."""

import math
import struct
import zlib
from collections.abc import Iterator

WAY_RAW, WAY_XOR, WAY_STEP, WAY_SUM = 1, 2, 3, 4
FrameRow = tuple[int, str, int, int, bytes]
"""Time, bus, id, flags, payload."""
SampleRow = tuple[int, str, str, float | str | None]
"""Time, path, unit; the value, the word, or nothing that is known."""


class Columns:
    """What is unpacked, read from the front."""

    def __init__(self, block: bytes) -> None:
        self.first, self.second, size = struct.unpack_from("<III", block)
        self._left = zlib.decompress(block[12:])
        assert len(self._left) == size

    def take(self, size: int) -> bytes:
        taken, self._left = self._left[:size], self._left[size:]
        assert len(taken) == size
        return taken

    def number(self, form: str) -> int:
        [number] = struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))
        return int(number)

    def planes(self, count: int, width: int) -> list[int]:
        content = self.take(count * width)
        return [sum(content[place * count + row] << 8 * place for place in range(width)) for row in range(count)]

    def things(self, count: int, things: int) -> list[int]:
        return self.planes(count, 1 if things <= 256 else 2 if things <= 65536 else 3)

    def escaped(self, count: int) -> list[int]:
        small = self.take(count)
        rest = iter(self.planes(self.number("I"), self.number("B")))
        return [byte + next(rest) if byte == 255 else byte for byte in small]

    def times(self, count: int) -> list[int]:
        time, tick, direction = self.number("q"), self.number("Q"), self.number("B")
        times = [time] if count else []
        for step in self.escaped(max(count - 1, 0)):
            time = signed(time + (unzigzag(step) if direction else step) * tick)
            times.append(time)
        return times

    def payloads(self, lengths: list[int], counts: list[int]) -> list[list[bytearray]]:
        """Of each line its payloads."""
        lines = [
            [bytearray(first) for _ in range(count)]
            for first, count in zip([self.take(length) for length in lengths], counts, strict=True)
        ]
        longest = max(lengths, default=0)
        ways = [[self.number("B") if length > at else 0 for length in lengths] for at in range(longest)]
        for at, row in enumerate(ways):
            for line, way in zip(lines, row, strict=True):
                for number, cell in enumerate(self.take(len(line) - 1) if way else b"", 1):
                    line[number][at] = told(way, cell, at, line, number)
        return lines

    def end(self) -> None:
        assert not self._left


def told(way: int, cell: int, at: int, line: list[bytearray], number: int) -> int:
    before = line[number - 1][at]
    if way == WAY_SUM:
        change = sum(line[number][:at]) - sum(line[0][:at])
        return (cell + line[0][at] + change) % 256
    return {WAY_RAW: cell, WAY_XOR: cell ^ before, WAY_STEP: (before + cell) % 256}[way]


def unzigzag(number: int) -> int:
    return -(number + 1) // 2 if number % 2 else number // 2


def signed(number: int) -> int:
    """Modulo 2^64."""
    return (number + 2**63) % 2**64 - 2**63


def read_frames(block: bytes) -> list[FrameRow]:
    """The frames of a block of frames/1."""
    columns = Columns(block)
    frames, lines = columns.first, columns.second
    buses = [columns.take(columns.number("B")).decode() for _ in range(columns.number("B"))]
    bus, flags, length = columns.take(lines), columns.take(lines), columns.take(lines)
    identifiers = columns.planes(lines, 4)
    line_of = columns.things(frames, lines)
    times = columns.times(frames)
    payloads = columns.payloads(list(length), [line_of.count(line) for line in range(lines)])
    columns.end()
    waiting = [iter(line) for line in payloads]
    return [
        (time, buses[bus[line]], identifiers[line], flags[line], bytes(next(waiting[line])))
        for time, line in zip(times, line_of, strict=True)
    ]


def read_samples(block: bytes) -> list[SampleRow]:
    """The samples of a block of samples/1."""
    columns = Columns(block)
    signals = columns.second
    paths, units, counts = columns.planes(signals, 2), columns.planes(signals, 2), columns.planes(signals, 3)
    words = columns.planes(sum(counts), 2)
    texts = iter([columns.take(size).decode() for size in [*paths, *units, *words]])
    names, marks = [next(texts) for _ in paths], [next(texts) for _ in units]
    spoken = [[next(texts) for _ in range(count)] for count in counts]
    axes, moments = columns.number("I"), columns.number("I")
    axis_of_signal, axis_of_moment = columns.things(signals, axes), columns.things(moments, axes)
    times = columns.times(moments)
    heard = [[time for time, axis in zip(times, axis_of_moment, strict=True) if axis == own] for own in axis_of_signal]
    known = [
        list(columns.take(len(own))) if has_unknown else [1] * len(own)
        for own, has_unknown in zip(heard, columns.take(signals), strict=True)
    ]
    values = _values(columns, [sum(one) for one in known if sum(one)])
    rows: list[tuple[int, int, float | str | None]] = []
    for signal, (own, is_known) in enumerate(zip(heard, known, strict=True)):
        found = next(values) if sum(is_known) else iter(())
        for time, one in zip(own, is_known, strict=True):
            value = next(found) if one else None
            rows.append((time, signal, spoken[signal][int(value)] if spoken[signal] and value is not None else value))
    columns.end()
    rows.sort(key=lambda row: row[:2])
    assert len(rows) == columns.first
    return [(time, names[signal], marks[signal], value) for time, signal, value in rows]


def _values(columns: Columns, counts: list[int]) -> Iterator[Iterator[float]]:
    """Of each series the known values."""
    series = len(counts)
    way, form, width = columns.take(series), columns.take(series), columns.take(series)
    steps, multiples, bases = (columns.planes(series, 8) for _ in range(3))
    payloads = columns.payloads(list(width), counts)
    for one, line in enumerate(payloads):
        number, found = signed(bases[one]), []
        for payload in line:
            stored = int.from_bytes(payload, "little")
            number = signed(number + unzigzag(stored)) if form[one] else signed(bases[one] + stored)
            scaled = signed(number * multiples[one])
            [step] = struct.unpack("<d", struct.pack("<Q", steps[one]))
            [bits] = struct.unpack("<d", struct.pack("<q", scaled))
            found.append([bits, scaled * step, scaled / step if step else math.nan][way[one]])
        yield iter(found)
