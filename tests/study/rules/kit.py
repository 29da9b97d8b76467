"""Kit: what judges every vehicle of one kind; compiled once, shared by all lives of this process."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from edge.config import Config, with_profile
from edge.decode.database import Database, load_database
from edge.detect.finding import Detector
from edge.detect.rules.detector import RuleDetector, compile_rules
from edge.detect.rules.generate import Program
from edge.detect.rules.rule import Rule, load_rules
from edge.fleet.sensors import Sensors, load_sensors
from edge.simulator.kinds import kind_of
from edge.simulator.life import Life
from tests.study.rules.packages import Package, load_packages


@dataclass(frozen=True, slots=True)
class Kit:
    """Sensors, rules and models."""

    database: Database
    sensors: Sensors
    rules: Sequence[Rule]
    compiled: Program
    refused: Sequence[str]
    """Rules that cannot be used, and why."""
    models: tuple[Package, ...] = ()

    def detectors(self) -> list[Detector]:
        """Those of one vehicle that judge while it lives."""
        rules: list[Detector] = [RuleDetector(self.rules, self.compiled)] if self.rules else []
        return [*rules, *(package.detector() for package in self.models if not package.is_learning)]

    @property
    def learners(self) -> tuple[Package, ...]:
        """Packages that learn a vehicle before they judge it: in lockstep, when a life is over (lockstep.py)."""
        return tuple(package for package in self.models if package.is_learning)

    def model_of(self, rule: str) -> str:
        """Which model an alert is of, by its name; empty: it is of a rule."""
        if any(one.concern.rule == rule for one in self.rules):
            return ""
        return next((package.name for package in self.models if package.says(rule)), "")


@lru_cache(maxsize=8)
def load_kit(vehicle: str, files: tuple[str, ...] = (), models: tuple[str, ...] = ()) -> Kit:
    """The kit of a kind of vehicle; without files, with the rules of its shipped profile. Of a folder, VEHICLE.toml.

    `models`: packages, `[VEHICLE=]FOLDER` (see packages.py).

    Raises:
        ConfigError: there is no such kind, or its database, profile, rules or packages cannot be read.
    """
    kind = kind_of(vehicle)
    sensors = load_sensors(kind, Life(vehicle=vehicle, seed=0).tracer.columns)
    shipped = with_profile(Config(profile=kind.profile), Path.cwd()).detect.rules
    units = {signal.path: signal.unit for signal in sensors.signals}
    rules, refused = load_rules([_of(Path(file), vehicle) for file in files or shipped], units)
    heard = frozenset(sensors.signals[place].path for place in sensors.place)
    packages = load_packages(vehicle, models, heard)
    return Kit(load_database(kind.database), sensors, rules, compile_rules(rules), tuple(map(str, refused)), packages)


def _of(place: Path, vehicle: str) -> Path:
    return place / f"{vehicle}.toml" if place.is_dir() else place
