"""Reading a CAN database file: what can be read is used, what cannot is told with its place."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cantools.database
from cantools.database import Database as CanDatabase
from cantools.database.can import Message
from cantools.database.can.signal import Signal as CanSignal
from cantools.database.errors import Error as CantoolsError

from edge.decode.mapping import Mapped, Mapping, load_mapping
from edge.errors import ConfigError
from edge.signals import Signal

DEFAULT_PERIOD_S: Final = 1.0
"""Expected period of a signal that neither mapping, database nor catalogue gives one."""


@dataclass(frozen=True, slots=True)
class MessagePlan:
    """How frames of one id become samples."""

    message: Message
    extended: bool
    first: int
    """Place of its first signal in the database's table; the others follow in the order of the file."""
    place: dict[str, int]
    """Signal name → place in the database's table."""
    scale: dict[str, tuple[float, float]]
    """Signal name → factor and offset of the mapping, where it changes the unit."""

    def convert(self, name: str, value: float) -> float:
        """A value of the database in the unit of the mapping."""
        scale = self.scale.get(name)
        return float(value) if scale is None else value * scale[0] + scale[1]


@dataclass(frozen=True, slots=True)
class Database:
    """One database file with its mapping, ready to decode."""

    file: Path
    signals: tuple[Signal, ...]
    plans: tuple[MessagePlan, ...]


def load_database(file: Path, mapping_file: Path | None = None) -> Database:
    """Read a database and the mapping beside it (`<name>.vss.toml`), or the one given.

    Raises:
        ConfigError: the file is missing, is no CAN database, or the mapping names what is not in it.
    """
    can = _read(file)
    beside = mapping_file or file.with_suffix(".vss.toml")
    mapping = load_mapping(beside) if mapping_file or beside.exists() else Mapping(beside, {})
    signals: list[Signal] = []
    plans: list[MessagePlan] = []
    for message in can.messages:
        plans.append(_plan(message, mapping, len(signals)))
        signals.extend(_signal(message, signal, mapping) for signal in message.signals)
    mapping.check({f"{signal.message}.{signal.source_name}" for signal in signals}, file)
    return Database(file, tuple(signals), tuple(plans))


def _read(file: Path) -> CanDatabase:
    try:
        loaded = cantools.database.load_file(file, strict=False)
    except FileNotFoundError:
        raise ConfigError("no such database file", file=file, remedy="Check the path given as dbc") from None
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", file=file, remedy="Check that it is a readable file"
        ) from error
    except (CantoolsError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"is not a CAN database that can be read: {_first_line(error)}",
            file=file,
            remedy="Mend that line, or take a database that opens in your CAN tool",
        ) from error
    if not isinstance(loaded, CanDatabase) or not loaded.messages:
        raise ConfigError("holds no CAN messages", file=file, remedy="Give a database that describes frames")
    return loaded


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


def _plan(message: Message, mapping: Mapping, first: int) -> MessagePlan:
    scale = {}
    for signal in message.signals:
        mapped = mapping.entries.get(f"{message.name}.{signal.name}")
        if mapped and (mapped.factor, mapped.offset) != (1.0, 0.0):
            scale[signal.name] = (mapped.factor, mapped.offset)
    return MessagePlan(
        message=message,
        extended=message.is_extended_frame,
        first=first,
        place={signal.name: first + index for index, signal in enumerate(message.signals)},
        scale=scale,
    )


def _signal(message: Message, signal: CanSignal, mapping: Mapping) -> Signal:
    mapped = mapping.entries.get(f"{message.name}.{signal.name}")
    cycle_s = message.cycle_time / 1000 if message.cycle_time else None
    return Signal(
        path=mapped.path if mapped else f"dbc.{message.name}.{signal.name}",
        unit=mapped.unit if mapped else (signal.unit or ""),
        message=message.name,
        source_name=signal.name,
        period_s=(mapped.period_s if mapped else None) or cycle_s or DEFAULT_PERIOD_S,
        labels=_labels(signal, mapped),
    )


def _labels(signal: CanSignal, mapped: Mapped | None) -> dict[float, str]:
    factor, offset = (mapped.factor, mapped.offset) if mapped else (1.0, 0.0)
    labels: dict[float, str] = {}
    for raw, label in (signal.choices or {}).items():
        scaled = signal.conversion.raw_to_scaled(raw, decode_choices=False)
        if isinstance(scaled, int | float):
            labels[scaled * factor + offset] = str(label)
    return labels
