"""Judges each tick of a trip: from acceleration sensors where there are some, else from speed, yaw rate or heading."""

import math
from typing import Final

from edge.doing import SPEED
from edge.frames import NANOSECONDS
from edge.gauges import Gauge, Panel
from edge.history import NEVER
from edge.style.change import GAP_NS, Change, Mean
from edge.style.limits import StyleLimits
from edge.style.manners import Manners, StyleEvent, StyleKind, Worst
from edge.style.manoeuvre import Manoeuvre, Overspeed

LONGITUDINAL: Final = "Vehicle.Acceleration.Longitudinal"
LATERAL: Final = "Vehicle.Acceleration.Lateral"
YAW: Final = "Vehicle.AngularVelocity.Yaw"
HEADING: Final = "Vehicle.CurrentLocation.Heading"
STYLE_PATHS: Final = (SPEED, LONGITUDINAL, LATERAL, YAW, HEADING)
"""What is looked at."""
SPEED_SLACK_KMH: Final = 2.0
"""OBD tells whole km/h (SAE J1979, PID 0D)."""
TURNING_KMH: Final = 15.0
"""Slower than this nothing corners hard, and a heading from positions is noise."""
YAW_DEGPS: Final = 90.0
"""A skid turns faster; no manoeuvre does."""
HEADING_SLACK_DEG: Final = 5.0
UNKNOWN: Final = float("nan")


class StyleJudge:
    """Follows one trip from tick to tick."""

    def __init__(self, limits: StyleLimits, panel: Panel) -> None:
        """`panel`: has the gauges of STYLE_PATHS, and is read before each `update`."""
        kinds, least = StyleKind, limits.at_least_s
        self._panel = panel
        self._speed, self._sensor, self._lateral, self._yaw, self._heading = (panel[path] for path in STYLE_PATHS)
        self._seen = dict.fromkeys(STYLE_PATHS, NEVER)
        self._gain = Change(-3.6 * limits.grip, 3.6 * limits.pull, slack=SPEED_SLACK_KMH)
        self._turn = Change(-YAW_DEGPS, YAW_DEGPS, slack=HEADING_SLACK_DEG, turns=360.0)
        self._means = {path: Mean(limits.grip) for path in (LONGITUDINAL, LATERAL)} | {YAW: Mean(YAW_DEGPS)}
        self._braking = Manoeuvre(kinds.HARSH_BRAKING, limits.braking, at_least_s=least, speed_turns=-1)
        self._pulling = Manoeuvre(kinds.HARSH_ACCELERATION, limits.acceleration, at_least_s=least, speed_turns=1)
        self._cornering = Manoeuvre(kinds.HARSH_CORNERING, limits.cornering, at_least_s=least)
        self._grip, self._pull = limits.grip, limits.pull
        self._overspeed = (
            None
            if limits.overspeed_kmh is None
            else Overspeed(
                limits.overspeed_kmh, after_s=limits.overspeed_after_s, margin_kmh=limits.overspeed_margin_kmh
            )
        )
        self._counts = dict.fromkeys(StyleKind, 0)
        self._worst = Worst()

    def update(self) -> None:
        """Take in the tick that the panel was read at."""
        self._along()
        self._across()
        speed = self._speed
        if self._overspeed is not None and (speed.value > 0.0 or not speed.is_known):
            at = speed.at if speed.is_known else self._panel.until
            self._told(self._overspeed.take(at, speed.value))

    def end(self) -> Manners:
        """The trip is over: what it tells."""
        following = (self._braking, self._pulling, self._cornering, self._overspeed)
        for one in following:
            self._told(one.end() if one is not None else None)
        judged = zip(StyleKind, following, strict=True)
        return Manners(
            counts={kind: self._counts[kind] if one is not None and one.judged else None for kind, one in judged},
            overspeed_s=self._overspeed.lasted_s if self._overspeed is not None and self._overspeed.judged else None,
            events=self._worst.told(),
            left_out=self._worst.left_out,
        )

    def _along(self) -> None:
        """Braking and accelerating: what a sensor says, where one is heard; else what the speed gains."""
        speed, sensor = self._speed, self._sensor
        gained = UNKNOWN
        if self._is_new(speed):
            gained = self._gain.take(speed.at, speed.value) / 3.6
        if sensor.is_known:
            checked = speed.value if _comes_often(speed) else UNKNOWN
            self._judge_along(sensor.at, self._mean(sensor), speed.value, checked)
        else:
            self._judge_along(speed.at, gained, self._gain.before, speed.value)

    def _judge_along(self, at: int, gained: float, before_kmh: float, now_kmh: float) -> None:
        if not -self._grip <= gained <= self._pull:
            at, gained = self._panel.until, UNKNOWN
        self._told(self._braking.take(at, -gained, before_kmh, now_kmh))
        self._told(self._pulling.take(at, gained, before_kmh, now_kmh))

    def _across(self) -> None:
        at, pushed = self._pushed()
        speed = self._speed.value
        if speed < TURNING_KMH and not math.isnan(pushed):
            pushed = 0.0
        if not pushed <= self._grip:
            at, pushed = self._panel.until, UNKNOWN
        self._told(self._cornering.take(at, pushed, speed, speed))

    def _pushed(self) -> tuple[int, float]:
        """To either side (m/s²), and when: by a sensor, by yaw rate and speed, or by heading and speed."""
        metres_per_s = self._speed.value / 3.6
        if self._lateral.is_known:
            return self._lateral.at, abs(self._mean(self._lateral))
        if self._yaw.is_known:
            return self._yaw.at, abs(math.radians(self._mean(self._yaw))) * metres_per_s
        heading = self._heading
        if not self._is_new(heading):
            return heading.at, UNKNOWN
        return heading.at, abs(math.radians(self._turn.take(heading.at, heading.value))) * metres_per_s

    def _mean(self, gauge: Gauge) -> float:
        return self._means[gauge.path].take(gauge.at, gauge.value) if self._is_new(gauge) else UNKNOWN

    def _is_new(self, gauge: Gauge) -> bool:
        """Whether it was heard since the last tick."""
        if not gauge.is_known or gauge.at == self._seen[gauge.path]:
            return False
        self._seen[gauge.path] = gauge.at
        return True

    def _told(self, event: StyleEvent | None) -> None:
        if event is not None:
            self._counts[event.kind] += 1
            self._worst.add(event)


def _comes_often(gauge: Gauge) -> bool:
    return gauge.period_s is not None and gauge.period_s * NANOSECONDS <= GAP_NS / 2
