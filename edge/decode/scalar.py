"""One frame at a time, by functions that are written when a message is first heard: for windows of few frames.

Gives the same numbers as `flat.py`, bit for bit.
"""

import math
import struct
import sys
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

import numpy as np
import numpy.typing as npt

from edge.decode.compiled import EXACT_BITS, SCALE_MIN, SELECTOR_BITS, WORD, Kind, Tables

Values = tuple[float | None, ...]
"""Of the signals of a block; None: not in the frame, or no number."""
Cases = Mapping[int, Mapping[float, float]]
"""By signal, by raw value."""
_EXACT: Final = 2**53
_BYTES: Final = WORD // 8
_LEAST: Final = sys.float_info.min
_SCALE_MAX: Final = 1e290
_LISTS_MAX: Final = 256
"""Tables of all numbers of a byte: signals of one place, scale and offset share theirs."""
_WAYS_MAX: Final = 4096
"""Values of one selector whose functions are found by a look-up; of more, by a search."""
_REALS: Final = {Kind.FLOAT16: ("<e", 2), Kind.FLOAT32: ("<f", 4), Kind.FLOAT64: ("<d", 8)}


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Signals that are in a frame together."""

    number: int
    signals: tuple[int, ...]
    needs: int
    """Bytes."""
    is_lost: bool
    """It is what is left when a selector has a value that the file does not know."""
    has_none: bool
    """A value may be none."""
    has_exact: bool
    """An integer may be one that a float64 does not hold."""


Decode = Callable[[bytes], tuple[Block, Values]]


class ScalarDecoder:
    """Decodes with one set of tables, and payloads of any length."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._overflows = tables.overflows
        self._lists: dict[str, tuple[str, Values]] = {}
        self._end = tables.end.tolist()
        self._arms = _arms(tables)
        self._cases = _cases(tables)
        self._lengths = [_length(tables, self._arms, message) for message in range(len(tables.root))]
        self._behind: dict[int, Decode] = {}
        """Functions of blocks and forks behind forks."""
        self.of: list[Decode] = [partial(self._write, message) for message in range(len(tables.root))]
        """By message: from a payload to its block and the values of that."""

    def decode(self, message: int, payload: bytes) -> tuple[Block, Values]:
        """What a frame says."""
        return self.of[message](payload)

    def exact(self, block: Block, payload: bytes) -> dict[int, int]:
        """By signal: integers that a float64 does not hold."""
        found = {}
        for signal in block.signals if block.has_exact else ():
            if self._tables.exact[signal] and self._end[signal] <= len(payload):
                integer = self._integer(signal, payload)
                if abs(integer) > _EXACT:
                    found[signal] = integer
        return found

    def _integer(self, signal: int, payload: bytes) -> int:
        raw = self._bits(signal, payload)
        sign = 1 << (int(self._tables.bits[signal]) - 1) if self._tables.signed[signal] else 0
        return (raw ^ sign) - sign

    def _bits(self, signal: int, payload: bytes) -> int:
        tables = self._tables
        begin, length, big = int(tables.begin[signal]), int(tables.bits[signal]), bool(tables.big[signal])
        behind = 8 * len(payload) - begin - length if big else begin
        return (int.from_bytes(payload, "big" if big else "little") >> behind) & ((1 << length) - 1)

    def _write(self, message: int, payload: bytes) -> tuple[Block, Values]:
        """The first frame of a message: from now on its function decodes them."""
        function = self._written(int(self._tables.root[message]), self._lengths[message], checks=message)
        self.of[message] = function
        return function(payload)

    def _written(self, way: int, length: int, *, checks: int | None = None) -> Decode:
        """The function of a block or of a fork, for payloads of `length` bytes; others it sends on, if it `checks`."""
        page = _Page(self._tables, self._overflows, length, self._lists, self._cases)
        names = page.names
        if way < 0:
            text = f"ways[{page.bits(int(self._tables.fork[-1 - way]))}](p)"
            names["ways"] = _Ways(self, -1 - way, length)
        else:
            names["block"] = block = self._block(way)
            text = f"block, ({''.join(f'{page.value(signal)}, ' for signal in block.signals)})"
        head = ""
        if checks is not None:
            names["other"] = partial(self._other, checks, length)
            head = f"    if len(p) != {length}: return other(p)\n"
        source = f"def decode(p):\n{head}{page.head()}    return {text}\n"
        exec(compile(source, f"<way {way}>", "exec"), names)  # nosec B102  # made of numbers alone
        return cast("Decode", names["decode"])

    def way(self, fork: int, value: int, length: int) -> Decode:
        """Where a selector's value leads."""
        starts, to = self._arms[fork]
        return self._behind_forks(to[bisect_right(starts, value) - 1], length)

    def _behind_forks(self, way: int, length: int) -> Decode:
        if way not in self._behind:
            self._behind[way] = self._written(way, length)
        return self._behind[way]

    def _other(self, message: int, length: int, payload: bytes) -> tuple[Block, Values]:
        """A frame that is longer or shorter than the message."""
        if len(payload) > length:
            return self.of[message](payload[:length])
        way, padded = int(self._tables.root[message]), payload.ljust(length, b"\0")
        while way < 0:
            selector = int(self._tables.fork[-1 - way])
            if self._end[selector] > len(payload):
                way = int(self._tables.absent[-1 - way])
            else:
                starts, to = self._arms[-1 - way]
                way = to[bisect_right(starts, self._bits(selector, padded)) - 1]
        block, values = self._behind_forks(way, length)(padded)
        if len(payload) >= block.needs:
            return block, values
        there = (self._end[signal] <= len(payload) for signal in block.signals)
        return block, tuple(value if is_there else None for value, is_there in zip(values, there, strict=True))

    def _block(self, number: int) -> Block:
        tables = self._tables
        first = int(tables.first[number])
        slots = tables.slots[first : first + int(tables.count[number])]
        has_none = (tables.kind[slots] != Kind.INTEGER) | (tables.masked[slots] == 1) | self._overflows[slots]
        has_none |= tables.has_table[slots] == 1
        return Block(
            number,
            tuple(slots.tolist()),
            int(tables.needs[number]),
            bool(tables.lost[number]),
            bool(has_none.any()),
            bool(tables.exact[slots].any()),
        )


