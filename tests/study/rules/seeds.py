"""Seeds: some are for tuning, some are opened once."""

import re
from collections.abc import Sequence
from typing import Final

TUNING: Final = range(10_000)
"""Look at them as often as you like."""
FINAL_FIRST: Final = 50_000
"""From here on. No rule was ever changed because of what these show: they are opened once, when the packs are done."""


class SeedError(ValueError):
    """These seeds must not be looked at."""


def parse_seeds(text: str) -> range:
    """Read `A:B` (B not among them), or one seed.

    Raises:
        ValueError: it is neither, or there are none.
    """
    match = re.fullmatch(r"(\d+)(?::(\d+))?", text)
    if match is None:
        raise ValueError(f"{text!r} is no range of seeds such as 1000:1010")
    first = int(match[1])
    seeds = range(first, int(match[2]) if match[2] else first + 1)
    if not seeds:
        raise ValueError(f"{text!r} has no seeds in it")
    return seeds


def check_seeds(seeds: range, *, final: bool) -> None:
    """Let pass what is for tuning, or, where somebody says that this is the one time, what is not.

    Raises:
        SeedError: final seeds in tuning, tuning seeds at the end, or such as are neither.
    """
    if seeds[0] >= FINAL_FIRST:
        if not final:
            raise SeedError(f"seeds from {FINAL_FIRST} up are opened once: say --final if this is the time")
    elif seeds[-1] not in TUNING:
        raise SeedError(f"seeds for tuning end at {TUNING[-1]}, those opened once begin at {FINAL_FIRST}")
    elif final:
        raise SeedError(f"--final looks at seeds from {FINAL_FIRST} up, which no rule was tuned with")


def default_seeds(number: int, *, final: bool) -> range:
    """So many, from where no test and no picture has been."""
    first = FINAL_FIRST if final else 1000
    return range(first, first + number)


def nth(seeds: Sequence[int], place: int) -> int:
    """The seed of a life; one that comes again and again has other roads in other cycles."""
    return seeds[place % len(seeds)]
