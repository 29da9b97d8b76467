"""Quiet hours in a person's wall time, also when the clocks change. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_DAY: Final = timedelta(days=1)
_NIGHTS_MAX: Final = 4
"""Nights that touch, because less than the hour that the clocks skip lies between them."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when until when on each day a person is left alone; over midnight where `until_at` is the earlier."""

    from_at: time
    until_at: time
    zone: str
    """IANA."""

    def __post_init__(self) -> None:
        if self.from_at == self.until_at:
            raise ValueError("quiet hours end when they begin: leave them out, or switch the contact off")

    def until(self, moment: datetime) -> datetime | None:
        """When the quiet that a moment lies in is over, in UTC; None: it lies in none.

        When the clocks change, quiet hours are as long as any reading of them: of a wall time that comes twice they
        begin with the first and end with the second, and a skipped one does not cut them short.
        """
        end = moment
        for _ in range(_NIGHTS_MAX):
            reached = [until for since, until in self._nights(end) if since <= end < until]
            if not reached:
                break
            end = max(reached)
        return None if end == moment else end.astimezone(UTC)

    def _nights(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.zone)
        today = moment.astimezone(zone).date()
        over_midnight = self.until_at < self.from_at
        for day in (today - _DAY, today, today + _DAY):
            end_day = day + _DAY if over_midnight else day
            yield min(_readings(day, self.from_at, zone)), max(_readings(end_day, self.until_at, zone))


def _readings(day: date, wall: time, zone: ZoneInfo) -> list[datetime]:
    """The moments that a wall time can mean: two where the clocks change, else twice the same."""
    return [datetime.combine(day, wall.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1)]
