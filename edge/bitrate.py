"""Bit rate: whether what was heard at one is a vehicle's bus, or what a controller makes of a bus at another rate.

That frames came is no proof: some controllers (MCP2515) that only listen count no errors and hand on what they made of
bits that they sampled at the wrong moments. A vehicle says the same things again and again: its ids repeat with a
rhythm, or as parts of long messages that count on, and each has one length. Chance does none of that.

On a bus of few ids a wrong rate may do it as well, since the same frame is misread alike each time. But it makes fewer
frames or fewer ids of them than the right one does, so where a rate is not beyond doubt all are heard and compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from edge.frames import ERROR, EXTENDED, NANOSECONDS, REMOTE, FrameBatch
from edge.suggest.heard import HeardId, Listener
from edge.suggest.protocols import is_isotp

LISTEN_S: Final = 2.0
"""At least; periods of the ids that speak most of a bus are tens of milliseconds."""
REPEATS: Final = 5
"""Frames of an id before it is judged: four gaps."""
NEAR: Final = 0.25
"""Of the median: so far a gap may be off. Of gaps by chance (exponential) every sixth is as near."""
RHYTHM: Final = 0.6
"""Of the gaps of an id; others are of frames that arbitration held up, or of two cycles in one id."""
ONE_LENGTH: Final = 0.98
"""Of the frames of an id."""
STEADY_FRAMES: Final = 24
STEADY_SHARE: Final = 0.5
"""Of the data frames: in recordings of vehicles it is 0.8 to 1, and by chance less than one in a million had half."""
ERRORS_MAX: Final = 0.2
"""Error frames for each data frame; a bad plug makes some."""
MANY: Final = 16
"""Steady ids that no wrong rate made of any recording; then no other rate need be heard."""
AHEAD: Final = 2.0
"""So many times as much speaks for the rate that is taken as for the next one."""
REMOTE_MAX: Final = 0.02
"""Remote frames for each data frame: vehicles ask for nothing in this way, and of misread frames every second does."""
HURRIED_MAX: Final = 0.05
"""Of the gaps between frames: so many may be shorter than a frame, as stamps come late."""
SLOW_NS: Final = 2_000_000
"""Only frames that take so long are held against their stamps: USB adapters give several at once each millisecond."""
FULL: Final = 0.7
"""Of a bus that one id alone fills: an ordinary vehicle leaves that to all of its ids together."""
FULL_RHYTHM: Final = 0.9
_OVERHEAD_BITS: Final = (47, 67)
"""Of a data frame and the pause behind it, without stuff bits, by whether its id is long (ISO 11898-1, 10.4.2)."""


class Kind(StrEnum):
    """What was heard."""

    PLAUSIBLE = "plausible"
    SILENT = "silent"
    FEW = "few"
    """Too few frames to tell; listen longer."""
    ERRORS = "errors"
    NOISE = "noise"
    LONE_SENDER = "lone_sender"
    """The rate is right, and nobody acknowledges: one frame is repeated without end."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is thought of a stretch of listening."""

    kind: Kind
    frames: int
    errors: int
    """Error frames of the controller."""
    ids: int
    steady_ids: int
    steady_share: float
    """Of the data frames."""

    @property
    def is_right(self) -> bool:
        """Whether it may be the rate of the bus."""
        return self.kind in {Kind.PLAUSIBLE, Kind.LONE_SENDER}

    @property
    def is_sure(self) -> bool:
        """Whether no other rate need be heard."""
        return self.kind is Kind.LONE_SENDER or (self.is_right and self.steady_ids >= MANY)

    @property
    def weight(self) -> float:
        """What speaks for it beside others."""
        return self.steady_ids * self.steady_share * self.frames if self.is_right else 0.0

    def __str__(self) -> str:
        seen = f"{self.frames:,} frames of {self.ids} ids"
        return {
            Kind.PLAUSIBLE: f"{seen}, {self.steady_share:.0%} of them in a rhythm: a vehicle",
            Kind.SILENT: "nothing",
            Kind.FEW: f"{seen}: too few to tell",
            Kind.ERRORS: f"{self.errors:,} error frames beside {self.frames:,} frames: not this one",
            Kind.NOISE: f"{seen}, {self.steady_share:.0%} of them in a rhythm: noise, so not this one",
            Kind.LONE_SENDER: f"one id alone, the same frame {self.frames:,} times without a pause",
        }[self.kind]


