"""A life with one scenario: what was told, when, beside what happened."""

import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from edge.simulator.faults import FaultSpec, draw_faults
from edge.simulator.life import Life
from edge.simulator.simulation import faults_of
from tests.study.plots import STUDIES
from tests.study.rules.commissioned import ask_learners
from tests.study.rules.fits import NEVER_STRANDS, fits, follows, is_sudden, shows
from tests.study.rules.judged import Judged, Told
from tests.study.rules.kit import load_kit
from tests.study.scenarios import Study

AFTER_S: Final = 1800.0
"""A life ends so long after its failure."""
SHORT_S: Final = 43_200.0
"""Nothing is hurried below this length."""
LONGER: Final = 1.5
"""Lives may last so many times longer than the study's, for what the seed drew slow."""
ONSETS: Final = (0.9, 1.3)
"""The onset is drawn from so many times the study's."""
VEHICLES: Final = ("car", "ev", "truck")
"""The other kinds are cars that answer testers in other ways."""
OVER_S: Final = 10
"""How often it is asked whether all has happened; when it did is known to the second."""
LOOKS_S: Final = 600
"""How often, in the life, it is asked whether anybody still waits for it."""


@dataclass(frozen=True, slots=True)
class Order:
    """One life to live. `until` is a moment of time.monotonic() after which nobody waits for it."""

    vehicle: str
    scenario: str
    seed: int
    files: tuple[str, ...]
    asks_codes: bool
    until: float
    faster: float = 1.0
    """How many times faster than in the study what takes days develops."""
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of it; times in seconds of the life."""

    vehicle: str
    scenario: str
    seed: int
    is_control: bool
    is_sudden: bool
    """It strikes at once."""
    pace: float
    weather: str
    onset_s: float
    failed_s: float | None
    lamp_s: float | None
    """The maker's own lamp, from the onset on."""
    length_s: float
    in_use_s: int
    driven_s: int
    onset_in_use_s: int
    """Seconds that it had been switched on until the onset."""
    told: tuple[Told, ...]
    is_cut: bool
    """The time was over before the life was."""
    models: tuple[str, ...] = ()
    """Which judged beside the rules."""

    def said_by(self, *, models: bool) -> Self:
        """The same life as if nobody but models, or nobody but rules, had judged: neither knows of the other."""
        return replace(self, told=tuple(one for one in self.told if bool(one.model) is models))

    @property
    def found(self) -> Told | None:
        """The first alert after the onset that fits."""
        return next((one for one in self.told if one.at_s > self.onset_s and self._is_new(one)), None)

    @property
    def early(self) -> tuple[Told, ...]:
        """Alerts before the onset: wrong ones, whatever they are about."""
        return tuple(one for one in self.told if one.at_s <= self.onset_s and not one.is_worse)

    @property
    def wrong(self) -> Mapping[str, int]:
        """Rules that spoke of something else after the onset (of a control: of anything), how often."""
        others = [one for one in self.told if one.at_s > self.onset_s and not one.is_worse]
        spared = [one for one in others if not finds(self.scenario, one)]
        return Counter(one.rule for one in spared if not follows(self.scenario, one.component))

    @property
    def led_to(self) -> Mapping[str, int]:
        """Rules that spoke of what the fault does to others, how often."""
        others = [one for one in self.told if one.at_s > self.onset_s and not one.is_worse]
        return Counter(one.rule for one in others if follows(self.scenario, one.component))

    def _is_new(self, one: Told) -> bool:
        return not one.is_worse and finds(self.scenario, one)


def finds(scenario: str, one: Told) -> bool:
    """Whether this alert sends the vehicle to who would find this fault."""
    return fits(scenario, one.component) or shows(scenario, one.channel)


def orders(
    vehicles: Sequence[str], scenarios: Sequence[str], seeds: Sequence[int], **others: object
) -> Iterator[Order]:
    """Every life, seed by seed, so that a part of them is a part of each."""
    for seed in seeds:
        for vehicle in vehicles:
            for scenario in faults_of(vehicle):
                if not scenarios or scenario in scenarios:
                    yield Order(vehicle, scenario, seed, **others)  # type: ignore[arg-type]  # passed on as they came


def live(order: Order) -> Lived:
    """Live it: half an hour beyond its failure, or what it can come to, or as long as is sensible."""
    study = hurried(STUDIES[order.vehicle][order.scenario], order.faster)
    is_control = faults_of(order.vehicle)[order.scenario].control
    onset_s, weather = drawn(study, order)
    fault = FaultSpec(order.scenario, onset_s, study.pace)
    life = Life(vehicle=order.vehicle, faults=[fault], seed=order.seed, cycle=study.cycle, weather=weather)
    kit = load_kit(order.vehicle, order.files, order.models)
    judged = Judged(life, kit, order.asks_codes, lamp_from_s=onset_s)
    can_fail = not is_control and order.scenario not in NEVER_STRANDS
    end_s = study.length_s * (LONGER if can_fail else 1.0) + onset_s - study.onset_s
    onset_in_use_s, over_s, is_cut = 0, None, False
    for second in judged.seconds():
        if second <= onset_s:
            onset_in_use_s = judged.in_use_s
        if over_s is None and second % OVER_S == 0 and _is_over(order, judged, onset_s, can_fail=can_fail):
            over_s = second
            end_s = min(end_s, over_s + AFTER_S)
        is_cut = second % LOOKS_S == 0 and time.monotonic() > order.until
        if is_cut or second >= end_s:
            break
    ask_learners(judged, order.seed)
    return Lived(
        order.vehicle,
        order.scenario,
        order.seed,
        is_control,
        is_sudden(draw_faults([fault], life.kind.faults, order.seed)[0].fault),
        study.pace,
        weather,
        onset_s,
        life.truth(0.0)[0].failed_s,
        judged.lamp_s,
        float(life.seconds),
        judged.in_use_s,
        judged.doing_s["driving"],
        onset_in_use_s,
        tuple(judged.told),
        is_cut,
        tuple(package.name for package in kit.models),
    )


def _is_over(order: Order, judged: Judged, onset_s: float, *, can_fail: bool) -> bool:
    """Whether all has happened that is waited for: the failure, or where there is none, our alert and their lamp.

    Rules are waited for where there are models too, so that what rules alone find does not hang on who is with them.
    Packages that learn are asked when the life is over: it is lived to its end.
    """
    if can_fail:
        return judged.life.truth(0.0)[0].failed_s is not None
    if judged.kit.learners:
        return False
    told = [one for one in judged.told if one.at_s > onset_s and finds(order.scenario, one)]
    by_rules = any(not one.model for one in told)
    by_models = any(one.model for one in told) or not judged.kit.models
    return by_rules and by_models and judged.lamp_s is not None


def hurried(study: Study, faster: float) -> Study:
    """The same in fewer days, but in half a day at least."""
    faster = max(min(faster, study.length_s / SHORT_S), 1.0)
    onset_s = study.onset_s / faster if study.onset_s > 1.0 else study.onset_s
    return replace(study, length_s=study.length_s / faster, onset_s=onset_s, pace=study.pace * faster)


def drawn(study: Study, order: Order) -> tuple[float, str]:
    """Onset (s) and weather of a life: any weather but where the scenario needs its own."""
    rng = np.random.default_rng((order.seed, zlib.crc32(order.scenario.encode()), 9))
    onset_s = float(round(study.onset_s * rng.uniform(*ONSETS))) if study.onset_s > 1.0 else study.onset_s
    return onset_s, "any" if study.weather == "mild" else study.weather
