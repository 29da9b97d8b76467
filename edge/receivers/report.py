"""Report: what a receiver says of one moment, whoever wrote it; unknown is None."""

from dataclasses import dataclass
from typing import Final

NO_FIX: Final = 1
FIX_2D: Final = 2
FIX_3D: Final = 3


@dataclass(frozen=True, slots=True)
class Report:
    """One moment of a receiver."""

    mode: int
    """0, 1: no fix; 2: without altitude; 3."""
    time_s: float | None = None
    """UTC by the receiver, since 1970; of one that knows no date, of the day."""
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    accuracy_m: float | None = None
    """One standard deviation, horizontal."""
    altitude_m: float | None = None
    """Above mean sea level."""
    speed_mps: float | None = None
    heading_deg: float | None = None
    """Over ground, from north."""
