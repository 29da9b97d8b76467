"""Finding the bit rate of a bus by listening alone: each rate that vehicles have is heard, and judged."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from edge.bitrate import LISTEN_S, Kind, Verdict, best, judge
from edge.bus.open import open_source
from edge.bus.setting import set_down, set_up
from edge.bus.source import Source
from edge.bus.spec import SourceSpec
from edge.errors import BusDown
from edge.frames import NANOSECONDS, FrameBatch
from edge.machine.interfaces import Interface

RATES: Final = (500_000, 250_000, 125_000, 1_000_000, 100_000, 83_333, 50_000, 33_333)
"""bit/s of vehicles, the commonest first: OBD-II and cars; J1939 and many trucks; comfort; machines; older ones."""
ENOUGH_S: Final = 10.0
"""A bus that says so little is not listened to any longer."""
RESTART_MS: Final = 100
READ_S: Final = 0.1


class Ear(Protocol):
    """Hears one bus at a bit rate."""

    def tune(self, bitrate: int) -> None:
        """Hear it at this rate from now on, without acknowledging.

        Raises:
            BusDown: it cannot be set so.
        """

    def listen(self, seconds: float) -> list[FrameBatch]:
        """What comes in so long.

        Raises:
            BusDown: the interface went away.
        """


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it."""

    bitrate: int | None
    """None: no rate was right, or two are as good as each other."""
    heard: Mapping[int, Verdict]
    """By rate."""

    @property
    def is_lone(self) -> bool:
        """Whether one sender alone was heard that nobody acknowledges."""
        return self.bitrate is not None and self.heard[self.bitrate].kind is Kind.LONE_SENDER

    @property
    def is_silent(self) -> bool:
        """Whether nothing was heard at any rate."""
        return all(one.kind is Kind.SILENT for one in self.heard.values())

    @property
    def why(self) -> str:
        """Why there is none, and what to do."""
        if any(one.is_right for one in self.heard.values()):
            rates = " and ".join(str(rate) for rate, one in self.heard.items() if one.is_right)
            return f"{rates} bit/s are as good as each other: say which by --bitrate"
        if self.is_silent:
            return (
                "nothing is heard: is the ignition on, and are CAN-H and CAN-L at the right pins? A gateway may keep "
                "the connector silent: telltale-edge diagnose --silent-connector"
            )
        return (
            "something is heard, and no rate is right: are CAN-H and CAN-L exchanged, is a terminator missing, is the "
            "crystal of the controller another one (oscillator= of its overlay)? On a bench, one sender alone with a "
            "box that only listens is acknowledged by nobody: give it a second node"
        )


def search(ear: Ear, rates: Sequence[int], tell: Callable[[str], None]) -> Found:
    """Hear rate after rate; all of them, unless one is beyond doubt.

    Raises:
        BusDown: the interface cannot be set, or went away.
    """
    heard: dict[int, Verdict] = {}
    for rate in rates:
        heard[rate] = heard_at(ear, rate)
        tell(f"{rate:>9,} bit/s: {heard[rate]}")
        if heard[rate].is_sure:
            return Found(rate, heard)
    return Found(best(heard), heard)


def heard_at(ear: Ear, bitrate: int) -> Verdict:
    """What is thought of a rate; a bus that says little is listened to for longer.

    Raises:
        BusDown: as above.
    """
    ear.tune(bitrate)
    batches: list[FrameBatch] = []
    listened_s = 0.0
    while True:
        batches += ear.listen(LISTEN_S)
        listened_s += LISTEN_S
        verdict = judge(batches, bitrate, round(listened_s * NANOSECONDS))
        if verdict.kind is not Kind.FEW or listened_s >= ENOUGH_S:
            return verdict


class LinkEar:
    """A CAN interface of the kernel, which is set anew for each rate; needs root."""

    def __init__(self, interface: str) -> None:
        self._interface = interface
        self._source: Source | None = None

    def tune(self, bitrate: int) -> None:
        """Down, to this rate, and up again, listening only."""
        self.close()
        set_up(self._interface, bitrate, listens_only=True)
        self._source = opened(f"can:{self._interface}")

    def listen(self, seconds: float) -> list[FrameBatch]:
        """What comes in so long."""
        if self._source is None:
            raise BusDown(f"{self._interface} was set to no bit rate yet")
        return listened(self._source, seconds)

    def close(self) -> None:
        """Give the interface back as it is set now; safe to repeat."""
        if self._source is not None:
            self._source.close()
            self._source = None


def opened(source: str) -> Source:
    """A live bus.

    Raises:
        ConfigError: it is none, or this machine has no driver for it.
    """
    return open_source(SourceSpec.parse(source), speed=None, now_ns=time.time_ns(), stop=threading.Event())


def listened(source: Source, seconds: float) -> list[FrameBatch]:
    """What comes in so long.

    Raises:
        BusDown: the interface is not there.
    """
    until_s, batches = time.monotonic() + seconds, []
    while (left_s := until_s - time.monotonic()) > 0:
        batch = source.read(min(READ_S, left_s))
        if batch is None:
            break
        if len(batch):
            batches.append(batch)
    return batches


def restore(before: Interface) -> str:
    """As it was before anybody tried rates on it; what it is now."""
    if before.is_up and before.bitrate:
        try:
            is_listening = bool(before.is_listen_only)
            set_up(before.name, before.bitrate, listens_only=is_listening, restart_ms=before.restart_ms or 0)
        except BusDown as error:
            return f"{before.name} cannot be set as it was before: {error}"
        return f"{before.name} is at {before.bitrate} bit/s again, as before"
    with suppress(BusDown):
        set_down(before.name)
        return f"{before.name} is left down"
    return f"{before.name} may be up at a bit rate that is not the vehicle's: set it down"
