"""A healthy life: how long it drove, and what it was told about."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Final, Self

from edge.simulator.journey import CYCLES
from edge.simulator.life import ANY, Life
from edge.simulator.weather import WEATHERS
from tests.study.rules.commissioned import ask_learners
from tests.study.rules.judged import Judged, Told
from tests.study.rules.kit import load_kit
from tests.study.rules.seeds import nth

DRIVEN_S: Final = 6.1 * 3600
"""A life ends when it has moved for so long: every vehicle in every cycle and weather once is 1,200 h."""
MOST_S: Final = 14 * 86_400
"""Or when it is so old: some cycles hardly drive."""
SKIES: Final = tuple(name for name in WEATHERS if name != ANY)
LOOKS_S: Final = 600


@dataclass(frozen=True, slots=True)
class Order:
    """One life to live. `until` is a moment of time.monotonic() after which nobody waits for the rest of it."""

    vehicle: str
    cycle: str
    weather: str
    seed: int
    files: tuple[str, ...]
    asks_codes: bool
    until: float
    driven_s: float = DRIVEN_S
    models: tuple[str, ...] = ()
    by_rules: bool = True


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of it."""

    vehicle: str
    cycle: str
    weather: str
    seed: int
    length_s: float
    in_use_s: int
    driven_s: int
    """Moving."""
    awake_s: int
    lamp_s: float | None
    """A lamp of the maker's; no healthy vehicle should light one."""
    told: tuple[Told, ...]
    is_cut: bool
    models: tuple[str, ...] = ()
    """Which judged beside the rules."""
    by_rules: bool = True
    """Rules judged."""

    def said_by(self, *, models: bool) -> Self:
        """The same life as if nobody but models, or nobody but rules, had judged: neither knows of the other."""
        return replace(self, told=tuple(one for one in self.told if bool(one.model) is models))


def orders(
    vehicles: Sequence[str],
    cycles: Sequence[str],
    weathers: Sequence[str],
    seeds: Sequence[int],
    *,
    files: tuple[str, ...],
    asks_codes: bool,
    until: float,
    driven_s: float = DRIVEN_S,
    models: tuple[str, ...] = (),
    by_rules: bool = True,
) -> Iterator[Order]:
    """Lives without end, each with its own seed as long as there are enough; neighbours differ in everything."""
    place = count()
    for turn in count():
        for row, cycle in enumerate(cycles):
            weather = weathers[(row + turn) % len(weathers)]
            for vehicle in vehicles:
                seed = nth(seeds, next(place))
                yield Order(vehicle, cycle, weather, seed, files, asks_codes, until, driven_s, models, by_rules)


def live(order: Order) -> Lived:
    """Live it until it has driven enough."""
    life = Life(vehicle=order.vehicle, seed=order.seed, cycle=order.cycle, weather=order.weather)
    kit = load_kit(order.vehicle, order.files, order.models)
    kit = kit if order.by_rules else replace(kit, rules=())
    judged = Judged(life, kit, order.asks_codes)
    cut = False
    for second in judged.seconds():
        cut = second % LOOKS_S == 0 and time.monotonic() > order.until
        if cut or judged.doing_s["driving"] >= order.driven_s or second >= MOST_S:
            break
    ask_learners(judged, order.seed)
    return Lived(
        order.vehicle,
        order.cycle,
        order.weather,
        order.seed,
        float(life.seconds),
        judged.in_use_s,
        judged.doing_s["driving"],
        sum(judged.doing_s.values()),
        judged.lamp_s,
        tuple(judged.told),
        cut,
        tuple(package.name for package in kit.models),
        order.by_rules,
    )


ALL_CYCLES: Final = tuple(CYCLES)
