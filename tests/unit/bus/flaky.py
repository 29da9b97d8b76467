"""An interface for python-can that goes down and comes back when a test says so."""

from collections import deque
from typing import Any, ClassVar

from edge.bus.library import can


class FlakyBus(can.BusABC):
    """Hands out what `script` holds: messages, None for silence, exceptions to raise."""

    script: ClassVar[deque[can.Message | Exception | None]] = deque()
    refusals: ClassVar[deque[Exception]] = deque()
    sends: ClassVar[deque[Exception | None]] = deque()
    """What comes of the next attempts to send: an exception to raise, None for success, as when nothing is left."""
    sent: ClassVar[list[can.Message]] = []
    opened: ClassVar[list[dict[str, Any]]] = []
    shut: ClassVar[int] = 0
    goodbyes: ClassVar[deque[Exception]] = deque()

    @classmethod
    def reset(cls) -> None:
        cls.script.clear()
        cls.refusals.clear()
        cls.goodbyes.clear()
        cls.sends.clear()
        cls.sent.clear()
        cls.opened.clear()
        cls.shut = 0

    def __init__(self, channel: str, **options: Any) -> None:
        if self.refusals:
            raise self.refusals.popleft()
        self.opened.append(options)
        super().__init__(channel)

    def recv(self, timeout: float | None = None) -> can.Message | None:  # noqa: ARG002  silence costs a test no time
        step = self.script.popleft() if self.script else None
        if isinstance(step, Exception):
            raise step
        return step

    def send(self, msg: can.Message, timeout: float | None = None) -> None:  # noqa: ARG002  it is full or it is not
        outcome = self.sends.popleft() if self.sends else None
        if outcome is not None:
            raise outcome
        self.sent.append(msg)

    def shutdown(self) -> None:
        super().shutdown()
        FlakyBus.shut += 1
        if self.goodbyes:
            raise self.goodbyes.popleft()

    def __del__(self) -> None:
        """Nothing, where python-can would shut it: what an earlier test left open is not counted in a later one."""


class QuietBus(FlakyBus):
    """One that can be told to listen only, as slcan is."""

    def __init__(self, channel: str, listen_only: bool = False, **options: Any) -> None:
        super().__init__(channel, listen_only=listen_only, **options)
