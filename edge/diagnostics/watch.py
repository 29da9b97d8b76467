"""Watch: what the bus and the vehicle show, and therefore why nothing may be asked just now. Pure: times come in.

A vehicle is awake when it says so itself: its engine turns, it moves, its ignition is on, or its supply is being
charged. Traffic alone proves little, since units that answer us stay awake because they answer; so it lends us a
minute from when the bus began to speak, and no more.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge.diagnostics.budget import WINDOW_NS, frame_bits
from edge.diagnostics.ecu import Ecu, answering, is_asking
from edge.frames import ERROR, EXTENDED, NANOSECONDS, Frame

FOREIGN_NS: Final = 600 * NANOSECONDS
"""How long we are silent after the last request of another tester."""
TRAFFIC_NS: Final = NANOSECONDS // 2
"""A bus that said nothing for so long may be falling asleep; the slowest wake-up messages come every 100 to 200 ms."""
REST_NS: Final = 10 * NANOSECONDS
"""A silence after which what comes is a new awakening."""
LENT_NS: Final = 60 * NANOSECONDS
"""How long traffic alone is believed after an awakening."""
PROOF_NS: Final = 5 * NANOSECONDS
"""How old a sign of life may be."""
ANSWERS_NS: Final = 2 * NANOSECONDS
"""What asks or answers after a question of ours is no traffic of the vehicle's own."""
BUSY: Final = 0.8
"""Share of the bus beyond which nothing is added. An ordinary value."""
VOLTS_MIN: Final = 12.0
"""Below it, a 12 V battery without charge is three quarters empty; twice that at 24 V."""
CHARGING_VOLTS: Final = 13.2
"""No lead-acid battery rests so high: something charges it."""
HEAVY_VOLTS: Final = 18.0
"""Above it the supply is one of 24 V."""
ERRORS_MAX: Final = 3
ERRORS_NS: Final = 60 * NANOSECONDS
"""Errors within this time of each other, while we send: a bad installation."""

_BUS_OFF: Final = 0x40
_NO_ACKNOWLEDGE: Final = 0x20
_PROTOCOL: Final = 0x08
_CONTROLLER: Final = 0x04
"""Classes of error frames (linux/can/error.h)."""
_SENDER_PASSIVE: Final = 0x20
"""In byte 1 of those of the controller: too many of its own frames failed (CAN_ERR_CRTL_TX_PASSIVE)."""
_SINGLE_OR_FIRST: Final = (0, 1)
OTHER_TESTERS: Final = (0xF9, 0xFA)
"""SAE J1939 appendix B: off-board service tools."""
_TESTERS_PF: Final = frozenset({0xDA, 0xDB, 0xDF, 0xE8, 0xEA, 0xEB, 0xEC, 0xEE, 0xEF})
"""What a tool sends on J1939: requests, acknowledgements, long messages, its claim, its own."""


class Silence(StrEnum):
    """Why nothing is asked."""

    LISTEN_ONLY = "listen_only"
    BAD_INSTALL = "bad_install"
    WORKSHOP = "workshop"
    """Somebody works on the vehicle."""
    FOREIGN_TESTER = "foreign_tester"
    NOTHING_HEARD = "nothing_heard"
    ASLEEP = "asleep"
    MAY_SLEEP = "may_sleep"
    """It talks, but nothing shows that it is in use, and the minute is over."""
    LOW_VOLTAGE = "low_voltage"
    BUS_BUSY = "bus_busy"
    ADDRESS_LOST = "address_lost"
    """On J1939 another has the address that we claimed."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What the vehicle shows besides traffic, as of `at_ns`; None is unknown."""

    at_ns: int
    engine_rpm: float | None = None
    speed_kmh: float | None = None
    ignition: bool | None = None
    volts: float | None = None
    workshop: bool = False
    """Workshop mode: nothing is sent to the bus."""
    parked: bool = False
    """The box takes the vehicle for one that is not in use: it is to sleep."""
    private: bool = False
    """Private mode: what is personal is not written down."""

    @property
    def is_alive(self) -> bool:
        """Whether any of it says that the vehicle is in use."""
        return bool(
            (self.engine_rpm or 0) > 0
            or (self.speed_kmh or 0) > 0
            or self.ignition
            or (self.volts is not None and self.volts >= CHARGING_VOLTS * _scale(self.volts))
        )


