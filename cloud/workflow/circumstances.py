"""What a visit has to heed besides the work: where the vehicle is, what its owner prefers, how long the part lasts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud.health.model import Lifetime
from cloud.scheduling.model import Life, Place, Preferences, VehiclePreferences, Work
from edge.wire.topics import Address

DUE_WITHIN: Final = timedelta(days=1)
"""What is due now has at most so long: the interval of a lifetime may be empty, that of a plan may not."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Of one visit, as far as they are known."""

    place: Place | None
    preferences: Preferences
    life: Life | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Whom to ask."""

    place_of: Callable[[Address], tuple[float, float] | None]
    """Where the vehicle said last that it is, in degrees north and east."""
    preferences_of: Callable[[Address], VehiclePreferences]
    lifetimes_of: Callable[[Address], Sequence[Lifetime]]

    def of(self, address: Address, work: Work, now: datetime) -> Circumstances:
        """The circumstances of a visit for this work.

        Raises:
            NotFound: the vehicle was never heard.
        """
        told, wanted = self.place_of(address), self.preferences_of(address)
        place = wanted.base if told is None else Place(*told)
        return Circumstances(place, wanted.preferences, life_of(work, self.lifetimes_of(address), now))


def life_of(work: Work, lifetimes: Sequence[Lifetime], now: datetime) -> Life | None:
    """How long what the work replaces still lasts; None: unknown, or no end in sight. Of several the first to fail."""
    ends = [
        (one.low_days, one.high_days)
        for one in lifetimes
        if one.part in work.parts and one.low_days is not None and one.high_days is not None
    ]
    if not ends:
        return None
    low, high = (timedelta(days=days) for days in min(ends))
    return Life(now + low, now + max(high, low + DUE_WITHIN))
