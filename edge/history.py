"""What the vehicle did lately: the latest of every signal, smoothed and subscribed ones, figures of the running period.

Pure: it is given one cell of the judgement grid at a time and has no clock of its own. The same samples give the same
bits however the frames were batched, because every sum is taken sample by sample in the order of time.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from edge.codes_heard import CodesHeard
from edge.doing import Doing
from edge.figures import Figures, Float64s, Int64s, Ledger, Totals
from edge.frames import NANOSECONDS
from edge.periods import Periods
from edge.personal import is_place
from edge.rows import RowRing
from edge.signals import Signal, SignalBatch
from edge.spans import Spans, Wants
from edge.whereabouts import Fix, Whereabouts

NEVER: Final = np.iinfo(np.int64).min
UNKNOWN: Final = float("nan")
ROW_BYTES: Final = 4_000_000
"""Of the rows, unless told otherwise."""
NOTHING: Final = Wants()


class SignalState(StrEnum):
    """Whether there is a value to reckon with."""

    UNKNOWN = "unknown"
    """It was never heard, or is not on this vehicle."""
    STALE = "stale"
    """It has missed ten of its periods."""
    FRESH = "fresh"


@dataclass(frozen=True, slots=True, order=True)
class Smoothing:
    """A signal that someone wants smoothed: exponentially weighted over the grid with time constant `tau_s`."""

    path: str
    tau_s: float


class History:
    """Latest values with their age, smoothed values, and per-period figures, by path.

    Several decoded signals may share a path (one value sent by two messages): the later sample counts.
    """

    def __init__(
        self,
        signals: Sequence[Signal],
        *,
        grid_ns: int,
        smoothings: Collection[Smoothing] = (),
        subscribed: Collection[str] = (),
        row_bytes: int = ROW_BYTES,
        wants: Wants = NOTHING,
    ) -> None:
        """`subscribed`: paths whose rows are kept, in memory of `row_bytes`. `wants`: of samples over time.

        Raises:
            ValueError: not one row fits.
        """
        paths = list(dict.fromkeys(signal.path for signal in signals))
        self.slot: Mapping[str, int] = MappingProxyType({path: index for index, path in enumerate(paths)})
        """Place of each path in the columns."""
        first = {signal.path: signal for signal in reversed(signals)}
        self.units = tuple(first[path].unit for path in paths)
        self.latest: Float64s = np.full(len(paths), UNKNOWN)
        self.latest_at: Int64s = np.full(len(paths), NEVER, np.int64)
        self.until = 0
        self._slot_of_signal = np.array([self.slot[signal.path] for signal in signals], np.intp)
        self.rows = RowRing(self.slot, sorted(subscribed), row_bytes)
        self._periods = Periods(
            np.array([round(first[path].period_s * NANOSECONDS) for path in paths], np.int64),
            np.array([first[path].period_is_set for path in paths], np.bool_),
        )
        self.ledger = Ledger(len(paths))
        self._smoothed = _Smoothed(sorted(set(smoothings)), self.slot, grid_ns)
        self._grid_ns = grid_ns
        self.spans = Spans(wants, self.slot, grid_ns)
        self.later_spans = Spans(NOTHING, self.slot, grid_ns)
        """Of what somebody has asked for since: see `want_later`."""
        self.doing = Doing()
        self.whereabouts = Whereabouts()
        self._is_place = np.array([is_place(path) for path in paths], np.bool_)
        self._private = False
        self.codes = CodesHeard()

    @property
    def private(self) -> bool:
        """Private mode: where the vehicle is stays unknown, and what is personal is not to be told."""
        return self._private

    @private.setter
    def private(self, private: bool) -> None:
        self._private = private
        self.latest[self._is_place] = UNKNOWN
        self.latest_at[self._is_place] = NEVER

    def want_later(self, wants: Wants) -> None:
        """Keep stretches for somebody who came while the vehicle runs, in place of what was asked for so before.

        They begin now: what reaches back further is unknown until it does not.
        """
        self.later_spans = Spans(wants, self.slot, self._grid_ns)

    def absorb(self, samples: SignalBatch, until: int) -> None:
        """Take in one grid cell: the samples before `until` (ns) that no earlier cell had."""
        if len(samples):
            self._take(samples)
        self.until = until
        self._periods.look(until, self.ledger.heard, self.latest_at)
        fresh = self.fresh()
        self._smoothed.step(fresh)
        self.spans.step(fresh, until)
        self.later_spans.step(fresh, until)
        self.doing.update(lambda path: _at(fresh, self.slot.get(path)), until)
        self.whereabouts.update(lambda path: _at(fresh, self.slot.get(path)), self._heard_at, until)
        self.rows.append(until, fresh)

    def _take(self, samples: SignalBatch) -> None:
        slots, values, times = self._slot_of_signal[samples.signal], samples.value, samples.time
        if self._private:
            kept = ~self._is_place[slots]
            slots, values, times = slots[kept], values[kept], times[kept]
        self.latest[slots] = values  # of equal indices the last one stands
        self.latest_at[slots] = times
        self.ledger.add(slots, values)
        self.spans.take(slots, values)
        self.later_spans.take(slots, values)

    def fresh(self) -> Float64s:
        """Latest value of every path; NaN where it was never heard or is stale."""
        seen = self.latest_at != NEVER
        age = np.where(seen, self.until - np.where(seen, self.latest_at, 0), 0)
        return np.where(seen & (age <= self._periods.stale_ns), self.latest, UNKNOWN)

    @property
    def stale_ns(self) -> Int64s:
        """(signals,): how old each may be; another array whenever that changes."""
        return self._periods.stale_ns

    def window(self) -> "Window":
        """What detectors may look at, as of the last cell."""
        return Window(until=self.until, _values=self.fresh(), _history=self)

    def _heard_at(self, path: str) -> int | None:
        slot = self.slot.get(path)
        return None if slot is None or self.latest_at[slot] == NEVER else int(self.latest_at[slot])

    def age_s(self, path: str) -> float:
        """Seconds since the signal was last heard; infinite when it never was."""
        slot = self.slot.get(path)
        if slot is None or self.latest_at[slot] == NEVER:
            return float("inf")
        return (self.until - int(self.latest_at[slot])) / NANOSECONDS

    def state(self, path: str) -> SignalState:
        """Whether the signal's value can be reckoned with."""
        slot = self.slot.get(path)
        if slot is None or self.latest_at[slot] == NEVER:
            return SignalState.UNKNOWN
        is_stale = self.until - int(self.latest_at[slot]) > int(self._periods.stale_ns[slot])
        return SignalState.STALE if is_stale else SignalState.FRESH

    def period_s(self, path: str) -> float | None:
        """How often the signal comes, as learned by listening; None: not yet known."""
        slot = self.slot.get(path)
        if slot is None or not self._periods.learned[slot]:
            return None
        return int(self._periods.period_ns[slot]) / NANOSECONDS

    def smoothed(self, path: str, tau_s: float) -> float:
        """The smoothed signal; NaN before it was first heard or when it is unknown now.

        Raises:
            KeyError: nobody asked for this smoothing when the history was made.
        """
        return self._smoothed.value(Smoothing(path, tau_s))

    def figures(self, totals: Totals, paths: Collection[str] | None = None) -> dict[str, Figures]:
        """What was added up for the paths (all when None) that were heard."""
        wanted = self.slot if paths is None else [path for path in self.slot if path in paths]
        told = {path: totals.figures(self.slot[path], self.units[self.slot[path]]) for path in wanted}
        return {path: figures for path, figures in told.items() if figures is not None}