@dataclass(frozen=True, slots=True)
class Manners:
    """What is configured."""

    asks: bool = False
    """Off: listen only."""
    volts_min: float = VOLTS_MIN
    gateway: bool = False
    """The connector is silent by nature and the installer agreed that it is asked all the same."""


class Watch:
    """Everything that was heard or told, as far as it decides whether we may ask."""

    def __init__(
        self, manners: Manners, *, bitrate: int, address: int | None = None, units: Collection[Ecu] = ()
    ) -> None:
        """`bitrate`: bit/s of the bus; `address`: our own on J1939; `units`: of the profile, beyond ISO 15765-4."""
        self.manners = manners
        self.bad_install: str | None = None
        """What was seen when we sent; the installer has to look, nothing is sent until the daemon starts anew."""
        self.foreign_requests = 0
        self.heard = 0
        self.awakenings = 0
        self.address_lost = False
        self.errors = 0
        """Error frames of the controller."""
        self.probing = False
        """A silent bus is tried: the first error is one too many."""
        self._bitrate = bitrate
        self._address = address
        self._named = {(unit.answer, unit.extended) for unit in units}
        self._named |= {(unit.request, unit.extended) for unit in units}
        self._open_until_ns = -1
        self._traffic_ns: int | None = None
        self._woke_ns: int | None = None
        self._foreign_ns: int | None = None
        self._signs = Signs(0)
        self._alive_ns: int | None = None
        self._load: deque[tuple[int, int]] = deque()
        self._load_bits = 0
        self._errors: deque[int] = deque(maxlen=ERRORS_MAX)

    def tell(self, signs: Signs) -> None:
        """The vehicle's state as others know it."""
        self._signs = signs
        if signs.is_alive:
            self._alive_ns = signs.at_ns

    def own_address(self, address: int | None) -> None:
        """What our address on J1939 is now."""
        self._address = address

    def traffic(self, count: int, last_ns: int, bits: int) -> None:
        """What the vehicle sent of its own accord, where another reads the bus and we hear diagnostics alone.

        `count` frames until `last_ns`, taking `bits` of the bus together.
        """
        if count:
            self.heard += count
            self._load.append((last_ns, bits))
            self._load_bits += bits
            self.load(last_ns)
            self._traffic(last_ns)

    def asked(self, now_ns: int) -> None:
        """We sent something: for a while, answers and flow control on the bus are ours."""
        self._open_until_ns = now_ns + ANSWERS_NS

    def hear(self, frames: Sequence[Frame], now_ns: int) -> None:
        """What others sent."""
        for frame in frames:
            if frame.flags & ERROR:
                self._error(frame, now_ns)
                continue
            self.heard += 1
            self._weigh(frame, now_ns)
            if self._is_foreign(frame, now_ns):
                self.foreign_requests += 1
                self._foreign_ns = now_ns
            elif not self._is_of_testers(frame):
                self._traffic(now_ns)

    def not_sent(self, why: str, now_ns: int) -> None:
        """A frame of ours found no room: nobody acknowledges."""
        self._blame(why, now_ns, at_once=True)

    def why_silent(self, now_ns: int) -> Silence | None:
        """Why nothing may be asked now; None when something may."""
        if not self.manners.asks:
            return Silence.LISTEN_ONLY
        if self.bad_install is not None:
            return Silence.BAD_INSTALL
        if self._signs.workshop or self._signs.parked:
            return Silence.WORKSHOP if self._signs.workshop else Silence.ASLEEP
        if self._foreign_ns is not None and now_ns - self._foreign_ns < FOREIGN_NS:
            return Silence.FOREIGN_TESTER
        if self.address_lost:
            return Silence.ADDRESS_LOST
        return self._asleep(now_ns) or self._weak(now_ns)

    def load(self, now_ns: int) -> float:
        """Share of the bus that others took in the last second."""
        while self._load and self._load[0][0] <= now_ns - WINDOW_NS:
            self._load_bits -= self._load.popleft()[1]
        return self._load_bits / self._bitrate

    def _asleep(self, now_ns: int) -> Silence | None:
        is_alive = self._alive_ns is not None and now_ns - self._alive_ns < PROOF_NS
        if self.manners.gateway and self._traffic_ns is None:
            return None if is_alive else Silence.ASLEEP
        if self._traffic_ns is None:
            return Silence.NOTHING_HEARD
        if now_ns - self._traffic_ns >= TRAFFIC_NS:
            return Silence.ASLEEP
        is_lent = self._woke_ns is not None and now_ns - self._woke_ns < LENT_NS
        return None if is_alive or is_lent else Silence.MAY_SLEEP

    def _weak(self, now_ns: int) -> Silence | None:
        volts = self._signs.volts
        if volts is not None and volts < self.manners.volts_min * _scale(volts):
            return Silence.LOW_VOLTAGE
        return Silence.BUS_BUSY if self.load(now_ns) > BUSY else None

    def _traffic(self, now_ns: int) -> None:
        if self._traffic_ns is None or now_ns - self._traffic_ns >= REST_NS:
            self._woke_ns = now_ns
            self.awakenings += 1
        self._traffic_ns = now_ns

    def _weigh(self, frame: Frame, now_ns: int) -> None:
        bits = frame_bits(len(frame.payload), extended=bool(frame.flags & EXTENDED))
        self._load.append((now_ns, bits))
        self._load_bits += bits
        self.load(now_ns)

    def _is_of_testers(self, frame: Frame) -> bool:
        """Whether it asks a unit or answers a tester."""
        extended = bool(frame.flags & EXTENDED)
        is_named = (frame.id, extended) in self._named
        return is_named or answering(frame) is not None or is_asking(frame.id, extended=extended)

    def _is_foreign(self, frame: Frame, now_ns: int) -> bool:
        extended = bool(frame.flags & EXTENDED)
        if extended and frame.id & 0xFF in OTHER_TESTERS and frame.id & 0xFF != self._address:
            return (frame.id >> 16) & 0xFF in _TESTERS_PF
        if not is_asking(frame.id, extended=extended):
            return False
        is_question = bool(frame.payload) and frame.payload[0] >> 4 in _SINGLE_OR_FIRST
        return is_question or now_ns >= self._open_until_ns

    def _error(self, frame: Frame, now_ns: int) -> None:
        self.errors += 1
        if now_ns >= self._open_until_ns:
            return
        if frame.id & _BUS_OFF:
            self._blame("the controller left the bus after we sent", now_ns, at_once=True)
        elif frame.id & _NO_ACKNOWLEDGE or (frame.id & _CONTROLLER and frame.payload[1:2] >= bytes([_SENDER_PASSIVE])):
            self._blame("nobody acknowledges what we send", now_ns, at_once=True)
        elif frame.id & _PROTOCOL:
            self._blame("frames are destroyed while we send", now_ns, at_once=self.probing)

    def _blame(self, why: str, now_ns: int, *, at_once: bool) -> None:
        self._errors.append(now_ns)
        is_often = len(self._errors) == ERRORS_MAX and now_ns - self._errors[0] < ERRORS_NS
        if self.bad_install is None and (at_once or is_often):
            self.bad_install = f"{why}: check the bit rate, the termination and that CAN-H and CAN-L are not exchanged"


def _scale(volts: float) -> float:
    """1 for a supply of 12 V, 2 for one of 24 V."""
    return 2.0 if volts >= HEAVY_VOLTS else 1.0
