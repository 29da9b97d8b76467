"""The codes that the petrol car's control units know (SAE J2012), and how each is set."""

from typing import Final

from edge.simulator.ecu.codes import Code, Lamp, Monitor

CYLINDER_CODES: Final = ("P0301", "P0302", "P0303", "P0304")
WHEEL_CODES: Final = ("C0035", "C0040", "C0045", "C0050")
"""Front left, front right, rear left, rear right."""

ENGINE: Final = (
    Code("P0087", "fuel rail pressure too low", monitor=Monitor.FUEL, fails_after_s=4.0),
    Code("P0101", "air flow sensor range or performance", monitor=Monitor.COMPONENTS, fails_after_s=20.0),
    Code("P0118", "coolant temperature sensor high", monitor=Monitor.COMPONENTS, fails_after_s=3.0),
    Code("P0128", "coolant below thermostat temperature", monitor=Monitor.COMPONENTS, fails_after_s=30.0),
    Code("P0133", "oxygen sensor slow response", monitor=Monitor.O2_SENSOR, fails_after_s=20.0),
    Code("P0171", "system too lean", monitor=Monitor.FUEL, fails_after_s=15.0),
    Code("P0172", "system too rich", monitor=Monitor.FUEL, fails_after_s=15.0),
    Code("P0217", "coolant over temperature", lamp=Lamp.RED, trips=1, fails_after_s=5.0),
    Code("P0300", "misfire in several cylinders", monitor=Monitor.MISFIRE, flashes=True, fails_after_s=10.0),
    *(
        Code(text, f"misfire in cylinder {text[-1]}", monitor=Monitor.MISFIRE, flashes=True, fails_after_s=10.0)
        for text in CYLINDER_CODES
    ),
    Code("P0420", "catalyst efficiency below threshold", monitor=Monitor.CATALYST, fails_after_s=20.0),
    Code("P0457", "evaporative leak, fuel cap loose", monitor=Monitor.EVAP, fails_after_s=1.0, passes_after_s=1.0),
    Code("P0507", "idle speed higher than expected", monitor=Monitor.COMPONENTS, fails_after_s=15.0),
    Code("P0562", "system voltage low", lamp=Lamp.AMBER, trips=1, fails_after_s=20.0),
)
TRANSMISSION: Final = (
    Code("U0100", "no communication with the engine control unit", lamp=Lamp.MIL, fails_after_s=2.0),
    Code("U0121", "no communication with the brakes", lamp=Lamp.NONE, trips=1, fails_after_s=2.0),
)
BRAKES: Final = (
    *(
        Code(text, f"wheel speed sensor {place}", lamp=Lamp.AMBER, trips=1, fails_after_s=3.0)
        for text, place in zip(WHEEL_CODES, ("front left", "front right", "rear left", "rear right"), strict=True)
    ),
    Code("U0100", "no communication with the engine control unit", lamp=Lamp.NONE, trips=1, fails_after_s=2.0),
)
BODY: Final = (
    Code("U0100", "no communication with the engine control unit", lamp=Lamp.NONE, trips=1, fails_after_s=2.0),
)
