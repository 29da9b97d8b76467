"""Remarks: what is wrong in the drives that a model is to learn from, and what is done about it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

ALL: Final = "all"
"""In place of a channel: all of them at once. In place of a drive: all of them."""
ON_CARD_MAX: Final = 200


class Defect(StrEnum):
    """What can be wrong with a recorded drive."""

    SENTINEL = "sentinel"
    MISREAD = "misread"
    STALL = "stall"
    STUCK = "stuck"
    DROPOUT = "dropout"
    UNIT = "unit"
    EXCHANGED = "exchanged"
    CLOCK = "clock"
    RATE = "rate"
    EMPTY = "empty"


class Fate(StrEnum):
    """What is done about it."""

    UNKNOWN = "left out as unknown"
    LEFT_OUT = "drive left out"
    TOLD = "only told"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was found."""

    drive: str
    channel: str
    defect: Defect
    rows: int
    """Seconds that it concerns."""
    told: str
    """For people."""
    fate: Fate


def remarks_table(remarks: Sequence[Remark]) -> str:
    """For people: one row for each, or that there is nothing."""
    if not remarks:
        return "Nothing was found to be wrong with the drives."
    head = "| drive | channel | what | rows | | what is done |\n|" + " --- |" * 6
    rows = [f"| {one.drive} | {one.channel} | {one.defect} | {one.rows} | {one.told} | {one.fate} |" for one in remarks]
    return "\n".join([head, *rows])


def remarks_on_card(remarks: Sequence[Remark]) -> list[dict[str, Any]]:
    """For the card of a package, which is bounded; the last one says how many more there were."""
    told = [asdict(one) for one in remarks[:ON_CARD_MAX]]
    if (more := len(remarks) - len(told)) > 0:
        told.append({"drive": ALL, "channel": ALL, "told": f"{more} more remarks", "rows": 0, "fate": Fate.TOLD})
    return told
