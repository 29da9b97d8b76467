"""The CAN interfaces of this machine, as the kernel tells them: how they are set, and what became of their controllers.

Constants and layouts: linux/if_link.h (IFLA_…), linux/can/netlink.h (IFLA_CAN_…, enum can_state, struct can_bittiming,
can_ctrlmode, can_berr_counter, can_device_stats).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from edge.machine import netlink

CAN_TYPE: Final = 280
"""ARPHRD_CAN (linux/if_arp.h)."""
INTERFACES_MAX: Final = 64
_UP: Final = 1
"""IFF_UP."""
_NAME, _QUEUE, _LINK_INFO, _STATISTICS = 3, 13, 18, 23
"""IFLA_IFNAME, IFLA_TXQLEN, IFLA_LINKINFO, IFLA_STATS64."""
_KIND, _DATA, _MORE = 1, 2, 3
"""IFLA_INFO_KIND, IFLA_INFO_DATA, IFLA_INFO_XSTATS."""
_TIMING, _STATE, _MODE, _RESTART_MS, _ERRORS, _DATA_TIMING = 1, 4, 5, 6, 8, 9
"""IFLA_CAN_BITTIMING, …_STATE, …_CTRLMODE, …_RESTART_MS, …_BERR_COUNTER, …_DATA_BITTIMING."""
_LISTEN_ONLY, _FD = 0x02, 0x20
"""CAN_CTRLMODE_LISTENONLY, CAN_CTRLMODE_FD."""
_VIRTUAL: Final = ("vcan", "vxcan")


class State(StrEnum):
    """Of a controller, in the order of enum can_state."""

    ERROR_ACTIVE = "error-active"
    ERROR_WARNING = "error-warning"
    ERROR_PASSIVE = "error-passive"
    BUS_OFF = "bus-off"
    STOPPED = "stopped"
    SLEEPING = "sleeping"


@dataclass(frozen=True, slots=True)
class Counted:
    """What the kernel counted since the interface was made; by the controller: struct can_device_stats."""

    received: int | None = None
    sent: int | None = None
    receive_errors: int | None = None
    receive_dropped: int | None = None
    """Frames that the kernel had no room for."""
    receive_over: int | None = None
    """Frames that the controller lost, since nobody fetched them in time."""
    bus_errors: int | None = None
    error_warning: int | None = None
    error_passive: int | None = None
    bus_off: int | None = None
    restarts: int | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """One CAN interface; None: the kernel does not say, as of all that is a controller's where there is none (vcan)."""

    name: str
    kind: str | None
    """`can` (a controller), `vcan`, `vxcan`; older kernels say nothing of slcan."""
    driver: str | None
    """Of its device, as `mcp251x`, `gs_usb`, `kvaser_pci`."""
    is_up: bool
    bitrate: int | None = None
    """bit/s; None also where none was set yet."""
    sample_point: float | None = None
    """Of a bit, 0 to 1."""
    data_bitrate: int | None = None
    """bit/s of the data phase of CAN FD; None also where FD is off."""
    state: State | None = None
    is_listen_only: bool | None = None
    is_fd: bool | None = None
    restart_ms: int | None = None
    """So long after bus-off the controller is started anew; 0: never by itself."""
    transmit_errors: int | None = None
    """The controller's counters of ISO 11898-1: passive from 128, bus-off at 256."""
    receive_errors: int | None = None
    queue: int | None = None
    """Frames that may wait to be sent."""
    counted: Counted = Counted()

    @property
    def is_virtual(self) -> bool:
        """Whether there is no controller, and so no bit rate and no errors."""
        return self.kind in _VIRTUAL


