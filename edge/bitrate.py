"""Bit rate: whether what was heard at one is a vehicle's bus, or what a controller makes of a bus at another rate.

That frames came is no proof: some controllers (MCP2515) that only listen count no errors and hand on what they made of
bits that they sampled at the wrong moments. A vehicle says the same things again and again: its ids repeat with a
rhythm, or as parts of long messages that count on, and each has one length. Chance does none of that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from edge.frames import ERROR, NANOSECONDS, FrameBatch
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
FULL: Final = 0.5
"""Of a bus that one id alone fills: an ordinary vehicle leaves that to all of its ids together."""
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
        """Whether it is the rate of the bus."""
        return self.kind in {Kind.PLAUSIBLE, Kind.LONE_SENDER}

    def __str__(self) -> str:
        seen = f"{self.frames:,} frames of {self.ids} ids"
        return {
            Kind.PLAUSIBLE: f"{seen}, {self.steady_share:.0%} of them in a rhythm: this is it",
            Kind.SILENT: "nothing",
            Kind.FEW: f"{seen}: too few to tell",
            Kind.ERRORS: f"{self.errors:,} error frames beside {self.frames:,} frames: not this one",
            Kind.NOISE: f"{seen}, {self.steady_share:.0%} of them in a rhythm: noise, so not this one",
            Kind.LONE_SENDER: f"one id alone, the same frame {self.frames:,} times without a pause",
        }[self.kind]


def judge(batches: Sequence[FrameBatch], bitrate: int | None, listened_ns: int) -> Verdict:
    """What one bus said in so long at a bit rate; None: it has none, as virtual ones."""
    listener = Listener()
    for batch in batches:
        listener.take(batch)
    heard = list(listener.heard())
    errors = sum(int(np.count_nonzero(batch.flags & ERROR)) for batch in batches)
    frames = sum(one.frames for one in heard) + listener.counters["id_limit"]
    steady = [one for one in heard if _is_steady(one)]
    in_rhythm = sum(one.frames for one in steady)
    share = in_rhythm / frames if frames else 0.0
    kind = _kind(frames, errors, in_rhythm, share)
    if _is_lone(heard, bitrate, listened_ns):
        kind = Kind.LONE_SENDER
    return Verdict(kind, frames, errors, len(heard), len(steady), share)


def _kind(frames: int, errors: int, in_rhythm: int, share: float) -> Kind:
    if not frames:
        return Kind.ERRORS if errors else Kind.SILENT
    if errors > ERRORS_MAX * frames:
        return Kind.ERRORS
    if share >= STEADY_SHARE:
        return Kind.PLAUSIBLE if in_rhythm >= STEADY_FRAMES else Kind.FEW
    return Kind.FEW if frames < STEADY_FRAMES / STEADY_SHARE else Kind.NOISE


def _is_steady(one: HeardId) -> bool:
    """Whether an id is said as vehicles do: with one length, and in a rhythm or as parts that count on."""
    if one.frames < REPEATS or max(one.lengths.values()) < ONE_LENGTH * one.frames:
        return False
    median_s = float(np.median(one.gaps_s)) if len(one.gaps_s) else 0.0
    near = np.abs(one.gaps_s - median_s) <= NEAR * median_s
    return bool(median_s > 0.0 and near.mean() >= RHYTHM) or is_isotp(one)


def _is_lone(heard: Sequence[HeardId], bitrate: int | None, listened_ns: int) -> bool:
    """Whether one sender alone repeats what nobody acknowledges (ISO 11898-1, 10.9.2: it is sent again at once)."""
    if bitrate is None or len(heard) != 1:
        return False
    [one] = heard
    bits = (_OVERHEAD_BITS[one.extended] + 8 * int(one.length[0])) * one.frames
    is_same = len(one.lengths) == 1 and not one.changed.any()
    return is_same and bits >= FULL * bitrate * listened_ns / NANOSECONDS
