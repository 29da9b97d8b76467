"""A car is asked by OBD-II and by UDS, and tells each thing once."""

from dataclasses import dataclass

import pytest

from edge.diagnostics.budget import Budget
from edge.diagnostics.can_asker import CanAsker
from edge.diagnostics.cars import CarSurveyor
from edge.diagnostics.changes import code_changes, other_changes
from edge.diagnostics.ecu import Ecu
from edge.diagnostics.findings import Protocol, Status, Survey
from edge.diagnostics.isotp_library import LibraryAssembly
from edge.diagnostics.line import Line
from edge.diagnostics.opening import frozen_values
from edge.diagnostics.permission import Permission
from edge.diagnostics.uds.beside import ObdAndUds
from edge.diagnostics.uds.reader import UdsReader
from edge.diagnostics.watch import Manners, Signs, Watch
from edge.simulator.faults import parse_fault
from edge.simulator.simulation import Simulation
from tests.simulated_port import SimulatedPort

ABS = Ecu(0x760, 0x768)
RATES_S = {0x0C: 1.0, 0x05: 10.0}
MISFIRE = {
    "car": ("7E8", "P0303", "00"),
    "car-29bit": ("18DAF110", "P0303", "00"),
    "car-j1979-2": ("7E8", "P0303", "00"),
}


@dataclass
class Car:
    port: SimulatedPort
    line: Line
    surveyor: ObdAndUds

    def awake(self) -> None:
        """Its ignition is on."""
        self.line.heard(0.2)
        self.line.watch.tell(Signs(self.port.now_ns(), ignition=True))


def car(kind: str) -> Car:
    faults = [parse_fault("misfire@0x4000"), parse_fault("wheel_speed_dropout@0x4000")]
    port = SimulatedPort(Simulation(vehicle=kind, faults=faults, seed=3, skip_s=1500))
    watch = Watch(Manners(asks=True), bitrate=500_000)
    line = Line(port, Permission(units=[ABS]), watch, Budget(500_000), monotonic_ns=port.now_ns)
    askers = [CanAsker(line, LibraryAssembly(line), units=[ABS], extended=extended) for extended in (False, True)]
    obd = CarSurveyor(askers, frozen=frozen_values, rates_s=RATES_S)
    found = Car(port, line, ObdAndUds(obd, [UdsReader(asker, units=[ABS], rates_s=RATES_S) for asker in askers]))
    found.awake()
    return found


def told(survey: Survey | None) -> Survey:
    assert survey is not None
    return survey


@pytest.mark.parametrize("kind", MISFIRE)
def test_a_code_that_both_tell_is_there_once_with_what_both_know(kind: str) -> None:
    one = car(kind)
    assert one.surveyor.discover()
    one.awake()
    codes = told(one.surveyor.codes()).codes
    assert [key for key in codes if key[1] == "P0303"] == [MISFIRE[kind]]
    misfire = codes[MISFIRE[kind]]
    assert misfire.statuses == {Status.PENDING, Status.CONFIRMED, Status.PERMANENT}
    assert misfire.active
    assert misfire.protocol is (Protocol.OBD_ON_UDS if kind == "car-j1979-2" else Protocol.OBD)
    assert "C0040" in {code for _, code, _ in codes}
    if kind != "car-j1979-2":
        assert "Vehicle.Powertrain.CombustionEngine.Speed" in misfire.freeze_frame


@pytest.mark.parametrize("kind", MISFIRE)
def test_two_looks_at_a_car_in_which_nothing_happened_are_alike(kind: str) -> None:
    one = car(kind)
    assert one.surveyor.discover()
    looks = []
    for _ in range(2):
        one.awake()
        looks.append((told(one.surveyor.identity()), told(one.surveyor.codes())))
    (identity, codes), (identity_again, codes_again) = looks
    assert list(other_changes(identity, identity_again)) == []
    assert list(code_changes(codes, codes_again)) == []
    engine = identity.units[MISFIRE[kind][0]]
    assert (engine.vin, engine.name, engine.verifications) == (identity.vin, "ECM-EngineControl", ("5A1C92E7",))


@pytest.mark.parametrize("kind", MISFIRE)
def test_values_are_asked_by_what_the_unit_speaks(kind: str) -> None:
    one = car(kind)
    assert one.surveyor.discover()
    values = one.surveyor.values()
    expected = {"did 7E8 F40C": 1.0, "did 7E8 F405": 10.0, "did 7E9 F40C": 1.0}
    assert values == (expected if kind == "car-j1979-2" else {"pid 0C": 1.0, "pid 05": 10.0})
    one.awake()
    assert all(one.surveyor.ask_value(name) for name in values)
    assert not one.surveyor.ask_value("pid FF")
    assert one.surveyor.counters["questions"] > 0
