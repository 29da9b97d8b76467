"""FMS Tell Tale Status (PGN 64893): what the instrument cluster shows, fifteen signs in each of four blocks.

FMS-Standard 03, "FMS1"; byte 1 carries the block's number in its lower half, then come the signs, four bits each.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final

from edge.simulator.ecu.j1939.ids import GLOBAL, PRIORITY, Id
from edge.simulator.ecu.j1939.transport import Timed

FMS1: Final = 0xFD7D
BLOCKS: Final = 4
SIGNS: Final = 15
"""In one block."""
PERIOD_NS: Final = 1_000_000_000
"""Between two blocks, which take turns."""


class Shown(IntEnum):
    """How a sign stands; the highest of the four bits is always 1."""

    OFF = 0b1000
    RED = 0b1001
    YELLOW = 0b1010
    INFO = 0b1011
    UNAVAILABLE = 0b1111


class Sign(IntEnum):
    """Signs that a simulated vehicle may know, by their number in FMS-Standard 03 (1 to 60)."""

    HIGH_BEAM = 2
    LOW_BEAM = 3
    TURN_SIGNALS = 4
    HAZARD = 5
    PARKING_BRAKE = 7
    BRAKE_FAILURE = 8
    FUEL_LEVEL = 10
    COOLANT_TEMPERATURE = 11
    BATTERY_CHARGING = 12
    ENGINE_OIL = 13
    ENGINE = 18
    """Engine / MIL indicator."""
    SERVICE = 19
    TRANSMISSION_TEMPERATURE = 20
    TRANSMISSION_FAILURE = 21
    ABS_FAILURE = 22
    BRAKE_LININGS = 23
    TYRE = 25
    GENERAL_FAILURE = 26
    OIL_TEMPERATURE = 27
    OIL_LEVEL = 28
    COOLANT_LEVEL = 29
    EMISSION = 34
    """Engine emission system failure (MIL indicator)."""
    ADBLUE_LEVEL = 41
    AIR_PRESSURE = 46
    """Auxiliary air pressure."""
    AIR_FILTER = 47
    FUEL_FILTER = 48
    SEAT_BELT = 49
    EBS = 50


def block(number: int, shown: Mapping[int, Shown]) -> bytes:
    """Block 0 to 3; signs that are not in `shown` are not available."""
    first = number * SIGNS + 1
    nibbles = [number, *(shown.get(sign, Shown.UNAVAILABLE) for sign in range(first, first + SIGNS))]
    return bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))


class Telltales:
    """The cluster's side: one block a second, in turn, while the ignition is on."""

    def __init__(self, shown: Callable[[], Mapping[int, Shown]], address: int) -> None:
        self._shown = shown
        self._id = Id(PRIORITY, FMS1, GLOBAL, address).can_id
        self._number = 0
        self.next_ns = 0
        """When the next block is due."""

    def start(self, now_ns: int) -> None:
        """Begin with the first block."""
        self._number = 0
        self.next_ns = now_ns

    def due(self, until_ns: int) -> list[Timed]:
        """The blocks before `until_ns`."""
        frames = []
        while self.next_ns < until_ns:
            frames.append((self.next_ns, self._id, block(self._number, self._shown())))
            self._number = (self._number + 1) % BLOCKS
            self.next_ns += PERIOD_NS
        return frames