@dataclass(frozen=True, slots=True)
class Window:
    """The vehicle as of `until`; unknown and stale signals are NaN."""

    until: int
    """ns; the end of the last grid cell."""
    _values: Float64s
    _history: History
    _is_later: bool = False

    @property
    def later(self) -> "Window":
        """The same for who came while the vehicle ran (History.want_later)."""
        return replace(self, _is_later=True)

    @property
    def spans(self) -> Spans:
        """What was kept of stretches of time."""
        return self._history.later_spans if self._is_later else self._history.spans

    @property
    def history(self) -> History:
        """What it was cut from."""
        return self._history

    @property
    def values(self) -> Float64s:
        """Every signal as of now, by its slot; NaN when unknown or stale."""
        return self._values

    def value(self, path: str) -> float:
        """The signal's value in its unit; NaN when unknown, stale, or not on this vehicle."""
        slot = self._history.slot.get(path)
        return UNKNOWN if slot is None else float(self._values[slot])

    @property
    def doing(self) -> str | None:
        """What the vehicle is doing; None: unknown. See edge/doing.py."""
        return self._history.doing.now

    @property
    def private(self) -> bool:
        """Whether nothing may be told of where or how is driven; the position is unknown then anyway."""
        return self._history.private

    @property
    def fix(self) -> Fix | None:
        """Where the vehicle is, if that can be believed. See edge/whereabouts.py."""
        return self._history.whereabouts.fix

    def last(self, path: str) -> float:
        """The newest value that was ever heard, however old; NaN when none was."""
        slot = self._history.slot.get(path)
        return UNKNOWN if slot is None else float(self._history.latest[slot])

    def tells_code(self, wanted: str) -> bool | None:
        """Whether a unit tells this trouble code (see CodesHeard); None until one told any."""
        return self._history.codes.tells(wanted)

    def age_s(self, path: str) -> float:
        """Seconds since the signal was last heard; infinite when it never was."""
        return self._history.age_s(path)

    def period_s(self, path: str) -> float | None:
        """How often the signal comes, as learned by listening; None: not yet known."""
        return self._history.period_s(path)

    def state(self, path: str) -> SignalState:
        """Whether the signal's value can be reckoned with."""
        return self._history.state(path)

    def series(self, path: str, span_s: float) -> tuple[Int64s, Float64s]:
        """The last `span_s` of a subscribed signal, ten rows a second: times (N,) in ns, values (N,); NaN: unknown.

        Raises:
            KeyError: nobody subscribed to it when the history was made.
        """
        return self._history.rows.series(path, self.until - round(span_s * NANOSECONDS))

    def smoothed(self, path: str, tau_s: float) -> float:
        """The signal smoothed with time constant `tau_s`; NaN when unknown. See History.smoothed."""
        return self._history.smoothed(path, tau_s)


