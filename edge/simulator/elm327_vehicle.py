"""VehicleSide: what an ELM327 does on the bus: it searches for the protocol, asks, collects answers and monitors."""

from dataclasses import dataclass, field
from typing import Final, Protocol

from edge.frames import Frame
from edge.simulator.elm327_settings import AUTOMATIC, Settings
from edge.simulator.elm327_text import lines

MISSED_NS: Final = 50_000_000
"""Of a search: what a protocol takes on which nothing can be sent; an ordinary value, K lines take seconds."""
SEARCHED: Final = "678912345"
"""The order of a search; the protocol that was used last comes first."""
PATIENCE: Final = {1: 3, 2: 2}
PATIENCE_NS: Final = 24_000_000
"""AT AT: waits this many times the longest pause so far, and this much more. Ordinary values: Elm keeps its own."""
HEXADECIMAL: Final = frozenset("0123456789ABCDEF")
FIRST: Final = 1
CONSECUTIVE: Final = 2
"""Kinds of frames of ISO 15765-2."""


class Network(Protocol):
    """A vehicle's bus as the adapter reaches it: ObdNetwork, or what puts broadcasts beside it."""

    def hear(self, frame: Frame, now_ns: int) -> bool:
        """Take a frame from the adapter."""

    def due(self, until_ns: int) -> list[Frame]:
        """Frames that leave before that time, in order."""

    def next_ns(self) -> int | None:
        """When the next one leaves; never before what was asked for last."""


@dataclass(slots=True)
class Request:
    """A question to the vehicle."""

    payload: bytes
    expected: int
    """Lines after which it ends; 0: it ends by time."""
    until_ns: int = 0
    since_ns: int = 0
    """When the question, or the last answer to it, was on the bus."""
    shown: int = 0
    consecutive: int = 0
    to_try: list[str] = field(default_factory=list)
    """Protocols that the search has still to try."""
    searching: bool = False
    answered: bool = False
    """By anyone, in a search."""

    @classmethod
    def read(cls, text: str, *, longest: int) -> "Request | None":
        """Octets in hexadecimal digits, and perhaps one more: the lines expected. None: it is something else."""
        octets = len(text) // 2
        if not HEXADECIMAL.issuperset(text) or not 1 <= octets <= longest:
            return None
        return cls(bytes.fromhex(text[: octets * 2]), int(text[-1], 16) if len(text) % 2 else 0)


