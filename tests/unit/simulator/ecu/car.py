"""A small car to ask: engine and transmission answer OBD, brakes and body answer UDS alone."""

from dataclasses import dataclass, field
from typing import Any

from edge.simulator.ecu.codes import Code, Lamp, Monitor
from edge.simulator.ecu.memory import CodeMemory
from edge.simulator.ecu.obd_network import ObdNetwork
from edge.simulator.ecu.unit import Unit

VIN = "WTT00000000000042"
LEAN = Code("P0171", "System too lean", monitor=Monitor.FUEL)
CATALYST = Code("P0420", "Catalyst efficiency below threshold", monitor=Monitor.CATALYST)
EVAP = Code("P0455", "Large evaporative leak", monitor=Monitor.EVAP)
CHARGING = Code("P0562", "System voltage low", lamp=Lamp.RED, trips=1)
GEAR = Code("P0730", "Incorrect gear ratio", monitor=Monitor.COMPONENTS)
WHEEL = Code("C0035", "Wheel speed sensor", failure_type=0x31, lamp=Lamp.AMBER, trips=1)
LOST = Code("U0121", "Lost communication with brakes", failure_type=0x87, lamp=Lamp.AMBER, trips=1)


@dataclass
class Car:
    """Four units and what their sensors show."""

    shows: dict[str, float] = field(default_factory=lambda: {"rpm": 850.0, "kmh": 0.0, "coolant_c": 90.0})

    def __post_init__(self) -> None:
        self.engine = Unit(
            "ENGINE",
            0x10,
            CodeMemory([LEAN, CATALYST, EVAP, CHARGING]),
            0x7E0,
            0x7E8,
            obd=True,
            pids={
                0x05: lambda seen: bytes([round(seen["coolant_c"]) + 40]),
                0x0C: lambda seen: (round(seen["rpm"]) * 4).to_bytes(2, "big"),
                0x0D: lambda seen: bytes([round(seen["kmh"])]),
                0x67: lambda seen: bytes([3, round(seen["coolant_c"]) + 40, 0]),
                0x10A: lambda _: b"\x12\x34",
            },
            dids={0x1001: lambda seen: bytes([round(seen["kmh"])])},
            calibration_id="TT18E-0412",
            cvn=0x5A1C92E7,
        )
        self.transmission = Unit(
            "TRANSMISSION",
            0x18,
            CodeMemory([GEAR]),
            0x7E1,
            0x7E9,
            obd=True,
            pids={0x0D: lambda seen: bytes([round(seen["kmh"])])},
        )
        self.brakes = Unit(
            "BRAKES", 0x28, CodeMemory([WHEEL, LOST]), 0x760, 0x768, dids={0x2001: lambda _: b"\x07" * 60}
        )
        self.body = Unit("BODY", 0x40, CodeMemory([]))

    @property
    def units(self) -> tuple[Unit, ...]:
        return (self.engine, self.transmission, self.brakes, self.body)

    def network(self, **options: Any) -> ObdNetwork:
        wanted = {"extended": False, "obd_on_uds": False, "legacy_obd": True, **options}
        return ObdNetwork(
            self.units, vin=VIN, readings=lambda: self.shows, moving=lambda: self.shows["kmh"] > 0.0, **wanted
        )

    def drive(self, bad: dict[str, bool], *, seconds: int = 10) -> None:
        """One driving cycle of all units with these verdicts."""
        for unit in self.units:
            unit.memory.cycle_begins()
        for _ in range(seconds):
            for unit in self.units:
                for code in unit.memory.codes:
                    if code.text in bad:
                        unit.memory.observe(code.text, bad[code.text])
                unit.memory.second(lambda: self.shows, running=True, speed_kmh=self.shows["kmh"], coolant_c=90.0)
        for unit in self.units:
            unit.memory.cycle_ends()
