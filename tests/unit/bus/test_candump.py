"""Lines of candump logs: every form that is read, what is not, and frames → text → frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bus.candump import LINE_BYTES, bus_name, format_frames, match_line, to_batch
from edge.frames import BIT_RATE_SWITCH, ERROR, ERROR_STATE, EXTENDED, FD, REMOTE, Frame, FrameBatch
from tests.unit.bus.strategies import frames

NOW_S = "1638973128.973117"
NOW_NS = 1_638_973_128_973_117_000


def read(text: str) -> Frame:
    line = match_line(text.encode())
    assert line is not None
    [frame] = to_batch([line], np.zeros(1, np.uint8), (bus_name(line).decode(),)).frames()
    return frame


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("can0 225#054552", Frame(NOW_NS, 0x225, b"\x05\x45\x52")),
        ("can0 7FF#", Frame(NOW_NS, 0x7FF, b"")),
        ("vcan7 123#DEADBEEFcafe0011", Frame(NOW_NS, 0x123, bytes.fromhex("deadbeefcafe0011"), "vcan7")),
        ("can0 18FEF100#FF", Frame(NOW_NS, 0x18FEF100, b"\xff", flags=EXTENDED)),
        ("can0 00000123#FF", Frame(NOW_NS, 0x123, b"\xff", flags=EXTENDED)),
        ("can0 123#R", Frame(NOW_NS, 0x123, b"", flags=REMOTE)),
        ("can0 123#R4", Frame(NOW_NS, 0x123, bytes(4), flags=REMOTE)),
        ("can0 123#R8_F", Frame(NOW_NS, 0x123, bytes(8), flags=REMOTE)),
        ("can0 123#1122334455667788_9", Frame(NOW_NS, 0x123, bytes.fromhex("1122334455667788"))),
        ("can0 123##0", Frame(NOW_NS, 0x123, b"", flags=FD)),
        ("can0 123##4AA", Frame(NOW_NS, 0x123, b"\xaa", flags=FD)),
        (
            "can0 12345678##1" + "5A" * 64,
            Frame(NOW_NS, 0x12345678, b"\x5a" * 64, flags=EXTENDED | FD | BIT_RATE_SWITCH),
        ),
        ("can0 123##FAA", Frame(NOW_NS, 0x123, b"\xaa", flags=FD | BIT_RATE_SWITCH | ERROR_STATE)),
        ("can0 123##2AA", Frame(NOW_NS, 0x123, b"\xaa", flags=FD | ERROR_STATE)),
        ("can0 20000004#0001000000000000", Frame(NOW_NS, 0x4, b"\0\1\0\0\0\0\0\0", flags=ERROR)),
        ("can0 225#054552 R", Frame(NOW_NS, 0x225, b"\x05\x45\x52")),
        ("can0 225#054552 T", Frame(NOW_NS, 0x225, b"\x05\x45\x52")),
        ("can0  225#054552\r", Frame(NOW_NS, 0x225, b"\x05\x45\x52")),
    ],
)
def test_every_form_is_read(text: str, frame: Frame) -> None:
    assert read(f"({NOW_S}) {text}") == frame


@pytest.mark.parametrize(
    ("stamp", "time_ns"),
    [
        ("0", 0),
        ("166.000000", 166_000_000_000),
        ("0000000001.5", 1_500_000_000),
        ("1638973128.973117123", 1_638_973_128_973_117_123),
        ("8999999999.999999999", 8_999_999_999_999_999_999),
    ],
)
def test_times_are_exact(stamp: str, time_ns: int) -> None:
    assert read(f"({stamp}) can0 123#").time == time_ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# a remark",
        f"({NOW_S}) can0",
        f"({NOW_S}) can0 225",
        f"({NOW_S}) can0 22#00",
        f"({NOW_S}) can0 800#00",
        f"({NOW_S}) can0 12345#00",
        f"({NOW_S}) can0 98FEF100#00",
        f"({NOW_S}) can0 225#0",
        f"({NOW_S}) can0 225#0G",
        f"({NOW_S}) can0 225#001122334455667788",
        f"({NOW_S}) can0 225#R9",
        f"({NOW_S}) can0 225##",
        f"({NOW_S}) can0 225##G00",
        f"({NOW_S}) can0 225##0" + "00" * 65,
        f"({NOW_S}) can0 225#00 X",
        f"({NOW_S}) can0 225#00 R R",
        f"{NOW_S} can0 225#00",
        f"(-{NOW_S}) can0 225#00",
        "(9000000000.0) can0 225#00",
        "(1.0000000000) can0 225#00",
        "(1.) can0 225#00",
        f"({NOW_S}) cän0 225#00",
        f"({NOW_S}) {'x' * 65} 225#00",
        f"({NOW_S}){' ' * 9}can0 225#00",
    ],
)
def test_what_is_no_line_is_not_read(text: str) -> None:
    assert match_line(text.encode()) is None


def test_lines_are_written_as_candump_writes_them() -> None:
    batch = FrameBatch.of(
        [
            Frame(NOW_NS, 0x5, b"\xab", "can0"),
            Frame(NOW_NS + 1, 0x18FEF100, b"", "can1", EXTENDED),
            Frame(5_000_000_000, 0x123, bytes(3), "can0", REMOTE),
            Frame(5_000_000_000, 0x123, b"", "can0", REMOTE),
            Frame(5_000_000_000, 0x123, b"\x01", "can0", FD | BIT_RATE_SWITCH | ERROR_STATE),
            Frame(5_000_000_000, 0x80, bytes(8), "can0", ERROR),
        ]
    )
    assert format_frames(batch).decode().splitlines() == [
        "(1638973128.973117) can0 005#AB",
        "(1638973128.973117001) can1 18FEF100#",
        "(0000000005.000000) can0 123#R3",
        "(0000000005.000000) can0 123#R",
        "(0000000005.000000) can0 123##301",
        "(0000000005.000000) can0 20000080#0000000000000000",
    ]


def test_bus_names_that_a_log_cannot_hold_are_mended() -> None:
    text = format_frames(
        FrameBatch.of([Frame(0, 1, b"", "my bus ä"), Frame(0, 1, b"", ""), Frame(0, 1, b"", "x" * 99)])
    )
    assert [line.split()[1] for line in text.decode().splitlines()] == ["my_bus__", "_", "x" * 64]


@given(st.lists(frames(), min_size=1, max_size=20))
def test_frames_come_back_from_their_text(sent: list[Frame]) -> None:
    lines = [match_line(text) for text in format_frames(FrameBatch.of(sent)).splitlines()]
    read_lines = [line for line in lines if line is not None]
    names = tuple(dict.fromkeys(frame.bus for frame in sent))
    places = np.array([names.index(bus_name(line).decode()) for line in read_lines], np.uint8)
    assert list(to_batch(read_lines, places, names).frames()) == sent


@given(frames())
def test_no_line_is_longer_than_is_kept_of_one(frame: Frame) -> None:
    long_name = Frame(frame.time, frame.id, frame.payload, "x" * 64, frame.flags)
    assert len(format_frames(FrameBatch.of([long_name]))) < LINE_BYTES
