"""Learned: what is known of one vehicle."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.evidence import Known
from edge.detect.sensors.expectation import Scales
from edge.detect.sensors.kinds import BY_ITSELF, KINDS
from edge.detect.sensors.limits import Maxima, limits_of
from edge.detect.sensors.places import Gears, Places
from edge.detect.sensors.plan import Plan
from edge.detect.sensors.widening import widening

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

EXPLAINED_MIN: Final = 0.2
"""Of a signal's variance; less is no expectation."""


@dataclass(slots=True)
class Learned:
    """What is known of one vehicle; all arrays by channel."""

    scales: Scales
    coefficients: Float64s
    """(channels, regressors)."""
    certain: Float64s
    """Error of a certain expert, in the signal's unit."""
    stretch: Float64s
    """What experts' errors are multiplied by, to be those of this vehicle in all."""
    widening: Float64s
    """(channels, regressors), and from moment to moment."""
    widened_stretch: Float64s
    """What they are multiplied by besides that."""
    last_digit: Float64s
    """How finely the signal is told, in its unit: a smaller error is not worth an alarm."""
    explained: Float64s
    """Share of the signal's variance that is expected; NaN where it was not heard."""
    places: Places
    gears: Gears | None
    maxima: Maxima

    @property
    def known(self) -> Known:
        """What evidence is measured by."""
        return Known(self.certain * self.stretch, self.places, self.gears)

    @property
    def heard(self) -> Bools:
        """Channels that this vehicle has."""
        return ~np.isnan(self.explained)

    @property
    def usable(self) -> Bools:
        """Channels that can be expected on this vehicle."""
        return np.nan_to_num(self.explained) >= EXPLAINED_MIN

    def limits(self, per_hour: float, plan: Plan, margin: float = 1.0) -> Float64s:
        """(kinds, channels): see limits_of; tolerances are the plan's.

        Infinite for a signal that was not heard, for one that cannot be expected, in all that goes by that, and for
        kinds that the plan is without.
        """
        by_itself = np.array([kind in BY_ITSELF for kind in KINDS])
        asked = np.array([kind not in plan.without for kind in KINDS])
        return limits_of(
            self.maxima,
            per_hour=per_hour,
            looked_at=asked[:, None] & self.heard & (by_itself[:, None] | self.usable),
            certain=np.maximum(self.known.certain, self.last_digit),
            tolerance=np.array([channel.tolerance for channel in plan.channels]),
            margin=margin,
        )

    def error(self, told: Float64s, regressors: Float64s) -> Float64s:
        """Standard errors, (..., channels), of what experts tell of their own error in a moment of such regressors."""
        return np.fmax(told, self.certain) * self.widened_stretch * widening(regressors, self.widening)
