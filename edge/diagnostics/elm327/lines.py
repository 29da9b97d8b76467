"""What an ELM327 writes: frames as they were on the bus, and its own remarks. Pure.

A serial line has no checksum. So an answer with a line in it that cannot be read is not believed in any of its lines:
who loses one character changes the next one, too.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge.frames import EXTENDED, Frame


class Remark(StrEnum):
    """What an adapter says of itself or of the bus (ELM327 data sheet, error messages and alerts)."""

    NO_DATA = "no_data"
    """Nobody answered."""
    CAN_ERROR = "can_error"
    """What was sent was not taken by the bus, or nothing sensible was heard."""
    UNABLE_TO_CONNECT = "unable_to_connect"
    BUS_BUSY = "bus_busy"
    BUS_ERROR = "bus_error"
    BUFFER_FULL = "buffer_full"
    """The serial line is too slow for the answer; what came before is sound."""
    DATA_ERROR = "data_error"
    """A frame that the adapter does not believe itself."""
    STOPPED = "stopped"
    """A character interrupted it."""
    NOT_UNDERSTOOD = "not_understood"
    LOW_VOLTAGE = "low_voltage_reset"
    INTERNAL = "internal_error"
    ECHO = "echo"
    """It repeats what it is told, although that was switched off."""
    GARBAGE = "garbage"
    """No line that it should write."""


REMARKS: Final = {
    "NO DATA": Remark.NO_DATA,
    "CAN ERROR": Remark.CAN_ERROR,
    "UNABLE TO CONNECT": Remark.UNABLE_TO_CONNECT,
    "BUS BUSY": Remark.BUS_BUSY,
    "BUS ERROR": Remark.BUS_ERROR,
    "FB ERROR": Remark.BUS_ERROR,
    "BUFFER FULL": Remark.BUFFER_FULL,
    "DATA ERROR": Remark.DATA_ERROR,
    "STOPPED": Remark.STOPPED,
    "?": Remark.NOT_UNDERSTOOD,
    "LV RESET": Remark.LOW_VOLTAGE,
    "ACT ALERT": Remark.INTERNAL,
    "LP ALERT": Remark.INTERNAL,
}
DISTRUSTED: Final = frozenset({Remark.DATA_ERROR, Remark.STOPPED, Remark.LOW_VOLTAGE, Remark.INTERNAL, Remark.GARBAGE})
"""Whatever else stands beside one of these is not taken."""
DONE: Final = "OK"
_SEARCHING: Final = "SEARCHING..."
_FRAME_11: Final = re.compile(r"([0-7][0-9A-F]{2})((?:[0-9A-F]{2}){1,8})")
_FRAME_29: Final = re.compile(r"([01][0-9A-F]{7})((?:[0-9A-F]{2}){1,8})")
_VOLTS: Final = re.compile(r"([0-9]{1,2}\.[0-9]{1,2})V")


@dataclass(frozen=True, slots=True)
class Heard:
    """What one command brought."""

    frames: tuple[Frame, ...]
    remarks: Counter[Remark]
    is_done: bool = False
    """It said OK."""


def read(lines: Sequence[str], *, said: str, extended: bool, at_ns: int) -> Heard:
    """Tell frames from remarks.

    Args:
        lines: without the prompt; with headers, with or without spaces.
        said: the command.
        extended: ids have 29 bits.
        at_ns: when it was there, monotonic: the time of the frames.
    """
    frames: list[Frame] = []
    remarks: Counter[Remark] = Counter()
    is_done = False
    for number, line in enumerate(lines):
        text = line.strip().upper()
        packed = text.replace(" ", "")
        frame = _frame(packed, extended=extended, at_ns=at_ns)
        if number == 0 and packed == said:
            remarks[Remark.ECHO] += 1
        elif frame is not None:
            frames.append(frame)
        elif packed == DONE:
            is_done = True
        elif packed and text != _SEARCHING:
            remarks[_remark(text)] += 1
    is_sound = DISTRUSTED.isdisjoint(remarks)
    return Heard(tuple(frames) if is_sound else (), remarks, is_done and is_sound)


def read_volts(lines: Sequence[str]) -> float | None:
    """The supply as AT RV shows it; None where that cannot be read."""
    packed = "".join(lines[-1:]).replace(" ", "").upper()
    match = _VOLTS.fullmatch(packed)
    return float(match[1]) if match else None


def _frame(packed: str, *, extended: bool, at_ns: int) -> Frame | None:
    match = (_FRAME_29 if extended else _FRAME_11).fullmatch(packed)
    if match is None:
        return None
    return Frame(at_ns, int(match[1], 16), bytes.fromhex(match[2]), flags=EXTENDED if extended else 0)


def _remark(text: str) -> Remark:
    if text.startswith("BUS INIT"):
        return Remark.BUS_ERROR
    if text.startswith("ERR"):
        return Remark.INTERNAL
    if text.endswith(("<DATA ERROR", "<RX ERROR")):
        return Remark.DATA_ERROR
    return REMARKS.get(text, Remark.GARBAGE)
