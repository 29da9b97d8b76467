"""Logs: every line of a recording is a frame or is counted, and what was read can be written and read again."""

import gzip
from typing import Final

import numpy as np

from edge.bus.candump import format_frames
from edge.bus.candump_log import CandumpLog
from edge.errors import ConfigError
from edge.frames import EXTENDED, FD, FD_BYTES, Frame, FrameBatch
from tests.fuzz.dice import Dice
from tests.fuzz.frames import frames
from tests.fuzz.scratch import check_refusal, scratch

CHUNKS: Final = (196_608, 196_608, 300, 40)
GZIP: Final = b"\x1f\x8b"
SAMPLES: Final = (
    b"(1637353675.975229) can0 7E8#0341053F00000000\n", b"(0.5) vcan1 18FEF100#R8\n", b"(1.0) can0 123##1AABB\n",
    b"(999999999.999999999) can0 1FFFFFFF#_9\n", b"(8999999999) can0 20000004#0000000000000000\r\n", b"(1.) can0 1#\n",
    b"(1.5) can0 7FF#1122334455667788_F R\n", b"(0) \xff 123#00\n", b"\n", b"(2.0) can0 000#\n",
)  # fmt: skip


def read_any_log(content: bytes) -> None:
    """The first bytes say how it is read and packed, the rest is the log or choices of which one is made."""
    dice = Dice(content)
    chunk_bytes, channel, packing = dice.pick(CHUNKS), dice.pick((None, None, "can0", "none")), dice.number(7)
    text = dice.rest() if packing % 2 else _made(dice)
    if packing == 6:
        text = gzip.compress(text, 1)[: -1 - dice.number(9)]
    elif packing == 4:
        text = gzip.compress(text, 1)
    elif packing == 3:
        text = GZIP + text
    file = scratch() / "any.log"
    file.write_bytes(text)
    try:
        log = CandumpLog(file, channel=channel, chunk_bytes=chunk_bytes)
    except ConfigError as error:
        check_refusal(error, file)
        return
    read = _all_of(log)
    counted = log.counters
    if not text.startswith(GZIP):
        lines = [line for line in text.split(b"\n") if line.strip()]
        causes = ("frames", "bad_line", "cut_line", "bus_limit", "other_channel")
        assert sum(counted[cause] for cause in causes) == len(lines), f"{counted} of {len(lines)} lines"
    assert counted["frames"] == sum(map(len, read)) > 0
    last = 0
    for batch in read:
        last = check_batch(batch, last)
    _check_again([frame for batch in read for frame in batch.frames()])


def _made(dice: Dice) -> bytes:
    lines: list[bytes] = []
    for _ in range(1 + dice.number(15)):
        kind = dice.number(7)
        if kind < 3:
            lines.append(dice.pick(SAMPLES))
        elif kind < 5:
            some = frames(dice, [(256, False), (0x18FEF100, True)], 1 + dice.number(3))
            lines.append(format_frames(FrameBatch.of(some)) if some else b"")
        elif kind == 5:
            line = dice.pick(SAMPLES)
            at = dice.number(len(line))
            lines.append(line[:at] + dice.take(dice.number(3)) + line[at + dice.number(2) :])
        else:
            lines.append(dice.pick(SAMPLES) * dice.pick((1, 2, 9)) if kind == 6 else b"(" * dice.pick((1, 9, 600)))
    return b"".join(lines)


def _all_of(log: CandumpLog) -> list[FrameBatch]:
    read: list[FrameBatch] = []
    while (batch := log.read(0.0)) is not None:
        read.append(batch)
    log.close()
    return read


def check_batch(batch: FrameBatch, last: int) -> int:
    """A batch keeps what every batch promises; its last time."""
    assert len(batch), "an empty batch of a file"
    assert int(batch.time[0]) >= last, "time that goes back"
    assert (np.diff(batch.time) >= 0).all(), "time that goes back"
    assert batch.until >= int(batch.time[-1])
    assert (batch.bus < len(batch.buses)).all()
    assert (batch.id <= 0x1FFF_FFFF).all()
    width = batch.payload.shape[1]
    assert width == (FD_BYTES if (batch.flags & FD).any() else 8)
    assert (batch.length <= np.where((batch.flags & FD) != 0, FD_BYTES, 8)).all()
    past = np.arange(width) >= batch.length[:, np.newaxis]
    assert not batch.payload[past].any(), "bytes past the length"
    return int(batch.time[-1])


def _check_again(heard: list[Frame]) -> None:
    """Written and read once more it is the same."""
    if any(not frame.flags & EXTENDED and frame.id > 0x7FF and not frame.flags & 0x08 for frame in heard):
        raise AssertionError("an id of 11 bits that has more")
    file = scratch() / "again.log"
    file.write_bytes(format_frames(FrameBatch.of(heard)))
    log = CandumpLog(file)
    again = [frame for batch in _all_of(log) for frame in batch.frames()]
    assert again == heard, "other frames when written and read again"
