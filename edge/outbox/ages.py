"""The outbox's own time, by which messages grow old: it only goes on, and no clock that is wrong can hurry it.

A wall clock cannot say how old a message is: a box without an RTC boots in 1970, a receiver may jump by a thousand
weeks, and a message of a recording was observed years before it was put in. So a message grows older by what the daemon
runs, counted by a clock that does not jump; and by what the box was off, where the wall clock was synced before and is
again, `OFF_MAX_S` at most for each time. A message may seem younger than it is (nobody says how long a box without the
time was off), which keeps it longer; it never seems older, but by a clock that lies while it says that it is synced,
and then by `OFF_MAX_S` for each start.
"""

import zlib
from collections.abc import Callable
from typing import Final, NamedTuple

OFF_MAX_S: Final = 30 * 86_400
"""How long a box may have been off, as far as ages are concerned."""
KEEP_S: Final = 300
"""How often the time is kept in the file; a daemon that is killed loses so much of it at most."""


class Moment(NamedTuple):
    """What the clocks of the box say."""

    monotonic_s: float
    wall_s: float | None
    """Since 1970; None while nobody knows that it is right."""


Now = Callable[[], Moment]


class OwnTime:
    """Seconds since the outbox was born; without clocks they stand still, and nothing grows old."""

    def __init__(self, now: Now | None, kept: str | None) -> None:
        """Goes on from what `to_keep` gave; from 0 when that is damaged: what waits then is young."""
        self._now = now
        self._begun_s, self._seen_s, self._seen_wall_s = _read(kept)
        self._began_s = now().monotonic_s if now else 0.0
        self._keep_at_s = self._begun_s
        self._is_told = kept is None
        """Whether it is known how long the box was off; a new file has nothing that could be old."""

    def __call__(self) -> int:
        """What it is now."""
        if self._now is None:
            return int(self._begun_s)
        moment = self._now()
        own_s = self._begun_s + max(0.0, moment.monotonic_s - self._began_s)
        if moment.wall_s is None:
            return int(own_s)
        if not self._is_told and self._seen_wall_s is not None:
            off_s = (moment.wall_s - self._seen_wall_s) - (own_s - self._seen_s)
            off_s = min(max(0.0, off_s), OFF_MAX_S)
            self._begun_s += off_s
            own_s += off_s
        self._is_told = True
        self._seen_s, self._seen_wall_s = own_s, moment.wall_s
        return int(own_s)

    def to_keep(self, *, at_the_end: bool = False) -> str | None:
        """What the file should say by now; None while that is not worth a page, or nothing goes on."""
        own_s = self()
        if self._now is None or (own_s < self._keep_at_s and not at_the_end):
            return None
        self._keep_at_s = own_s + KEEP_S
        wall = "" if self._seen_wall_s is None else str(int(self._seen_wall_s))
        return _written(f"{own_s} {int(self._seen_s)} {wall}")


def _written(text: str) -> str:
    return f"{text} {zlib.crc32(text.encode())}"


def _read(kept: str | None) -> tuple[float, float, float | None]:
    text = (kept or "").rpartition(" ")[0]
    if not text or kept != _written(text):
        return 0.0, 0.0, None
    own, seen, wall = text.split(" ")
    return float(own), float(seen), float(wall) if wall else None
