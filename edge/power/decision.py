"""PowerWatch: when everything is made durable, and when the box is shut down. Pure: times and signs come in.

The vehicle is in use

1. while its engine runs, it moves, it is ready to, or it is charged through its plug;
2. else as the ignition line says, where there is one that can be read;
3. else as its ignition signal says, where that is known;
4. else while a bus says something of its own accord, once it has for a minute;
5. else, where no bus ever did, while something charges its battery, for ten seconds on end: but for no longer than
   the box may stay on without any of 1 to 3, until that has ended once.

The fourth waits because control units wake each other at night; the fifth ends because questions keep an electric car's
converter running, which then looks like an engine.

A vehicle that is no longer in use for five seconds is parked (for five minutes, where the supply alone tells, since an
engine rests at traffic lights): all that is known is sealed, nothing is asked. It may stay so for `stay_s`; then the
box is shut down, and so it is when its supply was low for `low_s`, parked or not, unless an engine runs or may: its
speed is unknown and the bus talks. It is sealed before it is shut down.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SETTLE_S: Final = 5.0
"""A line drops out while a starter turns; trips wait as long."""
REST_S: Final = 300.0
SPOKE_S: Final = 10.0
"""A bus that said nothing for so long sleeps."""
AWAKE_S: Final = 60.0
CHARGING_S: Final = 10.0
CHARGED_VOLTS: Final = 13.2
"""No lead-acid battery rests so high. Limits are those of 12 V; twice as much at 24 V."""
AGAIN_VOLTS: Final = 0.1
"""Above the limit by so much the supply is low no more."""
STEP_MAX_S: Final = 10.0
"""What lies further apart was not watched."""


class Stage(StrEnum):
    """How the box stands to the vehicle."""

    USED = "used"
    PARKED = "parked"
    """Sealed; nothing is asked."""
    ENDING = "ending"
    """It is to be shut down as soon as everything is sealed."""
    ENDED = "ended"
    """It was told to shut down; it goes on where there is no command for that, or until that has been done."""


class Why(StrEnum):
    """Why it is shut down."""

    PARKED = "parked"
    LOW_VOLTAGE = "low_voltage"


class Step(StrEnum):
    """What is to be done now."""

    SEAL = "seal"
    SHUT_DOWN = "shut_down"
    WAKE = "wake"
    """The vehicle is in use again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is configured."""

    always_on: bool = False
    """However long it is parked, it stays on; something else takes its supply away."""
    stay_s: float = 1800.0
    low_volts: float = 12.2
    low_s: float = 240.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known as of a moment; None is unknown."""

    at_s: float
    """Of a clock that never goes back."""
    runs: bool | None = None
    """Its engine turns, it moves, is ready, or is charged through its plug."""
    line: bool | None = None
    """The ignition by a wire; None as well where there is none."""
    ignition: bool | None = None
    """The ignition by a signal of a bus."""
    spoke_s: float | None = None
    """When a bus last said something of its own accord; None: none ever did."""
    volts: float | None = None
    scale: float = 1.0
    """2 of a supply of 24 V."""
    is_sealed: bool = False
    """Everything that was known when it was last parked, or is to end, is durable."""


