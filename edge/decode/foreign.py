"""Databases in other formats (KCD, SYM, ARXML, CDD), read by cantools. The only file of the edge that knows it."""

from pathlib import Path

import cantools.database
from cantools.database import Database as CanDatabase
from cantools.database.can import Message
from cantools.database.can.signal import Signal
from cantools.database.errors import Error as CantoolsError

from edge.decode.layout import NUMBER_BITS, Branch, Fate, Layouts, MessageLayout, Number, Remark, SignalLayout
from edge.errors import ConfigError


def read_foreign(file: Path) -> Layouts:
    """Read a file.

    Raises:
        ConfigError: cantools cannot read it.
    """
    try:
        loaded = cantools.database.load_file(file, strict=False)
    except (CantoolsError, ValueError, KeyError, TypeError, AttributeError, LookupError) as error:
        raise ConfigError(
            f"is not a CAN database that can be read: {_first_line(error)}",
            file=file,
            remedy="Mend that line, or take a database that opens in your CAN tool",
        ) from error
    if not isinstance(loaded, CanDatabase):
        raise ConfigError("holds no CAN messages", file=file, remedy="Give a database that describes frames")
    remarks: list[Remark] = []
    return Layouts(tuple(_message(message, remarks) for message in loaded.messages), tuple(remarks))


def _message(message: Message, remarks: list[Remark]) -> MessageLayout:
    signals = []
    for signal in message.signals:
        if (signal.is_float and signal.length not in {16, 32, 64}) or signal.length > NUMBER_BITS:
            reason = f"a {'float' if signal.is_float else 'number'} of {signal.length} bits"
            remarks.append(Remark(0, Fate.SKIPPED, f"{message.name}.{signal.name}", reason))
        else:
            signals.append(_signal(signal))
    return MessageLayout(
        name=message.name,
        id=message.frame_id,
        extended=message.is_extended_frame,
        length=message.length,
        signals=tuple(sorted(signals, key=lambda one: one.begin)),
        cycle_s=message.cycle_time / 1000 if message.cycle_time else None,
        j1939=message.protocol == "j1939",
        senders=tuple(message.senders),
    )


def _signal(signal: Signal) -> SignalLayout:
    branch = None
    if signal.multiplexer_ids and signal.multiplexer_signal:
        branch = Branch(signal.multiplexer_signal, tuple((value, value) for value in signal.multiplexer_ids))
    number = Number.FLOAT if signal.is_float else Number.SIGNED if signal.is_signed else Number.UNSIGNED
    return SignalLayout(
        name=signal.name,
        start=signal.start,
        length=signal.length,
        big=signal.byte_order == "big_endian",
        number=number,
        scale=float(signal.scale),
        offset=float(signal.offset),
        minimum=None if signal.minimum is None else float(signal.minimum),
        maximum=None if signal.maximum is None else float(signal.maximum),
        unit=signal.unit or "",
        labels={int(raw): str(label) for raw, label in (signal.choices or {}).items()},
        branch=branch,
        selects=signal.is_multiplexer,
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
