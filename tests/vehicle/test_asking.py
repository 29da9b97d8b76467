"""We ask a simulated car over a real bus: through the kernel's ISO-TP where there is one, and through can-isotp."""

from collections.abc import Iterator

import pytest

from edge.bus.port import open_port
from edge.diagnostics.budget import Budget
from edge.diagnostics.can_asker import CanAsker, Timing
from edge.diagnostics.isotp_kernel import KernelAssembly, kernel_has_isotp
from edge.diagnostics.isotp_library import LibraryAssembly
from edge.diagnostics.line import Line
from edge.diagnostics.permission import Permission
from edge.diagnostics.watch import Manners, Watch
from tests.vehicle.clients import HAS_VCAN, TROUBLE, Wire

SLOW = Timing(first_s=2.0, more_s=0.5, piece_s=10.0, silent_s=20.0, total_s=60.0)
"""The guest's processor is slow."""
WAYS = ["library", pytest.param("kernel", marks=pytest.mark.skipif(not HAS_VCAN, reason="this kernel has no CAN"))]


def line_to(wire: Wire) -> Line:
    """Our end of the bus, once the vehicle was heard."""
    line = Line(
        open_port(wire.spec, patience_s=0.1), Permission(), Watch(Manners(asks=True), bitrate=500_000), Budget(500_000)
    )
    line.heard(10.0)
    return line


def asker_on(wire: Wire, way: str, *, extended: bool = False) -> CanAsker:
    """An asker with one of the two ways to put long answers together."""
    line = line_to(wire)
    assembly = KernelAssembly(line, "vcan0") if way == "kernel" else LibraryAssembly(line)
    return CanAsker(line, assembly, extended=extended, timing=SLOW if HAS_VCAN else None)


@pytest.fixture(scope="module")
def car(wire: Wire) -> Iterator[Wire]:
    with wire.vehicle("car", *TROUBLE):
        yield wire


@pytest.mark.parametrize("way", WAYS)
def test_everybody_answers_and_long_answers_come_whole(car: Wire, way: str) -> None:
    asker = asker_on(car, way)
    try:
        first = asker.ask(b"\x01\x00")
        assert [answer.ecu.name for answer in first] == ["7E8", "7E9"]
        (vin,) = asker.ask(b"\x09\x02")
        assert len(vin.payload) == 20
        calibrations = asker.ask(b"\x09\x04")
        assert [answer.ecu.name for answer in calibrations] == ["7E8", "7E9"]
        assert all(len(answer.payload) > 16 for answer in calibrations)
        (engine,) = asker.ask(b"\x03", first[0].ecu)
        assert engine.payload[0] == 0x43
        assert asker.ask(b"\x09\x02", first[0].ecu)[0].payload == vin.payload
    finally:
        asker.close()
    losses = {name: count for name, count in asker.counters.items() if name.startswith("isotp") and count}
    assert not losses


def test_the_kernel_is_known_to_have_what_the_guest_has() -> None:
    assert kernel_has_isotp() == HAS_VCAN
