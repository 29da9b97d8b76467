"""Where the status file lies: in a folder in memory, since a card that is written once a second wears out."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FOLDER: Final = Path("/run/telltale-edge")
"""Where systemd's units have it, and root's daemon by itself."""
OWN_FOLDER: Final = "telltale-edge"
"""Below $XDG_RUNTIME_DIR, of somebody who runs the daemon by hand."""
NAME: Final = "status.json"
MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_MOUNTS: Final = Path("/proc/self/mountinfo")


def folders(environ: Mapping[str, str]) -> list[Path]:
    """Where a daemon writes it that was told nothing: the first that it can use; whoever looks for one looks there."""
    told = [Path(one) for one in environ.get("RUNTIME_DIRECTORY", "").split(":") if one]
    own = environ.get("XDG_RUNTIME_DIR")
    return list(dict.fromkeys([*told[:1], FOLDER, *([Path(own) / OWN_FOLDER] if own else [])]))


def file_system_of(folder: Path) -> str | None:
    """The kind of file system that a folder is in, such as tmpfs; None: nobody says.

    Raises:
        OSError: there is no such folder.
    """
    number = folder.stat().st_dev
    device = f"{os.major(number)}:{os.minor(number)}"
    try:
        lines = _MOUNTS.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    found = None
    for line in lines:  # proc(5): id, parent, major:minor, root, mount point, options, …, -, type, source, options
        fields = line.split()
        if len(fields) > 6 and fields[2] == device and "-" in fields[6:]:
            found = fields[fields.index("-", 6) + 1]
    return found


def is_in_memory(folder: Path) -> bool | None:
    """Whether what is written there never reaches a disk; None: nobody says.

    Raises:
        OSError: there is no such folder.
    """
    kind = file_system_of(folder)
    return None if kind is None else kind in MEMORY
