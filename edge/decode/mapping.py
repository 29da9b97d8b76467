"""The mapping beside a database: which of its signals is which VSS path, with factor and offset where units differ.

protocol = "j1939"                                                         # only where the database does not say it
[signals]
"EngineData.CoolantTemp" = { path = "Vehicle.…Temperature" }
"Body.Odometer" = { path = "Vehicle.TraveledDistance", factor = 1000.0 }   # km → m
"Body.Oddity" = { path = "Vehicle.Telltale.Oddity", unit = "bar" }         # not in the catalogue: name the unit
"""

import difflib
from collections.abc import Collection
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, field_validator

from edge import catalogue
from edge.errors import ConfigError
from edge.toml_file import read_toml

J1939: Final = "j1939"
Path_ = Annotated[str, StringConstraints(pattern=r"^Vehicle(\.[A-Za-z0-9]+)+$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    path: Path_
    factor: FiniteFloat = 1.0
    offset: FiniteFloat = 0.0
    unit: str | None = None
    period_s: Annotated[FiniteFloat, Field(gt=0)] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    protocol: str | None = None
    signals: dict[str, _Entry] = {}

    @field_validator("protocol")
    @classmethod
    def _is_known(cls, protocol: str | None) -> str | None:
        if protocol not in {None, J1939}:
            raise ValueError(f"{protocol!r} is no protocol that is known here; write {J1939!r}, or leave it out")
        return protocol


@dataclass(frozen=True, slots=True)
class Mapped:
    """One signal's VSS name: value in `unit` = database value x factor + offset."""

    path: str
    unit: str
    factor: float
    offset: float
    period_s: float | None
    period_is_set: bool = False
    """The mapping says it, not the catalogue."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping file, by `<Message>.<Signal>`."""

    file: Path
    entries: Dict[str, Mapped]
    j1939: bool = False
    """All extended messages of the database are J1939's."""

    def only(self, known: Collection[str]) -> "Mapping":
        """Of it, what is about these signals."""
        return replace(self, entries={name: one for name, one in self.entries.items() if name in known})

    def check(self, known: Collection[str], database: str) -> None:
        """Hold the mapping against the names that the database has.

        Raises:
            ConfigError: it names a signal that is not there; the nearest name is suggested.
        """
        for name in self.entries:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"Did you mean {near[0]!r}?" if near else "Names are <Message>.<Signal> as in the database"
                raise ConfigError(f"{database} has no signal of this name", file=self.file, place=name, remedy=hint)


def load_mapping(file: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        ConfigError: it is missing, is not TOML, has an unknown field or protocol, a path whose unit nobody knows, or
            a factor of 0.
    """
    parsed = read_toml(_File, file, what="mapping", see="dbc/README.md for the fields")
    entries = {name: _mapped(file, name, entry) for name, entry in parsed.signals.items()}
    return Mapping(file, entries, j1939=parsed.protocol == J1939)


def _mapped(file: Path, name: str, entry: _Entry) -> Mapped:
    if entry.factor == 0:
        raise ConfigError(
            "factor = 0 makes every value the same",
            file=file,
            place=name,
            remedy="Give the factor from the database's unit to that of the path, or leave it out where it is 1",
        )
    known = catalogue.info(entry.path)
    if known is None and entry.unit is None:
        near = difflib.get_close_matches(entry.path, catalogue.CATALOGUE, n=1, cutoff=0.8)
        hint = f"Did you mean {near[0]}? Else add unit = …" if near else 'Add unit = "…"'
        raise ConfigError(f"{entry.path} is not in the catalogue", file=file, place=name, remedy=hint)
    if known is not None and entry.unit not in (None, known.unit):
        raise ConfigError(
            f"{entry.path} is in {known.unit!r}, not {entry.unit!r}",
            file=file,
            place=name,
            remedy="Convert with factor and offset",
        )
    return Mapped(
        path=entry.path,
        unit=known.unit if known else (entry.unit or ""),
        factor=entry.factor,
        offset=entry.offset,
        period_s=entry.period_s or (known.period_s if known else None),
        period_is_set=entry.period_s is not None,
    )
