"""A port onto a simulated vehicle, in the vehicle's own time: hours of asking pass in seconds, and nothing sleeps."""

from collections import Counter
from collections.abc import Mapping

from edge.frames import NANOSECONDS, Frame, FrameBatch
from edge.simulator.simulation import Simulation

STEP_NS = 1_000_000
"""How finely frames are handed out while something is waited for."""


class SimulatedPort:
    """A bus with one simulated vehicle, as `edge.bus.port.Port` has it; `now_ns` is its clock."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.sent: list[Frame] = []
        """Everything that was sent, with its time."""
        self.seen: list[Frame] = []
        """What others sent and the port handed out."""
        self.closed = False
        self._now_ns = 0
        self._strangers: list[Frame] = []

    def now_ns(self) -> int:
        """The time of the vehicle."""
        return self._now_ns

    @property
    def counters(self) -> Mapping[str, int]:
        """Nothing is ever lost here."""
        return Counter(sent=len(self.sent), heard=len(self.seen))

    def send(self, batch: FrameBatch) -> None:
        """The vehicle hears it."""
        frames = [Frame(self._now_ns, one.id, one.payload, flags=one.flags) for one in batch.frames()]
        self.sent += frames
        self.simulation.hear(FrameBatch.of(frames))

    def heard(self, wait_s: float) -> FrameBatch:
        """The next frames, or nothing after `wait_s`; the vehicle lives on meanwhile."""
        until_ns = self._now_ns + round(wait_s * NANOSECONDS)
        batch = FrameBatch.empty(("can0",), self._now_ns)
        while True:
            batch = self.simulation.advance(self._now_ns)
            if len(batch) or self._strangers or self._now_ns >= until_ns:
                break
            self._now_ns = min(self._now_ns + STEP_NS, until_ns)
        strangers, self._strangers = self._strangers, []
        frames = [*strangers, *batch.frames()]
        self.seen += frames
        return FrameBatch.of(frames, until=self._now_ns)

    def pass_time(self, seconds: float) -> None:
        """The vehicle lives on, and nobody listens."""
        self._now_ns += round(seconds * NANOSECONDS)
        self.simulation.advance(self._now_ns)

    def stranger(self, frame: Frame) -> None:
        """Somebody else sends: it is heard, and the vehicle hears it."""
        frame = Frame(self._now_ns, frame.id, frame.payload, flags=frame.flags)
        self._strangers.append(frame)
        self.simulation.hear(FrameBatch.of([frame]))

    def close(self) -> None:
        """It is closed."""
        self.closed = True
