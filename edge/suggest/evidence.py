"""How well the frames of an id agree with a message: tests that each give a share from 0 to 1, or nothing.

A message may be held against the frames of any id: against those of its own, and, to know what chance gives, of others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.flat import Flat
from edge.frames import UInt8s
from edge.suggest.heard import RUN, HeardId
from edge.suggest.layouts import Layouts, Role, mask_of

Float64s = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
FRAMES: Final = 3 * RUN
"""Of an id that a trial looks at."""
CHUNK_FRAMES: Final = 40_000
"""Decoded at once: bounds the memory."""
TOLD_BITS_MAX: Final = 4.0
"""However little of its bits a signal may use, it weighs no more."""
STEPS: Final = 8.0
"""A quantity that moves over fewer steps of its scale says nothing of how it moves."""
ROUGH: Final = 1.0 / 3.0
"""Mean step over span of values that follow by chance: of two uniform numbers |x - y| is a third on average."""
SMOOTH: Final = 0.1
CYCLE_NEAR: Final = 1.5
CYCLE_FAR: Final = 3.0
_CHANGED_MIN: Final = 8
"""Neighbours with other contents, before a checksum is judged."""


class Test(IntEnum):
    """What is looked at; the column of it."""

    LENGTH = 0
    """Frames have the length that the file says."""
    SELECTOR = 1
    """Selectors have values that the file knows."""
    VALUES = 2
    """Values are within the file's limits or its labels, weighed by how much those tell."""
    COVER = 3
    """Bits that change belong to a signal."""
    SMOOTH = 4
    """Quantities move in steps that are small beside their span."""
    COUNTER = 5
    """What is called a counter counts up by one."""
    CHECKSUM = 6
    """What is called a checksum changes whenever anything else does."""
    CYCLE = 7
    """The period is near that of the file."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A message held against the frames of an id."""

    message: int
    heard: HeardId


@dataclass(slots=True)
class _Chunk:
    """Trials whose frames lie one after the other: N frames of E trials."""

    trials: Sequence[Trial]
    trial: Ints
    """(N,) which trial each frame is of."""
    follows: npt.NDArray[np.bool_]
    """(N,) it is the next frame of its id after the one before it."""
    message: Ints
    """(N,)"""
    length: UInt8s
    payload: UInt8s


def agreements(layouts: Layouts, trials: Sequence[Trial]) -> Float64s:
    """(E, tests) from 0 to 1; not a number where a test has nothing to say."""
    found = np.full((len(trials), len(Test)), np.nan)
    for width in (8, 64):
        places = [place for place, one in enumerate(trials) if one.heard.payload.shape[1] == width]
        for some in _chunks(trials, places):
            found[some] = _judged(layouts, _gathered([trials[place] for place in some]))
    return found


def _chunks(trials: Sequence[Trial], places: Sequence[int]) -> Iterator[list[int]]:
    some: list[int] = []
    frames = 0
    for place in places:
        some.append(place)
        frames += len(trials[place].heard.number)
        if frames >= CHUNK_FRAMES:
            yield some
            some, frames = [], 0
    if some:
        yield some


def _gathered(trials: Sequence[Trial]) -> _Chunk:
    counts = [len(one.heard.number) for one in trials]
    return _Chunk(
        trials,
        np.repeat(np.arange(len(trials)), counts),
        np.concatenate([one.heard.follows for one in trials]),
        np.repeat(np.array([one.message for one in trials], np.intp), counts),
        np.concatenate([one.heard.length for one in trials]),
        np.concatenate([one.heard.payload for one in trials]),
    )


