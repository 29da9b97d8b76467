"""Sieve: which words of one sensor are believed. Pure.

    repeated      within a second of the one before: sensors say a thing several times, and nobody is to flood us
    implausible   no tyre holds that
    unconfirmed   the first word ever, or one that is far from what was believed last; believed once the next agrees

Anybody beside the road can advertise with the address of our sensor: no sensor signs what it says. One stray or false
word so changes nothing. Somebody who keeps on lying is believed, as he would be of any such sensor.
"""

from typing import Final

from edge.tyres.told import Told

S: Final = 1_000_000_000
PAUSE_NS: Final = S
REPEATED: Final = "repeated"
IMPLAUSIBLE: Final = "implausible"
UNCONFIRMED: Final = "unconfirmed"
CAUSES: Final = (REPEATED, IMPLAUSIBLE, UNCONFIRMED)
PRESSURES_KPA: Final = (-25.0, 1400.0)
"""A flat tyre has 0, less where absolute pressure is taken for one at sea level (2000 m: -22)."""
TEMPERATURES_C: Final = (-50.0, 130.0)
NEAR_KPA: Final = 20.0
NEAR_SHARE: Final = 0.05
"""Of the pressure; a truck's tyre has 900 kPa."""
NEAR_C: Final = 15.0
AGREE_NS: Final = 600 * S
"""So long a word waits for the one that agrees."""


class Sieve:
    """Takes word after word of one sensor, in the order of time."""

    def __init__(self) -> None:
        self.counters = dict.fromkeys(CAUSES, 0)
        self._heard_ns: int | None = None
        self._believed: Told | None = None
        self._waits: tuple[int, Told] | None = None

    def take(self, now_ns: int, told: Told) -> Told | None:
        """A word that came now (ns, monotonic), if it is believed; None: it is not, and counted."""
        why = self._refused(now_ns, told)
        if why is not None:
            self.counters[why] += 1
            return None
        self._believed, self._waits = told, None
        return told

    def _refused(self, now_ns: int, told: Told) -> str | None:
        if self._heard_ns is not None and now_ns - self._heard_ns < PAUSE_NS:
            return REPEATED
        self._heard_ns = now_ns
        if not _is_plausible(told):
            return IMPLAUSIBLE
        if self._believed is not None and _are_near(self._believed, told):
            return None
        waits, self._waits = self._waits, (now_ns, told)
        if waits is not None and now_ns - waits[0] <= AGREE_NS and self._goes_on(waits[1], told):
            return None
        return UNCONFIRMED

    def _goes_on(self, first: Told, second: Told) -> bool:
        """Whether a word agrees with the one before, or goes on as it went: a tyre that bursts never stands still."""
        if _are_near(first, second):
            return True
        if self._believed is None:
            return False
        before = self._believed.pressure_kpa
        went, goes = first.pressure_kpa - before, second.pressure_kpa - first.pressure_kpa
        return went * goes > 0.0 and _near_c(first, second)


def _is_plausible(told: Told) -> bool:
    warmth = told.temperature_c
    is_warm = warmth is None or TEMPERATURES_C[0] <= warmth <= TEMPERATURES_C[1]
    return is_warm and PRESSURES_KPA[0] <= told.pressure_kpa <= PRESSURES_KPA[1]


def _are_near(one: Told, other: Told) -> bool:
    near_kpa = max(NEAR_KPA, NEAR_SHARE * one.pressure_kpa)
    return abs(one.pressure_kpa - other.pressure_kpa) <= near_kpa and _near_c(one, other)


def _near_c(one: Told, other: Told) -> bool:
    if one.temperature_c is None or other.temperature_c is None:
        return True
    return abs(one.temperature_c - other.temperature_c) <= NEAR_C
