"""Commissioned: what a package has learned of one individual, before any of that one's lives is judged.

A vehicle learns itself in its first healthy hours, so each individual lives those first: other chapters of the life of
the same seed, with the same body (traits: `edge/simulator/car/traits.py` and its like) on other roads, in ordinary
cycles and in one season alone, as the first weeks are. What came of that lies beside the package. The lives that are
judged then go through all cycles and weathers.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from edge.detect.sensors.detector import SensorsDetector
from edge.errors import ModelError
from edge.simulator.life import ANY, Life
from edge.simulator.weather import WEATHERS
from tests.study.rules.judged import BEGIN_S, Judged
from tests.study.rules.kit import Kit
from tests.study.rules.lockstep import Lockstep
from tests.study.rules.packages import Package

CYCLES: Final[Mapping[str, tuple[str, ...]]] = {
    "car": ("mixed", "motorway", "city", "rural"),
    "ev": ("mixed", "motorway", "city", "rural"),
    "truck": ("haul", "motorway", "rural", "mixed"),
}
"""What vehicles ordinarily do."""
SEASONS: Final = tuple(name for name in WEATHERS if name != ANY)
PIECE_S: Final = 5400
"""Of moving, in one chapter."""
OLDEST_S: Final = 2 * 86_400
PIECES_MAX: Final = 200
"""Chapters at most: signals that never let the gates open teach nothing."""


def commissioned(kit: Kit, package: Package, seed: int, *, piece_s: int = PIECE_S) -> SensorsDetector:
    """The detector of one individual, armed; lived where nobody has lived that yet.

    Raises:
        ModelError: the package cannot be used, or its first hours do not teach it.
    """
    file = package.memory_of(seed)
    detector = _remembered(package, file)
    if not detector.seasons.armed:
        for life in _first_weeks(package.vehicle, seed):
            detector = _later(package, detector)
            _teach(life, kit, detector, piece_s)
            if detector.seasons.armed:
                break
        else:
            raise ModelError(f"{PIECES_MAX} lives do not arm {detector.progress.in_words}")
        print(f"{package.vehicle} {seed}: {detector.progress.in_words}", file=sys.stderr)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(detector.memory())
    return detector


def _later(package: Package, detector: SensorsDetector) -> SensorsDetector:
    """The same one on another day: every chapter begins on the same Monday."""
    later = package.anew()
    later.recall(detector.memory())
    return later


def _remembered(package: Package, file: Path) -> SensorsDetector:
    detector = package.anew()
    if file.exists():
        try:
            detector.recall(file.read_bytes())
        except ModelError:
            return package.anew()
    return detector


def _first_weeks(vehicle: str, seed: int) -> Iterator[Life]:
    season = str(np.random.default_rng((seed, 11)).choice(SEASONS))
    for piece in range(PIECES_MAX):
        cycle = CYCLES[vehicle][piece % len(CYCLES[vehicle])]
        yield Life(vehicle=vehicle, seed=seed, cycle=cycle, weather=season, chapter=1 + piece)


def _teach(life: Life, kit: Kit, detector: SensorsDetector, piece_s: int) -> None:
    judged = Judged(life, replace(kit, rules=(), models=()), asks_codes=False, beside=(detector,))
    for second in judged.seconds():
        is_armed = bool(detector.seasons.armed)
        if is_armed or judged.doing_s["driving"] >= piece_s or second >= OLDEST_S:
            return


def ask_learners(judged: Judged, seed: int) -> None:
    """A life of this seed is over: what packages say of it that have learned the vehicle; noted among the rest."""
    for package in judged.kit.learners:
        detector = commissioned(judged.kit, package, seed)
        for alert, trip, place in Lockstep(detector).alerts(judged.recorders[package.name].trips):
            judged.tell(alert, float(trip.seconds[place] - BEGIN_S), trip.in_use_s[place], None)
    judged.told.sort(key=lambda one: one.at_s)