def _judged(layouts: Layouts, chunk: _Chunk) -> Float64s:
    flat = layouts.decoder.decode(chunk.message, chunk.payload, chunk.length)
    message = np.array([one.message for one in chunk.trials], np.intp)
    trials = len(chunk.trials)
    found = np.full((trials, len(Test)), np.nan)
    is_right = chunk.length == layouts.length[chunk.message]
    found[:, Test.LENGTH] = _mean(chunk.trial, is_right, trials)
    if flat.lost is not None or layouts.has_selector[message].any():
        is_known = np.ones(len(chunk.trial)) if flat.lost is None else ~flat.lost
        found[:, Test.SELECTOR] = np.where(layouts.has_selector[message], _mean(chunk.trial, is_known, trials), np.nan)
    found[:, Test.COVER] = [_cover(layouts.bits[one.message], one.heard) for one in chunk.trials]
    found[:, Test.CYCLE] = [_cycle(layouts.cycle_s[one.message], one.heard) for one in chunk.trials]
    series = _Series.of(layouts, chunk, flat)
    found[:, Test.VALUES] = series.values(layouts, trials)
    found[:, Test.SMOOTH] = series.smooth(layouts, trials)
    found[:, Test.COUNTER] = series.counters(layouts, trials)
    found[:, Test.CHECKSUM] = series.checksums(layouts, chunk)
    return found


def _mean(group: Ints, value: npt.NDArray[np.generic], groups: int) -> Float64s:
    """The mean of each group; not a number: it is empty."""
    with np.errstate(invalid="ignore"):
        mean: Float64s = np.bincount(group, value, groups) / np.bincount(group, minlength=groups)
    return mean


def _weighted(group: Ints, value: Float64s, weight: Float64s, groups: int) -> Float64s:
    with np.errstate(invalid="ignore"):
        mean: Float64s = np.bincount(group, value * weight, groups) / np.bincount(group, weight, groups)
    return mean


def _cover(bits: UInt8s, heard: HeardId) -> float:
    """Which part of the bits that change belongs to a signal."""
    changed = int(np.bitwise_count(heard.changed).sum())
    covered = int(np.bitwise_count(heard.changed & bits[: len(heard.changed)]).sum())
    return covered / changed if changed else np.nan


def _cycle(cycle_s: float, heard: HeardId) -> float:
    if not cycle_s > 0 or heard.period_s is None or heard.period_s <= 0:
        return np.nan
    apart = max(heard.period_s / cycle_s, cycle_s / heard.period_s)
    return 1.0 if apart <= CYCLE_NEAR else 0.5 if apart <= CYCLE_FAR else 0.0


