"""From where on driving is harsh: for cars and for heavy vehicles.

No standard says what harsh is, and vendors differ by two: GPS Insight recommends 0.37 g to accelerate, 0.38 g to brake
and to turn for vehicles of up to 2.7 t, Digital Matter's trackers begin at 4.4 m/s² and 5.5 m/s², Geotab's scale for
braking runs from 0.47 g to 0.61 g, Verizon Connect calls 9 mph within a second (4.0 m/s²) severe. Ours are between
them. Braking is held against what brakes must do at least: a mean of 6.43 m/s² for cars (UN R13-H, annex 3) and
5.0 m/s² for trucks and buses (UN R13, annex 4): two thirds of that is harsh. Laden trucks turn over from 0.35 to 0.4 g
(C. Winkler, Rollover of heavy commercial vehicles, UMTRI 1999), so 0.3 g is near enough.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class StyleLimits:
    """What is harsh, and what no such vehicle can do; in m/s² unless the name says otherwise."""

    braking: float
    acceleration: float
    cornering: float
    grip: float
    """More than tyres hold: no braking or cornering is, a wheel or a sensor is wrong."""
    pull: float
    """More than engines give: a wheel spins or a sensor is wrong."""
    at_least_s: float = 0.5
    """Shorter is a bump, a wheel that slips, or a sensor."""
    overspeed_kmh: float | None = None
    """None: nobody set a limit, so overspeed is unknown."""
    overspeed_after_s: float = 5.0
    """An overtaking that is quickly over is none."""
    overspeed_margin_kmh: float = 3.0
    """It is over so much below the limit."""


CAR: Final = StyleLimits(braking=4.4, acceleration=3.6, cornering=4.5, grip=11.0, pull=7.0)
"""Cars and vans."""
HEAVY: Final = StyleLimits(braking=3.2, acceleration=2.0, cornering=2.9, grip=8.0, pull=4.0)
"""Trucks and buses."""
