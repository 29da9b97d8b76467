"""The weight of evidence that an id is the message that a database says it is: a likelihood ratio, in bits.

    weight = sum over tests of log2( P(outcome | it is this message) / P(outcome | by chance) )

(I. J. Good, Probability and the Weighing of Evidence, 1950). What a right message gives is set down here; what chance
gives is measured on the very bus: the message is held against the frames of other ids, and other messages against the
frames of its id, and the likelier of the two is chance. So a message that says little (all bits are one number) and
an id that shows little (its bits never change) weigh nothing, and ids that meet by accident weigh nothing either.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.layout import MessageLayout, pgn_of
from edge.suggest.evidence import Float64s, Test
from edge.suggest.heard import HeardId
from edge.suggest.protocols import J1939, OBD, is_tester

HIGH: Final = 0.85
LOW: Final = 0.5
"""Agreement from HIGH on, below LOW, and between: three outcomes of a test."""
PASSED: Final = 2
RIGHT: Final = np.array(
    [
        # low, between, high
        [0.06, 0.04, 0.90],  # LENGTH: a maker lengthens a message, the file stays
        [0.03, 0.07, 0.90],  # SELECTOR
        [0.06, 0.09, 0.85],  # VALUES: limits in files are often wrong
        [0.06, 0.09, 0.85],  # COVER: files that people found out have holes
        [0.15, 0.15, 0.70],  # SMOOTH: what is rare, or wraps around, jumps
        [0.12, 0.08, 0.80],  # COUNTER: some count something else
        [0.06, 0.04, 0.90],  # CHECKSUM
        [0.10, 0.10, 0.80],  # CYCLE
    ]
)
"""P(outcome | right), by test: round numbers near what the Model 3 drive shows of its own database's 89 messages."""
PRIOR: Final = 8.0
"""Trials that all messages of the bus together count for, beside those of one message or id."""
CHANCE_MIN: Final = 0.01
MESSAGE_BITS_MAX: Final = 6.0
"""The most that the tests of one message weigh for it: they hang together, and one may agree by accident."""
STANDARD: Final = 0.05
"""So seldom an id means another thing by accident where a standard assigned it (J1939's groups, the ids of testers), or
where it has 29 bits; of 11 bits ids are another maker's all the time."""
PROPRIETARY: Final = frozenset({0xEF00, 0x1EF00})
PROPRIETARY_PAGES: Final = frozenset({0xFF, 0x1FF})
"""Groups that each maker uses as it likes (SAE J1939-21, 5.1.2): PGNs of 0xFF00 to 0xFFFF and 0x1FF00 to 0x1FFFF."""


def outcomes(agreement: Float64s) -> npt.NDArray[np.intp]:
    """0 low, 1 between, 2 high; -1: the test has nothing to say."""
    level = (agreement >= LOW).astype(np.intp) + (agreement >= HIGH)
    return np.where(np.isnan(agreement), -1, level)


@dataclass(frozen=True, slots=True)
class Chance:
    """How often each outcome comes by chance."""

    overall: Float64s
    """(tests, 3)"""

    @classmethod
    def of(cls, level: npt.NDArray[np.intp]) -> "Chance":
        """Of the outcomes (K, tests) of all trials that are wrong on purpose."""
        counts = _counts(level) + 1.0
        return cls(counts / counts.sum(axis=1, keepdims=True))

    def within(self, level: npt.NDArray[np.intp]) -> Float64s:
        """(tests, 3) of the trials of one message or id, with what all say where those are few."""
        counts = _counts(level) + PRIOR * self.overall
        share: Float64s = counts / counts.sum(axis=1, keepdims=True)
        return share


def _counts(level: npt.NDArray[np.intp]) -> Float64s:
    """(tests, 3) how often each outcome was."""
    return np.array([[np.count_nonzero(level[:, test] == one) for one in range(3)] for test in Test], np.float64)


def bits_of(level: npt.NDArray[np.intp], by_message: Float64s, by_id: Float64s) -> Float64s:
    """(tests,) what the outcomes of one trial weigh, by the likelier chance; 0 where a test says nothing.

    A right message does no worse than chance: to pass never speaks against it, and to fail never for it.
    """
    tests = np.arange(len(level))
    chance = np.maximum(np.maximum(by_message, by_id)[tests, level], CHANCE_MIN)
    bits = np.log2(RIGHT[tests, level] / chance)
    bits = np.where(level == PASSED, np.maximum(bits, 0.0), np.minimum(bits, 0.0))
    return np.where(level < 0, 0.0, bits)


def id_bits(message: MessageLayout, heard: HeardId, spoken: Collection[str]) -> float:
    """What it weighs that the id is the message's, where these protocols are spoken."""
    if is_tester(heard):
        is_seldom = OBD in spoken
    elif message.j1939:
        group = pgn_of(heard.id)
        is_seldom = J1939 in spoken and group not in PROPRIETARY and group >> 8 not in PROPRIETARY_PAGES
    else:
        is_seldom = message.extended
    return float(-np.log2(STANDARD)) if is_seldom else 0.0
