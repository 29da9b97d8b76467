"""TamperDetector: what happened to the box or the vehicle that no driving explains.

    box_power_lost     the box lost its power in the middle of something: it was not shut down, and is started again
    box_unplugged      the supply is gone, while the box lives on a reserve
    tilted_while_parked  it lies otherwise than when it was parked
    moved_while_off    the vehicle is not where it was left, and did not drive there
    other_vehicle      another vehicle names itself than the one that this box belongs to

Which of them can be judged depends on what is known: without a supply, a receiver or a number nothing is said, and what
was not known before is no change. What no frame tells (how the last run ended, where the vehicle was left, which number
was read) the daemon says; a replay has none of it, and finds nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import acos, degrees, hypot, isnan
from typing import Final, Literal

from edge.detect.finding import Concern, Finding, Verdict
from edge.doing import MOVING_KMH, SPEED
from edge.frames import NANOSECONDS
from edge.history import NOTHING, Smoothing, Window
from edge.measured import GRAVITY, VIBRATION, VOLTS
from edge.whereabouts import ACCURACY, Fix, distance_m

Ended = Literal["sealed", "killed", "power_lost"]
"""How a run ended: everything was durable, or the daemon or the machine ended before that."""
TOLD_NS: Final = 600 * NANOSECONDS
"""How long what happened before the start is told as holding: so the next start begins another alert."""
GONE_VOLTS: Final = 6.0
"""No starter pulls a 12 V battery so low for ten seconds, and no box runs on less without a reserve."""
GONE_NS: Final = 10 * NANOSECONDS
MOVED_NS: Final = 5 * NANOSECONDS
TILTED_NS: Final = 10 * NANOSECONDS
TILT_DEG: Final = 4.0
"""A load tilts a van by one or two degrees, a jack or a tow truck by five and more."""
STILL: Final = 0.3
"""m/s^2 of vibration: nobody moves in it."""
GRAVITIES: Final = (8.0, 12.0)
"""m/s^2; what a sensor feels that stands, whatever its scale errs."""
SURE: Final = 2.0
"""Standard deviations of each place."""
MAY_DRIVE_MPS: Final = 40.0
"""Before the first fix it may have driven so fast, where no speed says that it stood."""
FIRST_FIX_NS: Final = 900 * NANOSECONDS
"""A fix that comes later says nothing of where the vehicle was at the start."""

POWER_LOST: Final = Concern(
    rule="box_power_lost",
    component="box",
    severity="info",
    action="watch",
    summary="The box lost its power without being shut down{off}",
    advice="Look at plug and fuse. Where its supply goes with the ignition, say so in its settings: [power] hardware.",
)
UNPLUGGED: Final = Concern(
    rule="box_unplugged",
    component="box",
    severity="warning",
    action="watch",
    summary="The supply of the box is gone ({volts} V): it was unplugged, or the battery disconnected",
    advice="Call the driver; if nobody works on the vehicle, treat it as theft.",
    for_ns=GONE_NS,
)
MOVED: Final = Concern(
    rule="moved_while_off",
    component="vehicle",
    severity="warning",
    action="watch",
    summary="The vehicle is {distance} from where it was left, and did not drive there",
    advice="Call the driver: it was towed, loaded or taken.",
    for_ns=MOVED_NS,
)
OTHER_VEHICLE: Final = Concern(
    rule="other_vehicle",
    component="box",
    severity="warning",
    action="watch",
    summary="The box is in another vehicle: {vin} instead of {known}",
    advice="Put the box back, or let this vehicle in as another one: what it tells is of none that is known.",
)


TILTED: Final = Concern(
    rule="tilted_while_parked",
    component="vehicle",
    severity="warning",
    action="watch",
    summary="The parked vehicle was tilted by {degrees} degrees: lifted, jacked up or loaded",
    advice="Call the driver; if nobody works on the vehicle, treat it as theft.",
    for_ns=TILTED_NS,
)


@dataclass(frozen=True, slots=True)
class Before:
    """What was known when the last run ended."""

    ended: Ended = "sealed"
    off_s: float | None = None
    """For how long the box was off; None: nobody knows."""
    left: Fix | None = None
    """Where the vehicle was left."""
    vin: str = ""


class TamperDetector:
    """Judges one vehicle; the daemon says what no frame does."""

    name = "tamper"
    smoothings: Sequence[Smoothing] = ()
    paths: Sequence[str] = ()
    wants = NOTHING

    def __init__(self, *, moved_m: float, vin: str = "") -> None:
        """`moved_m`: what is nearer was not moved; `vin`: of the vehicle that the box belongs to; "": nobody says."""
        self._moved_m, self._vin = moved_m, vin
        self._ended: Ended = "sealed"
        self._off_s: float | None = None
        self._began: int | None = None
        self._left: Fix | None = None
        self._is_watched = False
        self._is_first = True
        """No fix has come since the start."""
        self._drove_ns = 0
        self._fixed_since: int | None = None
        self._told: tuple[Finding, int] | None = None
        """What was found of before the start, and until when that is told."""
        self._at = 0
        self._is_parked = False
        self._lay: tuple[float, ...] | None = None
        """Which way gravity pulled when it was parked, in the axes of the box."""
        self._read_vin = ""
        self._scale = 1.0

    def recall(self, before: Before) -> None:
        """How it was before this start; from now on this vehicle is watched."""
        self._is_watched = True
        self._ended, self._off_s, self._left = before.ended, before.off_s, before.left
        self._vin = self._vin or before.vin

    def left(self, place: Fix | None) -> None:
        """The vehicle is parked from now on, there if anybody knows where."""
        self._left, self._is_first = place, False
        self._is_parked, self._lay = True, None

    def used(self) -> None:
        """The vehicle is in use from now on."""
        self._left, self._is_first, self._is_parked = None, False, False

    def read(self, vin: str, scale: float) -> None:
        """The vehicle calls itself so ("": it says nothing); `scale`: 2 of a supply of 24 V."""
        self._read_vin, self._scale = vin, scale
        if not self._vin:
            self._vin = vin

    def judge(self, window: Window) -> Sequence[Finding]:
        """Findings as of the window."""
        if not self._is_watched:
            return ()
        passed_ns, self._at = window.until - (self._at or window.until), window.until
        self._began = window.until if self._began is None else self._began
        found = [
            self._power_lost(window),
            self._unplugged(window),
            self._moved(window, passed_ns),
            self._tilted(window),
            self._other(),
        ]
        return [one for one in found if one is not None]

    def _power_lost(self, window: Window) -> Finding | None:
        if self._ended != "power_lost" or window.until - (self._began or 0) >= TOLD_NS:
            return None
        off = "" if self._off_s is None else f", and was off for {_span(self._off_s)}"
        return Finding(POWER_LOST, Verdict.HOLDS, facts={"off": off})

    def _unplugged(self, window: Window) -> Finding | None:
        volts = window.value(VOLTS)
        if isnan(volts):
            return Finding(UNPLUGGED, Verdict.UNKNOWN)
        if volts >= GONE_VOLTS * self._scale:
            return None
        return Finding(UNPLUGGED, Verdict.HOLDS, {VOLTS: volts}, {"volts": f"{volts:.1f}"})

    def _moved(self, window: Window, passed_ns: int) -> Finding | None:
        if self._told is not None:
            finding, until = self._told
            self._told = self._told if window.until < until else None
            return finding
        left, here = self._left, window.fix
        if left is None:
            return None
        if self._is_first:
            return self._moved_before(left, here, window, passed_ns)
        return Finding(MOVED, Verdict.UNKNOWN) if here is None else self._apart(left, here)

    def _moved_before(self, left: Fix, here: Fix | None, window: Window, passed_ns: int) -> Finding | None:
        """Whether it was moved while nobody looked; judged once, when a fix has held for a while."""
        is_standing = abs(window.value(SPEED)) <= MOVING_KMH
        self._drove_ns += 0 if is_standing else max(passed_ns, 0)
        if here is None:
            self._fixed_since = None
            self._is_first = window.until - (self._began or 0) < FIRST_FIX_NS
            self._left = left if self._is_first else None
            return None
        self._fixed_since = window.until if self._fixed_since is None else self._fixed_since
        if window.until - self._fixed_since < MOVED_NS:
            return None
        self._left, self._is_first = None, False
        found = self._apart(left, here, drove_m=MAY_DRIVE_MPS * self._drove_ns / NANOSECONDS)
        if found is not None:
            self._told = found, window.until + TOLD_NS
        return found

    def _apart(self, left: Fix, here: Fix, drove_m: float = 0.0) -> Finding | None:
        apart_m = distance_m(left, here)
        if apart_m <= self._moved_m + SURE * (left.accuracy_m + here.accuracy_m) + drove_m:
            return None
        distance = f"{apart_m / 1000:.1f} km" if apart_m >= 1000 else f"{apart_m:.0f} m"
        return Finding(MOVED, Verdict.HOLDS, {ACCURACY: here.accuracy_m}, {"distance": distance})

    def _tilted(self, window: Window) -> Finding | None:
        if not self._is_parked:
            return None
        pulled = tuple(window.value(path) for path in GRAVITY)
        low, high = GRAVITIES
        if not low <= hypot(*pulled) <= high:  # nor is what is unknown
            return None if self._lay is None else Finding(TILTED, Verdict.UNKNOWN)
        if self._lay is None:
            self._lay = pulled if window.value(VIBRATION) <= STILL else None
            return None
        tilt_deg = _angle_deg(self._lay, pulled)
        if tilt_deg < TILT_DEG:
            return None
        return Finding(TILTED, Verdict.HOLDS, facts={"degrees": f"{tilt_deg:.0f}"})

    def _other(self) -> Finding | None:
        if not self._vin or not self._read_vin or self._read_vin == self._vin:
            return None
        return Finding(OTHER_VEHICLE, Verdict.HOLDS, facts={"vin": self._read_vin, "known": self._vin})


def _angle_deg(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    cosine = sum(a * b for a, b in zip(one, other, strict=True)) / (hypot(*one) * hypot(*other))
    return degrees(acos(min(max(cosine, -1.0), 1.0)))


def _span(seconds: float) -> str:
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200.0 else f"{seconds / 3600:.1f} h"
