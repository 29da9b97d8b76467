"""Outfit: what the boxes of one kind of vehicle have in common, as its shipped profile says."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.config import Config, with_profile
from edge.detect.finding import Detector
from edge.detect.rules.detector import RuleDetector, compile_rules
from edge.detect.rules.generate import Program
from edge.detect.rules.rule import Rule, load_rules
from edge.errors import ConfigError, ModelError
from edge.fleet.sensors import Sensors, load_sensors
from edge.simulator.kinds import kind_of
from edge.simulator.life import Life


@dataclass(frozen=True, slots=True)
class Outfit:
    """Sensors, detectors, and which signals are summed up."""

    sensors: Sensors
    rules: Sequence[Rule]
    compiled: Program
    models: tuple[Detector, ...]
    """They have no memory of their own, so all vehicles share them."""
    summary_signals: Sequence[str]
    summary_slow: Sequence[str]

    def detectors(self) -> list[Detector]:
        """Those of one vehicle."""
        return [RuleDetector(self.rules, self.compiled), *self.models]


def load_outfit(name: str, *, cycle: str, weather: str) -> Outfit:
    """The outfit of a kind of vehicle; one of them is built and thrown away, so that what cannot be is known at once.

    Raises:
        ConfigError: no such kind, cycle or weather, or its database, profile, rules or models cannot be used.
    """
    kind = kind_of(name)
    columns = Life(vehicle=name, seed=0, cycle=cycle, weather=weather).tracer.columns
    config = with_profile(Config(profile=kind.profile), Path.cwd())
    sensors = load_sensors(kind, columns)
    units = {signal.path: signal.unit for signal in sensors.signals}
    rules, refused = load_rules([Path(file) for file in config.detect.rules], units)
    if refused:
        raise ConfigError(str(refused[0]))
    models = tuple(_models(config.detect.models))
    memory = config.memory
    return Outfit(sensors, rules, compile_rules(rules), models, memory.summary_signals, memory.summary_slow)


def _models(folders: Sequence[str]) -> list[Detector]:
    if not folders:
        return []
    from edge.detect.onnx import load_model  # noqa: PLC0415  # a second of imports that trucks do not wait for

    try:
        return [load_model(Path(folder)) for folder in folders]
    except ModelError as error:
        raise ConfigError(str(error)) from error
