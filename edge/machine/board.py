"""The board: what it is, whether its supply holds, and how warm it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.machine.reading import matching, number_of, text_of

_FIRMWARE: Final = "sys/devices/platform/soc*/soc*:firmware/get_throttled"
"""Of a Raspberry Pi, as `vcgencmd get_throttled`; its bits: raspberrypi.com, documentation of vcgencmd."""
_LOW, _CAPPED, _SLOWED, _WARM = 0x1, 0x2, 0x4, 0x8
_SINCE: Final = 16
"""The same bits so much higher: since the board was started."""
_VOLT_MONITOR: Final = "rpi_volt"
"""The kernel's driver that says the same of the supply alone (hwmon)."""


@dataclass(frozen=True, slots=True)
class Supply:
    """What the board says of its 5 V and of what it did about it; None: it does not say."""

    is_low: bool | None
    """Now."""
    was_low: bool | None
    """At some time since the board was started."""
    is_slowed: bool | None
    """Slower than it could be, now: for its supply, or for its heat."""
    was_slowed: bool | None
    for_heat: bool | None
    """The limit of temperature is among the reasons, now or before."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A thermometer."""

    name: str
    celsius: float
    critical_celsius: float | None
    """At which the kernel switches the machine off."""


@dataclass(frozen=True, slots=True)
class Board:
    """One board; None: it does not say."""

    model: str | None
    supply: Supply | None
    zones: Sequence[Zone]


def board(root: Path = Path("/")) -> Board:
    """The board of the tree below `root`."""
    return Board(text_of(root / "proc/device-tree/model"), _supply(root), _zones(root))


def _supply(root: Path) -> Supply | None:
    flags = next((bits for file in matching(root, _FIRMWARE) if (bits := number_of(file, base=16)) is not None), None)
    if flags is not None:
        since = flags >> _SINCE
        return Supply(
            is_low=bool(flags & _LOW),
            was_low=bool(since & _LOW),
            is_slowed=bool(flags & (_CAPPED | _SLOWED | _WARM)),
            was_slowed=bool(since & (_CAPPED | _SLOWED | _WARM)),
            for_heat=bool((flags | since) & _WARM),
        )
    monitors = [file.parent for file in matching(root, "sys/class/hwmon/*/name") if text_of(file) == _VOLT_MONITOR]
    alarms = [number_of(folder / "in0_lcrit_alarm") for folder in monitors]
    alarm = next((one for one in alarms if one is not None), None)
    if alarm is None:
        return None
    return Supply(is_low=bool(alarm), was_low=None, is_slowed=None, was_slowed=None, for_heat=None)


def _zones(root: Path) -> list[Zone]:
    zones = []
    for folder in matching(root, "sys/class/thermal/thermal_zone*"):
        degrees = number_of(folder / "temp")
        if degrees is not None:
            zones.append(Zone(text_of(folder / "type") or folder.name, degrees / 1000.0, _critical(folder)))
    return zones


def _critical(folder: Path) -> float | None:
    for kind in matching(folder, "trip_point_*_type"):
        if text_of(kind) == "critical":
            degrees = number_of(kind.with_name(kind.name.replace("_type", "_temp")))
            return None if degrees is None else degrees / 1000.0
    return None
