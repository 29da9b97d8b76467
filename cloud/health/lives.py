"""The learned model of remaining life, served from a folder that `telltale-models train rul` wrote.

Features, interval and card are those of `edge.detect.remaining_life`, so that whoever trains and whoever asks compute
the same. onnxruntime takes a second to load, so it is loaded only where a model is configured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cloud.errors import ConfigError, Refused, UpstreamDown
from edge.errors import ModelError

if TYPE_CHECKING:
    from edge.detect.remaining_life import RemainingLife

CYCLES_MAX: Final = 2000
"""Of one unit in one question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How many cycles are left after the last one that was told."""

    middle: float
    lower: float
    upper: float
    at_least: bool
    """The model does not look further ahead: it is this many or more."""


class Lives:
    """Asks one model."""

    def __init__(self, model: "RemainingLife") -> None:
        self._model = model
        self.name = model.card.name
        self.description = model.card.description
        self.sensors = model.card.sensors
        self.coverage = model.card.coverage

    def of(self, cycle: Sequence[float], sensors: Mapping[str, Sequence[float | None]]) -> Answer:
        """How long one unit still lasts, from its cycles in their order; an unknown value is None.

        Raises:
            Refused: a sensor is missing, lengths differ, cycles do not ascend, or there are too many.
            UpstreamDown: the model cannot answer.
        """
        import numpy as np  # noqa: PLC0415  # as the module says

        self._check(cycle, sensors)
        rows = [[np.nan if value is None else value for value in sensors[name]] for name in self.sensors]
        features = self._model.card.plan.features(np.array(cycle, np.float64), np.array(rows, np.float64).T)
        try:
            said = self._model.of(features[-1:])
        except ModelError as error:
            raise UpstreamDown(f"the model {self.name} cannot answer: {error}") from error
        middle = float(said.middle[0])
        return Answer(middle, float(said.lower[0]), float(said.upper[0]), at_least=middle >= self._model.card.cap)

    def _check(self, cycle: Sequence[float], sensors: Mapping[str, Sequence[float | None]]) -> None:
        if not 1 <= len(cycle) <= CYCLES_MAX:
            raise Refused(f"cycle: {len(cycle)} cycles; give 1 to {CYCLES_MAX}")
        if any(later <= earlier for earlier, later in pairwise(cycle)):
            raise Refused("cycle: must ascend, each cycle once")
        missing = [name for name in self.sensors if name not in sensors]
        if missing:
            raise Refused(f"sensors: the model {self.name} needs {', '.join(missing)} as well; null is unknown")
        uneven = [name for name in self.sensors if len(sensors[name]) != len(cycle)]
        if uneven:
            raise Refused(f"sensors: {', '.join(uneven)} must have a value, or null, for each of {len(cycle)} cycles")


def load_lives(folder: Path | None) -> Lives | None:
    """The model of a folder; None where none is configured.

    Raises:
        ConfigError: it is no such package, or is damaged.
    """
    if folder is None:
        return None
    from edge.detect.remaining_life import load_remaining_life  # noqa: PLC0415  # as the module says

    try:
        return Lives(load_remaining_life(folder))
    except ModelError as error:
        raise ConfigError(str(error), place="health.rul_model", remedy="Name a folder of telltale-models") from error
