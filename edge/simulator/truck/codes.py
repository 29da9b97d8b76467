"""The codes that the truck's control units know, by SPN and FMI (SAE J1939-73 annex A), and how each is set."""

from typing import Final

from edge.simulator.ecu.codes import Code, Lamp, Monitor

CYLINDERS: Final = 6


def _code(
    spn: int,
    fmi: int,
    meaning: str,
    lamp: Lamp = Lamp.AMBER,
    *,
    fails: float = 5.0,
    passes: float = 5.0,
    trips: int = 1,
    monitor: Monitor | None = None,
) -> Code:
    return Code(
        f"SPN {spn} FMI {fmi}",
        meaning,
        spn=spn,
        fmi=fmi,
        monitor=monitor,
        lamp=lamp,
        trips=trips,
        fails_after_s=fails,
        passes_after_s=passes,
    )


def silent(address: int) -> str:
    """The code for a control unit that is not heard any more: J1939-73 keeps SPNs 2000 to 2255 for source addresses."""
    return f"SPN {2000 + address} FMI 9"


INJECTORS: Final = tuple(f"SPN {650 + cylinder} FMI 7" for cylinder in range(1, CYLINDERS + 1))
ENGINE: Final = (
    _code(94, 18, "fuel delivery pressure low", fails=20.0, passes=30.0),
    _code(100, 1, "oil pressure extremely low", Lamp.RED, fails=3.0),
    _code(102, 18, "boost pressure low", fails=15.0, passes=20.0, monitor=Monitor.BOOST),
    _code(105, 16, "intake manifold temperature high", fails=30.0, passes=30.0),
    _code(110, 0, "coolant temperature extremely high", Lamp.RED, fails=4.0, passes=10.0),
    _code(110, 3, "coolant temperature sensor, circuit open", Lamp.AMBER, fails=4.0, monitor=Monitor.COMPONENTS),
    _code(110, 16, "coolant temperature high", Lamp.PROTECT, fails=6.0, passes=15.0),
    _code(110, 17, "coolant below thermostat temperature", Lamp.MIL, fails=60.0, trips=2, monitor=Monitor.COOLING),
    _code(111, 1, "coolant level extremely low", Lamp.RED, fails=15.0, passes=15.0),
    _code(157, 18, "rail pressure low", Lamp.MIL, fails=8.0, passes=30.0, monitor=Monitor.FUEL),
    _code(175, 16, "oil temperature high", Lamp.PROTECT, fails=15.0, passes=15.0),
    _code(639, 9, "engine hears too little from the network", fails=3.0, passes=10.0),
    *(
        _code(
            650 + place + 1,
            7,
            f"injector {place + 1} out of balance",
            Lamp.MIL,
            fails=40.0,
            passes=60.0,
            trips=2,
            monitor=Monitor.FUEL,
        )
        for place in range(CYLINDERS)
    ),
)
TRANSMISSION: Final = (
    _code(177, 16, "gearbox oil temperature high", fails=30.0, passes=30.0),
    _code(2000, 9, "no communication with the engine", fails=2.0, passes=10.0),
)
WHEELS: Final = (789, 790, 791, 792)
"""ABS sensors: front left, front right, drive left, drive right."""
LININGS: Final = (1099, 1100, 1101, 1102)
"""Brake linings, in the same order."""
BRAKES: Final = (
    _code(117, 1, "air pressure of brake circuit 1 extremely low", Lamp.RED, fails=2.0),
    _code(118, 1, "air pressure of brake circuit 2 extremely low", Lamp.RED, fails=2.0),
    *(_code(spn, 5, "wheel speed sensor, circuit open", fails=3.0, passes=10.0) for spn in WHEELS),
    *(_code(spn, 8, "wheel speed sensor implausible", fails=4.0, passes=10.0) for spn in WHEELS),
    *(_code(spn, 18, "brake lining worn", fails=20.0, passes=20.0) for spn in LININGS),
    *(_code(spn, 1, "brake lining gone", Lamp.RED, fails=20.0, passes=20.0) for spn in LININGS),
    _code(2000, 9, "no communication with the engine", fails=2.0, passes=10.0),
)
AIR: Final = (
    _code(1087, 18, "service brake circuit 1 pressure low", fails=5.0),
    _code(1088, 18, "service brake circuit 2 pressure low", fails=5.0),
    _code(1351, 7, "compressor does not reach cut-out in time", fails=3.0, passes=3.0),
)
CAUSES: Final = ("SPN 1761 FMI 1", "SPN 3516 FMI 1", "SPN 3516 FMI 18", "SPN 4334 FMI 18", "SPN 4364 FMI 18")
"""What starts the inducement: nitrogen oxides leave the tailpipe."""
INDUCED: Final = ("SPN 5246 FMI 15", "SPN 5246 FMI 16", "SPN 5246 FMI 0")
"""Its three steps."""
AFTERTREATMENT: Final = (
    _code(1761, 17, "reagent level low", fails=30.0, passes=30.0),
    _code(1761, 1, "reagent tank empty", Lamp.MIL, fails=30.0, passes=30.0, monitor=Monitor.NOX_AFTERTREATMENT),
    _code(
        3216,
        3,
        "NOx sensor before the catalyst, circuit open",
        Lamp.MIL,
        fails=60.0,
        trips=2,
        monitor=Monitor.EXHAUST_SENSOR,
    ),
    _code(
        3226,
        3,
        "NOx sensor behind the catalyst, circuit open",
        Lamp.MIL,
        fails=60.0,
        trips=2,
        monitor=Monitor.EXHAUST_SENSOR,
    ),
    _code(
        3251, 16, "particulate filter differential pressure high", fails=30.0, passes=60.0, monitor=Monitor.PM_FILTER
    ),
    _code(3516, 18, "reagent quality low", Lamp.MIL, fails=90.0, passes=60.0, monitor=Monitor.NOX_AFTERTREATMENT),
    _code(
        3516, 1, "reagent quality extremely low", Lamp.MIL, fails=90.0, passes=60.0, monitor=Monitor.NOX_AFTERTREATMENT
    ),
    _code(3719, 16, "particulate filter soot load high", fails=60.0, passes=60.0, monitor=Monitor.PM_FILTER),
    _code(
        3719,
        0,
        "particulate filter soot load extremely high",
        Lamp.RED,
        fails=60.0,
        passes=60.0,
        monitor=Monitor.PM_FILTER,
    ),
    _code(
        4334,
        18,
        "reagent dosing pressure low",
        Lamp.MIL,
        fails=60.0,
        passes=60.0,
        trips=2,
        monitor=Monitor.NOX_AFTERTREATMENT,
    ),
    _code(
        4364, 18, "SCR conversion low", Lamp.MIL, fails=60.0, passes=60.0, trips=2, monitor=Monitor.NOX_AFTERTREATMENT
    ),
    _code(5246, 15, "SCR operator inducement: torque reduced", Lamp.AMBER, fails=1.0, passes=1.0),
    _code(5246, 16, "SCR operator inducement: torque reduced much", Lamp.AMBER, fails=1.0, passes=1.0),
    _code(5246, 0, "SCR operator inducement: speed limited", Lamp.RED, fails=1.0, passes=1.0),
    _code(5319, 31, "particulate filter regeneration incomplete", fails=2.0, passes=1.0),
)
TYRES: Final = (
    _code(241, 18, "tyre pressure low", fails=3.0, passes=10.0),
    _code(241, 1, "tyre pressure extremely low", Lamp.RED, fails=3.0, passes=10.0),
    _code(929, 9, "a wheel module is not heard", fails=60.0, passes=20.0),
)
BODY: Final = (
    _code(167, 1, "charging voltage extremely low", Lamp.RED, fails=60.0, passes=10.0),
    _code(168, 1, "battery voltage extremely low", Lamp.RED, fails=2.0, passes=10.0),
    _code(168, 18, "battery weak at rest", fails=1.0, passes=1.0),
)
HEARD: Final = {"ENGINE": 0x00, "TRANSMISSION": 0x03, "BRAKES": 0x0B, "BODY": 0x21, "AIR": 0x30, "AFTERTREATMENT": 0x3D}
"""Whom the instrument cluster misses when they fall silent; node → source address."""
CLUSTER: Final = tuple(
    _code(2000 + address, 9, f"no communication with {node.lower()}", fails=2.0, passes=10.0)
    for node, address in HEARD.items()
)