class VehicleSide:
    """One thing at a time on the bus; what comes of it are lines to be shown, and the end when it is not busy."""

    def __init__(self, bus: Network, *, kbps: int) -> None:
        self.settings = Settings()
        self.dead = False
        """Nothing that is sent arrives."""
        self.consecutive_max: int | None = None
        """Frames of a long answer, after the first, that are shown; None: all."""
        self._bus = bus
        self._kbps = kbps
        self._request: Request | None = None
        self._monitoring = False
        self._longest_ns: int | None = None
        """Longest pause before an answer since the last question without one."""

    @property
    def busy(self) -> bool:
        """It has not come to an end."""
        return self._monitoring or self._request is not None

    def next_ns(self) -> int | None:
        """When `step` has something to do; None: not by itself."""
        if not self.busy:
            return None
        bus_ns = self._bus.next_ns()
        if self._request is None:
            return bus_ns
        return self._request.until_ns if bus_ns is None else min(bus_ns, self._request.until_ns)

    def step(self, now_ns: int) -> list[str]:
        """Take what is on the bus at this time; call it at every `next_ns`, or frames come late."""
        shown: list[str] = []
        for frame in self._bus.due(now_ns + 1):
            if self._monitoring and self.settings.monitors(frame):
                shown += lines(frame, self.settings, monitoring=True)
            elif self._request is not None and self.settings.accepts(frame):
                shown += self._hear(frame, self._request, now_ns)
        if self._request is not None and self._request.until_ns <= now_ns:
            shown += self._time_over(self._request, now_ns)
        return shown

    def rest(self, now_ns: int) -> None:
        """Let pass by what nobody has asked for."""
        self._bus.due(now_ns)

    def stop(self) -> None:
        """Give up what is going on."""
        if self._request is not None and self._request.searching:
            self.settings.number = AUTOMATIC
        self._request = None
        self._monitoring = False

    def forget(self) -> None:
        """Learn anew how quick the vehicle is."""
        self._longest_ns = None

    # questions

    def ask(self, request: Request, now_ns: int) -> list[str]:
        """Send it; after a search for the protocol where none is known yet."""
        settings = self.settings
        if not settings.automatic or settings.connected:
            return self._send(request, now_ns)
        first = settings.number
        request.searching = True
        request.to_try = [*[first] * (first != AUTOMATIC), *(number for number in SEARCHED if number != first)]
        self._request = request
        return ["SEARCHING...", *self._try_next(request, now_ns)]

    def monitor(self, now_ns: int) -> list[str]:
        """Show everything from now on."""
        self._bus.due(now_ns)
        self._monitoring = not self.dead and (self.settings.number == AUTOMATIC or self._reaches())
        return [] if self._monitoring else ["CAN ERROR"]

    def _reaches(self) -> bool:
        """Whether a frame of the chosen protocol arrives on the bus at all."""
        protocol = self.settings.protocol
        return protocol is not None and protocol.kbps == self._kbps and not self.dead

    def _try_next(self, request: Request, now_ns: int) -> list[str]:
        settings = self.settings
        if not request.to_try:
            self.stop()
            return ["UNABLE TO CONNECT"]
        settings.number = request.to_try.pop(0)
        request.since_ns = now_ns
        request.until_ns = now_ns + MISSED_NS
        if self._reaches():
            request.until_ns = now_ns + settings.timeout_ns
            self._transmit(settings.search(now_ns), now_ns)
        return []

    def _send(self, request: Request, now_ns: int) -> list[str]:
        settings = self.settings
        if not self._reaches():
            self._request = None
            return ["BUS INIT: ...ERROR" if settings.number in {"3", "4", "5"} else "CAN ERROR"]
        settings.connected = True
        request.since_ns = now_ns
        request.until_ns = now_ns + self._patience_ns()
        self._request = request
        self._transmit(settings.request(request.payload, now_ns), now_ns)
        return []

    def _transmit(self, frame: Frame, now_ns: int) -> None:
        self._bus.due(now_ns)  # what was on its way before does not answer this
        self._bus.hear(frame, now_ns)

    def _patience_ns(self) -> int:
        """How long the next answer is waited for: AT ST, or less where the vehicle has been quicker (AT AT)."""
        settings = self.settings
        if settings.adaptive not in PATIENCE or self._longest_ns is None:
            return settings.timeout_ns
        return min(settings.timeout_ns, self._longest_ns * PATIENCE[settings.adaptive] + PATIENCE_NS)

    # answers

    def _hear(self, frame: Frame, request: Request, now_ns: int) -> list[str]:
        self._longest_ns = max(self._longest_ns or 0, now_ns - request.since_ns)
        request.since_ns = now_ns
        if request.searching:
            request.answered = True  # until_ns stays: others may answer meanwhile
            return []
        request.until_ns = now_ns + self._patience_ns()
        kind = frame.payload[0] >> 4 if frame.payload else None
        if kind == FIRST and self.settings.flow:
            self._bus.hear(self.settings.flow_control(frame), now_ns)
        if kind == CONSECUTIVE:
            request.consecutive += 1
            if self.consecutive_max is not None and request.consecutive > self.consecutive_max:
                return []
        shown = lines(frame, self.settings)
        if shown:
            request.shown += 1
            if request.shown == request.expected:
                self._request = None
        return shown

    def _time_over(self, request: Request, now_ns: int) -> list[str]:
        if not request.searching:
            self._request = None
            if request.shown:
                return []
            self.forget()
            return ["NO DATA"]
        if not request.answered:
            return self._try_next(request, now_ns)
        request.searching = False
        self.settings.found()
        return self._send(request, now_ns)
