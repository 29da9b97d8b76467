"""The codes that the electric car's control units know (SAE J2012-DA), and how each is set.

This car answers no OBD: no code lights a MIL. Amber says "have it seen to", red "stop".
"""

from typing import Final

from edge.simulator.ecu.codes import Code, Lamp

WHEEL_CODES: Final = ("C0035", "C0040", "C0045", "C0050")
"""Front left, front right, rear left, rear right."""


def _code(text: str, meaning: str, lamp: Lamp = Lamp.AMBER, fails_after_s: float = 5.0, trips: int = 1) -> Code:
    return Code(text, meaning, lamp=lamp, trips=trips, fails_after_s=fails_after_s)


BATTERY: Final = (
    _code("P0A7D", "battery pack state of charge low", fails_after_s=10.0),
    _code("P0A7E", "battery pack over temperature", Lamp.RED),
    _code("P0A7F", "battery pack deterioration", fails_after_s=60.0),
    _code("P0A80", "replace battery pack", Lamp.RED, 30.0),
    _code("P0AA6", "high voltage isolation fault", Lamp.RED, 10.0),
    _code("P0BBD", "battery pack voltage variation exceeded limit", fails_after_s=45.0),
    _code("P0C32", "battery cooling system performance", fails_after_s=60.0),
    _code("P0DE6", "battery pack cell voltage low", Lamp.RED, 4.0),
    _code("P0E3B", "battery coolant pump overspeed", fails_after_s=30.0),
    _code("P2C88", "high voltage isolation warning", fails_after_s=30.0),
    _code("P2DFC", "battery coolant leak detected", fails_after_s=60.0),
    _code("U0110", "lost communication with the drive motor control module", Lamp.NONE, 2.0),
    _code("U0298", "lost communication with the DC-DC converter", Lamp.NONE, 2.0),
)
DRIVE: Final = (
    _code("P0A2F", "drive motor over temperature", Lamp.RED),
    _code("P0A3C", "drive motor inverter over temperature", Lamp.RED),
    _code("P0A93", "inverter cooling system performance", fails_after_s=30.0),
    _code("P0C73", "motor electronics coolant pump performance", fails_after_s=10.0),
    _code("U0111", "lost communication with the battery control module", Lamp.RED, 2.0),
    _code("U0121", "lost communication with the brakes", Lamp.AMBER, 2.0),
)
POWER: Final = (
    _code("P0A09", "DC-DC converter status circuit low", Lamp.RED, 8.0),
    _code("P0A94", "DC-DC converter performance", fails_after_s=20.0),
    _code("P0D24", "battery charger temperature too high"),
    _code("P0E5F", "battery charger coupler temperature too high"),
    _code("U0111", "lost communication with the battery control module", Lamp.NONE, 2.0),
)
BRAKES: Final = (
    *(
        _code(text, f"wheel speed sensor {place}", fails_after_s=3.0)
        for text, place in zip(WHEEL_CODES, ("front left", "front right", "rear left", "rear right"), strict=True)
    ),
    _code("U0110", "lost communication with the drive motor control module", Lamp.NONE, 2.0),
)
BODY: Final = (
    _code("P0562", "system voltage low", Lamp.RED, 20.0),
    _code("U0121", "lost communication with the brakes", Lamp.NONE, 2.0),
    _code("U0298", "lost communication with the DC-DC converter", Lamp.NONE, 2.0),
)
