"""Many frames at a time: one pass of array operations over all signals of all frames, whatever their messages are."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.compiled import SCALE_MIN, SELECTOR_BITS, WORD, Kind, Tables
from edge.frames import UInt8s

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
Int32s = npt.NDArray[np.int32]
UInt64s = npt.NDArray[np.uint64]
Float64s = npt.NDArray[np.float64]
_EXACT: Final = 2.0**53
_WORD: Final = np.uint64(WORD)
_SELECTOR: Final = np.uint64(SELECTOR_BITS)
_ALL: Final = np.uint64(2**64 - 1)
_LEAST: Final = float(np.finfo(np.float64).smallest_normal)
_NO_VALUES: Final = np.empty(0)
_NO_WORDS: Final = np.empty((0, 4), np.uint64)
_NO_FRAMES: Final = np.empty(0, np.intp)
_LENGTH_MAX: Final = 255
_SHIFTED: Final = 2
"""Copies of the words from here on are shifted."""
_ORDERS: Final = ("<u8", ">u8")
_ROOM: Final = 1024
"""Words."""
_ONE: Final = np.uint64(1)
_DENSE_MAX: Final = 1 << 20
"""Places of all selectors together."""
_DENSE_BITS: Final = 10
"""Selectors of so many bits find their way by an index, longer ones by a search."""
_REALS: Final = (
    (Kind.FLOAT16, np.uint16, np.float16),
    (Kind.FLOAT32, np.uint32, np.float32),
    (Kind.FLOAT64, np.uint64, np.float64),
)


class Trait:
    """What a block has of that takes a step more; bits."""

    SPECIAL: Final = 1
    """Signals of `Tables.is_special`."""
    SIGNED: Final = 2
    OFFSET: Final = 4
    NONE: Final = 8
    """Values that are none."""
    CONVERTED: Final = 16
    LOST: Final = 32
    TABLE: Final = 64
    """Values that a table gives."""
    SELDOM: Final = SPECIAL | NONE | CONVERTED | LOST | TABLE


@dataclass(slots=True)
class Flat:
    """M samples of N frames."""

    frame: Ints
    """(M,) which frame, ascending."""
    signal: Int32s
    """(M,) which signal; within a frame in the order of its block."""
    value: Float64s
    """(M,) numbers: what is none is not in it."""
    exact: dict[int, int]
    """row → the integer, for those above 2^53."""
    block: Ints
    """(N,) which block each frame had; the one after the last: it had none."""
    decoded: int
    """Frames that gave a sample."""
    short: Bools | None
    """(N,) frames without all of their bytes; None: there is none."""
    lost: Bools | None
    """(N,) frames with a selector that the file does not know; None: there is none."""


class FlatDecoder:
    """Decodes with one set of tables. Not for two threads: it has a place of its own for the words of frames."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._root = np.append(tables.root, len(tables.first)).astype(np.intp)
        self._placed = _Placed(tables)
        self._count = np.append(tables.count, 0).astype(np.intp)
        self._behind = np.append(tables.first + tables.count, 0).astype(np.intp)
        """(B + 1,) the slot after a block's last."""
        self._needs = np.append(np.minimum(tables.needs, _LENGTH_MAX), 0).astype(np.uint8)
        self._trait = np.append(_traits(tables, self._placed), 0).astype(np.uint8)
        self._traits = int(np.bitwise_or.reduce(self._trait))
        self._forks = _Forks(tables)
        self._cases = _Cases(tables)
        self._signal = tables.slots.astype(np.int32)
        self._factor, self._then = tables.factor[tables.slots], tables.shift_to[tables.slots]
        self._words = {words: _Words(words, tables, self._placed) for words in (1, 8)}
        self._numbers = np.arange(4096)

    def decode(self, message: Ints, payload: UInt8s, length: UInt8s) -> Flat:
        """All samples of frames.

        Args:
            message: (N,) the message of each; -1: none, nothing is decoded.
            payload: (N, 8) or (N, 64), zero past the length.
            length: (N,) bytes.
        """
        words = self._words[payload.shape[1] // 8]
        words.fill(payload)
        block = self._root.take(message)
        self._forks.choose(block, words, length)
        count, traits = self._count.take(block), self._traits
        if traits & Trait.SELDOM:
            own = self._trait.take(block)
            traits = int(np.bitwise_or.reduce(own))
        frame = self._upto(len(block)).repeat(count)
        slot = (self._behind.take(block) - count.cumsum()).take(frame)
        slot += self._upto(len(slot))
        flat = Flat(frame, self._signal, _NO_VALUES, {}, block, int(np.count_nonzero(count)), None, None)
        is_short = length < self._needs.take(block)
        if np.count_nonzero(is_short):
            flat.short = is_short
            kept = self._tables.end.take(self._signal.take(slot)) <= length.take(frame)
            flat.frame, slot = frame[kept], slot[kept]
            flat.decoded = changes(flat.frame)
        none = self._value(flat, slot, words, traits)
        if traits & Trait.SPECIAL:
            self._mend(flat, slot, words)
        if traits & Trait.CONVERTED:
            with np.errstate(over="ignore", invalid="ignore"):
                flat.value *= self._factor.take(slot)
                flat.value += self._then.take(slot)
        if traits & Trait.SPECIAL:
            none = _joined(none, ~np.isfinite(flat.value))
        if traits & Trait.TABLE:
            none = _joined(none, self._cases.look_up(flat.value, slot))
        if none is not None:
            slot = _without(flat, slot, none)
        if traits & Trait.LOST:
            flat.lost = (own & Trait.LOST) != 0
        flat.signal = self._signal.take(slot)
        return flat

    def _value(self, flat: Flat, slot: Ints, words: "_Words", traits: int) -> Bools | None:
        """Fill in the values; which of them say that they are none, if any."""
        placed = self._placed
        bits = words.take(flat.frame, words.of_slot.take(slot))
        bits &= placed.mask.take(slot)
        none = None
        if traits & Trait.NONE:
            none = bits >= placed.none.take(slot)
        if traits & Trait.SIGNED:
            sign = placed.sign.take(slot)
            bits ^= sign
            bits -= sign
        value = flat.value = bits.view(np.int64).astype(np.float64)
        value *= placed.scale.take(slot)
        if traits & Trait.OFFSET:
            value += placed.offset.take(slot)
        return none if none is not None and np.count_nonzero(none) else None

    def _mend(self, flat: Flat, slot: Ints, words: "_Words") -> None:
        """Do what is seldom needed, where it is: floats, bits in two words, large integers."""
        tables = self._tables
        rows = self._placed.is_special.take(slot).nonzero()[0]
        signal, frame = self._signal.take(slot.take(rows)), flat.frame.take(rows)
        bits = words.bits(tables, frame, signal)
        sign, kind = tables.sign.take(signal), tables.kind.take(signal)
        whole = ((bits ^ sign) - sign).view(np.int64)
        number = np.where(sign == 0, bits.astype(np.float64), whole.astype(np.float64))
        if np.count_nonzero(kind):
            _read_floats(number, bits, kind)
        wide = {int(at): words.wide(tables, frame[at], signal[at]) for at in (kind == Kind.WIDE).nonzero()[0]}
        for where, integer in wide.items():
            number[where] = float(integer)
        for at in ((tables.exact.take(signal) == 1) & (np.abs(number) >= _EXACT)).nonzero()[0]:
            narrow = int(whole[at]) if sign[at] else int(bits[at])
            integer = wide.get(int(at), narrow)
            if abs(integer) > int(_EXACT):
                flat.exact[int(rows[at])] = integer
        with np.errstate(over="ignore", invalid="ignore"):
            flat.value[rows] = number * tables.scale.take(signal) + tables.offset.take(signal)
        is_none = (tables.masked.take(signal) == 1) & (bits >= tables.unknown_from.take(signal))
        flat.value[rows[is_none]] = np.nan

    def _upto(self, count: int) -> Ints:
        if count > len(self._numbers):
            self._numbers = np.arange(2 * count)
        return self._numbers[:count]


class _Placed:
    """Signals where they stand in a word: a number is (word AND mask) x scale, and no bit needs to be shifted.

    The scale takes the shift in, which costs no bit: a power of two changes the exponent of a float64 alone (IEEE 754),
    and there are as many masked bits as before. Words are read as signed integers, so no unsigned signal may set the
    highest bit; for those that would there is a copy of each word that is shifted to the right by one.
    """

    def __init__(self, tables: Tables) -> None:
        slots = tables.slots
        bits, scale = tables.bits[slots], tables.scale[slots]
        shift = tables.shift[slots].astype(np.int64)
        on_top = (tables.sign[slots] == 0) & (shift + bits >= WORD) & (shift > 0)
        place = shift - on_top
        with np.errstate(under="ignore"):
            self.scale = np.ldexp(scale, -place)
        lost = (np.abs(self.scale) < _LEAST) & (scale != 0)
        self.is_special: Bools = tables.is_special[slots] | lost
        left = place.astype(np.uint64)
        self.mask = np.where(self.is_special, np.uint64(0), tables.mask[slots] << left)
        self.sign = np.where(self.is_special, np.uint64(0), tables.sign[slots] << left)
        self.offset = tables.offset[slots]
        self.has_none = (tables.masked[slots] == 1) & ~self.is_special
        self.none = np.where(self.has_none, tables.unknown_from[slots] << left, _ALL)
        self.copy = tables.big[slots] + _SHIFTED * on_top.astype(np.intp)
        self.word = tables.word[slots]


def _traits(tables: Tables, placed: _Placed) -> Ints:
    """(B,) of each block."""
    slots = tables.slots
    traits = np.where(placed.is_special, Trait.SPECIAL, 0)
    traits |= np.where(placed.sign != 0, Trait.SIGNED, 0)
    traits |= np.where((placed.offset != 0) | (placed.scale < SCALE_MIN), Trait.OFFSET, 0)
    traits |= np.where(placed.has_none, Trait.NONE, 0)
    traits |= np.where((tables.factor[slots] != 1) | (tables.shift_to[slots] != 0), Trait.CONVERTED, 0)
    traits |= np.where(tables.has_table[slots] == 1, Trait.TABLE, 0)
    ends = tables.first + tables.count
    blocks = [np.bitwise_or.reduce(traits[a:b]) for a, b in zip(tables.first, ends, strict=True)]
    return np.array(blocks, np.intp) | np.where(tables.lost == 1, Trait.LOST, 0)


class _Cases:
    """Values by raw value, of the signals that have a table: one search for all of a window."""

    def __init__(self, tables: Tables) -> None:
        self._key = _case_keys(tables.case_of, tables.case_raw)
        order = np.argsort(self._key)
        self._key, self._to = self._key[order], tables.case_to[order]
        self._has_table: Bools = tables.has_table[tables.slots] == 1
        self._signal = tables.slots

    def look_up(self, value: Float64s, slot: Ints) -> Bools:
        """Put what tables say in place of raw values; which rows have none.

        Args:
            value: (M,) raw, of signals that have a table; changed in place.
            slot: (M,) of each.
        """
        none = self._has_table.take(slot)
        rows = none.nonzero()[0]
        key = _case_keys(self._signal.take(slot.take(rows)), value.take(rows).astype(np.int64))
        place = np.minimum(np.searchsorted(self._key, key), len(self._key) - 1)
        value[rows] = self._to.take(place)
        none[rows] = self._key.take(place) != key
        return none


def _case_keys(signal: Int32s, raw: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """A number for each signal and raw value of up to 32 bits, signed or not."""
    keys: npt.NDArray[np.int64] = (signal.astype(np.int64) << np.int64(33)) + raw + np.int64(1 << 32)
    return keys


class _Forks:
    """The way from a message to its block."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._is_there = bool(len(tables.fork))
        bits = tables.bits[tables.fork]
        self._end = tables.end[tables.fork]
        self._end_max = int(self._end.max(initial=0))
        self._is_in_word = not tables.spill[tables.fork].any()
        self._rows: dict[int, tuple[int, UInt64s]] = {}
        """By words of a frame: the room for them, and (F, 4) the selector's word, shift, mask, first way."""
        sizes = np.left_shift(1, np.minimum(bits, _DENSE_BITS)).astype(np.intp)
        self._is_dense = bool((bits <= _DENSE_BITS).all()) and int(sizes.sum()) <= _DENSE_MAX
        self._begin = sizes.cumsum() - sizes
        if self._is_dense:
            fork = np.arange(len(sizes)).repeat(sizes)
            self._way = self._found(fork, (np.arange(len(fork)) - self._begin[fork]).astype(np.uint64))

    def choose(self, block: Ints, words: "_Words", length: UInt8s) -> None:
        """Walk until every frame has its block.

        Args:
            block: (N,) where each begins, a block or -1 - fork; changed in place.
            words: of the frames.
            length: (N,) bytes.
        """
        at = (block < 0).nonzero()[0] if self._is_there else _NO_FRAMES
        while len(at):
            fork = ~block.take(at)
            if self._is_dense and self._is_in_word:
                rows = self._rows_for(words).take(fork, axis=0)
                place = words.take(at, rows[:, 0].view(np.int64))
                place >>= rows[:, 1]
                place &= rows[:, 2]
                place += rows[:, 3]
                to = self._way.take(place.view(np.int64))
            else:
                to = self._found(fork, words.bits(self._tables, at, self._tables.fork.take(fork)))
            if np.count_nonzero(length.take(at) < self._end_max):
                is_absent = length.take(at) < self._end.take(fork)
                to[is_absent] = self._tables.absent[fork[is_absent]]
            block[at] = to
            is_fork = to < 0
            at = at[is_fork] if np.count_nonzero(is_fork) else _NO_FRAMES

    def _rows_for(self, words: "_Words") -> UInt64s:
        room, rows = self._rows.get(words.each, (0, _NO_WORDS))
        if room != words.room:
            tables, signal = self._tables, self._tables.fork
            first = words.place(tables.big[signal].astype(np.intp), tables.word[signal]).astype(np.uint64)
            columns = [first, tables.shift[signal], tables.mask[signal], self._begin.astype(np.uint64)]
            rows = np.ascontiguousarray(np.transpose(columns))
            self._rows[words.each] = (words.room, rows)
        return rows

    def _found(self, fork: Ints, value: UInt64s) -> Ints:
        tables = self._tables
        key = (fork.astype(np.uint64) << _SELECTOR) | value
        return tables.arm_to.take(np.searchsorted(tables.arm_key, key, side="right") - 1).astype(np.intp)


class _Words:
    """The words of frames: little-endian ones, big-endian ones, and both shifted to the right by one."""

    def __init__(self, each: int, tables: Tables, placed: _Placed) -> None:
        self.each = each
        """Words of a frame."""
        self._placed = placed
        by_signal = np.concatenate([tables.slots[placed.is_special], tables.fork])
        self._used = {*placed.copy.tolist(), *(placed.copy & 1).tolist(), *tables.big[by_signal].tolist()}
        self._grow(_ROOM)

    def _grow(self, room: int) -> None:
        self.room = room
        self._array = np.zeros((4, room), np.uint64)
        self._flat = self._array.ravel()
        self.of_slot = self.place(self._placed.copy, self._placed.word)
        """(slots,) where a signal's word is, of the first frame."""

    def fill(self, payload: UInt8s) -> None:
        """Take the payloads of frames: (N, 8) or (N, 64)."""
        count = len(payload) * self.each
        if count > self.room:
            self._grow(2 * count)
        payload = np.ascontiguousarray(payload)
        for copy, order in enumerate(_ORDERS):
            if copy in self._used:
                words = self._array[copy, :count]
                words[:] = payload.view(order).ravel()
                if copy + _SHIFTED in self._used:
                    np.right_shift(words, _ONE, out=self._array[copy + _SHIFTED, :count])

    def take(self, frame: Ints, of_first: Ints) -> UInt64s:
        """A word of each frame; `of_first`, which may be changed, says where it is in the first frame."""
        of_first += frame if self.each == 1 else frame * self.each
        return self._flat.take(of_first)

    def bits(self, tables: Tables, frame: Ints, signal: npt.NDArray[np.integer]) -> UInt64s:
        """The bits of signals, also those in the next word."""
        big, word = tables.big.take(signal).astype(np.intp), tables.word.take(signal)
        bits = self.take(frame, self.place(big, word))
        bits >>= tables.shift.take(signal)
        spill = tables.spill.take(signal)
        if np.count_nonzero(spill):
            following = self.take(frame, self.place(big, word + 1))
            over = spill > 0
            little = bits | (following << (_WORD - tables.shift.take(signal)))
            first = self.take(frame, self.place(big, word))
            bits = np.where(over, np.where(big == 1, (first << spill) | (following >> (_WORD - spill)), little), bits)
        bits &= tables.mask.take(signal)
        return bits

    def wide(self, tables: Tables, frame: int, signal: int) -> int:
        """An integer of more than 64 bits, of one frame."""
        big = int(tables.big[signal])
        words = self._array[big, frame * self.each : (frame + 1) * self.each]
        payload = words.astype(_ORDERS[big]).tobytes()
        begin, length = int(tables.begin[signal]), int(tables.bits[signal])
        behind = 8 * len(payload) - begin - length
        raw = int.from_bytes(payload, "big") >> behind if big else int.from_bytes(payload, "little") >> begin
        raw &= (1 << length) - 1
        sign = 1 << (length - 1) if tables.signed[signal] else 0
        return (raw ^ sign) - sign

    def place(self, copy: Ints, word: npt.NDArray[np.integer]) -> Ints:
        """Where words are, of the first frame; beyond a frame: its last."""
        place: Ints = copy * self.room
        place += np.minimum(word, self.each - 1)
        return place


def _read_floats(number: Float64s, bits: UInt64s, kind: UInt8s) -> None:
    """Put the numbers of IEEE 754 where they are."""
    for code, unsigned, real in _REALS:
        here = (kind == code).nonzero()[0]
        if len(here):
            with np.errstate(invalid="ignore"):  # a NaN that signals
                number[here] = (bits[here] & np.uint64(np.iinfo(unsigned).max)).astype(unsigned).view(real)


def _without(flat: Flat, slot: Ints, none: Bools) -> Ints:
    """Leave out what is no number; the slots that stay."""
    kept = ~none
    moved = kept.cumsum() - 1
    flat.exact = {int(moved[row]): integer for row, integer in flat.exact.items() if kept[row]}
    flat.frame, flat.value = flat.frame[kept], flat.value[kept]
    flat.decoded = changes(flat.frame)
    return slot[kept]


def _joined(none: Bools | None, more: Bools) -> Bools | None:
    if not np.count_nonzero(more):
        return none
    return more if none is None else none | more


def changes(frame: Ints) -> int:
    """How many different ones, of ascending ones."""
    return int(len(frame) > 0) + int(np.count_nonzero(frame[1:] != frame[:-1]))
