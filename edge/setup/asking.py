"""Asking a vehicle who it is: once, politely, and only where somebody has said that it may be asked."""

import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final, Literal

from edge.diagnostics.clearing import Refused, listen
from edge.diagnostics.opening import BITRATE, Asking, Way, manners, open_way, surveyor_of

SHOWN_FIRST: Final = 3
SHOWN_LAST: Final = 4
"""Of a VIN: whose make it is, and enough to know it by; the whole of it is personal."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a vehicle said of itself."""

    vin: str | None
    """None: it does not say."""
    units: tuple[str, ...]
    """By name."""
    values: Mapping[str, float] = field(default_factory=dict)
    """Seconds between two questions, by PID that it supports and that is asked for; none of a heavy vehicle."""

    def lines(self) -> list[str]:
        """For whoever stands beside it."""
        told = [f"VIN {masked(self.vin)}" if self.vin else "it tells no VIN"]
        told.append(f"control units that answer: {', '.join(self.units) or 'none by name'}")
        if self.values:
            pids = ", ".join(name.removeprefix("pid ") for name in sorted(self.values))
            told.append(f"values that are asked for: {len(self.values)} PIDs ({pids})")
        return told


def masked(vin: str) -> str:
    """A VIN as it may stand on a screen: `WVW··········1234`."""
    hidden = len(vin) - SHOWN_FIRST - SHOWN_LAST
    return vin[:SHOWN_FIRST] + "·" * hidden + vin[-SHOWN_LAST:] if hidden > 0 else "·" * len(vin)


def ask(source: str, how: Literal["obd", "j1939"], bitrate: int | None) -> Answered:
    """Who the vehicle is.

    Raises:
        ConfigError: it is no bus, or cannot be opened here.
        BusDown: it is not there just now.
        Refused: nothing may be asked at this moment, or nobody answers; with what to do.
    """
    asking = Asking(source=source, manners=manners(), bitrate=bitrate or BITRATE, identity=uuid.getnode())
    with closing(open_way(asking)) as way:
        listen(way)
        return _heavy(way, asking) if how == "j1939" else _car(way, asking)


def _car(way: Way, asking: Asking) -> Answered:
    surveyor = surveyor_of(way.askers, asking)
    if not surveyor.discover():
        raise Refused(way.bad_install() or "nobody answers OBD-II or UDS; a truck is asked with --ask j1939")
    identity = surveyor.identity()
    units = tuple(sorted(identity.units)) if identity else ()
    return Answered(identity.vin if identity else None, units, dict(surveyor.values()))


def _heavy(way: Way, asking: Asking) -> Answered:
    surveyor = way.heavy(asking.identity)
    if not surveyor.discover():
        raise Refused(way.bad_install() or "nobody answers J1939; a car is asked with --ask obd")
    identity = surveyor.identity()
    return Answered(identity.vin, tuple(sorted(identity.units))) if identity else Answered(None, ())
