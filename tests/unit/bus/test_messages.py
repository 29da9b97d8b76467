"""Messages of python-can and frames, both ways."""

import pytest
from hypothesis import given

from edge.bus.library import can
from edge.bus.messages import is_overrun, is_sound, to_frame, to_messages
from edge.frames import ERROR, FD, Frame, FrameBatch
from tests.unit.bus.strategies import frames


@given(frames())
def test_a_frame_comes_back_from_its_message(frame: Frame) -> None:
    [message] = to_messages(FrameBatch.of([frame]))
    assert is_sound(message)
    assert to_frame(message, frame.time, frame.bus) == frame
    assert message.timestamp == pytest.approx(frame.time / 1e9)


@pytest.mark.parametrize(
    "message",
    [
        can.Message(arbitration_id=0x123, data=bytes(9)),
        can.Message(arbitration_id=0x123, data=bytes(65), is_fd=True),
        can.Message(arbitration_id=0x123, dlc=9, is_remote_frame=True),
        can.Message(arbitration_id=0x800, is_extended_id=False),
        can.Message(arbitration_id=0x2000_0000, is_extended_id=True),
        can.Message(arbitration_id=-1),
    ],
    ids=str,
)
def test_what_no_frame_can_be_is_not_sound(message: can.Message) -> None:
    assert not is_sound(message)


def test_a_flag_of_fd_counts_on_fd_frames_only() -> None:
    plain = can.Message(arbitration_id=1, is_extended_id=False, bitrate_switch=True, error_state_indicator=True)
    assert to_frame(plain, 0, "can0").flags == 0
    fast = can.Message(arbitration_id=1, is_extended_id=False, is_fd=True)
    assert to_frame(fast, 0, "can0").flags == FD


def test_an_error_frame_is_nothing_else() -> None:
    message = can.Message(arbitration_id=0x4, is_extended_id=True, is_error_frame=True, data=bytes(8))
    assert to_frame(message, 0, "can0").flags == ERROR


@pytest.mark.parametrize(
    ("arbitration_id", "payload", "is_error", "lost"),
    [
        (0x004, b"\0\1\0\0\0\0\0\0", True, True),
        (0x004, b"\0\2\0\0\0\0\0\0", True, False),  # it lost what it should have sent
        (0x008, b"\0\1\0\0\0\0\0\0", True, False),
        (0x004, b"\0", True, False),
        (0x004, b"\0\1\0\0\0\0\0\0", False, False),
    ],
)
def test_the_controller_tells_what_it_lost(arbitration_id: int, payload: bytes, is_error: bool, lost: bool) -> None:
    message = can.Message(arbitration_id=arbitration_id, data=payload, is_error_frame=is_error)
    assert is_overrun(message) is lost
