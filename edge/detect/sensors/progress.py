"""Progress: how far a vehicle is learned, for people, for the health message and for the report of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge.detect.sensors.commissioning import STAGES, Commissioning, Hours, Stage

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

    @property
    def in_words(self) -> str:
        """For the report of a run."""
        if self.stage is not Stage.ARMED:
            part = f"{self.stage_h:.2f} of {self.stage_of_h:.2f} h of driving"
            return f"{self.name}: {self.stage}, {part}; 0 of {self.channels} channels armed"
        names = ", ".join(self.armed) or "nothing"
        return f"{self.name}: armed after {self.hours:.1f} h of driving, {len(self.armed)} of {self.channels}: {names}"

    @property
    def coarse(self) -> str:
        """For health, which is told when it changes."""
        if self.stage is Stage.ARMED:
            return f"armed: {len(self.armed)} of {self.channels} channels"
        done = int(self.stage_h / COARSE_H) * COARSE_H
        return f"learning the vehicle: {self.stage}, {done:g} of {self.stage_of_h:g} h; 0 of {self.channels} armed"

    @property
    def counted(self) -> dict[str, int]:
        """For the counters of health."""
        return {
            f"{self.name}_minutes": int(60 * self.hours),
            f"{self.name}_channels_armed": len(self.armed),
            f"{self.name}_channels": self.channels,
        }


def progress_of(name: str, channels: Sequence[str], commissioning: Commissioning, hours: Hours) -> Progress:
    """How far it is; `channels`: their names, in order."""
    stage, learned = commissioning.stage, commissioning.learned
    armed: tuple[str, ...] = ()
    if stage is Stage.ARMED and learned is not None:
        armed = tuple(one for one, is_usable in zip(channels, learned.usable, strict=True) if is_usable)
    before = sum(hours.of(one) for one in STAGES[: STAGES.index(stage)])
    so_far = commissioning.seconds / HOUR_S if stage is not Stage.ARMED else 0.0
    return Progress(name, stage, so_far, hours.of(stage), before + so_far, armed, len(channels))
