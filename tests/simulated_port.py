"""Ports in a time of their own: hours of asking pass in seconds, and nothing sleeps.

`SimulatedPort` leads to a simulated vehicle, `ScriptedPort` to whatever a test makes up.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from edge.frames import EXTENDED, NANOSECONDS, Frame, FrameBatch
from edge.simulator.simulation import Simulation

STEP_NS = 1_000_000
"""How finely frames are handed out while an answer may come, and otherwise, when nobody cares."""
COARSE_NS = 100 * STEP_NS
ANSWERS_NS = 300 * STEP_NS


class SimulatedPort:
    """A bus with one simulated vehicle, as `edge.bus.port.Port` has it; `now_ns` is its clock."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.sent: list[Frame] = []
        """Everything that was sent, with its time."""
        self.seen: list[Frame] = []
        """What others sent and the port handed out."""
        self.closed = False
        self.spoke_ns = 0
        """When the vehicle was last heard."""
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
            batch = _thinned(self.simulation.advance(self._now_ns))
            if len(batch) or self._strangers or self._now_ns >= until_ns:
                break
            is_idle = not self.sent or self._now_ns - self.sent[-1].time > ANSWERS_NS
            self._now_ns = min(self._now_ns + (COARSE_NS if is_idle else STEP_NS), until_ns)
        if len(batch):
            self.spoke_ns = self._now_ns
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

    def unseen(self, frame: Frame) -> None:
        """Somebody else sent it while we were not there: the vehicle alone hears it."""
        self.simulation.hear(FrameBatch.of([Frame(self._now_ns, frame.id, frame.payload, flags=frame.flags)]))

    def close(self) -> None:
        """It is closed."""
        self.closed = True


def _thinned(batch: FrameBatch) -> FrameBatch:
    """Of what the vehicle broadcasts the first frame alone; every frame of diagnostics. A day is ten million frames."""
    kept = (batch.flags & EXTENDED != 0) | (batch.id >= 0x700)
    kept[:1] = True
    return batch.select(kept)


class ScriptedPort:
    """A bus on which every frame gets the answers that a test gives it, a millisecond later each."""

    def __init__(self, answers: Callable[[Frame], Sequence[Frame]], *, heard: Sequence[Frame] = ()) -> None:
        """`heard`: what is there before anything is sent. A frame with a time is heard not before it."""
        self.sent: list[Frame] = []
        self.closed = False
        self.sent_at: list[int] = []
        """When each was."""
        self.full_after: int | None = None
        """From which frame on nothing finds room."""
        self._answers = answers
        self._waiting = list(heard)
        self._now_ns = 0

    def now_ns(self) -> int:
        """Its time."""
        return self._now_ns

    @property
    def counters(self) -> Mapping[str, int]:
        """What did not leave."""
        full = 0 if self.full_after is None else max(len(self.sent) - self.full_after + 1, 0)
        return Counter(bus_full=full)

    def send(self, batch: FrameBatch) -> None:
        """Each frame is answered as the test says."""
        for frame in batch.frames():
            self.sent.append(frame)
            self.sent_at.append(self._now_ns)
            at_ns = self._now_ns
            for answer in self._answers(frame):
                at_ns = max(at_ns + STEP_NS, answer.time)
                self._waiting.append(Frame(at_ns, answer.id, answer.payload, flags=answer.flags))

    def pass_time(self, seconds: float) -> None:
        """Nobody listens for so long."""
        self._now_ns += round(seconds * NANOSECONDS)

    def hear_later(self, frames: Sequence[Frame], at_ns: int) -> None:
        """Somebody sends these then."""
        self._waiting += [Frame(at_ns, one.id, one.payload, flags=one.flags) for one in frames]

    def heard(self, wait_s: float) -> FrameBatch:
        """What is due by the first of them, or nothing after `wait_s`."""
        until_ns = self._now_ns + round(wait_s * NANOSECONDS)
        first_ns = min((frame.time for frame in self._waiting), default=until_ns)
        self._now_ns = max(self._now_ns, min(first_ns, until_ns))
        due = [frame for frame in self._waiting if frame.time <= self._now_ns]
        self._waiting = [frame for frame in self._waiting if frame.time > self._now_ns]
        if not due:
            self._now_ns = until_ns
        return FrameBatch.of(sorted(due, key=lambda frame: frame.time), until=self._now_ns)

    def close(self) -> None:
        """It is closed."""
        self.closed = True