def best(heard: Mapping[int, Verdict]) -> int | None:
    """The bit rate of a bus, of what was heard at each; None: none was right, or two are as good as each other."""
    ranked = sorted((rate for rate, one in heard.items() if one.is_right), key=lambda rate: -heard[rate].weight)
    if len(ranked) > 1 and heard[ranked[0]].weight < AHEAD * heard[ranked[1]].weight:
        return None
    return ranked[0] if ranked else None


def judge(batches: Sequence[FrameBatch], bitrate: int | None, listened_ns: int) -> Verdict:
    """What one bus said in so long at a bit rate; None: it has none, as virtual ones."""
    listener = Listener()
    for batch in batches:
        listener.take(batch)
    heard, remote = list(listener.heard()), listener.counters["remote"]
    frames = sum(one.frames for one in heard) + listener.counters["id_limit"]
    steady = [one for one in heard if _is_steady(one)]
    in_rhythm = sum(one.frames for one in steady)
    share = in_rhythm / frames if frames else 0.0
    kind = _kind(frames + remote, listener.counters["error"], in_rhythm, share)
    if _is_lone(heard, bitrate, listened_ns):
        kind = Kind.LONE_SENDER
    elif kind is Kind.PLAUSIBLE:
        is_none = remote > REMOTE_MAX * frames or _is_still(steady) or _is_hurried(batches, bitrate)
        kind = Kind.NOISE if is_none else kind
    return Verdict(kind, frames + remote, listener.counters["error"], len(heard), len(steady), share)


def _kind(frames: int, errors: int, in_rhythm: int, share: float) -> Kind:
    if not frames:
        return Kind.ERRORS if errors else Kind.SILENT
    if errors > ERRORS_MAX * frames:
        return Kind.ERRORS
    if share >= STEADY_SHARE:
        return Kind.PLAUSIBLE if in_rhythm >= STEADY_FRAMES else Kind.FEW
    return Kind.FEW if frames < STEADY_FRAMES / STEADY_SHARE else Kind.NOISE


def _is_still(steady: Sequence[HeardId]) -> bool:
    """Whether there is one id alone and nothing changes in it: what is left of any frame at a rate far too high."""
    return len(steady) == 1 and not steady[0].changed.any()


def _is_hurried(batches: Sequence[FrameBatch], bitrate: int | None) -> bool:
    """Whether frames come faster than any can at this rate: they were given up before their end."""
    if bitrate is None:
        return False
    time = np.concatenate([batch.time for batch in batches])
    flags, length = (np.concatenate([getattr(one, name) for one in batches]) for name in ("flags", "length"))
    is_data = (flags & (ERROR | REMOTE)) == 0
    time, bits = (
        time[is_data],
        np.where(flags & EXTENDED, *_OVERHEAD_BITS[::-1])[is_data] + 8 * length[is_data].astype(np.int64),
    )
    lasts_ns = bits * (NANOSECONDS / bitrate)
    needed_ns = np.minimum(lasts_ns[:-1], lasts_ns[1:])
    is_slow = needed_ns >= SLOW_NS
    return bool(is_slow.any() and (np.diff(time) < needed_ns / 2)[is_slow].mean() > HURRIED_MAX)


def _is_steady(one: HeardId) -> bool:
    """Whether an id is said as vehicles do: with one length, and in a rhythm or as parts that count on."""
    if one.frames < REPEATS or max(one.lengths.values()) < ONE_LENGTH * one.frames:
        return False
    median_s = float(np.median(one.gaps_s)) if len(one.gaps_s) else 0.0
    near = np.abs(one.gaps_s - median_s) <= NEAR * median_s
    return bool(median_s > 0.0 and near.mean() >= RHYTHM) or is_isotp(one)


def _is_lone(heard: Sequence[HeardId], bitrate: int | None, listened_ns: int) -> bool:
    """Whether one sender alone repeats what nobody acknowledges (ISO 11898-1, 10.9.2: it is sent again at once)."""
    if bitrate is None or len(heard) != 1 or not len(heard[0].gaps_s):
        return False
    [one] = heard
    bits = (_OVERHEAD_BITS[one.extended] + 8 * int(one.length[0])) * one.frames
    near = np.abs(one.gaps_s - np.median(one.gaps_s)) <= NEAR * np.median(one.gaps_s)
    is_same = len(one.lengths) == 1 and not one.changed.any() and near.mean() >= FULL_RHYTHM
    return bool(is_same) and bits >= FULL * bitrate * listened_ns / NANOSECONDS
