"""Reading a CAN database and the mapping beside it: what can be read is used, what cannot is told with its place."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.decode.compile import Conversion, compiled
from edge.decode.compiled import Tables
from edge.decode.dbc import read_dbc
from edge.decode.layout import Layouts, MessageLayout, Remark, SignalLayout
from edge.decode.mapping import Mapped, Mapping, load_mapping
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
    mapping = Mapping(file, {}) if beside is None else load_mapping(beside)
    names = _names(layouts)
    if is_shared:
        mapping = mapping.only(names)
    mapping.check(names, file.name)
    messages, remarks = distinct(with_protocol(layouts.messages, mapping, file.name))
    remarks += suspicions(messages, (beside or file.with_suffix(BESIDE)).name)
    remarks += of_one_path(messages, mapping)
    mapped = [mapping.entries.get(f"{message.name}.{signal.name}") for message, signal in _each(messages)]
    _check_reach(messages, mapping)
    tables, left_out = compiled(messages, [_conversion(one) for one in mapped])
    signals = tuple(
        _signal(message, signal, one) for (message, signal), one in zip(_each(messages), mapped, strict=True)
    )
    return Database(file, signals, tables, (*layouts.remarks, *remarks, *left_out), tuple(one.name for one in messages))


def check_shared(mapping_file: Path, databases: Sequence[Path]) -> None:
    """Hold a mapping against all databases that share it.

    Raises:
        ConfigError: it names a signal that none of them has.
    """
    known = {name for file in databases for name in _names(read_layouts(file))}
    load_mapping(mapping_file).check(known, " and ".join(file.name for file in databases))


def _names(layouts: Layouts) -> set[str]:
    return {f"{message.name}.{signal.name}" for message, signal in _each(layouts.messages)}


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
        if mapped is not None and not math.isfinite(signal.reach * abs(mapped.factor) + abs(mapped.offset)):
            problem = "factor and offset make of its values what is no number any more"
            raise ConfigError(problem, file=mapping.file, place=name, remedy="Give smaller ones")


def _conversion(mapped: Mapped | None) -> Conversion:
    return Conversion() if mapped is None else Conversion(mapped.factor, mapped.offset)


def _signal(message: MessageLayout, signal: SignalLayout, mapped: Mapped | None) -> Signal:
    return Signal(
        path=mapped.path if mapped else f"dbc.{message.name}.{signal.name}",
        unit=mapped.unit if mapped else signal.unit,
        message=message.name,
        source_name=signal.name,
        period_s=(mapped.period_s if mapped else None) or message.cycle_s or DEFAULT_PERIOD_S,
        period_is_set=mapped is not None and mapped.period_is_set,
        labels=_labels(signal, _conversion(mapped)),
    )


def _labels(signal: SignalLayout, conversion: Conversion) -> dict[float, str]:
    named = {
        (raw * signal.scale + signal.offset) * conversion.factor + conversion.offset: label
        for raw, label in signal.labels.items()
    }
    return {value: label for value, label in named.items() if math.isfinite(value)}
