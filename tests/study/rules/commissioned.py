"""Commissioned: what models that learn a vehicle are given of its kind before any life is judged.

A vehicle learns itself in its first healthy hours. To live those before each of a thousand lives would take longer than
the lives, so they are lived once, by several individuals of the kind, one piece each, and every life begins with what
came of that. It is *another* individual that judges then: the simulator draws traits by the seed (thermostat, radiator,
mass, tyres: `edge/simulator/car/traits.py` and its like), none of these seeds is ever judged, and limits hold what lies
between individuals. A vehicle that had learned itself would have narrower limits, and know less of other weather.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from edge.detect.sensors.commissioning import Stage
from edge.detect.sensors.detector import SensorsDetector
from edge.errors import ModelError
from edge.simulator.life import Life
from tests.study.rules.healthy_lives import SKIES
from tests.study.rules.judged import Judged
from tests.study.rules.kit import Kit
from tests.study.rules.packages import Package

SEEDS_FROM: Final = {"car": 31_000, "ev": 32_000, "truck": 33_000}
"""Neither for tuning nor among those that are opened once, and the drives that packages learn from are others."""
CYCLES: Final = ("mixed", "motorway", "city", "rural", "mountain", "delivery", "haul", "idle", "commute", "cold_start")
PIECE_S: Final = 2400
"""Of moving, by one individual."""
OLDEST_S: Final = 2 * 86_400
LIVES_MAX: Final = 1000
"""Lives that are lived at most: signals that never let the gates open teach nothing."""


def commission(kit: Kit) -> None:
    """See that what packages learn first is there, for the kit's vehicle; made where it is missing or of another one.

    Raises:
        ModelError: a package cannot be used, or healthy lives do not teach it.
    """
    for package in kit.models:
        if package.is_learning and not _is_learned(package):
            print(f"{package.vehicle}: commissions {package.name}", file=sys.stderr)
            package.memory.write_bytes(learned(kit, package))


def _is_learned(package: Package) -> bool:
    if not package.memory.exists():
        return False
    detector = package.anew()
    try:
        detector.recall(package.memory.read_bytes())
    except ModelError:
        return False
    return detector.commissioning.stage is Stage.ARMED


def learned(kit: Kit, package: Package, *, piece_s: int = PIECE_S) -> bytes:
    """What a package has learned once it is armed, of as many individuals as it takes.

    Raises:
        ModelError: after LIVES_MAX lives it is not armed.
    """
    memory, told = b"", ""
    for life in _individuals(package.vehicle):
        detector = package.anew()
        if memory:
            detector.recall(memory)
        _teach(life, kit, detector, piece_s)
        if detector.commissioning.stage is Stage.ARMED:
            print(detector.progress.in_words, file=sys.stderr)
            return detector.memory()
        memory, told = detector.memory(), detector.progress.in_words
    raise ModelError(f"{LIVES_MAX} lives do not arm {told}")


def _individuals(vehicle: str) -> Iterator[Life]:
    for place in range(LIVES_MAX):
        cycle, weather = CYCLES[place % len(CYCLES)], SKIES[(place + place // len(CYCLES)) % len(SKIES)]
        yield Life(vehicle=vehicle, seed=SEEDS_FROM[vehicle] + place, cycle=cycle, weather=weather)


def _teach(life: Life, kit: Kit, detector: SensorsDetector, piece_s: int) -> None:
    judged = Judged(life, replace(kit, rules=(), models=()), asks_codes=False, beside=(detector,))
    for second in judged.seconds():
        is_armed = detector.commissioning.stage is Stage.ARMED
        if is_armed or judged.doing_s["driving"] >= piece_s or second >= OLDEST_S:
            return
