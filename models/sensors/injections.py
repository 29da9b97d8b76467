"""Injections: faults that are tried on recorded drives, of stated sizes, at drawn moments."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from edge.errors import ConfigError
from models.sensors.training import Trip

Float64s = npt.NDArray[np.float64]
Positive = Annotated[float, Field(gt=0)]
DRIFT_S = 600.0
"""A drift has its size after so long, and goes on."""
DRIVES_MIN: Final = 2
"""That judge: the readings of one are mixed up with another's."""


class FaultKind(StrEnum):
    """What can be wrong with a reading."""

    BIAS = "bias"
    DRIFT = "drift"
    GAIN = "gain"
    FREEZE = "freeze"
    DROPOUT = "dropout"
    MISMATCH = "mismatch"


class Injections(BaseModel):
    """The file: which faults, how large, how soon they must be found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    within_s: Annotated[int, Field(gt=0)]
    settled_s: Annotated[int, Field(ge=0)]
    seeds: Annotated[tuple[int, ...], Field(min_length=1)]
    sizes: dict[str, tuple[Positive, ...]]
    common: dict[FaultKind, tuple[Positive, ...]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault on one drive."""

    channel: int
    kind: FaultKind
    size: float
    trip: int
    """Number of the drive."""
    onset_s: int
    sign: int
    partner: int
    """Number of the drive that readings are mixed up with."""
    seed: int

    def on(self, rows: Float64s, partner: Float64s) -> Float64s:
        """(seconds,) readings of the channel with the fault; `rows` are the healthy ones."""
        faulty, onset, size = rows.copy(), self.onset_s, self.size
        since = faulty[onset:]
        match self.kind:
            case FaultKind.BIAS:
                since += self.sign * size
            case FaultKind.DRIFT:
                since += self.sign * size * np.arange(len(since)) / DRIFT_S
            case FaultKind.GAIN:
                since *= 1.0 + self.sign * size
            case FaultKind.FREEZE:
                since[: int(size)] = since[0]
            case FaultKind.DROPOUT:
                rng = np.random.default_rng(zlib.crc32(f"{self.seed}/{self.channel}/{onset}".encode()))
                since[rng.random(len(since)) < size] = np.nan
            case FaultKind.MISMATCH:
                since += size * (np.resize(partner, len(faulty))[onset:] - since)
        return faulty


def draw(injections: Injections, channels: Sequence[str], trips: Sequence[Trip]) -> Iterator[Fault]:
    """Every channel, kind and size once for each seed, on drawn drives that are long enough.

    Raises:
        ConfigError: none is long enough, no other is there to mix it up with, or the sizes of a channel are not said.
    """
    need = injections.settled_s + injections.within_s + 60
    long = [number for number, trip in enumerate(trips) if len(trip.rows) >= need]
    if not long or len(trips) < DRIVES_MIN:
        problem = (
            f"of {len(trips)} drives that judge, {len(long)} are of {need} s and longer; faults are tried on one of two"
        )
        raise ConfigError(problem, place="--data", remedy="Give more drives, or set [evaluation] in the recipe")
    if unsized := [name for name in channels if name not in injections.sizes]:
        remedy = "Add it to the file, and name that with --injections"
        raise ConfigError(f"no sizes of faults of {unsized[0]} are said", place="sizes", remedy=remedy)
    for seed in injections.seeds:
        for channel, name in enumerate(channels):
            rng = np.random.default_rng(zlib.crc32(f"{seed}/{name}".encode()))
            for kind, size in _kinds(injections, name):
                trip = int(rng.choice(long))
                last = len(trips[trip].rows) - injections.within_s
                yield Fault(
                    channel=channel,
                    kind=kind,
                    size=size,
                    trip=trip,
                    onset_s=int(rng.integers(injections.settled_s, last)),
                    sign=int(rng.choice([-1, 1])),
                    partner=int(rng.choice([other for other in range(len(trips)) if other != trip])),
                    seed=seed,
                )


def _kinds(injections: Injections, channel: str) -> Iterator[tuple[FaultKind, float]]:
    for kind in (FaultKind.BIAS, FaultKind.DRIFT):
        yield from ((kind, size) for size in injections.sizes[channel])
    for kind, sizes in injections.common.items():
        yield from ((kind, size) for size in sizes)
