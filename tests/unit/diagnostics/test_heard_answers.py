"""What the simulated car answers becomes signals that say what it broadcasts: there is one way into history."""

import pytest

from edge.decode.answers import Answers
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.diagnostics.budget import Budget
from edge.diagnostics.can_asker import CanAsker
from edge.diagnostics.isotp_library import LibraryAssembly
from edge.diagnostics.line import Line
from edge.diagnostics.permission import Permission
from edge.diagnostics.watch import Manners, Watch
from edge.frames import NANOSECONDS, FrameBatch
from edge.simulator.simulation import Simulation
from tests.shared import ROOT
from tests.simulated_port import SimulatedPort

DBC = ROOT / "dbc" / "telltale-car.dbc"
ENGINE = "Vehicle.Powertrain.CombustionEngine"
STEPS = {
    "Vehicle.Speed": 3.0,
    f"{ENGINE}.Speed": 25.0,
    f"{ENGINE}.EngineCoolant.Temperature": 1.0,
    f"{ENGINE}.EngineOil.Temperature": 1.0,
    f"{ENGINE}.MAP": 8.0,  # it moves faster than it is sent
    "Vehicle.Exterior.AirTemperature": 1.0,
    "Vehicle.Powertrain.FuelSystem.RelativeLevel": 0.6,
    "Vehicle.OBD.BarometricPressure": 1.0,
    "Vehicle.OBD.RunTime": 1.0,
    "Vehicle.OBD.Catalyst.Bank1.Temperature1": 1.0,
    "Vehicle.TraveledDistance": 100.0,
}
"""Of answers and broadcasts, kinds of noise included."""
AROUND_NS = NANOSECONDS
"""An answer lies between the least and the most that was broadcast this long before and after, or last and next."""
CLASSIC = ("010D0C050B0F", "015C2F33461F", "013CA6")
ON_UDS = ("22F40DF40CF405", "22F40BF40FF45C", "22F42FF433F446", "22F41FF43CF4A6")


def listen(line: Line, seconds: float) -> None:
    """Hear what the car says meanwhile."""
    until_ns = line.now_ns() + round(seconds * NANOSECONDS)
    while line.now_ns() < until_ns:
        line.heard(0.1)


@pytest.mark.parametrize(
    ("vehicle", "requests"),
    [("car", CLASSIC), ("car-29bit", CLASSIC), ("car-j1979-2", ON_UDS)],
)
def test_answers_say_what_the_car_broadcasts(vehicle: str, requests: tuple[str, ...]) -> None:
    port = SimulatedPort(Simulation(vehicle=vehicle, seed=3, skip_s=300))
    line = Line(
        port,
        Permission(),
        Watch(Manners(asks=True), bitrate=500_000),
        Budget(500_000),
        monotonic_ns=port.now_ns,
    )
    listen(line, 1.0)
    asker = CanAsker(line, LibraryAssembly(line), extended=vehicle == "car-29bit")
    for _ in range(8):
        for request in requests:
            assert asker.ask(bytes.fromhex(request)), request
        listen(line, 0.5)
    decoder = Decoder([Binding(load_database(DBC))], answers=Answers())
    found = decoder.decode(FrameBatch.of(port.seen))
    broadcast: dict[str, list[tuple[int, float]]] = {}
    answered: list[tuple[int, str, float]] = []
    for at, signal, value in zip(found.time.tolist(), found.signal.tolist(), found.value.tolist(), strict=True):
        one = decoder.signals[signal]
        if one.message.startswith("Pid"):
            answered.append((at, one.path, value))
        else:
            broadcast.setdefault(one.path, []).append((at, value))
    compared = set()
    for at, path, value in answered:
        said = broadcast.get(path, [])
        before, after = [one for one in said if one[0] < at], [one for one in said if one[0] > at]
        if path in STEPS and before and after:
            near = [one for one in said if abs(one[0] - at) <= AROUND_NS]
            told = [value for _, value in (before[-1], after[0], *near)]
            assert min(told) - STEPS[path] <= value <= max(told) + STEPS[path], path
            compared.add(path)
    assert compared == STEPS.keys()
    counts = decoder.counts.answered
    assert counts["read"] == counts["whole"] >= 8 * len(requests)
    assert counts.keys() == {"read", "whole"}