class _Ways(dict[int, Decode]):
    """The functions behind a fork by the value of its selector, each looked for when it is first met."""

    def __init__(self, decoder: ScalarDecoder, fork: int, length: int) -> None:
        super().__init__()
        self._decoder, self._fork, self._length = decoder, fork, length

    def __missing__(self, value: int) -> Decode:
        function = self._decoder.way(self._fork, value, self._length)
        if len(self) < _WAYS_MAX:
            self[value] = function
        return function


class _Page:
    """Writes expressions over a payload `p` of a given length."""

    def __init__(
        self,
        tables: Tables,
        overflows: npt.NDArray[np.bool_],
        length: int,
        lists: dict[str, tuple[str, Values]],
        cases: Cases,
    ) -> None:
        self._tables = tables
        self._overflows = overflows
        self._lists = lists
        self._cases = cases
        self.names: dict[str, object] = {"read": int.from_bytes, **_HELPERS}
        """What the expressions use."""
        self._length = length
        self._words: dict[str, str] = {}

    def head(self) -> str:
        """Lines that read the words which were used so far."""
        return "".join(f"    {name} = {text}\n" for name, text in self._words.items())

    def bits(self, signal: int) -> str:
        """The bits of a signal, as they are in the frame."""
        word, shift, is_all = self._place(signal)
        text = f"{word} >> {shift}" if shift else word
        return text if is_all else f"{text} & {(1 << int(self._tables.bits[signal])) - 1}"

    def value(self, signal: int) -> str:
        """The value of a signal, or None."""
        tables = self._tables
        length, scale = int(tables.bits[signal]), float(tables.scale[signal])
        _, shift, _ = self._place(signal)
        placed = math.ldexp(scale, -shift) if abs(scale) < _SCALE_MAX else 0.0
        if length > EXACT_BITS or tables.kind[signal] in _REALS or self._overflows[signal] or abs(placed) < _LEAST:
            return self._odd(signal)
        text = self._number(signal, shift, placed)
        if tables.has_table[signal]:
            self.names[f"case{signal}"] = self._cases[signal].get
            return f"case{signal}({text})"
        return self._looked_up(signal, text) or text

    def _place(self, signal: int) -> tuple[str, int, bool]:
        """The byte, word or longer part that a signal is in, how far it is from its end, whether it is all of it."""
        tables = self._tables
        begin, length, big = int(tables.begin[signal]), int(tables.bits[signal]), bool(tables.big[signal])
        first, last = begin // 8, (begin + length - 1) // 8
        low, high = first, last + 1
        if first == last:
            word = f"p[{first}]"
        elif begin // WORD == (begin + length - 1) // WORD:
            low = begin // WORD * _BYTES
            high = min(low + _BYTES, self._length)
            word = f"{'b' if big else 'l'}{low}"
            self._words[word] = self._read(low, high, big=big)
        else:
            word = self._read(low, high, big=big)
        shift = 8 * high - begin - length if big else begin - 8 * low
        return word, shift, shift + length == 8 * (high - low)

    def _read(self, low: int, high: int, *, big: bool) -> str:
        part = "p" if (low, high) == (0, self._length) else f"p[{low}:{high}]"
        return f"read({part}, {'big' if big else 'little'!r})"

    def _looked_up(self, signal: int, text: str) -> str | None:
        """Of a signal within a byte: the number is in a table by that byte; None: there are enough tables.

        Args:
            signal: which one.
            text: what gives its number otherwise.
        """
        byte = self._place(signal)[0]
        if not byte.startswith("p["):
            return None
        key = text.replace(byte, "byte")
        if key not in self._lists:
            if len(self._lists) >= _LISTS_MAX:
                return None
            of_byte = eval(f"lambda byte: {key}", dict(_HELPERS))  # nosec B307  # made of numbers alone
            self._lists[key] = f"t{len(self._lists)}", tuple(of_byte(byte) for byte in range(256))
        name, numbers = self._lists[key]
        self.names[name] = numbers
        return f"{name}[{byte}]"

    def _number(self, signal: int, shift: int, scale: float) -> str:
        """Of an integer that a float64 holds: the bits where they are, by a scale that takes the shift in."""
        tables = self._tables
        length, (word, _, is_all) = int(tables.bits[signal]), self._place(signal)
        bits = word if is_all and not shift else f"{word} & {((1 << length) - 1) << shift}"
        text = "x" if tables.masked[signal] else f"({bits})"
        if tables.signed[signal]:
            sign = 1 << (length - 1 + shift)
            text = f"(({bits} ^ {sign}) - {sign})"
        text = self._converted(signal, _scaled(text, scale, float(tables.offset[signal])))
        if tables.masked[signal]:
            return f"({text} if (x := {bits}) < {int(tables.unknown_from[signal]) << shift} else None)"
        return text

    def _odd(self, signal: int) -> str:
        """Of what is seldom: floats, large integers, scales without end."""
        tables = self._tables
        kind, length, bits = int(tables.kind[signal]), int(tables.bits[signal]), self.bits(signal)
        text = "x" if tables.masked[signal] else bits
        if kind in _REALS:
            text = f"real{kind}({text})"
        elif tables.signed[signal]:
            sign = 1 << (length - 1)
            text = f"number((({text}) ^ {sign}) - {sign})"
        else:
            text = f"number({text})"
        text = _scaled(text, float(tables.scale[signal]), float(tables.offset[signal]))
        text = f"finite({self._converted(signal, text)})"
        if tables.masked[signal]:
            return f"({text} if (x := {bits}) < {int(tables.unknown_from[signal])} else None)"
        return text

    def _converted(self, signal: int, text: str) -> str:
        factor, then = float(self._tables.factor[signal]), float(self._tables.shift_to[signal])
        return text if (factor, then) == (1.0, 0.0) else f"({text}) * {factor!r} + {then!r}"


