"""Overlay: what a bundle sets of the configuration; of a list of keys, and nothing else.

What makes the box another one, or cuts it off, is the installer's alone: who it is, where its state lies, its broker
and keys, its buses and memory, what the cloud may ask for, pins and outputs, privacy. A bundle that names any of it is
refused.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from edge.config import SEE, Config
from edge.errors import ConfigError
from edge.toml_file import checked, tables_of
from edge.wire.overlay import BUS_NAME, MAY_SET, refused_of

FILE: Final = "edge.toml"
"""Of a bundle; without it nothing is set."""
_REMEDY: Final = "Leave it out of the bundle; the installer alone sets it (edge/README.md, updates)"


@dataclass(frozen=True, slots=True)
class Overlay:
    """What a bundle sets."""

    file: Path
    tables: Mapping[str, Any] = field(default_factory=dict)
    """As the configuration has them; their paths are absolute."""
    buses: Sequence[Mapping[str, Any]] = ()
    """What it sets of which bus."""

    def over(self, tables: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration's tables with what is set instead.

        Raises:
            ConfigError: it names a bus that there is none of.
        """
        result = deepcopy(dict(tables))
        _put(result, self.tables)
        for number, bus in enumerate(self.buses, 1):
            self._bus_of(result, bus, number).update({name: one for name, one in bus.items() if name != BUS_NAME})
        return result

    def _bus_of(self, tables: dict[str, Any], bus: Mapping[str, Any], number: int) -> dict[str, Any]:
        buses = tables.setdefault("bus", [{}])
        if not isinstance(buses, list) or not all(isinstance(one, dict) for one in buses):
            return {}  # the installer's mistake, and said as that
        names = [one.get(BUS_NAME, "") for one in buses]
        name = bus.get(BUS_NAME, names[0] if len(names) == 1 else "")
        if name not in names:
            remedy = f"Name one of its buses: {', '.join(map(repr, names))}"
            raise ConfigError(f"this vehicle has no bus {name!r}", file=self.file, place=f"bus.{number}", remedy=remedy)
        found: dict[str, Any] = buses[names.index(name)]
        return found


def read_overlay(slot: Path) -> Overlay:
    """What the bundle that was unpacked into this folder sets.

    Raises:
        ConfigError: it names what it may not set, or something that cannot be, or a file that is not in it.
    """
    file = slot / FILE
    if not file.exists():
        return Overlay(file)
    tables = tables_of(file, what="configuration")
    for place in refused_of(tables):
        raise ConfigError("may not be set by a bundle", file=file, place=place, remedy=_REMEDY)
    buses = tables.pop("bus", [])
    if not isinstance(buses, list):
        raise ConfigError("is no list of tables", file=file, place="bus", remedy="Write [[bus]] with its name")
    _placed(tables, slot, file)
    for number, bus in enumerate(buses, 1):
        _placed_bus(bus, slot, file, f"bus.{number}")
    placeholder = [{"name": f"bus-{number}", **bus} for number, bus in enumerate(buses, 1)]
    checked(Config, {**tables, **({"bus": placeholder} if placeholder else {})}, file, see=SEE)
    return Overlay(file, tables, buses)


def _put(tables: dict[str, Any], over: Mapping[str, Any], above: str = "") -> None:
    for name, value in over.items():
        place = f"{above}{name}"
        if place in MAY_SET:
            tables[name] = deepcopy(value)
            continue
        inner = tables.setdefault(name, {})
        if isinstance(inner, dict):
            _put(inner, value, f"{place}.")


def _placed(tables: dict[str, Any], slot: Path, file: Path) -> None:
    """Make paths absolute; names of what is shipped stay."""
    if isinstance(profile := tables.get("profile"), str):
        tables["profile"] = _path(profile, slot, file, "profile")
    detect = tables.get("detect")
    for name in ("rules", "models"):
        if isinstance(detect, dict) and isinstance(said := detect.get(name), list):
            detect[name] = [_path(one, slot, file, f"detect.{name}.{at}") for at, one in enumerate(said, 1)]


def _placed_bus(bus: Any, slot: Path, file: Path, place: str) -> None:
    if not isinstance(bus, dict):
        return
    if "mapping" in bus:
        bus["mapping"] = _path(bus["mapping"], slot, file, f"{place}.mapping", is_name=False)
    if not isinstance(databases := bus.get("dbc"), list):
        return
    for at, one in enumerate(databases):
        if isinstance(one, dict):
            databases[at] = {
                key: _path(value, slot, file, f"{place}.dbc.{at + 1}.{key}", is_name=False)
                for key, value in one.items()
            }
        else:
            databases[at] = _path(one, slot, file, f"{place}.dbc.{at + 1}", is_name=False)


def _path(said: Any, slot: Path, file: Path, place: str, *, is_name: bool = True) -> Any:
    """A path in the bundle; a bare word may be the name of something that is shipped. What is no text stays."""
    if not isinstance(said, str) or not said:
        return said
    path = PurePosixPath(said)
    if path.is_absolute() or ".." in path.parts or said.startswith("~"):
        problem = f"{said!r} leads out of the bundle"
        raise ConfigError(problem, file=file, place=place, remedy="Name a file of the bundle, from its top on")
    if (slot / path).exists():
        return str((slot / path).resolve())
    if is_name and len(path.parts) == 1 and not path.suffix:
        return said
    raise ConfigError(
        f"there is no {said!r} in the bundle", file=file, place=place, remedy="Put it in, or name another"
    )
