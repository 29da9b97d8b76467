"""CrankWatch: which readings of the supply are handed on, and how soon the next one is wanted. Pure.

    at rest, or charged    a mean each second; nobody needs more
    cranking               every reading, and each new minimum at its own moment; when it is over, how deep it was

While nothing charges the battery the next start may come at any moment, and the deepest point of it lies within its
first 50 ms: so it is read 125 times a second then, and ten times a second while it is charged. After ten quiet
minutes it is ten times a second as well, until a door, a lamp or a control unit moves it.
"""

import math
from collections.abc import Iterator
from typing import Final

from edge.measured import CRANK_DROP, CRANK_MINIMUM, VOLTS, Reading
from edge.supply.nominal import Nominal

S: Final = 1_000_000_000
FAST_NS: Final = S // 125
"""A hundred a second, and some to spare for a board that is busy."""
SLOW_NS: Final = S // 10
MEAN_NS: Final = S
CHARGED_VOLTS: Final = 13.0
"""A battery at rest has less an hour after its charge; the limits here are those of 12 V, twice that at 24 V."""
DIP_VOLTS: Final = 0.8
"""A starter pulls a healthy battery down by 1.5 V and more; lamps and a heated window by half a volt."""
START_VOLTS: Final = 1.5
"""Less was lamps, glow plugs or a window, and no start is told of."""
OVER_VOLTS: Final = 0.3
"""So near to where it was the start is over."""
CRANK_MAX_NS: Final = 15 * S
"""Longer no starter turns: something else loads the battery, and what it has now is its rest."""
QUIET_NS: Final = 600 * S
STIR_VOLTS: Final = 0.1
REST_S: Final = 2.0
"""Time constant of what it was before the dip."""
HIGHEST: Final = 40.0
"""Volts; more or less than nothing is no supply but a wire that hangs in the air, or a wrong divider."""
IMPLAUSIBLE: Final = "implausible"
CRANKS: Final = "cranks"


class CrankWatch:
    """Takes reading after reading, in the order of time."""

    def __init__(self, nominal: Nominal) -> None:
        self.nominal = nominal
        self.counters = {IMPLAUSIBLE: 0, CRANKS: 0}
        self._before: float | None = None
        self._rest: float | None = None
        self._at_ns = 0
        self._began_ns: int | None = None
        """Of the start that goes on; None: none does."""
        self._minimum = math.inf
        self._sum, self._count, self._told_ns = 0.0, 0, 0
        self._stirred_ns: int | None = None
        self._still = math.nan

    @property
    def is_cranking(self) -> bool:
        """Whether a starter turns, by what it does to the supply."""
        return self._began_ns is not None

    @property
    def pause_ns(self) -> int:
        """How soon after the last reading the next one is wanted."""
        if self.is_cranking or self._rest is None:
            return FAST_NS
        is_quiet = self._stirred_ns is not None and self._at_ns - self._stirred_ns >= QUIET_NS
        return SLOW_NS if is_quiet or self._rest >= CHARGED_VOLTS * self.nominal.scale else FAST_NS

    def take(self, time_ns: int, volts: float) -> list[Reading]:
        """One more reading; what is handed on of it and of those before."""
        if not 0.0 <= volts <= HIGHEST:
            self.counters[IMPLAUSIBLE] += 1
            return []
        self.nominal.take(volts)
        passed_ns, self._at_ns = time_ns - self._at_ns, time_ns
        before, self._before = self._before, volts
        if before is None or self._rest is None:
            self._rest, self._told_ns, self._stirred_ns, self._still = volts, time_ns, time_ns, volts
            return [Reading(time_ns, VOLTS, volts)]
        sure = max(volts, before)  # of two on end, so that one that is wrong is no start
        if abs(sure - self._still) > STIR_VOLTS * self.nominal.scale:
            self._stirred_ns, self._still = time_ns, sure
        return list(self._told(time_ns, volts, before, passed_ns))

    def _told(self, time_ns: int, volts: float, before: float, passed_ns: int) -> Iterator[Reading]:
        rest, scale, sure = self._rest or volts, self.nominal.scale, max(volts, before)
        if self._began_ns is None and sure < rest - DIP_VOLTS * scale:
            self._began_ns, self._minimum = time_ns, math.inf
            self.counters[CRANKS] += 1
        if self._began_ns is None:
            gain = -math.expm1(-passed_ns / S / REST_S)
            self._rest = rest + gain * (volts - rest)
            yield from self._mean(time_ns, volts)
            return
        self._sum, self._count, self._told_ns = 0.0, 0, time_ns
        yield Reading(time_ns, VOLTS, volts)
        if sure < self._minimum:
            self._minimum = sure
            yield Reading(time_ns, CRANK_MINIMUM, sure)
        if min(volts, before) >= rest - OVER_VOLTS * scale:
            self._began_ns = None
            if rest - self._minimum >= START_VOLTS * scale:
                yield Reading(time_ns, CRANK_DROP, rest - self._minimum)
        elif time_ns - self._began_ns >= CRANK_MAX_NS:
            self._began_ns, self._rest = None, volts

    def _mean(self, time_ns: int, volts: float) -> Iterator[Reading]:
        self._sum, self._count = self._sum + volts, self._count + 1
        if time_ns - self._told_ns >= MEAN_NS:
            yield Reading(time_ns, VOLTS, self._sum / self._count)
            self._sum, self._count, self._told_ns = 0.0, 0, time_ns
