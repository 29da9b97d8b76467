"""Instruments: what the box itself measures, as buses beside those of the vehicle, and how their frames are decoded.

They run only where a bus of the vehicle is live. A recording that has what they measured is decoded all the same.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from edge.bus.spec import LIVE, MOTIONS, RECEIVERS, SUPPLIES, TYRES, SourceSpec
from edge.bus.wheels import sensors_of
from edge.catalogue import CATALOGUE
from edge.config import Config
from edge.config_parts import Bus
from edge.decode.compile import Conversion, compiled
from edge.decode.database import Database
from edge.decode.decoder import Binding
from edge.decode.layout import MessageLayout, Number, SignalLayout
from edge.frames import FrameBatch
from edge.measured import MOTION, ON_VALVE, ON_VALVE_ID, POSITION, SUPPLY, TYRE_IDS, TYRE_PERIOD_S
from edge.signals import Signal
from edge.wheels import PRESSURE, TEMPERATURE, WHEELS, is_compared

SUPPLY_BUS: Final = "supply"
POSITION_BUS: Final = "position"
MOTION_BUS: Final = "motion"
TYRES_BUS: Final = "tyres"
DEFAULTS: Final = {
    **dict.fromkeys(SUPPLIES, SUPPLY_BUS),
    **dict.fromkeys(RECEIVERS, POSITION_BUS),
    **dict.fromkeys(MOTIONS, MOTION_BUS),
    **dict.fromkeys(TYRES, TYRES_BUS),
}
"""What a bus of each kind is called where the installer gives it no name."""
PERIOD_S: Final = 1.0
"""No instrument tells anything more often for long."""
_OF: Final = {SUPPLY_BUS: SUPPLY, POSITION_BUS: POSITION, MOTION_BUS: MOTION}
_FILE: Final = Path("what the box measures")


def speaks(frames: FrameBatch, instruments: Collection[str]) -> bool:
    """Whether any of the frames is the vehicle's, not of the box's own instruments."""
    own = [index for index, name in enumerate(frames.buses) if name in instruments]
    return len(frames) > (int(np.isin(frames.bus, own).sum()) if own else 0)


def names_of(buses: Sequence[Bus], specs: Sequence[SourceSpec]) -> frozenset[str]:
    """What the buses of instruments are called, where there are others: what is heard there says nothing of whether
    the vehicle is awake. A box with nothing else has only them to tell."""
    names = {
        bus.name or spec.text_option("name", DEFAULTS.get(spec.kind, ""))
        for bus, spec in zip(buses, specs, strict=True)
        if spec.kind in DEFAULTS
    }
    return frozenset(names) if len(names) < len(buses) else frozenset()


def instruments_of(config: Config) -> list[Bus]:
    """The buses that the box itself adds, as it is configured; none beside recordings and simulations."""
    if not any(SourceSpec.parse(bus.source).kind in LIVE for bus in config.bus):
        return []
    return [Bus(name=name, source=source) for name, source in _wanted(config).items() if source]


def watches_starts(config: Config, specs: Sequence[SourceSpec]) -> bool:
    """Whether anything looks closely enough at the supply to see how deep a start pulls it."""
    return bool(config.supply.source) or any(spec.kind in SUPPLIES for spec in specs)


def _wanted(config: Config) -> dict[str, str]:
    return {
        SUPPLY_BUS: config.supply.source,
        POSITION_BUS: config.position.source,
        MOTION_BUS: config.motion.source,
        TYRES_BUS: config.tyres.as_source,
    }


def measured(config: Config, buses: Sequence[Bus], specs: Sequence[SourceSpec]) -> list[Binding]:
    """What decodes their frames, each for the bus that it is on."""
    tables = {name: _ids(SourceSpec.parse(source)) for name, source in _wanted(config).items() if source}
    for bus, spec in zip(buses, specs, strict=True):
        if spec.kind in DEFAULTS:
            tables[bus.name] = _ids(spec)
        elif spec.kind == "elm327":
            tables[bus.name] = SUPPLY  # its AT RV
    return [Binding(database_of(ids), bus) for bus, ids in tables.items()]


def _ids(spec: SourceSpec) -> Mapping[str, int]:
    """What a source tells: of tyres, of those alone that have a sensor."""
    if spec.kind not in TYRES:
        return _OF[DEFAULTS[spec.kind]]
    wheels = sensors_of(spec)
    paths = [f"{WHEELS[wheel]}.{quantity}" for wheel in wheels for quantity in (PRESSURE, TEMPERATURE)]
    told = {path: TYRE_IDS[path] for path in paths}
    return {**told, ON_VALVE: ON_VALVE_ID} if any(map(is_compared, wheels)) else told


def database_of(ids: Mapping[str, int]) -> Database:
    """What decodes frames of these quantities; units are the catalogue's, and so are periods from a second on."""
    messages = [
        MessageLayout(
            name=_short(path),
            id=number,
            extended=True,
            length=8,
            signals=(SignalLayout(_short(path), start=0, length=64, big=False, number=Number.FLOAT),),
        )
        for path, number in ids.items()
    ]
    tables, remarks = compiled(messages, [Conversion()] * len(messages))
    signals = tuple(
        Signal(
            path=path,
            unit=CATALOGUE[path].unit,
            message=one.name,
            source_name=one.name,
            period_s=max(CATALOGUE[path].period_s, TYRE_PERIOD_S if path in TYRE_IDS else PERIOD_S),
            period_is_set=True,
        )
        for path, one in zip(ids, messages, strict=True)
    )
    return Database(_FILE, signals, tables, tuple(remarks), tuple(one.name for one in messages))


def _short(path: str) -> str:
    """What its message is called: of a tyre, with its wheel."""
    return path.removeprefix("Vehicle.") if path in TYRE_IDS else path.rpartition(".")[2]
