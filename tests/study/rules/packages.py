"""Packages: the models that judge beside the rules, as a vehicle's configuration names them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.detect.card import card_bytes, load_card
from edge.detect.finding import Detector
from edge.detect.onnx import OnnxDetector
from edge.detect.sensors.card import KIND, SensorsCard, kind_of, load_sensors_card
from edge.detect.sensors.detector import SensorsDetector, load_sensors
from edge.errors import ConfigError, ModelError

FOR: Final = "="


@dataclass(frozen=True, slots=True)
class Package:
    """One on one kind of vehicle."""

    folder: Path
    vehicle: str
    name: str
    paths: frozenset[str]
    """Signals that it looks at."""
    is_learning: bool
    """It learns a vehicle before it judges."""

    def memory_of(self, seed: int) -> Path:
        """What it has learned of one vehicle (see commissioned.py)."""
        return self.folder.with_name(f"{self.folder.name}-{self.vehicle}") / f"{seed}.learned"

    def detector(self) -> Detector:
        """Of one that learns nothing.

        Raises:
            ModelError: the package is damaged.
        """
        return OnnxDetector(self.folder, load_card(self.folder))

    def anew(self) -> SensorsDetector:
        """One that has learned nothing."""
        return load_sensors(self.folder)

    def says(self, rule: str) -> bool:
        """Whether an alert of this name is of this package."""
        return rule == self.name or (self.is_learning and rule.startswith(f"{self.name}_"))


def load_packages(vehicle: str, models: tuple[str, ...], heard: frozenset[str]) -> tuple[Package, ...]:
    """Of `[VEHICLE=]FOLDER` those for this vehicle; without VEHICLE it is for all that send every signal it looks at.

    Raises:
        ConfigError: one cannot be read, or is for this vehicle by name, which lacks a signal.
    """
    try:
        return tuple(_chosen(vehicle, models, heard))
    except ModelError as error:
        raise ConfigError(str(error), place="--models") from error


def _chosen(vehicle: str, models: tuple[str, ...], heard: frozenset[str]) -> Iterator[Package]:
    for model in models:
        whose, named, folder = model.rpartition(FOR)
        package = _package(Path(folder), vehicle)
        if named and whose == vehicle and (missing := package.paths - heard):
            problem = f"{vehicle} does not send {min(missing)}, which {package.name} looks at"
            raise ConfigError(problem, place="--models", remedy="Name another vehicle, or leave it out")
        if whose == vehicle or (not named and package.paths <= heard):
            yield package


def _package(folder: Path, vehicle: str) -> Package:
    if kind_of(card_bytes(folder)) != KIND:
        card = load_card(folder)
        return Package(folder, vehicle, card.name, card.paths, is_learning=False)
    sensors: SensorsCard = load_sensors_card(folder)
    return Package(folder, vehicle, sensors.name, frozenset(sensors.plan.paths), is_learning=True)
