"""Blocks of bulk messages: any bytes are what a block holds or refused by name, and what was taken comes back."""

import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from edge.frames import FrameBatch
from edge.wire.errors import Reason, WireError
from edge.wire.frame_block import Frames, decode_frames, encode_frames
from edge.wire.sample_block import Sampled, decode_samples, encode_samples
from tests.fuzz.dice import Dice
from tests.fuzz.frames import frames
from tests.in_columns import Row, same_frames, same_samples, sampled

MOST: Final = 40
"""Frames or samples of a block that is made."""
HEAD: Final = struct.Struct("<III")
COUNTS: Final = (1, 2, 3, 0, 7, 40, 255, 2**18, 2**20, 2**32 - 1)
TIMES: Final = (0, 1, 1_000_000, 10**15, -1, 2**63 - 1, -(2**63))
VALUES: Final = (0.0, 1.0, -40.0, 0.1, 100 / 255, -0.0, 5e-324, 1.7e308, float("nan"))
TABLE: Final = (Sampled("Vehicle.Speed", "km/h"), Sampled("a"), Sampled("Gear", "", ("P", "R")))
Kind = tuple[Callable[[bytes], Any], Callable[[Any], bytes], Callable[[Any, Any], bool], Callable[[Dice], bytes]]


def take_any_block(content: bytes) -> None:
    """The first bytes say of which format and how it is made: raw, of raw columns, or made and then damaged."""
    dice = Dice(content)
    decode, encode, same, make = dice.pick(KINDS)
    how = dice.number(3)
    if how == 0:
        block = dice.rest()
    elif how == 1:
        things, kinds = dice.pick(COUNTS), dice.pick(COUNTS)
        columns = dice.rest()
        block = HEAD.pack(things, kinds, len(columns)) + zlib.compress(columns, 1)
    else:
        block = make(dice) if how == 2 else _damaged(make(dice), content[::-1])
    found, reason = _taken(decode, block)
    if reason is None:
        assert same(decode(encode(found)), found), "what was taken does not come back"
    else:
        assert reason is Reason.BAD_BODY
        assert how != 2, "what was written is refused"


def _taken(decode: Callable[[bytes], Any], block: bytes) -> tuple[Any, Reason | None]:
    try:
        return decode(block), None
    except WireError as error:
        return None, error.reason


def _damaged(block: bytes, choices: bytes) -> bytes:
    """A few of its columns' bytes are others."""
    dice = Dice(choices)
    columns = bytearray(zlib.decompress(block[HEAD.size :]))
    for _ in range(1 + dice.number(3)):
        columns[dice.number(len(columns) - 1)] = dice.number(255)
    return block[: HEAD.size] + zlib.compress(bytes(columns), 1)


def _frames(dice: Dice) -> bytes:
    batch = FrameBatch.of(frames(dice, [(0x123, False), (0x18FEF100, True)], MOST), buses=("can0", "can0/engine"))
    steps = np.array([dice.pick(TIMES) if dice.chance(8) else 0 for _ in range(len(batch))], np.int64)
    return encode_frames(
        Frames(batch.time + steps, batch.bus, batch.id, batch.flags, batch.length, batch.payload, batch.buses)
    )


def _samples(dice: Dice) -> bytes:
    rows: list[Row] = []
    time = 0
    while dice and len(rows) < MOST:
        time = dice.pick(TIMES) if dice.chance(8) else (time + dice.number(2)) % 2**62
        signal = dice.number(len(TABLE) - 1)
        raw = dice.number(65535)
        number = float(raw % 2) if TABLE[signal].words else raw * dice.pick(VALUES[:5])
        rows.append((time, signal, dice.pick(VALUES) if dice.chance(16) and not TABLE[signal].words else number))
    return encode_samples(sampled(rows, TABLE))


KINDS: Final[tuple[Kind, ...]] = (
    (decode_frames, encode_frames, same_frames, _frames),
    (decode_samples, encode_samples, same_samples, _samples),
)
