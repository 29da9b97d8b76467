"""Measured: what the box itself measures, as frames of a bus of its own.

So it goes the way of what the vehicle says: one grid, one history, one ring of frames; rules, captures and replays need
no second way. Each quantity is a message of its own, one float64 in 8 bytes. Their ids lie beyond every parameter group
that J1939 assigns and every id by which control units answer testers.
"""

import struct
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from edge.frames import EXTENDED, Frame, FrameBatch
from edge.wheels import PRESSURE, TEMPERATURE, WHEELS

VOLTS: Final = "Vehicle.LowVoltageBattery.CurrentVoltage"
CRANK_MINIMUM: Final = "Vehicle.Telltale.Supply.CrankMinimum"
"""V; the lowest that the supply fell to while an engine was started, told at the moment at which it was there."""
CRANK_DROP: Final = "Vehicle.Telltale.Supply.CrankDrop"
"""V; how far a start pulled the supply below what it was before, told when it is over."""
GRAVITY: Final = tuple(f"Vehicle.Telltale.Box.Acceleration.{axis}" for axis in "XYZ")
"""m/s^2 on each axis of the box, in the mean of a second: of one that stands, which way is up."""
VIBRATION: Final = "Vehicle.Telltale.Box.Vibration"
"""m/s^2; how far acceleration strays from that mean (root of its mean square)."""
LATITUDE: Final = "Vehicle.CurrentLocation.Latitude"
LONGITUDE: Final = "Vehicle.CurrentLocation.Longitude"
ACCURACY: Final = "Vehicle.CurrentLocation.HorizontalAccuracy"
ALTITUDE: Final = "Vehicle.CurrentLocation.Altitude"
HEADING: Final = "Vehicle.CurrentLocation.Heading"

FIRST_ID: Final = 0x1FFF_F000
SUPPLY: Final[Mapping[str, int]] = {VOLTS: FIRST_ID, CRANK_MINIMUM: FIRST_ID + 1, CRANK_DROP: FIRST_ID + 2}
POSITION: Final[Mapping[str, int]] = {
    LATITUDE: FIRST_ID + 16,
    LONGITUDE: FIRST_ID + 17,
    ACCURACY: FIRST_ID + 18,
    ALTITUDE: FIRST_ID + 19,
    HEADING: FIRST_ID + 20,
}
"""Ids by path; recordings have them, so none is ever given to another quantity."""
MOTION: Final[Mapping[str, int]] = {
    **{path: FIRST_ID + 32 + axis for axis, path in enumerate(GRAVITY)},
    VIBRATION: FIRST_ID + 35,
}
TYRE_IDS: Final[Mapping[str, int]] = {
    f"{wheel}.{quantity}": FIRST_ID + 64 + 2 * place + half
    for place, wheel in enumerate(WHEELS.values())
    for half, quantity in enumerate((PRESSURE, TEMPERATURE))
}
ON_VALVE: Final = "Vehicle.Telltale.Tyre.OnValve"
"""1: of the tyres of the first two axles sensors on valves tell, whose warmth is good to 3 K only."""
ON_VALVE_ID: Final = FIRST_ID + 62
TYRE_PERIOD_S: Final = 60.0
"""Sensors on valves tell every 10 to 60 s while they turn, every few minutes while they rest: after ten such periods
without a word what they said last is stale."""
_IDS: Final = {**SUPPLY, **POSITION, **MOTION, **TYRE_IDS, ON_VALVE: ON_VALVE_ID}
MEASURED: Final = frozenset(_IDS)
"""What may be heard although the vehicle says nothing."""
_FLOAT: Final = struct.Struct("<d")


class Reading(NamedTuple):
    """One quantity at one moment."""

    time_ns: int
    path: str
    value: float


def batch_of(readings: Iterable[Reading], bus: str, until_ns: int) -> FrameBatch:
    """The readings, in the order of their time, as frames of a bus.

    Raises:
        KeyError: a path is none of what boxes measure.
    """
    frames = [Frame(one.time_ns, _IDS[one.path], _FLOAT.pack(one.value), bus, EXTENDED) for one in readings]
    return FrameBatch.of(frames, buses=(bus,), until=until_ns)
