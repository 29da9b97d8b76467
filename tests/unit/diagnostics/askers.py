"""Every way to ask a vehicle, over the same simulated control units: a bus in the vehicle's own time, and an adapter
on a pty in ours, with the real child that talks to it."""

import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import pytest

from edge.diagnostics.asker import Answer, Asker
from edge.diagnostics.budget import Budget
from edge.diagnostics.can_asker import CanAsker
from edge.diagnostics.ecu import Ecu
from edge.diagnostics.elm327.asker import ElmAsker
from edge.diagnostics.elm327.commands import kind_of
from edge.diagnostics.elm327.conversation import Conversation
from edge.diagnostics.isotp_library import LibraryAssembly
from edge.diagnostics.line import Line
from edge.diagnostics.permission import Permission
from edge.diagnostics.watch import Manners, Signs, Watch
from edge.errors import BusDown
from edge.frames import EXTENDED, NANOSECONDS, Frame, FrameBatch
from edge.simulator.ecu.obd_network import ObdNetwork
from edge.simulator.elm327 import Elm327
from edge.simulator.elm327_vehicle import Network
from tests.elm327 import plugged_in
from tests.unit.simulator.ecu.car import Car

MS = 1_000_000
BRAKES = Ecu(0x760, 0x768)
"""Of the simulated car: it speaks UDS alone, on ids that only a profile knows."""
VIN = "WTT00000000000042"


class Vehicle:
    """Control units that a test may exchange while the connector stays plugged in; keeps what it heard."""

    def __init__(self) -> None:
        self.units: Network = Scripted()
        self.heard: list[Frame] = []

    def hear(self, frame: Frame, now_ns: int) -> bool:
        self.heard.append(frame)
        return self.units.hear(frame, now_ns)

    def due(self, until_ns: int) -> list[Frame]:
        return self.units.due(until_ns)

    def next_ns(self) -> int | None:
        return self.units.next_ns()

    def questions(self) -> list[tuple[int, str]]:
        """Without flow control, whose pauses are each transport's own, and without what fills a frame up."""
        return [
            (frame.id, frame.payload[1 : 1 + frame.payload[0]].hex()) for frame in self.heard if frame.payload[0] < 0x10
        ]


Reply = tuple[int, int, str]
"""After how many ms, from which id, which octets."""


class Scripted:
    """Says what a test says, frame by frame, and the rest of a long answer after flow control."""

    def __init__(self, *replies: Reply, after_flow: Sequence[Reply] = (), extended: bool = False) -> None:
        self._replies = replies
        self._after_flow = after_flow
        self._flags = EXTENDED * extended
        self._queue: list[Frame] = []

    def hear(self, frame: Frame, now_ns: int) -> bool:
        own = [reply for reply in self._after_flow if reply[1] & 7 == frame.id & 7]
        replies = self._replies if frame.payload[0] < 0x10 else own
        for after_ms, identifier, octets in replies:
            payload = bytes.fromhex(octets).ljust(8, b"\xaa")
            self._queue.append(Frame(now_ns + after_ms * MS, identifier, payload, flags=self._flags))
        self._queue.sort(key=lambda queued: queued.time)
        return bool(replies)

    def due(self, until_ns: int) -> list[Frame]:
        due = [frame for frame in self._queue if frame.time < until_ns]
        self._queue = [frame for frame in self._queue if frame.time >= until_ns]
        return due

    def next_ns(self) -> int | None:
        return self._queue[0].time if self._queue else None


class NetworkPort:
    """A bus onto control units, as `edge.bus.port.Port` has it; `now_ns` is its clock, and nothing waits in truth.

    Something else speaks there, too, whenever one listens.
    """

    def __init__(self, vehicle: Network) -> None:
        self._vehicle = vehicle
        self._now_ns = 0

    @property
    def counters(self) -> Mapping[str, int]:
        return {}

    def now_ns(self) -> int:
        return self._now_ns

    def send(self, batch: FrameBatch) -> None:
        for frame in batch.frames():
            self._vehicle.hear(Frame(self._now_ns, frame.id, frame.payload, flags=frame.flags), self._now_ns)

    def heard(self, wait_s: float) -> FrameBatch:
        until_ns = self._now_ns + round(wait_s * NANOSECONDS)
        next_ns = self._vehicle.next_ns()
        self._now_ns = until_ns if next_ns is None else min(max(next_ns, self._now_ns), until_ns)
        broadcast = Frame(self._now_ns, 0x201, bytes(8))
        return FrameBatch.of([*self._vehicle.due(self._now_ns + 1), broadcast], until=self._now_ns)

    def close(self) -> None:
        """Nothing is open."""


@contextmanager
def over_can(vehicle: Vehicle, supply: Callable[[], float], *, extended: bool) -> Iterator[Asker]:
    """Frames, and can-isotp."""
    port = NetworkPort(vehicle)
    watch = Watch(Manners(asks=True), bitrate=500_000)
    line = Line(port, Permission(units=[BRAKES]), watch, Budget(500_000), monotonic_ns=port.now_ns)

    class Told(CanAsker):
        """Somebody tells it of the supply, which a bus does not measure."""

        def ask(self, request: bytes, to: Ecu | None = None) -> Sequence[Answer]:
            watch.tell(Signs(port.now_ns(), volts=supply()))
            line.heard(0.0)
            return super().ask(request, to)

    yield Told(line, LibraryAssembly(line), extended=extended, units=[BRAKES])


@contextmanager
def over_elm327(vehicle: Vehicle, supply: Callable[[], float], *, extended: bool) -> Iterator[Asker]:
    """A pty, the simulated adapter, python-OBD in its child."""
    skip_without_python_obd()
    with plugged_in(Elm327(vehicle, volts=supply), life_s=240.0) as plug:
        kind = kind_of("7" if extended else "6")
        asker = ElmAsker(
            Conversation(plug.path), Permission(units=[BRAKES]), Manners(asks=True), kind=kind, units=[BRAKES]
        )
        try:
            wait_until_open(asker)
            yield asker
        finally:
            asker.close()


def skip_without_python_obd() -> None:
    if importlib.util.find_spec("obd") is None:
        pytest.skip("python-OBD is not installed (the extra elm327)")


def wait_until_open(asker: ElmAsker, seconds: float = 20.0) -> float:
    """Until the adapter may be spoken to; how many seconds that took."""
    began_ns = asker.now_ns()
    while True:
        took_s = (asker.now_ns() - began_ns) / NANOSECONDS
        try:
            asker.listen(0.1)
        except BusDown:
            assert took_s < seconds, "the adapter does not come back"
        else:
            return took_s


TRANSPORTS: Final = {"can": over_can, "elm327": over_elm327}


def driven() -> Car:
    """A car with a confirmed code."""
    car = Car()
    car.shows.update(rpm=1726.0, kmh=63.0)
    for _ in range(2):
        car.drive({"P0171": True})
    return car


def network(car: Car, *, extended: bool, vin: str = VIN) -> ObdNetwork:
    """Its control units, with a VIN of one's choice."""
    return ObdNetwork(
        car.units, vin=vin, readings=lambda: car.shows, moving=lambda: car.shows["kmh"] > 0.0,
        extended=extended, obd_on_uds=False, legacy_obd=True,
    )  # fmt: skip