def interfaces(root: Path = Path("/"), *, ask: Callable[[], bytes] = netlink.dump) -> list[Interface]:
    """All CAN interfaces of this machine by name, at most INTERFACES_MAX; empty also where the kernel has no CAN.

    `root`: of the tree that has /sys, from which the driver's name is; `ask`: gives what the kernel tells.

    Raises:
        EdgeError: the kernel does not answer.
    """
    found = [_interface(link, root) for link in netlink.links(ask()) if link.type == CAN_TYPE]
    return sorted((one for one in found if one.name), key=lambda one: one.name)[:INTERFACES_MAX]


def _interface(link: netlink.Link, root: Path) -> Interface:
    told = link.attributes
    info = dict(netlink.attributes(told.get(_LINK_INFO, b"")))
    can = dict(netlink.attributes(info.get(_DATA, b""))) if _DATA in info else {}
    name = _text(told.get(_NAME)) or ""
    mode, errors = _numbers(can.get(_MODE), "=II"), _numbers(can.get(_ERRORS), "=HH")
    timing, data_timing = _numbers(can.get(_TIMING), "=II"), _numbers(can.get(_DATA_TIMING), "=II")
    flags = None if mode is None else mode[1]
    return Interface(
        name=name,
        kind=_text(info.get(_KIND)),
        driver=_driver(root, name),
        is_up=bool(link.flags & _UP),
        bitrate=_set(timing),
        sample_point=timing[1] / 1000.0 if timing and timing[1] else None,
        data_bitrate=_set(data_timing) if flags is None or flags & _FD else None,
        state=_state(_numbers(can.get(_STATE), "=I")),
        is_listen_only=None if flags is None else bool(flags & _LISTEN_ONLY),
        is_fd=None if flags is None else bool(flags & _FD),
        restart_ms=_first(_numbers(can.get(_RESTART_MS), "=I")),
        transmit_errors=None if errors is None else errors[0],
        receive_errors=None if errors is None else errors[1],
        queue=_first(_numbers(told.get(_QUEUE), "=I")),
        counted=_counted(told.get(_STATISTICS), info.get(_MORE)),
    )


def _counted(statistics: bytes | None, more: bytes | None) -> Counted:
    """`statistics`: the first twelve of struct rtnl_link_stats64; `more`: struct can_device_stats of a controller."""
    every = _numbers(statistics, "=12Q")
    own = _numbers(more, "=6I")
    base = Counted() if every is None else Counted(
        received=every[0], sent=every[1], receive_errors=every[4], receive_dropped=every[6], receive_over=every[11]
    )  # fmt: skip
    if own is None:
        return base
    return replace(base, bus_errors=own[0], error_warning=own[1], error_passive=own[2], bus_off=own[3], restarts=own[5])


def _driver(root: Path, name: str) -> str | None:
    """What /sys/class/net/NAME/device/driver links to; a virtual interface has none."""
    if not name or "/" in name or name in (".", ".."):
        return None
    try:
        return (root / "sys/class/net" / name / "device/driver").readlink().name or None
    except OSError:
        return None


def _numbers(raw: bytes | None, layout: str) -> tuple[int, ...] | None:
    """What begins `raw`; None: it is not there, or too short."""
    if raw is None or len(raw) < struct.calcsize(layout):
        return None
    return struct.unpack_from(layout, raw)


def _first(numbers: tuple[int, ...] | None) -> int | None:
    return None if numbers is None else numbers[0]


def _set(timing: tuple[int, ...] | None) -> int | None:
    """A bit rate; 0 and the largest number stand for none (CAN_BITRATE_UNSET, CAN_BITRATE_UNKNOWN)."""
    return timing[0] if timing is not None and 0 < timing[0] < 0xFFFF_FFFF else None


def _state(told: tuple[int, ...] | None) -> State | None:
    every = tuple(State)
    return every[told[0]] if told is not None and told[0] < len(every) else None


def _text(raw: bytes | None) -> str | None:
    """A name with the zero that ends it; None: none, or one that is no text."""
    if raw is None:
        return None
    text = raw.split(b"\0", 1)[0].decode("ascii", "replace")
    return text if text and text.isprintable() and "\ufffd" not in text else None