def _at(values: Float64s, slot: int | None) -> float:
    return UNKNOWN if slot is None else float(values[slot])


class _Smoothed:
    """Exponentially weighted means on the grid: y += (1 - exp(-grid/tau)) (x - y), beginning at the first x."""

    def __init__(self, wanted: Sequence[Smoothing], slot: Mapping[str, int], grid_ns: int) -> None:
        self._place = {smoothing: index for index, smoothing in enumerate(wanted)}
        self._slots = np.array([slot.get(smoothing.path, -1) for smoothing in wanted], np.intp)
        taus = np.array([smoothing.tau_s for smoothing in wanted], np.float64)
        self._gain: Float64s = -np.expm1(-(grid_ns / NANOSECONDS) / taus)
        self._y: Float64s = np.full(len(wanted), UNKNOWN)
        self._known = np.zeros(len(wanted), np.bool_)

    def step(self, fresh: Float64s) -> None:
        if not len(self._slots):
            return
        x = np.where(self._slots >= 0, np.append(fresh, UNKNOWN)[self._slots], UNKNOWN)
        self._known = ~np.isnan(x)
        started = np.where(np.isnan(self._y), x, self._y)
        self._y = np.where(self._known, started + self._gain * (x - started), self._y)

    def value(self, smoothing: Smoothing) -> float:
        index = self._place[smoothing]
        return float(self._y[index]) if self._known[index] else UNKNOWN
