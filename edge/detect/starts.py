"""StartDetector: a starter battery that grows weak, by how deep starts pull the supply. Learned on the vehicle itself.

At the moment at which the starter does not turn yet it is a resistance beside that of the battery, its clamps and
cables. What the supply falls by, of what is left of it, is the one by the other (Ohm's law), whatever the battery was
charged to. So nothing has to be known of the size of either: what has grown since this vehicle was learned is the
battery's side. Both depend on the temperature, which is taken out. A start whose temperature nobody tells is not
judged.

The median of the last starts stands for all of them: one on a battery that another load pulled down is no fault.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from statistics import median
from typing import Final

from edge.detect.finding import Concern, Finding, Step, Verdict
from edge.errors import ModelError
from edge.frames import NANOSECONDS
from edge.history import NOTHING, Smoothing, Window
from edge.measured import CRANK_DROP, CRANK_MINIMUM

NAME: Final = "starts"
LEARNED_BY: Final = 8
"""Starts; three or four days of most vehicles."""
JUDGED_BY: Final = 5
WEAK: Final = 1.5
"""Times the resistance: what makers of stationary batteries call worn out (half above the first measurement; IEEE 1188
says how that is measured). A quarter above it a fifth of the capacity is gone."""
STILL_WEAK: Final = 1.35
DEAD: Final = 2.2
"""A battery of 8 milliohm has 18 then, and does not start on the next frosty morning."""
ANOTHER: Final = 0.75
"""Times the resistance: no battery heals so far, it is another one."""
AIR: Final = "Vehicle.Exterior.AirTemperature"
"""A battery has it after a night; after a drive it is warmer, and its resistance less than is reckoned with."""
AWAITED_NS: Final = 120 * NANOSECONDS
"""So long after a start its temperature may be told; buses and control units wake with it."""
USUAL_CELSIUS: Final = 20.0
COLDER: Final = 0.012
"""More resistance of a lead-acid battery for each K below 20 Celsius."""
COPPER: Final = 0.0039
"""More resistance of the starter's windings for each K above 20 Celsius (IEC 60228)."""
COLDEST, HOTTEST = -50.0, 70.0
SHARES: Final = (0.02, 5.0)
"""What is believed of a fall by what is left."""

FADES: Final = Concern(
    rule="starts_fade",
    component="battery",
    severity="warning",
    action="next_service",
    summary="Starts pull the supply {times} times as deep as when they were learned, the last one by {drop} V "
    "at {celsius} °C: battery, clamps or cables have that much more resistance",
    advice="Have the battery tested with a conductance tester and its clamps cleaned; the first cold morning may be "
    "the one on which it does not start.",
    steps=(Step("warning", "nearest_workshop"),),
)


@dataclass(frozen=True, slots=True)
class StartsLearned:
    """How far this vehicle is known; as `edge.memories.Progress`."""

    starts: int
    """That it was learned by, of LEARNED_BY."""
    judged: int
    not_judged: int
    """Whose temperature nobody told."""
    name: str = NAME

    @property
    def is_armed(self) -> bool:
        """Whether a start is compared with those before."""
        return self.starts >= LEARNED_BY

    @property
    def in_words(self) -> str:
        """For the report of a run, and for status."""
        what = "armed" if self.is_armed else f"learning the battery: {self.starts} of {LEARNED_BY} starts"
        cold = f"; of {self.not_judged} nobody told the temperature" if self.not_judged else ""
        return f"{self.name}: {what}{cold}"

    @property
    def coarse(self) -> str:
        """For health, which is told when it changes."""
        return "armed" if self.is_armed else f"learning the battery: {self.starts} of {LEARNED_BY} starts"

    @property
    def counted(self) -> dict[str, int]:
        """For the counters of health."""
        return {"starts_learned": self.starts, "starts_judged": self.judged, "starts_not_judged": self.not_judged}


