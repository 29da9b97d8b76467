"""Logs in every format, written by python-can where it has a writer and line by line where it has none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import can

from edge.bus.candump import format_frames
from edge.bus.messages import to_messages
from edge.frames import BIT_RATE_SWITCH, ERROR, ERROR_STATE, EXTENDED, FD, REMOTE, Frame, FrameBatch

US: Final = 1000
MS: Final = 1_000_000
S: Final = 1_000_000_000
_WRITERS: Final[Mapping[str, Any]] = {
    "asc": can.ASCWriter, "blf": can.BLFWriter, "csv": can.CSVWriter, "db": can.SqliteWriter, "trc": can.TRCWriter,
}  # fmt: skip


def write(kind: str, file: Path, frames: Sequence[Frame]) -> None:
    """The frames in a format; those that it cannot hold are the caller's mistake."""
    if kind in _WRITERS:
        with _WRITERS[kind](file) as writer:
            for message, frame in zip(to_messages(FrameBatch.of(frames)), frames, strict=True):
                message.channel = int(frame.bus)
                writer.on_message_received(message)
    elif kind == "candump":
        file.write_bytes(format_frames(FrameBatch.of(frames)))
    else:
        head, line, end = _LINES[kind]
        file.write_text(head + "".join(line(frame) + end for frame in frames), newline="")


def kept(kind: str) -> int:
    """The flags that a format can hold."""
    everything = EXTENDED | FD | REMOTE | ERROR | BIT_RATE_SWITCH | ERROR_STATE
    kinds = {
        "candump": everything, "asc": everything, "blf": everything, "csv": EXTENDED | REMOTE | ERROR,
        "db": EXTENDED | REMOTE | ERROR, "css": EXTENDED | FD | BIT_RATE_SWITCH, "busmaster": EXTENDED | REMOTE,
    }  # fmt: skip
    return kinds.get(kind, EXTENDED)


def resolution(kind: str) -> int:
    """Nanoseconds that can be told apart."""
    return {"candump": 1, "css": 1, "crtd": 1, "microchip": MS, "carbus": MS, "busmaster": MS, "list": 0}.get(kind, US)


def _hexadecimal(content: bytes, between: str = " ") -> str:
    return between.join(f"{byte:02X}" for byte in content)


def _gvret(frame: Frame) -> str:
    is_extended = "true" if frame.flags & EXTENDED else "false"
    padded = frame.payload.ljust(8, b"\0")
    head = f"{frame.time // US},{frame.id:08X},{is_extended},{frame.bus},{len(frame.payload)}"
    return f"{head},{_hexadecimal(padded, ',')},"


def _crtd(frame: Frame) -> str:
    kind = "R29" if frame.flags & EXTENDED else "T11"
    return f"{frame.time // S}.{frame.time % S:09d} {frame.bus}{kind} {frame.id:X} {_hexadecimal(frame.payload)}"


def _list(frame: Frame) -> str:
    return f"{frame.id:08X},{_hexadecimal(frame.payload)} "


def _microchip(frame: Frame) -> str:
    content = "".join(f"0x{byte:02X};" for byte in frame.payload)
    return f"{frame.time // MS};RX;0x{frame.id:08X};{len(frame.payload)};{content}"


def _carbus(frame: Frame) -> str:
    number = f"{frame.id:08X}" if frame.flags & EXTENDED else f"{frame.id:03X}"
    stamp = f"{frame.time // S},{frame.time % S // MS:03d}"
    return f"{stamp}\t{frame.bus}\t0004\t{number}\t{len(frame.payload)}\t{_hexadecimal(frame.payload)}\t00000000\t.\t"


def _css(frame: Frame) -> str:
    switches = f"{int(bool(frame.flags & FD))};{int(bool(frame.flags & BIT_RATE_SWITCH))}"
    length, extended = len(frame.payload), int(bool(frame.flags & EXTENDED))
    head = f"{frame.time // S}.{frame.time % S:09d};{frame.bus};{frame.id:X};{extended};{min(length, 15)};{length}"
    return f"{head};0;{switches};{frame.payload.hex().upper()}"


def _busmaster(frame: Frame) -> str:
    moment = datetime.fromtimestamp(frame.time // S, UTC)
    kind = ("x" if frame.flags & EXTENDED else "s") + ("r" if frame.flags & REMOTE else "")
    stamp = f"{moment:%H:%M:%S}:{frame.time % S // MS}"
    content = "" if frame.flags & REMOTE else _hexadecimal(frame.payload)
    return f"{stamp} Rx {frame.bus} {frame.id:08X} {kind} {len(frame.payload)} {content} "


def busmaster_head(began: Iterable[int] = (1, 1, 1970, 0, 0, 0, 0), mode: str = "SYSTEM", base: str = "HEX") -> str:
    """What a log of BUSMASTER begins with."""
    day, month, year, hour, minute, second, milli = began
    date = f"{day}:{month}:{year} {hour}:{minute}:{second}:{milli}"
    return (
        f"***BUSMASTER Ver 2.4.0***\n***PROTOCOL CAN***\n***START DATE AND TIME {date}***\n***{base}***\n"
        f"***{mode} MODE***\n***<Time><Tx/Rx><Channel><CAN ID><Type><DLC><DataBytes>***\n"
    )


_LINES: Final[Mapping[str, tuple[str, Callable[[Frame], str], str]]] = {
    "gvret": ("Time Stamp,ID,Extended,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8\n", _gvret, "\n"),
    "crtd": ("0.000000 CXX made\n", _crtd, "\n"),
    "list": ("ID,Data Bytes\n", _list, "\n"),
    "microchip": ("//---\nMicrochip Technology Inc.\nCAN BUS Analyzer\n//---\n", _microchip, "\r\n"),
    "carbus": ("@ TEXT @ 2 @ 64 @ 0 @\r", _carbus, "\r"),
    "css": ("TimestampEpoch;BusChannel;ID;IDE;DLC;DataLength;Dir;EDL;BRS;DataBytes\n", _css, "\n"),
    "busmaster": (busmaster_head(), _busmaster, "\n"),
}
KINDS: Final = (*_LINES, "candump", *_WRITERS)
