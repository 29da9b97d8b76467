"""We ask a truck that shares no code with us, on a real bus: long answers to us alone, broadcasts, flashing lamps."""

from edge.bus.port import open_port
from edge.diagnostics.budget import Budget
from edge.diagnostics.findings import Lamp, Status
from edge.diagnostics.j1939.address import PREFERRED
from edge.diagnostics.j1939.asker import J1939Asker
from edge.diagnostics.j1939.surveyor import TruckSurveyor
from edge.diagnostics.line import Line
from edge.diagnostics.permission import Permission
from edge.diagnostics.watch import Manners, Watch
from tests.vehicle.clients import Wire
from tests.vehicle.scripted_truck import scripted_truck

DM1, DM3, DM11 = 0xFECA, 0xFECC, 0xFED3


def test_a_truck_of_another_hand_is_read(wire: Wire) -> None:
    with wire.bus() as bus, scripted_truck(bus) as truck:
        watch = Watch(Manners(asks=True), bitrate=250_000)
        line = Line(open_port(wire.spec, patience_s=0.1), Permission(), watch, Budget(250_000))
        try:
            line.heard(10.0)
            surveyor = TruckSurveyor(J1939Asker(line, 4711))
            assert surveyor.discover()
            identity, codes = surveyor.identity(), surveyor.codes()
        finally:
            line.close()
    assert identity is not None
    assert codes is not None
    assert identity.vin == "1HGCM82633A004352"
    previous = {code.code: code.occurrences for code in codes.codes.values() if code.status is Status.PREVIOUS}
    assert previous == {"SPN 110 FMI 0": 3, "SPN 100 FMI 4": 2, "SPN 103 FMI 18": 1}
    assert {key for key in codes.codes if key[0] == "0B"} == {
        ("0B", "SPN 1099 FMI 12", None),
        ("0B", "SPN 1100 FMI 12", None),
    }
    assert codes.lamps["0B"]["red_stop"] is Lamp.SLOW_FLASH
    assert {DM1, DM3, DM11}.isdisjoint(group for group, _ in truck.requests)
    assert {sender for _, sender in truck.requests} == {PREFERRED}
    assert set(truck.ended) == {0xFEEC, 0xFECB}
