"""Progress: how far a vehicle is learned, for people, for the health message and for the report of a run."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from edge.detect.sensors.commissioning import STAGES, Commissioning, Hours, Stage
from edge.detect.sensors.plan import Plan

HOUR_S: Final = 3600
COARSE_H: Final = 0.5
"""Health tells hours in such steps: each change of a part is a message."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one model on one vehicle."""

    name: str
    stage: Stage
    stage_h: float
    """Driving of this stage so far."""
    stage_of_h: float
    """Driving that it takes; infinite when armed."""
    hours: float
    """Driving that has taught so far, of all stages."""
    armed: tuple[str, ...]
    """Channels that are compared with the others. What else is heard is watched for what it does by itself."""
    channels: int
    drifted: tuple[tuple[str, str], ...] = ()
    """Channels whose expectation is missed by more, or less, than when it was armed; and by how much."""
    drift_blocks: int = 0
    """Ten minutes each that this is known by."""
    seasons: int = 1
    """That are known, when it is armed."""
    further: Stage = Stage.ARMED
    """How far the next one is; armed: none is being learned."""
    further_h: float = 0.0
    """Driving of that stage so far."""
    further_of_h: float = 0.0
    """Driving that it takes."""

    @property
    def is_armed(self) -> bool:
        """Whether it is known, and watched."""
        return self.stage is Stage.ARMED

    @property
    def in_words(self) -> str:
        """For the report of a run."""
        if self.stage is not Stage.ARMED:
            part = f"{self.stage_h:.2f} of {self.stage_of_h:.2f} h of driving"
            return f"{self.name}: {self.stage}, {part}; 0 of {self.channels} channels armed"
        names = ", ".join(self.armed) or "nothing"
        drifted = "".join(f"; {name} has drifted by {size}" for name, size in self.drifted)
        armed = f"{len(self.armed)} of {self.channels}: {names}"
        known = f"; {self.seasons} seasons" if self.seasons > 1 else ""
        return f"{self.name}: armed after {self.hours:.1f} h of driving, {armed}{drifted}{known}{self._further}"

    @property
    def coarse(self) -> str:
        """For health, which is told when it changes."""
        if self.stage is Stage.ARMED:
            names = ", ".join(name for name, _ in self.drifted)
            drifted = f"; drifted: {names}" if names else ""
            return f"armed: {len(self.armed)} of {self.channels} channels{drifted}{self._further}"
        so_far = _so_far(self.stage, self.stage_h, self.stage_of_h)
        return f"learning the vehicle: {so_far}; 0 of {self.channels} armed"

    @property
    def _further(self) -> str:
        if self.further is Stage.ARMED:
            return ""
        return f"; learning another season: {_so_far(self.further, self.further_h, self.further_of_h)}"

    @property
    def counted(self) -> dict[str, int]:
        """For the counters of health."""
        return {
            f"{self.name}_minutes": int(60 * self.hours),
            f"{self.name}_channels_armed": len(self.armed),
            f"{self.name}_channels": self.channels,
            f"{self.name}_channels_drifted": len(self.drifted),
            f"{self.name}_seasons": self.seasons if self.is_armed else 0,
        }


def progress_of(name: str, plan: Plan, seasons: Sequence[Commissioning], hours: Hours) -> Progress:
    """How far it is: armed by the season that was met first; drifts of all, each by the last season that has it."""
    first, last = seasons[0], seasons[-1]
    stage, learned = first.stage, first.learned
    before = sum(hours.of(one) for one in STAGES[: STAGES.index(stage)])
    if stage is not Stage.ARMED or learned is None:
        so_far = first.seconds / HOUR_S
        return Progress(name, stage, so_far, hours.of(stage), before + so_far, (), len(plan.channels))
    drifted = {name: size for season in seasons for name, size in _drifted(plan, season)}
    return Progress(
        name,
        stage,
        0.0,
        hours.of(stage),
        before,
        tuple(one.name for one, is_usable in zip(plan.channels, learned.usable, strict=True) if is_usable),
        len(plan.channels),
        tuple(drifted.items()),
        sum(season.drifts.blocks for season in seasons),
        sum(one.stage is Stage.ARMED for one in seasons),
        last.stage,
        last.seconds / HOUR_S,
        hours.of(last.stage),
    )


def _so_far(stage: Stage, done_h: float, of_h: float) -> str:
    done = int(done_h / COARSE_H) * COARSE_H
    return f"{stage}, {done:g} of {of_h:g} h"


def _drifted(plan: Plan, season: Commissioning) -> Iterator[tuple[str, str]]:
    if season.learned is not None:
        sizes = season.drifts.drifted(season.learned.known.certain)
        for one, size in zip(plan.channels, sizes, strict=True):
            if not math.isnan(size):
                yield one.name, f"{size:+.3g} {one.unit}"
