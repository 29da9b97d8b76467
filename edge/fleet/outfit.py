"""Outfit: what the boxes of one kind of vehicle have in common, as its shipped profile says."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.config import Config, with_profile
from edge.detect.finding import Detector
from edge.detect.rules import load_rules
from edge.errors import ConfigError, ModelError
from edge.fleet.sensors import Sensors, load_sensors
from edge.simulator.kinds import kind_of
from edge.simulator.life import Life


@dataclass(frozen=True, slots=True)
class Outfit:
    """Sensors, detectors, and which signals are summed up."""

    sensors: Sensors
    detectors: tuple[Detector, ...]
    """They have no memory of their own, so all vehicles share them."""
    summary_signals: Sequence[str]
    summary_slow: Sequence[str]


def load_outfit(name: str, *, cycle: str, weather: str) -> Outfit:
    """The outfit of a kind of vehicle; one of them is built and thrown away, so that what cannot be is known at once.

    Raises:
        ConfigError: no such kind, cycle or weather, or its database, profile, rules or models cannot be used.
    """
    kind = kind_of(name)
    columns = Life(vehicle=name, seed=0, cycle=cycle, weather=weather).tracer.columns
    config = with_profile(Config(profile=kind.profile), Path.cwd())
    rules = load_rules([Path(file) for file in config.detect.rules])
    models = _models(config.detect.models)
    return Outfit(
        load_sensors(kind, columns), (rules, *models), config.memory.summary_signals, config.memory.summary_slow
    )


def _models(folders: Sequence[str]) -> list[Detector]:
    if not folders:
        return []
    from edge.detect.onnx import load_model  # noqa: PLC0415  # a second of imports that trucks do not wait for

    try:
        return [load_model(Path(folder)) for folder in folders]
    except ModelError as error:
        raise ConfigError(str(error)) from error
