"""Serial adapters: what is plugged in by names that stay, and who may open it."""

import grp
import os
import pwd
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.machine.reading import matching

PATTERNS: Final = ("dev/telltale-obd", "dev/serial/by-id/*", "dev/rfcomm*", "dev/ttyUSB*", "dev/ttyACM*")
"""Names that stay before those that change with the socket that an adapter is in."""


@dataclass(frozen=True, slots=True)
class Node:
    """A device as it lies in the file system."""

    name: str
    mode: int
    owner: int
    group: int

    def lets(self, user: int, groups: Sequence[int]) -> bool:
        """Whether that user may read and write it."""
        if user == 0:
            return True
        shift = 6 if user == self.owner else 3 if self.group in groups else 0
        return (self.mode >> shift) & 0o6 == 0o6

    @property
    def group_name(self) -> str:
        """As people know it, else its number."""
        try:
            return grp.getgrgid(self.group).gr_name
        except KeyError:
            return str(self.group)


def serial_ports(root: Path = Path("/")) -> list[str]:
    """What is there, by name, in the order of PATTERNS; two names of one device are both told."""
    return [f"/{place.relative_to(root)}" for pattern in PATTERNS for place in matching(root, pattern)]


def node(name: str, root: Path = Path("/")) -> Node | None:
    """A device by its absolute name; None: it is not there.

    Raises:
        OSError: nobody may look.
    """
    try:
        told = (root / name.lstrip("/")).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Node(name, stat.S_IMODE(told.st_mode), told.st_uid, told.st_gid)


def user_of(name: str) -> tuple[int, list[int]] | None:
    """Number and groups of a user; None: there is none of this name."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    return found.pw_uid, os.getgrouplist(name, found.pw_gid)
