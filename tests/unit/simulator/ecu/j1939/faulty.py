"""Units with a few codes, and faults that really persist until their tests fail."""

from collections.abc import Mapping
from math import ceil

from edge.simulator.ecu.codes import Code, Lamp, Monitor
from edge.simulator.ecu.memory import CodeMemory
from edge.simulator.ecu.unit import Unit

COOLANT = Code("SPN 110 FMI 16", "coolant hot", spn=110, fmi=16, lamp=Lamp.MIL, trips=1)
HOT = Code("SPN 110 FMI 0", "coolant far too hot", spn=110, fmi=0, lamp=Lamp.RED, trips=1)
AMBER = Code("SPN 168 FMI 1", "battery low", spn=168, fmi=1, lamp=Lamp.AMBER, trips=1, passes_after_s=1)
DPF = Code("SPN 3719 FMI 16", "soot", spn=3719, fmi=16, lamp=Lamp.MIL, trips=1, monitor=Monitor.PM_FILTER)
PROTECT = Code("SPN 100 FMI 18", "oil pressure", spn=100, fmi=18, lamp=Lamp.PROTECT, trips=1)
ONE_OF_EACH_LAMP = (COOLANT, HOT, AMBER, PROTECT)


def unit_of(
    *codes: Code, address: int = 0x00, obd: bool = True, calibration_id: str = "", cvn: int = 0, name: str = "ENGINE"
) -> Unit:
    return Unit(name, address, CodeMemory(codes), obd=obd, calibration_id=calibration_id, cvn=cvn)


def fail(unit: Unit, *codes: Code, readings: Mapping[str, float] | None = None) -> None:
    """In a driving cycle of its own if none runs, let the codes' tests fail."""
    memory = unit.memory
    if not memory.run_s:
        memory.cycle_begins()
    for _ in range(ceil(max(code.fails_after_s for code in codes))):
        for code in codes:
            memory.observe(code.text, True)
        memory.second(lambda: readings or {}, running=True, speed_kmh=0.0, coolant_c=90.0)
