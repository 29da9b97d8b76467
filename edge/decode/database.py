"""Reading a CAN database and the mapping beside it: what can be read is used, what cannot is told with its place."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from edge.decode.applied import Laid, by_units, conversion_of, laid, why_beyond
from edge.decode.compile import Conversion, compiled
from edge.decode.compiled import Tables
from edge.decode.dbc import read_dbc
from edge.decode.layout import Fate, Layouts, MessageLayout, Remark, SignalLayout
from edge.decode.mapping import Mapped, Mapping, load_mapping
from edge.decode.overlay import JSON, load_overlay
from edge.decode.protocol import distinct, suspicions, with_protocol
from edge.decode.sources import of_one_path
from edge.errors import ConfigError
from edge.signals import Signal

DEFAULT_PERIOD_S: Final = 1.0
"""Expected period of a signal that neither mapping, database nor catalogue gives one."""
DBC: Final = ".dbc"
BESIDE: Final = ".vss.toml"
"""What a mapping is called beside its database."""


@dataclass(frozen=True, slots=True)
class Database:
    """One database file with its mapping, ready to decode."""

    file: Path
    signals: tuple[Signal, ...]
    tables: Tables
    remarks: tuple[Remark, ...]
    """What in the file is not as it should be."""
    messages: tuple[str, ...] = ()
    """Their names, in the order of the tables."""


def load_database(file: Path, mapping_file: Path | None = None, *, is_shared: bool = False) -> Database:
    """Read a database and the mapping beside it (`<name>.vss.toml`), or the one given.

    A mapping that is shared with other databases may name what only they have (`check_shared` looks at all of them).

    Raises:
        ConfigError: the file is missing, is no CAN database, or the mapping names what is not in it or contradicts
            itself.
    """
    layouts = read_layouts(file)
    beside = mapping_beside(file, mapping_file)
    found = _laid(file, layouts, beside, is_shared=is_shared)
    mapping = found.mapping
    messages, remarks = distinct(with_protocol(found.messages, mapping, file.name))
    remarks += found.remarks
    if not mapping.can:
        remarks += suspicions(messages, (beside or file.with_suffix(BESIDE)).name)
    mapping, doubts = _in_its_units(messages, mapping)
    remarks += doubts
    remarks += of_one_path(messages, mapping)
    names = [_name(message, signal) for message, signal in _each(messages)]
    mapped = [mapping.entries.get(name) for name in names]
    _check_reach(messages, mapping)
    conversions = [
        conversion_of(one, signal, name, mapping)
        for one, (_, signal), name in zip(mapped, _each(messages), names, strict=True)
    ]
    tables, left_out = compiled(messages, conversions)
    signals = tuple(
        _signal(message, replace(signal, name=found.origins.get(name, signal.name)), one, conversion)
        for (message, signal), name, one, conversion in zip(_each(messages), names, mapped, conversions, strict=True)
    )
    every_remark = (*layouts.remarks, *remarks, *left_out)
    return Database(file, signals, tables, every_remark, tuple(one.name for one in messages))


def _laid(file: Path, layouts: Layouts, beside: Path | None, *, is_shared: bool) -> Laid:
    """The mapping, and the messages as it needs them."""
    if beside is not None and beside.suffix.lower() == JSON:
        return laid(load_overlay(beside), layouts.messages, is_shared=is_shared)
    mapping = Mapping(file, {}) if beside is None else load_mapping(beside)
    names = _names(layouts)
    if is_shared:
        mapping = mapping.only(names)
    mapping.check(names, file.name)
    return Laid(layouts.messages, mapping)


def _in_its_units(messages: Sequence[MessageLayout], mapping: Mapping) -> tuple[Mapping, list[Remark]]:
    """The mapping with the factors that units ask for, and a remark where they are doubtful."""
    entries, remarks = dict(mapping.entries), []
    for message, signal in _each(messages):
        name = _name(message, signal)
        if name in entries:
            entries[name], doubt = by_units(entries[name], signal)
            if doubt:
                remarks.append(Remark(message.line, Fate.DOUBTFUL, name, doubt))
    return replace(mapping, entries=entries), remarks


def check_shared(mapping_file: Path, databases: Sequence[Path]) -> None:
    """Hold a mapping against all databases that share it.

    Raises:
        ConfigError: it names a signal that none of them has.
    """
    if mapping_file.suffix.lower() == JSON:
        return  # an overlay may name what a vehicle does not have; what is not there is told
    known = {name for file in databases for name in _names(read_layouts(file))}
    load_mapping(mapping_file).check(known, " and ".join(file.name for file in databases))


def _names(layouts: Layouts) -> set[str]:
    return {_name(message, signal) for message, signal in _each(layouts.messages)}


def _name(message: MessageLayout, signal: SignalLayout) -> str:
    return f"{message.name}.{signal.name}"


def mapping_beside(file: Path, mapping_file: Path | None) -> Path | None:
    """The mapping that goes with a database; None: there is none."""
    if mapping_file is not None:
        return mapping_file
    beside = file.with_suffix(BESIDE)
    return beside if beside.exists() else None


def read_layouts(file: Path) -> Layouts:
    """Everything that a database file holds; DBC by our own reader, the others by cantools.

    Raises:
        ConfigError: it is missing, cannot be read, or holds no message.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise ConfigError("no such database file", file=file, remedy="Check the path given as dbc") from None
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", file=file, remedy="Check that it is a readable file"
        ) from error
    if file.suffix.lower() == DBC:
        layouts = read_dbc(content)
    else:
        from edge.decode.foreign import read_foreign  # noqa: PLC0415  # cantools: 21 MB that most boxes never need

        layouts = read_foreign(file)
    if not layouts.messages:
        what = "; ".join(f"line {one.line}: {one.reason}" for one in layouts.remarks[:3])
        raise ConfigError(
            f"holds no CAN messages{f' that can be read ({what})' if what else ''}",
            file=file,
            remedy="Mend that line, or give a database that describes frames"
            if what
            else "Give a database that describes frames",
        )
    return layouts