class StartDetector:
    """Of one vehicle, from start to start."""

    name = NAME
    smoothings: Sequence[Smoothing] = ()
    paths: Sequence[str] = ()
    wants = NOTHING

    def __init__(self) -> None:
        self._learned: list[float] = []
        self._latest: list[float] = []
        self._judged = self._not_judged = 0
        self._heard_ns: int | None = None
        self._pending: tuple[int, float, float] | None = None
        """A start whose temperature is awaited: when, the fall and what was left, V."""
        self._facts = {"drop": "?", "celsius": "?"}

    @property
    def progress(self) -> StartsLearned:
        """How far it is."""
        return StartsLearned(len(self._learned), self._judged, self._not_judged)

    def memory(self) -> bytes:
        """What it knows of this battery."""
        known = {"learned": self._learned, "latest": self._latest, "facts": self._facts}
        return json.dumps({**known, "judged": self._judged, "not_judged": self._not_judged}).encode()

    def recall(self, memory: bytes) -> None:
        """Go on there.

        Raises:
            ModelError: it is no such memory; the battery is learned anew.
        """
        try:
            known = json.loads(memory)
            learned, latest = _believable(known["learned"], LEARNED_BY), _believable(known["latest"], JUDGED_BY)
            facts = {name: str(known["facts"][name])[:16] for name in self._facts}
            judged, not_judged = int(known["judged"]), int(known["not_judged"])
        except (ValueError, TypeError, KeyError) as error:
            raise ModelError(f"what {NAME} had learned cannot be read ({error}): it learns the battery anew") from error
        self._learned, self._latest, self._facts = learned, latest, facts
        self._judged, self._not_judged = max(judged, 0), max(not_judged, 0)

    def judge(self, window: Window) -> Sequence[Finding]:
        """Findings as of the window."""
        self._hear(window)
        if self._pending is not None:
            self._weigh(window, self._pending)
        return self._found()

    def _hear(self, window: Window) -> None:
        age_s = window.age_s(CRANK_DROP)
        if not isfinite(age_s):
            return
        heard_ns = window.until - round(age_s * NANOSECONDS)
        if heard_ns == self._heard_ns:
            return
        self._heard_ns = heard_ns
        self._pending = heard_ns, window.last(CRANK_DROP), window.last(CRANK_MINIMUM)

    def _weigh(self, window: Window, start: tuple[int, float, float]) -> None:
        """Take the start in as soon as its temperature is known; give it up when nobody tells it."""
        at_ns, drop, left = start
        celsius = window.value(AIR)
        if not COLDEST <= celsius <= HOTTEST:  # nor is what is unknown
            if window.until - at_ns >= AWAITED_NS:
                self._pending = None
                self._not_judged += 1
            return
        self._pending = None
        share = drop / left if left > 0.0 else nan
        if not SHARES[0] <= share <= SHARES[1]:
            self._not_judged += 1
            return
        self._facts = {"drop": f"{drop:.1f}", "celsius": f"{celsius:.0f}"}
        self._take(share / battery_grows(celsius) * starter_grows(celsius))

    def _take(self, share: float) -> None:
        self._judged += 1
        if len(self._learned) < LEARNED_BY:
            self._learned.append(share)
            return
        self._latest = [*self._latest, share][-JUDGED_BY:]
        if len(self._latest) == JUDGED_BY and median(self._latest) <= ANOTHER * median(self._learned):
            self._learned, self._latest = self._latest, []

    def _found(self) -> Sequence[Finding]:
        if len(self._learned) < LEARNED_BY or len(self._latest) < JUDGED_BY:
            return ()
        times = median(self._latest) / median(self._learned)
        if times < STILL_WEAK:
            return ()
        verdict = Verdict.HOLDS if times >= WEAK else Verdict.LINGERS
        return (Finding(FADES, verdict, facts={**self._facts, "times": f"{times:.1f}"}, step=int(times >= DEAD)),)


def battery_grows(celsius: float) -> float:
    """Times the resistance of a lead-acid battery at 20 Celsius."""
    return 1.0 + COLDER * max(USUAL_CELSIUS - celsius, 0.0)


def starter_grows(celsius: float) -> float:
    """Times the resistance of its windings at 20 Celsius."""
    return 1.0 + COPPER * (celsius - USUAL_CELSIUS)


def _believable(shares: object, at_most: int) -> list[float]:
    if not isinstance(shares, list):
        raise TypeError("no list of starts")
    found = [float(one) for one in shares][:at_most]
    if not all(0.0 < one < 10.0 * SHARES[1] for one in found):
        raise ValueError("a start that cannot be")
    return found
