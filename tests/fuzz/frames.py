"""Frames as a fuzzer wants them: any id, length, flag and bus; some of them the ones that a database has."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from edge.frames import (
    BIT_RATE_SWITCH,
    CLASSIC_BYTES,
    ERROR,
    ERROR_STATE,
    EXTENDED,
    FD,
    FD_BYTES,
    REMOTE,
    Frame,
    FrameBatch,
)
from tests.fuzz.dice import Dice

FLAGS: Final = (0, FD, REMOTE, ERROR, FD | BIT_RATE_SWITCH, FD | ERROR_STATE, REMOTE | ERROR, FD | ERROR)
STEPS_NS: Final = (0, 1_000_000, 50_000_000, 1_300_000_000, 3_600_000_000_000)
BUSES: Final = ("can0", "can0/engine", "can1")


def frames(dice: Dice, known: Sequence[tuple[int, bool]], most: int) -> list[Frame]:
    """Some frames; `known` are ids and whether they have 29 bits."""
    found: list[Frame] = []
    time_ns = 0
    while dice and len(found) < most:
        time_ns += dice.pick(STEPS_NS)
        found.append(_frame(dice, known, time_ns))
    return found


def _frame(dice: Dice, known: Sequence[tuple[int, bool]], time_ns: int) -> Frame:
    kind = dice.number(255)
    identifier, extended = known[kind % len(known)] if known and kind < 192 else _anything(dice, kind)
    if extended and kind % 8 == 7:  # another sender, another priority
        identifier = (identifier & 0x03FF_FF00) | dice.number(255) | dice.number(7) << 26
    flags = (EXTENDED if extended else 0) | (FLAGS[kind % len(FLAGS)] if dice.chance(4) else 0)
    return Frame(time_ns, identifier, _payload(dice, flags), dice.pick(BUSES), flags)


def _anything(dice: Dice, kind: int) -> tuple[int, bool]:
    return (dice.number(0x7FF), False) if kind % 2 else (dice.number(0x1FFF_FFFF), True)


def _payload(dice: Dice, flags: int) -> bytes:
    most = FD_BYTES if flags & FD else CLASSIC_BYTES
    length = min(most, dice.pick((8, 8, 64, 64, 8, 0, 1, 2, 3, 5, 7, 12)))
    if flags & REMOTE:
        return bytes(length)
    return dice.take(length).ljust(length, b"\xff")


def batches(some: Sequence[Frame], cuts: Sequence[int]) -> list[FrameBatch]:
    """The frames cut into batches of these sizes, over and over; buses as a source has them: only appended to."""
    buses: list[str] = []
    made: list[FrameBatch] = []
    at = turn = 0
    while at < len(some):
        part = some[at : at + cuts[turn % len(cuts)]]
        made.append(FrameBatch.of(part, buses=buses))
        buses = list(made[-1].buses)
        at, turn = at + len(part), turn + 1
    return made


def with_room(batch: FrameBatch) -> FrameBatch:
    """The same frames with 64 bytes of room each, as a batch has them in which one is of CAN FD."""
    payload = np.zeros((len(batch), FD_BYTES), np.uint8)
    payload[:, : batch.payload.shape[1]] = batch.payload
    return FrameBatch(batch.time, batch.bus, batch.id, batch.flags, batch.length, payload, batch.buses, batch.until)