def _each(messages: Sequence[MessageLayout]) -> Iterator[tuple[MessageLayout, SignalLayout]]:
    return ((message, signal) for message in messages for signal in message.signals)


def _check_reach(messages: Sequence[MessageLayout], mapping: Mapping) -> None:
    for message, signal in _each(messages):
        name = f"{message.name}.{signal.name}"
        mapped = mapping.entries.get(name)
        if mapped is not None and why_beyond(mapped, signal):
            problem = "factor and offset make of its values what is no number any more"
            raise ConfigError(problem, file=mapping.file, place=name, remedy="Give smaller ones")


def _signal(message: MessageLayout, signal: SignalLayout, mapped: Mapped | None, conversion: Conversion) -> Signal:
    return Signal(
        path=mapped.path if mapped else f"dbc.{message.name}.{signal.name}",
        unit=mapped.unit if mapped else signal.unit,
        message=message.name,
        source_name=signal.name,
        period_s=(mapped.period_s if mapped else None) or message.cycle_s or DEFAULT_PERIOD_S,
        period_is_set=mapped is not None and mapped.period_is_set,
        labels=_labels(signal, mapped, conversion),
    )


def _labels(signal: SignalLayout, mapped: Mapped | None, conversion: Conversion) -> dict[float, str]:
    """What values are called: by the mapping's list, else by the database, of a table where one label is meant."""
    if mapped is not None and mapped.cases:
        if mapped.names:
            return dict(mapped.names)
        known = Counter(conversion.cases.values())
        given = {conversion.cases[raw]: label for raw, label in signal.labels.items() if raw in conversion.cases}
        return {value: label for value, label in given.items() if known[value] == 1}
    named = {
        (raw * signal.scale + signal.offset) * conversion.factor + conversion.offset: label
        for raw, label in signal.labels.items()
    }
    return {value: label for value, label in named.items() if math.isfinite(value)}
