"""Powering: what the power watch goes by, read from the vehicle and a line; what it has decided, for who tells it."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import Final, Literal

from edge.config_box import PowerSettings
from edge.diagnostics.signs import signs_of
from edge.doing import ENGINE_SPEED, MOVING_KMH, READY, SPEED
from edge.errors import EdgeError
from edge.history import Window
from edge.power.decision import SPOKE_S, Limits, PowerWatch, Seen, Stage, Step, Why
from edge.power.line import Line
from edge.supply.nominal import Nominal

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
_TELL: Final = ((ENGINE_SPEED, 1.0), (SPEED, MOVING_KMH), (READY, 1.0))
"""From which value on each says that it runs."""


@dataclass(frozen=True, slots=True)
class PowerStanding:
    """How it is, for who tells it; None is unknown, or does not apply."""

    stage: Stage
    why: Why | None
    line: bool | None
    line_trouble: str | None
    volts: float | None
    low_for_s: float
    stays_s: float | None
    can_shut_down: bool


class Powering:
    """The thread that judges alone calls it, but for `standing`."""

    def __init__(
        self,
        settings: PowerSettings,
        *,
        nominal: Literal[12, 24] | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._now_s = now_s
        limits = Limits(
            always_on=settings.always_on,
            stay_s=settings.stay_s,
            low_volts=settings.low_volts,
            low_s=settings.low_s,
        )
        self._watch = PowerWatch(limits, now_s())
        self._line = _line_of(settings)
        self._line_trouble: str | None = None
        self._nominal = Nominal(nominal)
        self._spoke_s: float | None = None
        self._is_sealed = False
        self._look_at_s = now_s()
        self._seen = Seen(now_s())

    @property
    def asks_nothing(self) -> bool:
        """The box is to go, or the vehicle is not in use and sleeps. While a parked one talks, diagnostics have their
        own manners (a minute from when it began): only an answer may say that its engine runs."""
        stage = self._watch.stage
        is_awake = self._spoke_s is not None and self._now_s() - self._spoke_s < SPOKE_S
        return stage is not Stage.USED and not (stage is Stage.PARKED and is_awake)

    @property
    def scale(self) -> float:
        """2 of a supply of 24 V."""
        return self._nominal.scale

    @property
    def why_ends(self) -> str | None:
        """In a line, of a box that is to be shut down."""
        if self._watch.stage not in (Stage.ENDING, Stage.ENDED):
            return None
        if self._watch.why is Why.LOW_VOLTAGE:
            volts = self._settings.low_volts * self._nominal.scale
            return f"the supply was below {volts:g} V for {self._settings.low_s:g} s"
        return f"the vehicle was parked for {self._settings.stay_s:g} s"

    @property
    def standing(self) -> PowerStanding:
        """How it is; any thread."""
        watch, seen = self._watch, self._seen
        return PowerStanding(
            stage=watch.stage,
            why=watch.why,
            line=seen.line,
            line_trouble=self._line_trouble,
            volts=seen.volts,
            low_for_s=watch.low_for_s,
            stays_s=watch.stays_s(self._now_s()),
            can_shut_down=bool(self._settings.shutdown),
        )

    @property
    def ended_by(self) -> str:
        """What ends a trip that is sealed now: the ignition where that is known, else silence."""
        return "ignition_off" if self._seen.line is False or self._seen.ignition is False else "silence"

    def spoke(self) -> None:
        """A bus said something of its own accord just now."""
        self._spoke_s = self._now_s()

    def sealed(self) -> None:
        """Everything that is known is durable."""
        self._is_sealed = True

    @property
    def is_due(self) -> bool:
        """Whether it is time to look; once a second."""
        return self._now_s() >= self._look_at_s

    def look(self, window: Window, *, moves: bool = False) -> tuple[Step, ...]:
        """What is to be done now; `moves`: positions say so, of a vehicle of which nothing else is heard."""
        now_s = self._now_s()
        self._look_at_s = now_s + LOOK_S
        signs = signs_of(window, 0)
        if signs.volts is not None:
            self._nominal.take(signs.volts)
        self._seen = Seen(
            at_s=now_s,
            runs=moves or runs(window),
            line=self._read(),
            ignition=signs.ignition,
            spoke_s=self._spoke_s,
            volts=signs.volts,
            scale=self._nominal.scale,
            is_sealed=self._is_sealed,
        )
        steps = self._watch.look(self._seen)
        if self._watch.stage is Stage.USED:
            self._is_sealed = False
        return steps

    def close(self) -> None:
        """Give the line back."""
        if self._line is not None:
            self._line.close()

    def _read(self) -> bool | None:
        """The ignition by its line; unknown, said once, while it cannot be read."""
        if self._line is None:
            return None
        try:
            is_on = self._line.is_active()
        except EdgeError as error:
            if self._line_trouble is None:
                log.warning("the ignition line cannot be read: %s", error)
            self._line_trouble = str(error)
            return None
        self._line_trouble = None
        return is_on


def runs(window: Window) -> bool | None:
    """Whether its engine turns, it moves, is ready to or is charged through its plug; None: nobody says."""
    told = [abs(value) >= least for path, least in _TELL if not isnan(value := window.value(path))]
    if window.doing == "charging":
        return True
    return any(told) if told else None


def _line_of(settings: PowerSettings) -> Line | None:
    if not settings.line:
        return None
    chip, _, offset = settings.line.partition(":")
    return Line(chip, int(offset), active_low=settings.line_active == "low", pull=settings.line_pull)
