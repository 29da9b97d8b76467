"""The kernel: its release, which drivers of CAN it has, and how much room a socket may ask for."""

import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.machine.reading import number_of, text_of

NEEDED: Final = ("can", "can_raw")
"""Without these no socket hears a frame."""
DRIVERS: Final = ("can_dev", "gs_usb", "mcp251x", "mcp251xfd", "slcan", "vcan")
"""Of controllers, adapters and the bus without a vehicle."""
_INDEX_BYTES: Final = 4_000_000
_LOADED_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Kernel:
    """What runs this machine; None: it does not say."""

    release: str | None
    loaded: Sequence[str]
    """Of the modules above those that are loaded."""
    there: Sequence[str] | None
    """Those that could be loaded, or are built in; None: this kernel has no list of its modules."""
    socket_bytes_max: int | None
    """net.core.rmem_max."""

    def lacks(self, module: str) -> bool | None:
        """Whether it is neither loaded nor there to be loaded; None: nobody says."""
        if module in self.loaded:
            return False
        return None if self.there is None else module not in self.there


def kernel(root: Path = Path("/")) -> Kernel:
    """The kernel of the tree below `root`."""
    release = text_of(root / "proc/sys/kernel/osrelease") or (platform.release() if root == Path("/") else None)
    return Kernel(
        release=release,
        loaded=_among(line.split(" ", 1)[0] for line in _lines(root / "proc/modules", _LOADED_BYTES) or ()),
        there=None if release is None else _there(root / "lib/modules" / release),
        socket_bytes_max=number_of(root / "proc/sys/net/core/rmem_max"),
    )


def _there(folder: Path) -> Sequence[str] | None:
    """By modules.dep and modules.builtin (kmod): a path for each, its name with - or _."""
    lists = [_lines(folder / name, _INDEX_BYTES) for name in ("modules.dep", "modules.builtin")]
    if lists[0] is None:
        return None
    every = (line for lines in lists for line in lines or ())
    return _among(line.partition(":")[0].rpartition("/")[2].partition(".ko")[0] for line in every)


def _among(names: Iterable[str]) -> Sequence[str]:
    found = {name.replace("-", "_") for name in names}
    return [name for name in (*NEEDED, *DRIVERS) if name in found]


def _lines(file: Path, bytes_max: int) -> list[str] | None:
    text = text_of(file, bytes_max=bytes_max)
    return None if text is None else text.splitlines()
