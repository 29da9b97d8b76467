"""What of a stream was handed out since the file was opened: only that may be forgotten on the cloud's word.

An acknowledgement of anything else can only come from an earlier run, or speak of the messages of a copy of this card.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from edge.wire.downlink import Ack
from edge.wire.ranges import merge_ranges, to_ranges

RANGES_MAX: Final = 1000
"""Numbers are handed out newest first or by kind, so they grow together late; more ranges than these are not kept."""


class HandedOut:
    """Numbers of one stream, as ranges: those that were handed out, and that no acknowledgement has covered yet.

    Beyond `RANGES_MAX` the lowest are let go. An acknowledgement of those is not believed, which costs a message that
    is handed out, and sent, once more.
    """

    def __init__(self) -> None:
        """None yet."""
        self._ranges: list[tuple[int, int]] = []
        self.highest = 0
        """The highest number that ever was; 0 before the first."""
        self._let_fall = 0

    def __len__(self) -> int:
        """How many ranges they take."""
        return len(self._ranges)

    def add(self, seqs: Iterable[int]) -> int:
        """These go out; how many of them had not before."""
        new = [seq for seq in seqs if not is_within(self._ranges, seq)]
        if new:
            self.highest = max(self.highest, *new)
            ranges = merge_ranges([*self._ranges, *to_ranges(new)])
            if len(ranges) > RANGES_MAX:
                self._let_fall = max(self._let_fall, ranges[-RANGES_MAX - 1][1])
            self._ranges = ranges[-RANGES_MAX:]
        return len(new)

    def may_have(self, seq: int) -> bool:
        """Whether this number, which waits, may have been handed out."""
        return seq <= self._let_fall or is_within(self._ranges, seq)

    def covered_by(self, ack: Ack) -> list[tuple[int, int]]:
        """Those of them that the cloud has."""
        return [
            (max(first, low), min(last, high))
            for first, last in covered(ack)
            for low, high in self._ranges
            if first <= high and low <= last
        ]

    def let_go(self, ack: Ack) -> None:
        """The cloud has these, and they are forgotten: their numbers never come again."""
        for first, last in covered(ack):
            self._ranges = [
                rest
                for low, high in self._ranges
                for rest in ((low, min(high, first - 1)), (max(low, last + 1), high))
                if rest[0] <= rest[1]
            ]


def covered(ack: Ack) -> list[tuple[int, int]]:
    """All that an acknowledgement says is stored, in the fewest ranges."""
    return merge_ranges([*([(1, ack.upto)] if ack.upto else []), *ack.also])


def is_within(ranges: Sequence[tuple[int, int]], seq: int) -> bool:
    """Whether one of these ranges, which ascend and do not overlap, has this number."""
    place = bisect_right(ranges, seq, key=lambda pair: pair[0])
    return place > 0 and seq <= ranges[place - 1][1]
