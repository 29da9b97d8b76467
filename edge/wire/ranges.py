"""Ranges of sequence numbers: closed, sorted, apart from each other. What acknowledgements and gaps are made of."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

Seq = Annotated[int, Field(ge=1, le=2**63 - 1)]
"""A message's place in its stream, from 1."""


def _ascending(pair: tuple[int, int]) -> tuple[int, int]:
    if pair[0] > pair[1]:
        raise ValueError(f"a range runs from low to high, not {pair[0]} to {pair[1]}")
    return pair


Range = Annotated[tuple[Seq, Seq], AfterValidator(_ascending)]
"""[first, last], both included."""


def to_ranges(seqs: Iterable[int]) -> list[tuple[int, int]]:
    """The fewest ranges that hold exactly these numbers, ascending."""
    ranges: list[tuple[int, int]] = []
    for seq in sorted(set(seqs)):
        if ranges and seq == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], seq)
        else:
            ranges.append((seq, seq))
    return ranges


def merge_ranges(ranges: Iterable[Sequence[int]]) -> list[tuple[int, int]]:
    """The same numbers in the fewest ranges; they may overlap or touch when they come."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted((pair[0], pair[1]) for pair in ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
