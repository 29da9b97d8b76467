"""The mapping beside a database: which of its signals is which VSS path, with factor and offset where units differ.

protocol = "j1939"                                                         # only where the database does not say it
[signals]
"EngineData.CoolantTemp" = { path = "Vehicle.…Temperature" }
"Body.Odometer" = { path = "Vehicle.TraveledDistance", factor = 1000.0 }   # km → m
"Body.Oddity" = { path = "Vehicle.Telltale.Oddity", unit = "bar" }         # not in the catalogue: name the unit
"Body.Range" = { path = "Vehicle.…", from_unit = "mile" }                  # the database says it wrongly or not at all
"Gear.Lever" = { path = "Vehicle.…", labels = { D = 1, R = -1 } }          # what is not there is unknown
"""

import difflib
from collections.abc import Collection
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, field_validator

from edge import catalogue
from edge.decode.units import unit_of, why_unknown
from edge.errors import ConfigError
from edge.toml_file import read_toml

J1939: Final = "j1939"
CAN: Final = "can"
"""Every message is meant to be known by its whole id, whatever its ids look like."""
PATH: Final = r"Vehicle(\.[A-Za-z0-9]+)+"
Path_ = Annotated[str, StringConstraints(pattern=f"^{PATH}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    path: Path_
    factor: FiniteFloat | None = None
    offset: FiniteFloat | None = None
    from_unit: str | None = None
    labels: Annotated[dict[str, bool | FiniteFloat | str], Field(min_length=1, max_length=4096)] | None = None
    allowed: Annotated[list[str], Field(min_length=1, max_length=4096)] | None = None
    unit: str | None = None
    period_s: Annotated[FiniteFloat, Field(gt=0)] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    protocol: str | None = None
    signals: dict[str, _Entry] = {}

    @field_validator("protocol")
    @classmethod
    def _is_known(cls, protocol: str | None) -> str | None:
        if protocol not in {None, J1939, CAN}:
            raise ValueError(
                f"{protocol!r} is no protocol that is known here; write {J1939!r} or {CAN!r}, or leave it out"
            )
        return protocol


@dataclass(frozen=True, slots=True)
class Mapped:
    """One signal's VSS name: value in `unit` = database value x factor + offset, or what `cases` says."""

    path: str
    unit: str
    factor: float
    offset: float
    period_s: float | None
    period_is_set: bool = False
    """The mapping says it, not the catalogue."""
    is_given: bool = False
    """Factor and offset were written by someone: units do not decide them."""
    from_unit: str | None = None
    """Instead of what the database calls the unit."""
    cases: Dict[str | float, float] = field(default_factory=dict)
    """By label, or by number in the database's unit: the value in VSS; anything else is unknown. Empty: no table."""
    names: Dict[float, str] = field(default_factory=dict)
    """What values of a table are called."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping file, by `<Message>.<Signal>`."""

    file: Path
    entries: Dict[str, Mapped]
    j1939: bool = False
    can: bool = False
    """It says that it is not J1939, so nobody wonders."""
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
    return Mapping(file, entries, j1939=parsed.protocol == J1939, can=parsed.protocol == CAN)


def _mapped(file: Path, name: str, entry: _Entry) -> Mapped:
    if entry.factor == 0:
        raise ConfigError(
            "factor = 0 makes every value the same",
            file=file,
            place=name,
            remedy="Give the factor from the database's unit to that of the path, or leave it out where it is 1",
        )
    cases, names = _table(file, name, entry)
    if entry.from_unit is not None and unit_of(entry.from_unit) is None:
        raise ConfigError(f"from_unit: {why_unknown(entry.from_unit)}", file=file, place=name, remedy="Give a factor")
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
        factor=1.0 if entry.factor is None else entry.factor,
        offset=0.0 if entry.offset is None else entry.offset,
        period_s=entry.period_s or (known.period_s if known else None),
        period_is_set=entry.period_s is not None,
        is_given=entry.factor is not None or entry.offset is not None,
        from_unit=entry.from_unit,
        cases=cases,
        names=names,
    )


def _table(file: Path, name: str, entry: _Entry) -> tuple[dict[str | float, float], dict[float, str]]:
    """Its labels as numbers, and the names of those."""
    conversions = [entry.factor, entry.offset, entry.from_unit]
    if entry.labels is not None and any(one is not None for one in conversions):
        raise ConfigError(
            "labels and a factor, an offset or a unit say two things of one value",
            file=file,
            place=name,
            remedy="Give the values as they are in VSS, and leave the others out",
        )
    allowed = entry.allowed or []
    cases: dict[str | float, float] = {}
    for label, value in (entry.labels or {}).items():
        if isinstance(value, str) and value not in allowed:
            raise ConfigError(
                f"{label} = {value!r} is no number, and is not among allowed = […]",
                file=file,
                place=name,
                remedy="List the values that the path may have as VSS does; a value becomes its place there, from 0",
            )
        cases[label] = float(allowed.index(value)) if isinstance(value, str) else float(value)
    return cases, {float(place): one for place, one in enumerate(allowed)}
