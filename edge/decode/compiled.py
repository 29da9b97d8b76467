"""The flat tables of a database: where each signal's bits are, which signals a frame has, and the way to find out.

A frame's bytes are looked at as words of 64 bits, once little-endian and once big-endian; a signal is a shift and a
mask in one of them. Signals of a message that are there together are a *block*; a message whose signals are selected by
others has a block for each combination of selectors that the file knows: a walk over *forks* ends in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

WORD: Final = 64
"""Bits of a word."""
EXACT_BITS: Final = 53
"""A float64 holds every integer of so many bits (IEEE 754)."""
SELECTOR_BITS: Final = 32
"""The longest selector."""
SCALE_MIN: Final = 1e-200
"""Below it a product may be -0.0, of negative scales and of 0 as well: + 0.0 makes 0.0 of it (IEEE 754)."""
ANY_SENDER: Final = -1
"""No source address."""
BLOCKS_MAX: Final = 4096
"""Of one message: combinations of its selectors."""

Int32s = npt.NDArray[np.int32]
UInt8s = npt.NDArray[np.uint8]
UInt64s = npt.NDArray[np.uint64]
Float64s = npt.NDArray[np.float64]


class Kind:
    """What becomes of a signal's bits; numbers, since they stand in a table."""

    INTEGER: Final = 0
    FLOAT16: Final = 1
    FLOAT32: Final = 2
    FLOAT64: Final = 3
    WIDE: Final = 4
    """An integer of more than 64 bits: looked at one by one."""


@dataclass(frozen=True, slots=True)
class Tables:
    """All of a database that decoding needs, as arrays: S signals, B blocks, F forks, A arms, M messages."""

    begin: Int32s
    """(S,) the first bit: of little-endian ones the least significant, counted from the right of byte 0; of big-endian
    ones the most significant, counted from the left of it."""
    bits: Int32s
    """(S,) how many."""
    signed: UInt8s
    """(S,) 1: two's complement."""
    word: Int32s
    """(S,) which word of the frame; of one that crosses words, the first."""
    big: UInt8s
    """(S,) 1: the big-endian one."""
    shift: UInt64s
    """(S,) to the right."""
    spill: UInt64s
    """(S,) bits that are in the next word; 0: none."""
    mask: UInt64s
    """(S,) after the shift."""
    sign: UInt64s
    """(S,) the sign bit; 0: unsigned."""
    kind: UInt8s
    """(S,) of Kind."""
    scale: Float64s
    offset: Float64s
    """(S,) of the file: value = raw x scale + offset."""
    factor: Float64s
    shift_to: Float64s
    """(S,) of the mapping, after that: value x factor + shift_to."""
    end: Int32s
    """(S,) bytes that a frame needs for it."""
    unknown_from: UInt64s
    """(S,) raw values from here on are no number (SAE J1939-71); only where `masked`."""
    masked: UInt8s
    """(S,)"""
    exact: UInt8s
    """(S,) 1: an integer that stands as it is and that a float64 may not hold."""
    has_table: UInt8s
    """(S,) 1: its value is what a table says of its raw value, or unknown."""
    case_of: Int32s
    """(C,) the signal that a line of a table is about, ascending."""
    case_raw: npt.NDArray[np.int64]
    """(C,) raw value, ascending within a signal; of up to 32 bits."""
    case_to: Float64s
    """(C,) what it means."""
    slots: Int32s
    """Signals of all blocks, one after the other, each block in the order of the file."""
    first: Int32s
    """(B,) where a block begins in `slots`."""
    count: Int32s
    """(B,) its signals."""
    needs: Int32s
    """(B,) bytes that a frame needs for all of them."""
    fork: Int32s
    """(F,) the signal that selects."""
    absent: Int32s
    """(F,) where to go when it is not in the frame: a block, or -1 - fork."""
    arm_key: UInt64s
    """(A,) fork x 2^32 + the first raw value of the arm, ascending; an arm goes up to the next, the first from 0."""
    arm_to: Int32s
    """(A,) where to go: a block, or -1 - fork."""
    root: Int32s
    """(M,) where a frame of the message begins: a block, or -1 - fork."""
    id: npt.NDArray[np.uint32]
    """(M,) 11 or 29 bits; of a J1939 message its PGN."""
    sender: npt.NDArray[np.int16]
    """(M,) the source address that a J1939 message comes from alone; ANY_SENDER: whoever sends it."""
    form: UInt8s
    """(M,) of Form."""
    length: Int32s
    """(M,) bytes, as the file says."""
    lost: UInt8s
    """(B,) 1: this block is what is left when a selector has a value that the file does not know."""

    def packed(self) -> Mapping[str, npt.NDArray[Any]]:
        """By name, for a file."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def unpacked(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """From a file."""
        return cls(**{one.name: arrays[one.name] for one in fields(cls)})

    @property
    def is_special(self) -> npt.NDArray[np.bool_]:
        """(S,) what a shift and a mask do not do: bits in two words, floats, large integers, scales without end."""
        large = (self.mask >> np.uint64(EXACT_BITS)) > 0
        special: npt.NDArray[np.bool_] = (self.spill > 0) | (self.kind != Kind.INTEGER) | large | self.overflows
        return special

    @property
    def overflows(self) -> npt.NDArray[np.bool_]:
        """(S,) a value may be beyond the largest float64, or be no number at all."""
        with np.errstate(over="ignore", invalid="ignore"):
            largest = np.ldexp(np.abs(self.scale), self.bits) + np.abs(self.offset)
            largest = largest * np.abs(self.factor) + np.abs(self.shift_to)
        beyond: npt.NDArray[np.bool_] = ~np.isfinite(largest)
        return beyond

    @property
    def bytes(self) -> int:
        """What the tables take in memory."""
        return sum(int(array.nbytes) for array in self.packed().values())


class Form:
    """How a message is known."""

    STANDARD: Final = 0
    EXTENDED: Final = 1
    J1939: Final = 2


def merged(tables: Sequence[Tables]) -> Tables:
    """Several databases as one: signals, blocks, forks and messages of each follow those of the ones before."""
    if len(tables) == 1:
        return tables[0]
    moved: list[Tables] = []
    signals = slots = blocks = forks = 0
    for one in tables:
        moved.append(
            replace(
                one,
                case_of=one.case_of + signals,
                slots=one.slots + signals,
                first=one.first + slots,
                fork=one.fork + signals,
                absent=_moved(one.absent, blocks, forks),
                arm_key=one.arm_key + (np.uint64(forks) << np.uint64(SELECTOR_BITS)),
                arm_to=_moved(one.arm_to, blocks, forks),
                root=_moved(one.root, blocks, forks),
            )
        )
        signals, slots = signals + len(one.word), slots + len(one.slots)
        blocks, forks = blocks + len(one.first), forks + len(one.fork)
    return Tables(**{each.name: np.concatenate([getattr(one, each.name) for one in moved]) for each in fields(Tables)})


def _moved(way: Int32s, blocks: int, forks: int) -> Int32s:
    return np.where(way < 0, way - forks, way + blocks).astype(np.int32)
