"""Disks: the room that is left, and how worn a card says that it is."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.machine.reading import matching, number_of, text_of

_READ_ONLY: Final = os.ST_RDONLY
_NO_LIFE: Final = 0
"""What cards write that tell nothing (JEDEC JESD84-B51, DEVICE_LIFE_TIME_EST)."""
_LIFE_MAX: Final = 11
"""Beyond their life; every step before is a tenth of it."""
_END_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Room:
    """The file system of a folder."""

    bytes_all: int
    bytes_free: int
    """For an ordinary user."""
    is_read_only: bool
    nodes_free: int | None
    """Files that may still be made; None: it has no such limit."""


@dataclass(frozen=True, slots=True)
class Card:
    """An SD card or eMMC; None: it does not say, as most cards do not."""

    name: str
    kind: str | None
    worn_percent: int | None
    """Of its life by its own estimate, to the next ten; the worse of its two kinds of memory."""
    reserve: int | None
    """Blocks in reserve: 1 normal, 2 four fifths are used, 3 nearly all (PRE_EOL_INFO)."""


def room(folder: Path) -> Room | None:
    """What may still be written there; of a folder that is not there yet, of the next above that is. None: nobody
    says."""
    for place in (folder, *folder.parents):
        try:
            told = os.statvfs(place)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return None
        return Room(
            told.f_blocks * told.f_frsize,
            told.f_bavail * told.f_frsize,
            bool(told.f_flag & _READ_ONLY),
            told.f_favail if told.f_files else None,
        )
    return None


def cards(root: Path = Path("/")) -> list[Card]:
    """Every card of the machine whose tree is below `root`."""
    found = []
    for device in matching(root, "sys/block/mmcblk*/device"):
        name = device.parent.name
        if "boot" in name or "rpmb" in name:
            continue  # parts of the same eMMC
        found.append(Card(name, text_of(device / "type"), _worn(device / "life_time"), _reserve(device)))
    return found


def _worn(file: Path) -> int | None:
    """Two numbers in hex, such as `0x01 0x02`: tenths of the life, begun."""
    try:
        tenths = [int(word, 16) for word in (text_of(file) or "").split()]
    except ValueError:
        return None
    told = [one for one in tenths if _NO_LIFE < one <= _LIFE_MAX]
    return 10 * max(told) if told else None


def _reserve(device: Path) -> int | None:
    told = number_of(device / "pre_eol_info", base=16)
    return told if told is not None and 0 < told <= _END_MAX else None
