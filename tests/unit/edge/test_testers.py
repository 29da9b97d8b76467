"""Who works on a vehicle is told from who only reads it."""

import numpy as np
import pytest

from edge.frames import EXTENDED, Frame, FrameBatch
from edge.testers import times_of_work

DONGLE = [
    (0x7DF, "02 01 0C"),
    (0x7DF, "01 03"),
    (0x7E0, "03 22 F1 90"),
    (0x7E0, "03 19 02 0F"),
    (0x18DB33F1, "02 01 00"),
    (0x7E8, "04 41 0C 1A F8"),
    (0x7E8, "02 50 03"),
    (0x18EAFFF9, "CA FE 00"),  # DM1
    (0x7E0, "30 00 00"),  # flow control
    (0x7E0, "21 10 10 10"),  # the rest of a longer question
    (0x123, "02 10 03"),
    (0x18FEF100, "02 10 03 00 00 00 00 00"),
    (0x7E0, ""),
]
WORKSHOP = [
    (0x7E0, "02 10 03"),
    (0x7DF, "02 3E 80"),
    (0x7E3, "04 14 FF FF FF"),
    (0x7DF, "01 04"),
    (0x7E1, "02 27 01"),
    (0x7E0, "10 0B 2E F1 90"),
    (0x18DA10F1, "02 10 03"),
    (0x18DB33F1, "02 3E 00"),
    (0x18EAFFF9, "D3 FE 00"),  # DM11
    (0x18EA00FA, "CC FE 00"),  # DM3
]


def batch(*frames: tuple[int, str]) -> FrameBatch:
    return FrameBatch.of(
        [
            Frame(at, one, bytes.fromhex(data), flags=EXTENDED if one > 0x7FF else 0)
            for at, (one, data) in enumerate(frames)
        ]
    )


@pytest.mark.parametrize("frame", DONGLE, ids=str)
def test_who_reads_does_not_work_on_it(frame: tuple[int, str]) -> None:
    assert not len(times_of_work(batch(frame)))


@pytest.mark.parametrize("frame", WORKSHOP, ids=str)
def test_who_opens_a_session_clears_or_writes_does(frame: tuple[int, str]) -> None:
    assert times_of_work(batch(frame)).tolist() == [0]


def test_times_are_those_of_the_frames_in_their_order() -> None:
    mixed = [frame for pair in zip(DONGLE, WORKSHOP, strict=False) for frame in pair]
    assert times_of_work(batch(*mixed)).tolist() == list(np.arange(1, 2 * len(WORKSHOP), 2))
    assert not len(times_of_work(batch()))
