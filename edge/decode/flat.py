"""Many frames at a time: one pass of array operations over all signals of all frames, whatever their messages are."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.compiled import SELECTOR_BITS, WORD, Kind, Tables
from edge.frames import UInt8s

Ints = npt.NDArray[np.intp]
UInt64s = npt.NDArray[np.uint64]
Float64s = npt.NDArray[np.float64]
_EXACT: Final = 2.0**53
_WORD: Final = np.uint64(WORD)
_SELECTOR: Final = np.uint64(SELECTOR_BITS)
_REALS: Final = (
    (Kind.FLOAT16, np.uint16, np.float16),
    (Kind.FLOAT32, np.uint32, np.float32),
    (Kind.FLOAT64, np.uint64, np.float64),
)


@dataclass(slots=True)
class Flat:
    """M samples of N frames."""

    frame: Ints
    """(M,) which frame, ascending."""
    signal: Ints
    """(M,) which signal; within a frame ascending."""
    value: Float64s
    """(M,) numbers: what is none is not in it."""
    exact: dict[int, int]
    """row → the integer, for those above 2^53."""
    block: Ints
    """(N,) which block each frame had."""
    short: npt.NDArray[np.bool_] | None
    """(N,) frames without all of their bytes; None: there is none."""


class FlatDecoder:
    """Decodes with one set of tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        slots = tables.slots
        self._root, self._first, self._count = (
            part.astype(np.intp) for part in (tables.root, tables.first, tables.count)
        )
        self._signal = slots.astype(np.intp)
        self._shift, self._mask, self._sign = tables.shift[slots], tables.mask[slots], tables.sign[slots]
        self._scale, self._offset = tables.scale[slots], tables.offset[slots]
        self._factor, self._then = tables.factor[slots], tables.shift_to[slots]
        self._is_converted = bool((self._factor != 1.0).any() or (self._then != 0.0).any())
        self._columns = {words: _columns(tables, words)[slots] for words in (1, 8)}
        self._is_special = tables.is_special[slots]
        self._has_special = np.array(
            [self._is_special[a : a + n].any() for a, n in zip(tables.first, tables.count, strict=True)]
        )
        self._numbers = np.arange(4096)

    def decode(self, message: Ints, payload: UInt8s, length: UInt8s) -> Flat:
        """All samples of frames.

        Args:
            message: (N,) the message of each.
            payload: (N, 8) or (N, 64), zero past the length.
            length: (N,) bytes.
        """
        words = _words(payload)
        block = self._blocks(self._root.take(message), words)
        count = self._count.take(block)
        ends = count.cumsum()
        total = int(ends[-1]) if len(ends) else 0
        frame = np.repeat(self._upto(len(block)), count)
        slot: Ints = np.repeat(self._first.take(block) - (ends - count), count)
        slot += self._upto(total)
        is_short = length < self._tables.needs.take(block)
        short = is_short if is_short.any() else None
        if short is not None:
            kept = self._tables.end.take(self._signal.take(slot)) <= length.take(frame)
            frame, slot = frame[kept], slot[kept]
        raw = self._raw(frame, slot, words)
        sign = self._sign.take(slot)
        value = ((raw ^ sign) - sign).view(np.int64) * self._scale.take(slot)
        value += self._offset.take(slot)
        flat = Flat(frame, slot, value, {}, block, short)
        if self._has_special.take(block).any():
            self._mend(flat, raw, words)
        if self._is_converted:
            flat.value *= self._factor.take(flat.signal)
            flat.value += self._then.take(flat.signal)
        flat.signal = self._signal.take(flat.signal)
        return flat

    def _blocks(self, block: Ints, words: UInt64s) -> Ints:
        """Walk over forks until every frame has its block."""
        tables, at = self._tables, np.flatnonzero(block < 0)
        while len(at):
            fork = -1 - block[at]
            key = (fork.astype(np.uint64) << _SELECTOR) | self._selector(at, fork, words)
            to = tables.arm_to.take(np.searchsorted(tables.arm_key, key, side="right") - 1)
            block[at] = to
            at = at[to < 0]
        return block

    def _selector(self, frame: Ints, fork: Ints, words: UInt64s) -> UInt64s:
        tables = self._tables
        signal = tables.fork.take(fork)
        raw = words[frame, _columns(tables, words.shape[1] // 2)[signal]] >> tables.shift[signal]
        value: UInt64s = self._spilled(frame, signal, raw, words) & tables.mask[signal]
        return value

    def _raw(self, frame: Ints, slot: Ints, words: UInt64s) -> UInt64s:
        """The bits of each; of one that crosses words, those in its first."""
        width = words.shape[1]
        place = frame * width
        place += self._columns[width // 2].take(slot)
        raw: UInt64s = words.ravel().take(place)
        raw >>= self._shift.take(slot)
        raw &= self._mask.take(slot)
        return raw

    def _mend(self, flat: Flat, raw: UInt64s, words: UInt64s) -> None:
        """Do what is seldom needed, where it is: floats, bits in two words, large integers, values that are none."""
        tables = self._tables
        rows = np.flatnonzero(self._is_special.take(flat.signal))
        signal, frame = self._signal.take(flat.signal[rows]), flat.frame[rows]
        bits = self._spilled(frame, signal, raw[rows], words) & tables.mask[signal]
        sign, kind = tables.sign[signal], tables.kind[signal]
        whole = ((bits ^ sign) - sign).view(np.int64)
        number = np.where(sign == 0, bits.astype(np.float64), whole.astype(np.float64))
        for code, unsigned, real in _REALS:
            here = np.flatnonzero(kind == code)
            with np.errstate(invalid="ignore"):  # a NaN that signals
                number[here] = (bits[here] & np.uint64(np.iinfo(unsigned).max)).astype(unsigned).view(real)
        wide = {
            int(place): self._wide(int(signal[place]), words[frame[place]])
            for place in np.flatnonzero(kind == Kind.WIDE)
        }
        for where, integer in wide.items():
            number[where] = float(integer)
        none = (tables.masked[signal] == 1) & (bits >= tables.unknown_from[signal])
        for place in np.flatnonzero((tables.exact[signal] == 1) & (np.abs(number) >= _EXACT)):
            narrow = int(whole[place]) if sign[place] else int(bits[place])
            integer = wide.get(int(place), narrow)
            if abs(integer) > int(_EXACT):
                flat.exact[int(rows[place])] = integer
        flat.value[rows] = number * tables.scale[signal] + tables.offset[signal]
        flat.value[rows[none]] = np.nan
        self._drop_what_is_none(flat)

    def _wide(self, signal: int, words: UInt64s) -> int:
        """An integer of more than 64 bits, of one frame."""
        tables = self._tables
        payload = words[: len(words) // 2].astype("<u8").tobytes()
        begin, length = int(tables.begin[signal]), int(tables.bits[signal])
        behind = 8 * len(payload) - begin - length
        raw = (
            int.from_bytes(payload, "big") >> behind
            if tables.big[signal]
            else int.from_bytes(payload, "little") >> begin
        )
        raw &= (1 << length) - 1
        sign = 1 << (length - 1) if tables.signed[signal] else 0
        return (raw ^ sign) - sign

    def _drop_what_is_none(self, flat: Flat) -> None:
        kept = np.isfinite(flat.value)
        if kept.all():
            return
        moved = kept.cumsum() - 1
        flat.exact = {int(moved[row]): integer for row, integer in flat.exact.items() if kept[row]}
        flat.frame, flat.signal, flat.value = flat.frame[kept], flat.signal[kept], flat.value[kept]

    def _spilled(self, frame: Ints, signal: npt.NDArray[np.integer], raw: UInt64s, words: UInt64s) -> UInt64s:
        """The bits with those in the next word; the mask is still to be put over them."""
        tables, half = self._tables, words.shape[1] // 2
        rows = np.flatnonzero(tables.spill[signal])
        if not len(rows):
            return raw
        where, which = frame[rows], signal[rows]
        spill, word = tables.spill[which], np.minimum(tables.word[which], half - 1)
        following = np.minimum(word + 1, half - 1)
        little = raw[rows] | (words[where, following] << (_WORD - tables.shift[which]))
        big = (words[where, word + half] << spill) | (words[where, following + half] >> (_WORD - spill))
        whole: UInt64s = raw.copy()
        whole[rows] = np.where(tables.big[which] == 1, big, little)
        return whole

    def _upto(self, count: int) -> Ints:
        if count > len(self._numbers):
            self._numbers = np.arange(2 * count)
        return self._numbers[:count]


def _columns(tables: Tables, words: int) -> Ints:
    """Which of a frame's words, little-endian ones first, holds each signal; beyond the frame: its last."""
    return (np.minimum(tables.word, words - 1) + tables.big * words).astype(np.intp)


def _words(payload: UInt8s) -> UInt64s:
    """(N, 2W): the W words of each frame little-endian, then big-endian."""
    little = np.ascontiguousarray(payload).view("<u8")
    words = np.empty((len(little), 2 * little.shape[1]), np.uint64)
    words[:, : little.shape[1]] = little
    words[:, little.shape[1] :] = little.byteswap()
    return words
