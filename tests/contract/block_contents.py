"""What stands in the golden blocks."""

import math
from typing import Final

from edge.frames import BIT_RATE_SWITCH, ERROR, EXTENDED, FD, REMOTE, Frame
from edge.wire.frame_block import Frames
from edge.wire.sample_block import Sampled, Samples
from tests.in_columns import Row, counted, framed, sampled

_START: Final = 1_767_225_600_000_000_000
"""2026-01-01, in ns."""


def golden_frames() -> Frames:
    """Two buses: counters with a checksum, noise, FD, remote and error frames, equal times and one that goes back."""
    found = []
    payload, noise = bytes([0, 17, 34, 51, 0, 0, 0, 9]), 1
    for number in range(40):
        time = _START + 10_000_000 * number + 1_000 * (number * number % 7)
        found.append(Frame(time, 0x2F0, payload, "can0"))
        payload = counted(payload)
        if number % 3 == 0:
            noise = noise * 75 % 65537
            found.append(Frame(time, 0x18FEF100, noise.to_bytes(3, "big") + bytes(5), "can1", EXTENDED))
        if number % 8 == 0:
            long_one = bytes([number, *range(1, 24)])
            found.append(Frame(time + 123_456_000, 0x123, long_one, "can1", FD | BIT_RATE_SWITCH))
    found.append(Frame(_START + 500_000_000, 0x7DF, bytes(4), "can0", REMOTE))
    found.append(Frame(_START + 500_000_001, 0x4, bytes([0, 8, 0, 0, 0, 0, 0, 0]), "can0", ERROR))
    found.append(Frame(_START + 500_000_001, 0x1FFFFFFF, b"", "can1", EXTENDED))
    return framed(found, ("can0", "can1"))


def golden_samples() -> Samples:
    """Two signals of one message, one of whose values is unknown, one that jitters, words, and bits of no step."""
    rows: list[Row] = []
    for number in range(30):
        time = _START + 20_000_000 * number
        rows.append((time, 0, 0.01 * (5000 + 7 * number)))
        rows.append((time, 1, math.nan if number in (3, 4) else 850.0 + 25 * (number % 5)))
        rows.append((time + 1_000 * (number * number % 11), 2, -40.0 + number // 4))
        if number % 10 == 0:
            rows.append((time + 5, 3, float(number // 10)))
            rows.append((time + 5, 4, math.sqrt(number + 2)))
    return sampled(
        sorted(rows, key=lambda row: row[:2]),
        [
            Sampled("Vehicle.Speed", "km/h"),
            Sampled("Vehicle.Powertrain.CombustionEngine.Speed", "rpm"),
            Sampled("Vehicle.Exterior.AirTemperature", "celsius"),
            Sampled("Vehicle.Telltale.Gear", "", ("P", "R", "D")),
            Sampled("Vehicle.Telltale.Noise", "µV"),
            Sampled("Vehicle.Telltale.Silent", "V"),
        ],
    )
