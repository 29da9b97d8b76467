"""SimulatedSource: a simulated vehicle as a source, as fast as it is read."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from edge.bus.spec import SourceSpec
from edge.errors import ConfigError
from edge.frames import NANOSECONDS, FrameBatch
from edge.simulator.faults import parse_fault
from edge.simulator.life import ANY, MIXED
from edge.simulator.simulation import Simulation

STEP_NS: Final = NANOSECONDS
"""Simulated time in one batch."""
SEED: Final = 1
"""Where none is given, so that the same words give the same drive."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_START_MAX_S: Final = 8_000_000_000
"""In the year 2223; int64 nanoseconds end soon after."""

FRAMES: Final = "frames"


def open_simulation(spec: SourceSpec, *, now_ns: int) -> "SimulatedSource":
    """What `sim:VEHICLE?cycle=city&fault=NAME@SECONDSxPACE&seed=7&start=2026-05-01T08:00&duration=600` names.

    `fault` may be given several times; `cycle`, `weather`, `warm=on` and `skip` are as in `telltale-edge simulate`.
    `start` is UTC, in ISO 8601 or in seconds since 1970; without it the vehicle sets off at `now_ns`. Without
    `duration` (seconds) it drives for ever.

    Raises:
        ConfigError: an option that cannot be used, or an unknown vehicle, fault, cycle or weather.
    """
    start_ns = _start(spec, now_ns)
    duration_s = spec.float_option("duration", None)
    seed = spec.int_option("seed", SEED)
    skip_s = spec.int_option("skip", 0)
    if skip_s < 0:
        raise ConfigError(f"skip={skip_s} is below zero", place=spec.text, remedy="Give whole seconds from 0 up")
    try:
        faults = [parse_fault(text) for text in spec.all_options("fault")]
        simulation = Simulation(
            vehicle=spec.rest,
            faults=faults,
            seed=seed,
            start_ns=start_ns,
            cycle=spec.text_option("cycle", MIXED),
            weather=spec.text_option("weather", ANY),
            warm=spec.bool_option("warm", False),
            skip_s=skip_s,
        )
    except ConfigError as error:
        raise ConfigError(error.problem, file=error.file, place=spec.text, remedy=error.remedy) from error
    return SimulatedSource(
        simulation, start_ns, None if duration_s is None else start_ns + round(duration_s * NANOSECONDS)
    )


class SimulatedSource:
    """Hands out a simulation second by second."""

    live = False

    def __init__(self, simulation: Simulation, start_ns: int, end_ns: int | None) -> None:
        """Frames from `start_ns` on, below `end_ns`."""
        self._simulation = simulation
        self._now_ns = start_ns
        self._end_ns = end_ns
        self._frames = 0

    @property
    def counters(self) -> Mapping[str, int]:
        """Frames."""
        return {FRAMES: self._frames}

    def read(self, wait_s: float) -> FrameBatch | None:  # noqa: ARG002  a simulation keeps nobody waiting
        """The next second; None at the end."""
        if self._end_ns is not None and self._now_ns >= self._end_ns:
            return None
        until_ns = self._now_ns + STEP_NS
        self._now_ns = until_ns if self._end_ns is None else min(until_ns, self._end_ns)
        batch = self._simulation.advance(self._now_ns)
        self._frames += len(batch)
        return batch

    def close(self) -> None:
        """Nothing is held."""


def _start(spec: SourceSpec, now_ns: int) -> int:
    text = spec.text_option("start", None)
    if text is None:
        return now_ns
    start_ns = _seconds(text)
    if start_ns is None:
        start_ns = _moment(text)
    if start_ns is None or not 0 <= start_ns <= _START_MAX_S * NANOSECONDS:
        remedy = "Write it as 2026-05-01T08:00:00 or in seconds since 1970"
        raise ConfigError(f"start={text} is no time", place=spec.text, remedy=remedy)
    return start_ns


def _seconds(text: str) -> int | None:
    try:
        seconds = Decimal(text)
        return int(seconds * NANOSECONDS) if abs(seconds) <= _START_MAX_S else None
    except ArithmeticError:  # no number, none that can be compared, or far too large
        return None


def _moment(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
