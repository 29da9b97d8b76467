"""Trying a connector that says nothing by itself: a gateway stands in between, and lets through what is asked only.

It is the one case in which something is sent before anything was heard, so it needs the installer's consent and proof
that the vehicle is awake. One padded question each on four kinds of bus; the first error ends it, since a wrong bit
rate on a bus that merely slept disturbs everybody. So every bit rate is first listened to by a controller that cannot
even destroy a frame; only when all of them are silent does one take part.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from edge.diagnostics.can_asker import CanAsker
from edge.diagnostics.ecu import Ecu
from edge.diagnostics.isotp_library import LibraryAssembly
from edge.diagnostics.line import Line, NotNow
from edge.diagnostics.watch import Signs, Silence
from edge.errors import BusDown

SUPPORTED: Final = bytes((0x01, 0x00))
"""Which PIDs are there: every unit of ISO 15765-4 answers it, and it changes nothing."""
LISTEN_S: Final = 0.2
"""How long each bit rate is listened to first."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of bus that ISO 15765-4 (clause 6.3.2) allows at a connector."""

    bitrate: int
    extended: bool

    @property
    def name(self) -> str:
        """`500k/11`."""
        return f"{self.bitrate // 1000}k/{29 if self.extended else 11}"


KINDS: Final = (Kind(500_000, False), Kind(500_000, True), Kind(250_000, False), Kind(250_000, True))


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it."""

    kind: Kind | None
    """The bus that answered; None: none did."""
    units: tuple[Ecu, ...] = ()
    tried: tuple[Kind, ...] = ()
    """Asked on these, in this order."""
    why: str = ""
    """Why it ended early, empty when it did not."""


class OpenAt(Protocol):
    """Opens the connector with `Manners(asks=True, gateway=True)`."""

    def __call__(self, bitrate: int, *, listens_only: bool) -> Line:
        """At a bit rate; with `listens_only` the controller neither acknowledges nor destroys.

        Raises:
            BusDown: it cannot be opened, or not so.
        """


def probe(open_at: OpenAt, signs: Signs) -> Found:
    """Ask once on each kind of bus until one answers.

    Args:
        open_at: opens the connector.
        signs: what proves that the vehicle is awake, as of now on the lines' clock.
    """
    tried: list[Kind] = []
    try:
        return _probe(open_at, signs, tried)
    except NotNow as error:
        return Found(None, (), tuple(tried), str(error.why))
    except BusDown as error:
        return Found(None, (), tuple(tried), str(error))


def _probe(open_at: OpenAt, signs: Signs, tried: list[Kind]) -> Found:
    for bitrate in dict.fromkeys(kind.bitrate for kind in KINDS):
        with _opened(open_at, bitrate, listens_only=True) as line:
            if (why := _forbids(line, signs)) is not None:
                return Found(None, (), (), why)
    for kind in KINDS:
        with _opened(open_at, kind.bitrate, listens_only=False) as line:
            if (why := _forbids(line, signs)) is not None:
                return Found(None, (), tuple(tried), why)
            tried.append(kind)
            if units := _asked(line, kind):
                return Found(kind, units, tuple(tried))
            if line.watch.bad_install is not None:
                return Found(None, (), tuple(tried), line.watch.bad_install)
    return Found(None, (), tuple(tried))


@contextmanager
def _opened(open_at: OpenAt, bitrate: int, *, listens_only: bool) -> Iterator[Line]:
    line = open_at(bitrate, listens_only=listens_only)
    line.watch.probing = True
    try:
        yield line
    finally:
        line.close()


def _forbids(line: Line, signs: Signs) -> str | None:
    """Why this bus is not asked: what is heard is read, not tried; who does not live is not woken."""
    line.heard(LISTEN_S)
    if line.watch.heard:
        return "it speaks by itself: it is a bus to listen to, and needs no trying"
    if line.watch.errors:
        return "frames are destroyed on it: its bit rate is another, and nothing was sent"
    line.watch.tell(signs)
    why = line.why_silent()
    return None if why is None else str(Silence(why))


def _asked(line: Line, kind: Kind) -> tuple[Ecu, ...]:
    answers = CanAsker(line, LibraryAssembly(line), extended=kind.extended).ask(SUPPORTED)
    return tuple(answer.ecu for answer in answers)
