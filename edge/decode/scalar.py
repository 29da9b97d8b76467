"""One frame at a time, by a function that is written for each block when it is first needed: for windows of few frames.

Gives the same numbers as `flat.py`, bit for bit.
"""

import struct
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Final, cast

from edge.decode.compiled import SELECTOR_BITS, WORD, Kind, Tables

Decode = Callable[[bytes], tuple[float | None, ...]]
"""From a payload, filled up with zeros to the block's needs, to the values of its signals; None: it is no number."""
_EXACT: Final = 2**53
_REALS: Final = {Kind.FLOAT16: "<e", Kind.FLOAT32: "<f", Kind.FLOAT64: "<d"}
_BYTES_MIN: Final = 8


class ScalarDecoder:
    """Decodes with one set of tables, and payloads of any length."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._root = tables.root.tolist()
        self._fork = tables.fork.tolist()
        self._needs = tables.needs.tolist()
        self._end = tables.end.tolist()
        self._lost = tables.lost.tolist()
        self._signals = [
            tuple(tables.slots[first : first + count].tolist())
            for first, count in zip(tables.first, tables.count, strict=True)
        ]
        self._arms = _arms(tables)
        self._functions: dict[int, Decode] = {}
        self._has_exact = [any(tables.exact[one] for one in some) for some in self._signals]

    def decode(self, message: int, payload: bytes) -> tuple[int, tuple[int, ...], tuple[float | None, ...]]:
        """The block of a frame, its signals, and their values; None: not in the frame, or no number."""
        block = self._root[message]
        while block < 0:
            starts, to = self._arms[-1 - block]
            block = to[bisect_right(starts, self.raw(self._fork[-1 - block], payload)) - 1]
        function = self._functions.get(block)
        if function is None:
            function = self._functions[block] = self._written(block)
        signals, needs = self._signals[block], self._needs[block]
        if len(payload) >= needs and len(payload) >= _BYTES_MIN:
            return block, signals, function(payload)
        values = function(payload.ljust(max(needs, _BYTES_MIN), b"\0"))
        if len(payload) < needs:
            there = [self._end[signal] <= len(payload) for signal in signals]
            values = tuple(value if is_there else None for value, is_there in zip(values, there, strict=True))
        return block, signals, values

    def exact(self, block: int, payload: bytes) -> Mapping[int, int]:
        """Of a block: integers that a float64 does not hold, by signal."""
        if not self._has_exact[block]:
            return {}
        found = {}
        for signal in self._signals[block]:
            if self._tables.exact[signal] and self._end[signal] <= len(payload):
                integer = self.integer(signal, payload)
                if abs(integer) > _EXACT:
                    found[signal] = integer
        return found

    def is_short(self, block: int, payload: bytes) -> bool:
        """Whether a frame lacks bytes."""
        return len(payload) < int(self._needs[block])

    def is_lost(self, block: int) -> bool:
        """Whether a selector had a value that the file does not know."""
        return bool(self._lost[block])

    def raw(self, signal: int, payload: bytes) -> int:
        """The bits of a signal; what is beyond the payload is zero."""
        tables = self._tables
        length = int(tables.bits[signal])
        if not tables.big[signal]:
            return (int.from_bytes(payload, "little") >> int(tables.begin[signal])) & ((1 << length) - 1)
        padded = payload.ljust(self._end[signal], b"\0")
        behind = 8 * len(padded) - int(tables.begin[signal]) - length
        return (int.from_bytes(padded, "big") >> behind) & ((1 << length) - 1)

    def integer(self, signal: int, payload: bytes) -> int:
        """The bits as the integer that they are."""
        raw, tables = self.raw(signal, payload), self._tables
        sign = 1 << (int(tables.bits[signal]) - 1) if tables.signed[signal] else 0
        return (raw ^ sign) - sign

    def _value(self, signal: int, payload: bytes) -> float | None:
        """What is seldom needed: floats, bits in two words, large integers, values that are none."""
        tables = self._tables
        kind, raw = int(tables.kind[signal]), self.raw(signal, payload)
        if tables.masked[signal] and raw >= int(tables.unknown_from[signal]):
            return None
        if kind in _REALS:
            form = _REALS[kind]
            number: float = struct.unpack(form, raw.to_bytes(struct.calcsize(form), "little"))[0]
        else:
            number = float(self.integer(signal, payload))
        value = number * float(tables.scale[signal]) + float(tables.offset[signal])
        if (tables.factor[signal], tables.shift_to[signal]) != (1.0, 0.0):
            value = value * float(tables.factor[signal]) + float(tables.shift_to[signal])
        return value if value - value == 0.0 else None  # neither infinite nor NaN

    def _written(self, block: int) -> Decode:
        """The function of a block."""
        tables = self._tables
        special = tables.is_special
        lines: list[str] = []
        words: dict[str, str] = {}
        for signal in self._signals[block]:
            if special[signal]:
                lines.append(f"value({signal}, p)")
                continue
            first, order = 8 * int(tables.word[signal]), "big" if tables.big[signal] else "little"
            name = f"{order[0]}{first}"
            words[name] = f"read(p[{first}:{first + 8}], {order!r})"
            lines.append(_expression(tables, signal, name))
        heads = "".join(f"    {name} = {text}\n" for name, text in words.items())
        source = f"def decode(p):\n{heads}    return ({''.join(f'{line}, ' for line in lines)})\n"
        names: dict[str, object] = {"read": _read, "value": self._value}
        code = compile(source, f"<block {block}>", "exec")
        exec(code, names)  # nosec B102  # made of numbers alone
        return cast("Decode", names["decode"])


def _read(part: bytes, order: str) -> int:
    """A word, also where the payload ends within it."""
    return int.from_bytes(part if len(part) == WORD // 8 else part.ljust(WORD // 8, b"\0"), order)  # type: ignore[arg-type]  # "little" or "big"


def _expression(tables: Tables, signal: int, word: str) -> str:
    shift, mask, sign = int(tables.shift[signal]), int(tables.mask[signal]), int(tables.sign[signal])
    text = f"{word} >> {shift} & {mask}" if shift else f"{word} & {mask}"
    text = f"((({text}) ^ {sign}) - {sign})" if sign else f"({text})"
    text = f"{text} * {float(tables.scale[signal])!r} + {float(tables.offset[signal])!r}"
    if (tables.factor[signal], tables.shift_to[signal]) != (1.0, 0.0):
        text = f"({text}) * {float(tables.factor[signal])!r} + {float(tables.shift_to[signal])!r}"
    return text


def _arms(tables: Tables) -> list[tuple[list[int], list[int]]]:
    """Of each fork the values at which its arms begin, and where they go."""
    arms: list[tuple[list[int], list[int]]] = [([], []) for _ in tables.fork]
    for key, to in zip(tables.arm_key.tolist(), tables.arm_to.tolist(), strict=True):
        starts, ways = arms[key >> SELECTOR_BITS]
        starts.append(key & ((1 << SELECTOR_BITS) - 1))
        ways.append(to)
    return arms
