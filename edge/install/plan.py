"""Plan: which files an installed box has, and what is in them. Pure.

Files are either ours, and an upgrade brings their next version; or the installer's, written once and then left alone,
since what is in them is true of this box.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

SHIPPED_BIN: Final = "/opt/telltale/bin"
"""Where the shipped units take the programs to be."""
UNITS: Final = PurePosixPath("etc/systemd/system")
EDGE: Final = "telltale-edge.service"
DISPLAY: Final = "telltale-display.service"
FIRST_BOOT: Final = "telltale-first-boot.service"
"""Does something only where there is a claim."""
CONFIG: Final = PurePosixPath("etc/telltale/edge.toml")
STATE: Final = PurePosixPath("var/lib/telltale")
CLAIM: Final = PurePosixPath("etc/telltale/claim.toml")
"""With which an image's first boot enrols; it goes then."""
NETWORKD_NOTE: Final = CONFIG.parent / "networkd.enabled"
"""There while systemd-networkd is enabled because of us."""
USER: Final = "telltale"
_OURS: Final[Mapping[str, PurePosixPath]] = {
    "telltale-edge.sysusers.conf": PurePosixPath("etc/sysusers.d/telltale-edge.conf"),
    "telltale-edge.tmpfiles.conf": PurePosixPath("etc/tmpfiles.d/telltale-edge.conf"),
    "70-telltale-adapters.rules": PurePosixPath("etc/udev/rules.d/70-telltale-adapters.rules"),
    "60-telltale.sysctl.conf": PurePosixPath("etc/sysctl.d/60-telltale.conf"),
    "60-telltale.journald.conf": PurePosixPath("etc/systemd/journald.conf.d/60-telltale.conf"),
    EDGE: UNITS / EDGE,
    FIRST_BOOT: UNITS / FIRST_BOOT,
    DISPLAY: UNITS / DISPLAY,
}
_THEIRS: Final[Mapping[str, PurePosixPath]] = {
    "telltale-edge.toml": CONFIG,
    "80-can0.network": PurePosixPath("etc/systemd/network/80-can0.network"),
}
_TESTERS: Final[Mapping[str, PurePosixPath]] = {
    "70-vcan0.netdev": PurePosixPath("etc/systemd/network/70-vcan0.netdev"),
    "70-vcan0.network": PurePosixPath("etc/systemd/network/70-vcan0.network"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file as it should be."""

    place: PurePosixPath
    """Below the root."""
    content: bytes
    is_ours: bool
    """An upgrade replaces it; else what is there stays."""
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Options:
    """What is to be installed."""

    programs: str
    """The folder of this software's programs."""
    with_display: bool = False
    with_vcan: bool = False
    claim: bytes | None = None
    """What stands in it; None: this box is enrolled by hand."""

    @property
    def enabled(self) -> tuple[str, ...]:
        """Units that start at every boot."""
        return (FIRST_BOOT, EDGE, DISPLAY) if self.with_display else (FIRST_BOOT, EDGE)


def wanted_files(shipped: Path, options: Options) -> list[Wanted]:
    """Every file of an installed box, in the order in which they are needed.

    Raises:
        OSError: this software was not installed whole.
    """
    ours = {name: place for name, place in _OURS.items() if options.with_display or name != DISPLAY}
    files = [_file(shipped / name, place, options, is_ours=True) for name, place in ours.items()]
    files += [_file(shipped / name, place, options, is_ours=False) for name, place in _THEIRS.items()]
    if options.with_vcan:
        files += [_file(shipped / name, place, options, is_ours=True) for name, place in _TESTERS.items()]
    if options.claim is not None:
        files.append(Wanted(CLAIM, options.claim, is_ours=True, mode=0o600))
    return files


def every_place() -> list[PurePosixPath]:
    """Where files of any installation may lie."""
    return [*_OURS.values(), *_THEIRS.values(), *_TESTERS.values(), CLAIM]


def is_theirs(place: PurePosixPath) -> bool:
    """Whether what lies there may be the installer's own work."""
    return place in _THEIRS.values()


def _file(source: Path, place: PurePosixPath, options: Options, *, is_ours: bool) -> Wanted:
    text = source.read_text("utf-8")
    if place.parent == UNITS:
        text = text.replace(SHIPPED_BIN, options.programs)
    return Wanted(place, text.encode(), is_ours, 0o640 if place == CONFIG else 0o644)