def _scaled(text: str, scale: float, offset: float) -> str:
    has_offset = offset != 0 or scale < SCALE_MIN
    return f"{text} * {scale!r}{f' + {offset!r}' if has_offset else ''}"


def _finite(value: float) -> float | None:
    return value if value - value == 0.0 else None


def _float_of(integer: int) -> float:
    try:
        return float(integer)
    except OverflowError:
        return float("inf")


def _real(form: str, size: int, bits: int) -> float:
    number: float = struct.unpack(form, bits.to_bytes(size, "little"))[0]
    return number


_HELPERS: Final[dict[str, object]] = {
    "finite": _finite,
    "number": _float_of,
    "inf": math.inf,
    "nan": math.nan,
    **{f"real{kind}": partial(_real, form, size) for kind, (form, size) in _REALS.items()},
}


def _length(tables: Tables, arms: list[tuple[list[int], list[int]]], message: int) -> int:
    """Bytes of a message: what the file says, or more where signals are beyond it."""
    length, ways = int(tables.length[message]), [int(tables.root[message])]
    while ways:
        way = ways.pop()
        if way >= 0:
            length = max(length, int(tables.needs[way]))
        else:
            length = max(length, int(tables.end[tables.fork[-1 - way]]))
            ways += arms[-1 - way][1]
    return length


def _cases(tables: Tables) -> Cases:
    """By signal its table."""
    cases: dict[int, dict[float, float]] = {}
    lines = zip(tables.case_of.tolist(), tables.case_raw.tolist(), tables.case_to.tolist(), strict=True)
    for signal, raw, to in lines:
        cases.setdefault(signal, {})[float(raw)] = to
    return cases


def _arms(tables: Tables) -> list[tuple[list[int], list[int]]]:
    """Of each fork the values at which its arms begin, and where they go."""
    arms: list[tuple[list[int], list[int]]] = [([], []) for _ in tables.fork]
    for key, to in zip(tables.arm_key.tolist(), tables.arm_to.tolist(), strict=True):
        starts, ways = arms[key >> SELECTOR_BITS]
        starts.append(key & ((1 << SELECTOR_BITS) - 1))
        ways.append(to)
    return arms
