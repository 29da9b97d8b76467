"""Tallies: how much each campaign has collected, and whether it may collect more today."""

import json
import threading
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

from edge.frames import NANOSECONDS

DAY_NS: Final = 24 * 3600 * NANOSECONDS


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one campaign, since it was taken on."""

    windows: int = 0
    missed: int = 0
    """Windows that did not begin, or lack what there was no room or no bytes for."""
    bytes: int = 0
    day: int = 0
    """Of UTC since 1970, by the axis."""
    spent: int = 0
    """Bytes on that day."""
    full: bool = False
    """A block did not fit into what was left of that day."""
    begun: int | None = None
    """When the last window began, ns."""


class Tallies:
    """By campaign; any thread."""

    def __init__(self, kept: bytes | None = None) -> None:
        """`kept`: what `packed` gave in an earlier run."""
        self._lock = threading.Lock()
        self._of = _unpacked(kept)

    def of(self, campaign: str) -> Tally:
        """As it stands."""
        with self._lock:
            return self._of.get(campaign, Tally())

    def keep_only(self, campaigns: Collection[str]) -> None:
        """Forget the others."""
        with self._lock:
            self._of = {one: tally for one, tally in self._of.items() if one in campaigns}

    def began(self, campaign: str, at: int) -> None:
        """A window begins."""
        with self._lock:
            tally = self._of.get(campaign, Tally())
            self._of[campaign] = replace(tally, windows=tally.windows + 1, begun=at)

    def missed(self, campaign: str, at: int) -> None:
        """A window should have begun at this moment (ns), and did not, or is cut short."""
        with self._lock:
            tally = self._of.get(campaign, Tally())
            self._of[campaign] = replace(tally, missed=tally.missed + 1, begun=at)

    def is_spent(self, campaign: str, at: int) -> bool:
        """Whether nothing more may be collected on the day of this moment (ns)."""
        tally = self.of(campaign)
        return tally.full and tally.day == at // DAY_NS

    def spend(self, campaign: str, size: int, at: int, *, most: int) -> bool:
        """Take bytes from what is left of the day of this moment (ns); False: so many are not left, and none is taken.

        An earlier day than the last counts as that: nobody gains bytes by a clock that goes back.
        """
        with self._lock:
            tally = self._of.get(campaign, Tally())
            day = at // DAY_NS
            if day > tally.day:
                tally = replace(tally, day=day, spent=0, full=False)
            if tally.spent + size > most:
                self._of[campaign] = replace(tally, full=True, missed=tally.missed + 1)
                return False
            self._of[campaign] = replace(tally, spent=tally.spent + size, bytes=tally.bytes + size)
            return True

    def packed(self) -> bytes:
        """To be remembered."""
        with self._lock:
            return json.dumps({one: asdict(tally) for one, tally in self._of.items()}).encode()


def _unpacked(kept: bytes | None) -> dict[str, Tally]:
    """What cannot be read is begun anew, as of a campaign that was never seen."""
    try:
        known = json.loads(kept or b"{}")
        return {str(one): _tally(said) for one, said in known.items()}
    except (ValueError, TypeError, AttributeError, KeyError):
        return {}


def _tally(said: Mapping[str, object]) -> Tally:
    numbers = {name: said[name] for name in ("windows", "missed", "bytes", "day", "spent")}
    begun = said["begun"]
    if not all(isinstance(one, int) for one in numbers.values()) or not isinstance(begun, int | None):
        raise ValueError("no tally")
    return Tally(**numbers, full=bool(said["full"]), begun=begun)  # type: ignore[arg-type]  # looked at above
