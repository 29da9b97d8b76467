"""Listing: who among those that are heard sits on a tyre, for whoever has to find out which is which."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from edge.tyres.formats import told
from edge.tyres.told import Advertisement, Radio, Told

SENSORS_MAX: Final = 64
"""A car park is full of them."""
CHANGED_KPA: Final = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """What is worth saying of one sensor."""

    address: str
    wheel: str
    """Where it is configured to be; "" for nowhere."""
    told: Told
    since_kpa: float
    """How its pressure differs from the first that was heard; 0 at first."""

    def text(self) -> str:
        """For a person."""
        said = self.told
        warmth = "    ?" if said.temperature_c is None else f"{said.temperature_c:5.0f}"
        battery = "?"
        if said.battery_percent is not None:
            battery = f"{said.battery_percent:.0f} %"
        elif said.battery_v is not None:
            battery = f"{said.battery_v:.1f} V"
        change = f"{self.since_kpa:+.0f}" if self.since_kpa else ""
        where = self.wheel or "-"
        return f"{self.address}  {where:18}{said.pressure_kpa:6.0f} kPa {change:>6} {warmth} °C   battery {battery}"


class Listing:
    """Takes advertisement after advertisement; as they come, not as they are believed."""

    def __init__(self, wheels: Mapping[str, str]) -> None:
        """`wheels`: the address of each sensor that is configured, by the name of its wheel."""
        self.counters: Counter[str] = Counter()
        """`sensors`, `too_many` of them, and `others` that advertise."""
        self._wheels = {address: wheel for wheel, address in wheels.items()}
        self._first: dict[str, Told] = {}
        self._last: dict[str, float] = {}

    def take(self, heard: Advertisement) -> Line | None:
        """What is new of a sensor; None: this is none, or says what it said."""
        said = told(heard)
        if said is None:
            self.counters["others"] += 1
            return None
        if heard.address not in self._first and len(self._first) >= SENSORS_MAX:
            self.counters["too_many"] += 1
            return None
        first = self._first.setdefault(heard.address, said)
        self.counters["sensors"] = len(self._first)
        last_kpa = self._last.get(heard.address, math.inf)
        if abs(said.pressure_kpa - last_kpa) < CHANGED_KPA:
            return None
        self._last[heard.address] = said.pressure_kpa
        wheel = self._wheels.get(heard.address, "")
        return Line(heard.address, wheel, said, said.pressure_kpa - first.pressure_kpa)


def lines(
    radio: Radio, listing: Listing, *, until_s: float, now_s: Callable[[], float], turn_s: float = 0.5
) -> Iterator[Line]:
    """What is heard until then (s, of `now_s`), as it is heard.

    Raises:
        BusDown: nobody listens any more.
    """
    while (left_s := until_s - now_s()) > 0:
        for heard in radio.heard(min(left_s, turn_s)):
            if (line := listing.take(heard)) is not None:
                yield line
