"""Blocks of candump lines against the pattern of a single line: what is read is the same, what is not is left to it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bus.candump import bus_name, format_frames, match_line, to_batch
from edge.bus.candump_block import Block, name_of, parse_block
from edge.frames import ERROR, FD, REMOTE, Frame, FrameBatch
from tests.unit.bus.strategies import frames

LINES = [
    b"(1638973128.973117) can0 225#054552",
    b"(1638973128.973117) vcan12 7FF#DEADBEEFcafe0011",
    b"(1638973128.973117123) c 000#",
    b"(1638973128.973117123) slcan012 1FFFFFFF#00",
    b"(8999999999.999999) can0 20000004#0001000000000000",
    b"(1638973128.973117) can0 123##0",
    b"(1638973128.973117123) vcan12 1FFFFFFF##3DEADBEEFcafe00112233445566",
    b"(1638973128.973117) c 7FF##5" + b"".join(b"%02x" % (3 * number) for number in range(64)),
    b"(1638973128.973117) can0 20000004##100",
]


def frames_of(block: Block) -> list[Frame]:
    columns = (block.time, block.id, block.payload, block.length, block.bus, block.flags)
    return [
        Frame(int(time), int(identifier), payload[:length].tobytes(), name_of(int(bus)).decode(), int(flags))
        for time, identifier, payload, length, bus, flags in zip(*columns, strict=True)
    ]


def one_by_one(lines: Sequence[bytes]) -> list[Frame | None]:
    matched = [match_line(line) for line in lines]
    return [
        None if line is None else next(to_batch([line], np.zeros(1, np.uint8), (bus_name(line).decode(),)).frames())
        for line in matched
    ]


def agree(lines: Sequence[bytes]) -> Block:
    block = parse_block(b"".join(line + b"\n" for line in lines))
    assert block.lines == len(lines)
    assert sorted([*block.row.tolist(), *(row for row, _ in block.left)]) == list(range(len(lines)))
    assert all(text == lines[row] for row, text in block.left)
    wanted = one_by_one(lines)
    assert frames_of(block) == [wanted[row] for row in block.row]
    assert block.payload.shape[1] == (64 if (block.flags & FD).any() else 8)
    assert not block.payload[np.arange(block.payload.shape[1]) >= block.length[:, None]].any()
    return block


@pytest.mark.parametrize("line", LINES)
def test_every_byte_at_every_place(line: bytes) -> None:
    """Each of 256 values in each place of a line: what is no longer such a line is left, what still is one is right."""
    changed = [
        line[:place] + bytes([value]) + line[place + 1 :]
        for place in range(len(line))
        for value in range(256)
        if value != ord("\n")
    ]
    block = agree([line, *changed])
    assert 0 in block.row
    assert len(block.row) > 16


@pytest.mark.parametrize("line", LINES)
def test_lines_of_another_kind_around_it_change_nothing(line: bytes) -> None:
    """Each kind between two of every other, in one text, and none of them left where the times are of one width."""
    others = [other for other in LINES if other.index(b")") == line.index(b")")]
    block = agree([text for other in others for text in (other, line, other)])
    assert block.left == []


@pytest.mark.parametrize("size", range(65))
def test_an_fd_frame_of_every_length_with_every_flag(size: int) -> None:
    """Also of lengths that no controller sends, and of an odd digit, which is no byte."""
    lines = [b"(1638973128.973117) can0 123##%X%s" % (flags, bytes(range(size)).hex().encode()) for flags in range(16)]
    block = agree([*lines, *(line + b"0" for line in lines)])
    assert block.row.tolist() == list(range(16))
    assert block.payload[0, :size].tolist() == list(range(size))


def test_fd_lines_none_of_which_is_sound_widen_nothing() -> None:
    line = b"(1638973128.973117) can0 123#11"
    block = agree([line, line.replace(b"#", b"##1x"), line.replace(b"#", b"###"), line.replace(b"#", b"##1") + b"2"])
    assert block.row.tolist() == [0]
    assert block.payload.shape == (1, 8)


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_is_cut_or_longer(line: bytes) -> None:
    cut = [line[:end] for end in range(len(line))]
    behind = [line + more for more in (b"\r", b" ", b"00", b"#", b" R", b"\r\r", b"0" * 100)]
    before = [more + line for more in (b" ", b"(", b"#", b"\r", b"0" * 100)]
    block = agree([line, *cut, *behind, *before])
    assert 0 in block.row
    assert 1 + len(cut) in block.row  # the one with a carriage return


def test_an_empty_text() -> None:
    assert parse_block(b"").lines == 0
    assert agree([b""]).left == [(0, b"")]


@given(st.lists(frames(), min_size=1, max_size=20), st.data())
def test_what_we_write_is_read(some: list[Frame], data: st.DataObject) -> None:
    text = format_frames(FrameBatch.of(sorted(some, key=lambda frame: frame.time)))
    agree(text.split(b"\n")[:-1])
    junk = data.draw(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=5))
    agree(data.draw(st.permutations([*junk, *text.split(b"\n")[:-1]])))


@given(st.lists(frames().filter(lambda frame: not frame.flags & REMOTE), min_size=1, max_size=20))
def test_only_remote_requests_are_left(some: list[Frame]) -> None:
    """Classic and FD; times of one width, since the first line says which it is."""
    each = [replace(frame, time=10**18 + frame.time % 10**9 * 1000) for frame in some]
    block = agree(format_frames(FrameBatch.of(each)).split(b"\n")[:-1])
    assert block.left == []
    assert [int(flags) & (FD | ERROR) for flags in block.flags] == [one.flags & (FD | ERROR) for one in some]