@dataclass(slots=True)
class _Series:
    """Samples by trial and signal, in the order of time: P series one after the other."""

    value: Float64s
    signal: Ints
    """(P,) of each series."""
    trial: Ints
    """(P,)"""
    first: Ints
    """(P,) where it begins."""
    count: Ints
    """(P,)"""
    series: Ints
    """Of each sample."""
    is_step: npt.NDArray[np.bool_]
    """Of each sample: the one before it is of the same series and the same run of frames."""
    is_next: npt.NDArray[np.bool_]
    """And of the very frame before."""
    frame: Ints

    @classmethod
    def of(cls, layouts: Layouts, chunk: _Chunk, flat: Flat) -> "_Series":
        """Sorted out of what was decoded."""
        signals = max(1, len(layouts.signals))
        key = chunk.trial[flat.frame] * signals + flat.signal
        order = np.argsort(key, kind="stable")
        key, frame, value = key[order], flat.frame[order], flat.value[order]
        first = np.flatnonzero(np.append(np.True_, key[1:] != key[:-1])) if len(key) else np.zeros(0, np.intp)
        count = np.diff(np.append(first, len(key)))
        series = np.repeat(np.arange(len(first)), count)
        run = np.cumsum(~chunk.follows)
        is_step = np.zeros(len(key), np.bool_)
        is_step[1:] = (series[1:] == series[:-1]) & (run[frame[1:]] == run[frame[:-1]])
        is_next = is_step.copy()
        is_next[1:] &= frame[1:] == frame[:-1] + 1
        return cls(value, key[first] % signals, key[first] // signals, first, count, series, is_step, is_next, frame)

    def values(self, layouts: Layouts, trials: int) -> Float64s:
        """By trial: the part of the samples that the file allows; nothing where it allows nearly all that can be."""
        signal = self.signal[self.series]
        slack = 1e-9 * np.maximum(1.0, np.abs(self.value))
        is_allowed = (self.value >= layouts.low[signal] - slack) & (self.value <= layouts.high[signal] + slack)
        is_allowed &= ~layouts.is_enumeration[signal]
        for one, place in enumerate(self.signal.tolist()):
            if (labels := layouts.labels.get(place)) is not None:
                samples = slice(self.first[one], self.first[one] + self.count[one])
                near = labels.searchsorted(self.value[samples]).clip(max=len(labels) - 1)
                is_allowed[samples] |= labels[near] == self.value[samples]
        share = _mean(self.series, is_allowed, len(self.first))
        weight = np.minimum(layouts.told_bits[self.signal], TOLD_BITS_MAX)
        told = np.bincount(self.trial, weight, trials)
        return np.where(told >= 1.0, _weighted(self.trial, share, weight, trials), np.nan)

    def smooth(self, layouts: Layouts, trials: int) -> Float64s:
        """By trial: how many of its quantities move in small steps."""
        if not len(self.first):
            return np.full(trials, np.nan)
        step = np.zeros(len(self.value))
        step[1:] = np.abs(np.diff(self.value))
        steps = np.bincount(self.series, self.is_step, len(self.first))
        total = np.bincount(self.series, step * self.is_step, len(self.first))
        span = np.maximum.reduceat(self.value, self.first) - np.minimum.reduceat(self.value, self.first)
        scale = np.abs(np.array([layouts.signals[one].scale for one in self.signal]))
        with np.errstate(invalid="ignore", divide="ignore"):
            rough = total / steps / span
            is_moving = (layouts.role[self.signal] == Role.QUANTITY) & (span >= STEPS * scale) & (steps >= STEPS)
        agreement = np.clip((ROUGH - rough) / (ROUGH - SMOOTH), 0.0, 1.0)
        return _mean(self.trial[is_moving], agreement[is_moving], trials)

    def counters(self, layouts: Layouts, trials: int) -> Float64s:
        """By trial: of neighbours the part in which the counter is one further; one that stands counts other things."""
        is_moving = np.zeros(len(self.first), np.bool_)
        for one in np.flatnonzero(layouts.role[self.signal] == Role.COUNTER):
            is_moving[one] = np.ptp(self.value[self.first[one] : self.first[one] + self.count[one]]) > 0
        is_counter = is_moving[self.series] & self.is_next
        at = np.flatnonzero(is_counter)
        signal = self.signal[self.series[at]]
        bits = np.array([layouts.signals[one].length for one in signal], np.int64)
        scale = np.array([layouts.signals[one].scale for one in signal], np.float64)
        moved = np.rint((self.value[at] - self.value[at - 1]) / scale).astype(np.int64)
        is_up = (moved % np.left_shift(1, bits) == 1) | ((self.value[at] <= scale) & (moved < 0))
        return _mean(self.trial[self.series[at]], is_up, trials)

    def checksums(self, layouts: Layouts, chunk: _Chunk) -> Float64s:
        """By trial: where the rest of two neighbours differs, whether the checksum does."""
        found: dict[int, list[float]] = {}
        for one in np.flatnonzero(layouts.role[self.signal] == Role.CHECKSUM):
            samples = np.arange(self.first[one], self.first[one] + self.count[one])
            samples = samples[self.is_next[samples]]
            signal = layouts.signals[self.signal[one]]
            rest = ~mask_of(signal)[: chunk.payload.shape[1]]
            frame = self.frame[samples]
            is_other = ((chunk.payload[frame] ^ chunk.payload[frame - 1]) & rest).any(axis=1)
            if np.count_nonzero(is_other) >= _CHANGED_MIN:
                is_moved = (self.value[samples] != self.value[samples - 1])[is_other]
                share = float(is_moved.mean()) / (1.0 - 2.0**-signal.length)
                found.setdefault(int(self.trial[one]), []).append(min(1.0, share))
        result = np.full(len(chunk.trials), np.nan)
        for trial, shares in found.items():
            result[trial] = np.mean(shares)
        return result
