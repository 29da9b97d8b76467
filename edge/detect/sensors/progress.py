"""Progress: how far a vehicle is learned, for people, for the health message and for the report of a run."""

import math
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
        return f"{self.name}: armed after {self.hours:.1f} h of driving, {armed}{drifted}"

    @property
    def coarse(self) -> str:
        """For health, which is told when it changes."""
        if self.stage is Stage.ARMED:
            names = ", ".join(name for name, _ in self.drifted)
            return f"armed: {len(self.armed)} of {self.channels} channels" + (f"; drifted: {names}" if names else "")
        done = int(self.stage_h / COARSE_H) * COARSE_H
        return f"learning the vehicle: {self.stage}, {done:g} of {self.stage_of_h:g} h; 0 of {self.channels} armed"

    @property
    def counted(self) -> dict[str, int]:
        """For the counters of health."""
        return {
            f"{self.name}_minutes": int(60 * self.hours),
            f"{self.name}_channels_armed": len(self.armed),
            f"{self.name}_channels": self.channels,
            f"{self.name}_channels_drifted": len(self.drifted),
        }


def progress_of(name: str, plan: Plan, commissioning: Commissioning, hours: Hours) -> Progress:
    """How far it is."""
    stage, learned = commissioning.stage, commissioning.learned
    before = sum(hours.of(one) for one in STAGES[: STAGES.index(stage)])
    if stage is not Stage.ARMED or learned is None:
        so_far = commissioning.seconds / HOUR_S
        return Progress(name, stage, so_far, hours.of(stage), before + so_far, (), len(plan.channels))
    sizes = commissioning.drifts.drifted(learned.known.certain)
    drifted = tuple(
        (one.name, f"{size:+.3g} {one.unit}")
        for one, size in zip(plan.channels, sizes, strict=True)
        if not math.isnan(size)
    )
    armed = tuple(one.name for one, is_usable in zip(plan.channels, learned.usable, strict=True) if is_usable)
    blocks = commissioning.drifts.blocks
    return Progress(name, stage, 0.0, hours.of(stage), before, armed, len(plan.channels), drifted, blocks)
