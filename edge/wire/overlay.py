"""The overlay of a bundle: which keys of a vehicle's configuration it may set. Both sides hold it against this list.

What makes the box another one, or cuts it off, is the installer's alone: who it is, where its state lies, its broker
and keys, its buses, what the cloud may ask for, pins and outputs, privacy.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

MAY_SET: Final = frozenset(
    {
        "profile",
        "judging.grid_ms",
        "judging.wait_ms",
        "detect.rules",
        "detect.models",
        "memory.summary_s",
        "memory.summary_signals",
        "memory.summary_slow",
        "memory.subscribe",
        "diagnostics.codes_s",
        "diagnostics.identity_s",
        "diagnostics.pids",
        "capture.alerts",
        "capture.rules",
        "capture.before_s",
        "capture.after_s",
        "capture.a_day",
        "cab.language",
        "cab.speech.volume",
        "cab.speech.words_a_minute",
        "style.vehicle",
        "style.overspeed_kmh",
        "integrity",
        "did",
        "geofence",
        "bus.dbc",
        "bus.mapping",
    }
)
"""Of `bus` those of the bus that has the same `name`; all other keys as the configuration has them."""
BUS_NAME: Final = "name"
"""Says which bus is meant, and sets nothing."""


def refused_of(tables: Mapping[str, Any]) -> Iterator[str]:
    """Every key that is set and may not be, as the configuration names it."""
    return (place for place in _leaves(tables) if place not in MAY_SET and place != f"bus.{BUS_NAME}")


def _leaves(tables: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Every key that is set, as MAY_SET names it; a key that it does not have, as deep as it is known."""
    for name, value in tables.items():
        place = f"{above}{name}"
        has_more = any(one.startswith(f"{place}.") for one in MAY_SET)
        if place in MAY_SET or not has_more:
            yield place
        elif isinstance(value, Mapping):
            yield from _leaves(value, f"{place}.")
        elif isinstance(value, list) and all(isinstance(one, Mapping) for one in value) and place == "bus":
            yield from (leaf for one in value for leaf in _leaves(one, f"{place}."))
        else:
            yield place
