"""Us on a real bus: through can-isotp and, where there is one, the kernel's ISO-TP; patient as the guest needs it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from edge.bus.port import open_port
from edge.diagnostics.asker import Answer
from edge.diagnostics.budget import Budget
from edge.diagnostics.can_asker import CanAsker, Timing
from edge.diagnostics.ecu import Ecu
from edge.diagnostics.isotp_kernel import KernelAssembly
from edge.diagnostics.isotp_library import LibraryAssembly
from edge.diagnostics.line import Line, NotNow
from edge.diagnostics.permission import Permission
from edge.diagnostics.watch import Manners, Watch
from tests.vehicle.clients import HAS_VCAN, Wire

SLOW = Timing(first_s=2.0, more_s=0.5, piece_s=10.0, silent_s=20.0, total_s=60.0)
"""The guest's processor is slow."""
PATIENCE = 10
WAYS = ["library", pytest.param("kernel", marks=pytest.mark.skipif(not HAS_VCAN, reason="this kernel has no CAN"))]
ABS = Ecu(0x760, 0x768)


class PatientAsker(CanAsker):
    """Asks again when the guest's processor let the vehicle seem asleep, as the poller does."""

    def ask(self, request: bytes, to: Ecu | None = None) -> Sequence[Answer]:
        for _ in range(PATIENCE):
            try:
                return super().ask(request, to)
            except NotNow:
                self.line.heard(1.0)
        return super().ask(request, to)


@contextmanager
def us_on(wire: Wire, way: str, *, extended: bool = False) -> Iterator[CanAsker]:
    """Us on a bus, once somebody was heard there."""
    port = open_port(wire.spec, patience_s=0.1)
    permission = Permission(units=[ABS])
    line = Line(port, permission, Watch(Manners(asks=True), bitrate=500_000), Budget(500_000, share=0.5))
    line.heard(10.0)
    assembly = KernelAssembly(line, "vcan0") if way == "kernel" else LibraryAssembly(line)
    asker = PatientAsker(line, assembly, extended=extended, units=[ABS], timing=SLOW if HAS_VCAN else None)
    try:
        yield asker
    finally:
        asker.close()
