"""Budget: how many bytes a day may cost on metered networks, and what waits when they are nearly spent. Pure.

Beyond `BULK_SHARE` of the day's bytes blocks wait, and what a bundle is asked for with, beyond `RECORD_SHARE` records;
alerts and trouble codes always go, and count. What waits is sent on the next day, or over a network that is not
metered.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from edge.wire.envelope import STREAM_OF, StreamClass
from edge.wire.topics import Kind

BULK_SHARE: Final = 0.7
RECORD_SHARE: Final = 0.9
ALWAYS: Final = frozenset({Kind.ALERT, Kind.DTC})
"""What goes whatever it costs."""
BRINGS_BULK: Final = frozenset({Kind.FETCH})
"""Small, and answered by what is not."""
DAY_S: Final = 86_400
KEPT: Final = "link.budget"
"""The name under which the outbox remembers what was spent."""
_KEEP_SHARE: Final = 0.02
"""So much of the day's bytes may be spent before it is kept again: what a killed daemon forgets at most."""
_KEEP_S: Final = 600.0
"""And so long may pass: flash does not like more."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the owner is willing to pay for."""

    bytes_a_day: int = 0
    """Over metered networks; 0: no limit."""
    metered: tuple[str, ...] = ()
    """Patterns of the interfaces that are. An unknown one is metered where there are any: to be wrong that way costs
    time, the other way money."""
    bulk_when_metered: bool = True


class Budget:
    """Counts what goes over metered networks today, and says what may go now.

    A day is one of UTC where the clock is trusted, else 24 h of running since the last one began.
    """

    def __init__(
        self,
        allowance: Allowance,
        *,
        monotonic: Callable[[], float],
        utc_day: Callable[[], int | None],
        kept: bytes | None = None,
    ) -> None:
        """`utc_day` counts days since 1970, None while nobody knows; `kept` is what `to_keep` gave last."""
        self._allowance = allowance
        self._monotonic = monotonic
        self._utc_day = utc_day
        self._day, self._spent, ran_s = _read(kept)
        self._began_s = monotonic() - ran_s
        self._is_metered = False
        self._published = 0
        self._charged = 0
        self._kept_spent = self._spent
        self._kept_at_s = monotonic()

    @property
    def spent(self) -> int:
        """Bytes over metered networks today."""
        self._turn_the_day()
        return self._spent

    def begin(self, interface: str | None) -> None:
        """A session begins on this interface; None: unknown."""
        patterns = self._allowance.metered
        self._is_metered = bool(patterns) and (
            interface is None or any(fnmatchcase(interface, pattern) for pattern in patterns)
        )
        self._published = self._charged = 0

    def publish(self, size: int) -> None:
        """So much of the session is given to the network: counted now, since it may take minutes to get through."""
        self._published += size
        self._charge(self._published)

    def measure(self, session_bytes: int | None) -> None:
        """What the session has cost in all by the kernel's word, if it gives one."""
        if session_bytes is not None:
            self._charge(session_bytes)

    def open_kinds(self, stream_class: StreamClass) -> frozenset[Kind]:
        """Those kinds of a class that may go now."""
        return frozenset(kind for kind in Kind if STREAM_OF[kind] is stream_class and self.allows(kind, 0))

    def allows(self, kind: Kind, size: int) -> bool:
        """Whether a message of a kind may go now."""
        if kind in ALWAYS or not self._is_metered:
            return True
        is_bulk = STREAM_OF[kind] is StreamClass.BULK or kind in BRINGS_BULK
        if is_bulk and not self._allowance.bulk_when_metered:
            return False
        if not self._allowance.bytes_a_day:
            return True
        share = BULK_SHARE if is_bulk else RECORD_SHARE
        return self.spent + size < share * self._allowance.bytes_a_day

    def to_keep(self, *, at_the_end: bool = False) -> bytes | None:
        """What should outlive a restart by now; None while that is not worth a write, or nothing is limited."""
        spent, now_s = self.spent, self._monotonic()
        if not self._allowance.bytes_a_day or spent == self._kept_spent:
            return None
        is_much = abs(spent - self._kept_spent) >= _KEEP_SHARE * self._allowance.bytes_a_day
        if not (is_much or at_the_end or now_s - self._kept_at_s >= _KEEP_S):
            return None
        self._kept_spent, self._kept_at_s = spent, now_s
        return json.dumps({"day": self._day, "spent": spent, "ran_s": now_s - self._began_s}).encode()

    def _charge(self, session_bytes: int) -> None:
        more = max(0, session_bytes - self._charged)
        self._charged += more
        if self._is_metered:
            self._turn_the_day()
            self._spent += more

    def _turn_the_day(self) -> None:
        today = self._utc_day()
        if today is None:
            is_over = self._monotonic() - self._began_s >= DAY_S
        else:  # a day that was begun without the time, or by a clock that was ahead, goes on as this one
            is_over = self._day is not None and today > self._day
        if is_over:
            self._spent = 0
            self._began_s = self._monotonic()
        if is_over or today is not None:
            self._day = today


def estimated(topic: str, payload: bytes) -> int:
    """What a message costs at QoS 1 where nobody measures: MQTT's and TLS's frames, and segments both ways.

    An estimate: 9 bytes of PUBLISH and 29 of a TLS record; for each full segment of 1,400 bytes 52 of headers, and as
    much for what the receiver says to it; a PUBACK of 4 bytes in a record and a segment of its own.
    """
    size = len(topic) + len(payload) + 38
    return size + 2 * 52 * (1 + size // 1400) + 33 + 52


def _read(kept: bytes | None) -> tuple[int | None, int, float]:
    try:
        told = json.loads(kept or b"{}")
        day, spent, ran_s = told.get("day"), int(told.get("spent", 0)), float(told.get("ran_s", 0.0))
    except (ValueError, TypeError, AttributeError):  # the disk has changed it: the day begins anew
        return None, 0, 0.0
    return (day if isinstance(day, int) else None), max(0, spent), min(max(0.0, ran_s), float(DAY_S))
