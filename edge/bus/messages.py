"""Messages of python-can to frames and back."""

from collections.abc import Iterator
from typing import Final

from edge.bus.library import can
from edge.frames import (
    BIT_RATE_SWITCH,
    CLASSIC_BYTES,
    ERROR,
    ERROR_STATE,
    EXTENDED,
    FD,
    FD_BYTES,
    REMOTE,
    Frame,
    FrameBatch,
)

_ID_MAX: Final = 0x7FF
_EXTENDED_ID_MAX: Final = 0x1FFF_FFFF
_CONTROLLER: Final = 0x004
"""Class of error frames that tell of the controller (linux/can/error.h, CAN_ERR_CRTL)."""
_RX_OVERFLOW: Final = 0x01
"""In byte 1 of those: the controller lost frames (CAN_ERR_CRTL_RX_OVERFLOW)."""


def is_sound(message: can.Message) -> bool:
    """Whether a message can be a frame at all; some drivers do not look."""
    length = message.dlc if message.is_remote_frame else len(message.data)
    length_max = FD_BYTES if message.is_fd else CLASSIC_BYTES
    id_max = _EXTENDED_ID_MAX if message.is_extended_id or message.is_error_frame else _ID_MAX
    return 0 <= length <= length_max and 0 <= message.arbitration_id <= id_max


def to_frame(message: can.Message, time_ns: int, bus: str) -> Frame:
    """The frame of a sound message; a remote request has as many zero bytes as it asks for."""
    payload = bytes(message.dlc) if message.is_remote_frame else bytes(message.data)
    return Frame(time_ns, message.arbitration_id, payload, bus, _flags(message))


def _flags(message: can.Message) -> int:
    if message.is_error_frame:
        return ERROR
    return (
        (EXTENDED if message.is_extended_id else 0)
        | (REMOTE if message.is_remote_frame else 0)
        | (FD if message.is_fd else 0)
        | (BIT_RATE_SWITCH if message.is_fd and message.bitrate_switch else 0)
        | (ERROR_STATE if message.is_fd and message.error_state_indicator else 0)
    )


def is_overrun(message: can.Message) -> bool:
    """Whether this is an error frame by which the controller says that it has lost frames."""
    is_controller = message.is_error_frame and bool(message.arbitration_id & _CONTROLLER)
    return is_controller and len(message.data) > 1 and bool(message.data[1] & _RX_OVERFLOW)


def to_messages(batch: FrameBatch) -> Iterator[can.Message]:
    """What to send for a batch, in its order."""
    for frame in batch.frames():
        is_remote = bool(frame.flags & REMOTE)
        yield can.Message(
            timestamp=frame.time / 1e9,
            arbitration_id=frame.id,
            is_extended_id=bool(frame.flags & EXTENDED),
            is_remote_frame=is_remote,
            is_error_frame=bool(frame.flags & ERROR),
            is_fd=bool(frame.flags & FD),
            bitrate_switch=bool(frame.flags & BIT_RATE_SWITCH),
            error_state_indicator=bool(frame.flags & ERROR_STATE),
            dlc=len(frame.payload),
            data=None if is_remote else frame.payload,
        )