class PowerWatch:
    """Follows the vehicle; call `look` about once a second."""

    def __init__(self, limits: Limits, at_s: float) -> None:
        """Begins as in use, since the box was just started, as of `at_s`."""
        self._limits = limits
        self.stage = Stage.USED
        self.why: Why | None = None
        """Of an end that is near or was ordered."""
        self.low_for_s = 0.0
        """For how long the supply was known to be low."""
        self._used_s = at_s
        """When it was last in use."""
        self._sure_s = at_s
        """When one of the first three said so, or the box was started."""
        self._awake_since_s: float | None = None
        self._charged_since_s: float | None = None
        self._at_s = at_s

    def look(self, seen: Seen) -> tuple[Step, ...]:
        """What is to be done now; mostly nothing."""
        passed_s = min(max(seen.at_s - self._at_s, 0.0), STEP_MAX_S)
        self._at_s = seen.at_s
        self._weigh(seen, passed_s)
        is_used = self._is_used(seen)
        if is_used:
            self._used_s = seen.at_s
        if self.stage in (Stage.ENDING, Stage.ENDED):
            return self._near_the_end(seen, is_used=is_used)
        if self._is_low(seen):
            return self._end(Why.LOW_VOLTAGE, seen)
        off_s = seen.at_s - self._used_s
        if self.stage is Stage.USED:
            is_told = seen.line is not None or seen.ignition is not None or seen.spoke_s is not None
            if off_s < (SETTLE_S if is_told else REST_S):
                return ()
            self.stage = Stage.PARKED
            return (Step.SEAL,)
        if is_used:
            return self._wake()
        return self._end(Why.PARKED, seen) if self._is_over(off_s) else ()

    def stays_s(self, at_s: float) -> float | None:
        """How much longer it stays on; None: as long as the vehicle is in use, or for ever."""
        is_parked = self.stage is Stage.PARKED and not self._limits.always_on
        return max(self._used_s + self._limits.stay_s - at_s, 0.0) if is_parked else None

    def _is_over(self, off_s: float) -> bool:
        return not self._limits.always_on and off_s >= self._limits.stay_s

    def _end(self, why: Why, seen: Seen) -> tuple[Step, ...]:
        self.stage, self.why = Stage.ENDING, why
        return (Step.SEAL,) if not seen.is_sealed or why is Why.LOW_VOLTAGE else self._ordered()

    def _near_the_end(self, seen: Seen, *, is_used: bool) -> tuple[Step, ...]:
        holds = self._is_low(seen) if self.why is Why.LOW_VOLTAGE else not is_used
        if not holds and is_used:
            return self._wake()
        if not holds:
            self.stage, self.why = Stage.PARKED, None
            return ()
        if self.stage is Stage.ENDED:
            return ()
        return self._ordered() if seen.is_sealed else (Step.SEAL,)

    def _ordered(self) -> tuple[Step, ...]:
        self.stage = Stage.ENDED
        return (Step.SHUT_DOWN,)

    def _wake(self) -> tuple[Step, ...]:
        self.stage, self.why = Stage.USED, None
        self._used_s = self._at_s
        return (Step.WAKE,)

    def _weigh(self, seen: Seen, passed_s: float) -> None:
        """Take in bus and supply."""
        if seen.runs or seen.line or seen.ignition:
            self._sure_s = seen.at_s
        if seen.spoke_s is None or seen.at_s - seen.spoke_s >= SPOKE_S:
            self._awake_since_s = None
        elif self._awake_since_s is None:
            self._awake_since_s = seen.at_s
        if seen.volts is None:
            return
        if seen.volts < CHARGED_VOLTS * seen.scale:
            self._charged_since_s = None
        elif self._charged_since_s is None:
            self._charged_since_s = seen.at_s
        if seen.volts < self._limits.low_volts * seen.scale:
            self.low_for_s += passed_s
        elif seen.volts >= (self._limits.low_volts + AGAIN_VOLTS) * seen.scale:
            self.low_for_s = 0.0

    def _is_low(self, seen: Seen) -> bool:
        may_run = seen.runs or (seen.runs is None and self._awake_since_s is not None)
        if may_run:
            self.low_for_s = 0.0
        return self.low_for_s >= self._limits.low_s

    def _is_used(self, seen: Seen) -> bool:
        """By the first of the rules above that says anything."""
        if seen.runs:
            return True
        if seen.line is not None:
            return seen.line
        if seen.ignition is not None:
            return seen.ignition
        if seen.spoke_s is not None:
            awake_s = 0.0 if self._awake_since_s is None else seen.at_s - self._awake_since_s
            return self._awake_since_s is not None and (self.stage is Stage.USED or awake_s >= AWAKE_S)
        since_s = self._charged_since_s
        if since_s is None:
            return False
        # What went on before one of the others said so counts from there: it may be of what we ask.
        is_fresh = seen.at_s - max(since_s, self._sure_s) < self._limits.stay_s
        return is_fresh and (self.stage is Stage.USED or seen.at_s - since_s >= CHARGING_S)
