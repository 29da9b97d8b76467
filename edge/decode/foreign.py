"""Databases in other formats (KCD, SYM, ARXML, CDD), read by cantools. The only file of the edge that knows it."""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import cantools.database
from cantools.database import Database as CanDatabase
from cantools.database.can import Message
from cantools.database.can.signal import Signal
from cantools.database.errors import Error as CantoolsError

from edge.decode.layout import (
    BITS_MAX,
    FLOAT_LENGTHS,
    Branch,
    Fate,
    Layouts,
    MessageLayout,
    Number,
    Remark,
    SignalLayout,
    another,
    beyond,
    why_not,
)
from edge.errors import ConfigError

FORMATS: Final = (".kcd", ".sym", ".arxml", ".cdd")
_MISSING: Final = (AttributeError, TypeError, KeyError)
_PLACE: Final = re.compile(r"\bline (\d+)")

logging.getLogger("cantools").setLevel(logging.ERROR)
"""What it warns of, two messages of one id, is remarked."""


def read_foreign(file: Path) -> Layouts:
    """Read a file; what cantools lets pass although it cannot be meant so is remarked as in DBC files.

    Raises:
        ConfigError: cantools cannot read it.
    """
    if file.suffix.lower() not in FORMATS:
        raise ConfigError(
            f"{file.suffix or 'a name without an ending'} is no kind of CAN database that is known here",
            file=file,
            remedy=f"Give one of .dbc, {', '.join(FORMATS)}",
        )
    try:
        loaded = cantools.database.load_file(file, strict=False)
    except (CantoolsError, ValueError, KeyError, TypeError, AttributeError, LookupError) as error:
        raise _refused(error, file) from error
    if not isinstance(loaded, CanDatabase):
        raise ConfigError("holds no CAN messages", file=file, remedy="Give a database that describes frames")
    remarks: list[Remark] = []
    return Layouts(tuple(_messages(loaded.messages, remarks)), tuple(remarks))


def _refused(error: Exception, file: Path) -> ConfigError:
    """What cantools says, with the place that it names."""
    inner = next((one for one in vars(error).values() if isinstance(one, _MISSING)), error)
    told = _first_line(error)
    if isinstance(inner, _MISSING):  # what Python says of it helps nobody to find it
        told = f"an attribute of a message or signal is missing, or is of another kind than it must be ({told})"
    found = _PLACE.search(told)
    return ConfigError(
        f"is not a CAN database that can be read: {told}",
        file=file,
        place="" if found is None else f"line {found[1]}",
        remedy="Mend that place, or save the database anew with your CAN tool",
    )


def _messages(messages: Iterable[Message], remarks: list[Remark]) -> Iterator[MessageLayout]:
    """One of each id: the first."""
    first: dict[tuple[bool, int], str] = {}
    for message in messages:
        key = message.is_extended_frame, message.frame_id
        if key in first:
            reason = f"id {message.frame_id:#x} is that of {first[key]}, which is kept"
            remarks.append(Remark(0, Fate.SKIPPED, message.name, reason))
        elif 8 * message.length > BITS_MAX:
            reason = f"{message.length} bytes are more than any transport carries"
            remarks.append(Remark(0, Fate.SKIPPED, message.name, reason))
        else:
            first[key] = message.name
            yield _message(message, remarks)


def _message(message: Message, remarks: list[Remark]) -> MessageLayout:
    signals: dict[str, SignalLayout] = {}
    for signal in message.signals:
        layout, what = _signal(signal), f"{message.name}.{signal.name}"
        is_odd_float = layout.number is Number.FLOAT and layout.length not in FLOAT_LENGTHS
        reason = f"a float of {layout.length} bits" if is_odd_float else why_not(layout)
        if reason:
            remarks.append(Remark(0, Fate.SKIPPED, what, reason))
            continue
        if layout.name in signals:
            layout = replace(layout, name=another(layout.name, signals))
            reason = f"a second one of this name, so it is called {layout.name}"
            remarks.append(Remark(0, Fate.REPAIRED, what, reason))
        if reason := beyond(layout, message.length):
            remarks.append(Remark(0, Fate.REPAIRED, what, reason))
        signals[layout.name] = layout
    return MessageLayout(
        name=message.name,
        id=message.frame_id,
        extended=message.is_extended_frame,
        length=message.length,
        signals=tuple(sorted(signals.values(), key=lambda one: one.begin)),
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
