"""frames/1: every frame comes back, equal frames give equal bytes, and no bytes do harm."""

import struct
import tracemalloc
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.frames import EXTENDED, FD, Frame
from edge.wire.errors import Reason, WireError
from edge.wire.frame_block import FRAMES_MAX, ID_MAX, Frames, decode_frames, encode_frames
from edge.wire.positions import SUM
from tests.any_frames import ANY_FRAMES
from tests.in_columns import framed, same_frames


def steady(count: int = 300) -> Frames:
    """Three units with a counter, a checksum and noise."""
    rng = np.random.default_rng(1)
    payload = np.zeros((count, 8), np.uint8)
    payload[:, 0] = np.arange(count) // 3
    payload[:, 3] = rng.integers(0, 256, count)
    payload[:, 7] = payload.sum(axis=1, dtype=np.uint8) + 7
    return Frames(
        time=np.cumsum(rng.integers(1, 500, count)) * 1000,
        bus=np.zeros(count, np.uint8),
        id=(0x100 + np.arange(count) % 3).astype(np.uint32),
        flags=np.zeros(count, np.uint8),
        length=np.full(count, 8, np.uint8),
        payload=payload,
        buses=("can0",),
    )


@given(ANY_FRAMES)
def test_any_frames_come_back_to_the_last_bit(frames: Frames) -> None:
    assert same_frames(decode_frames(encode_frames(frames)), frames)


@given(ANY_FRAMES, st.data())
def test_a_damaged_block_is_frames_or_refused(frames: Frames, data: st.DataObject) -> None:
    block = bytearray(encode_frames(frames))
    for _ in range(data.draw(st.integers(1, 4))):
        block[data.draw(st.integers(0, len(block) - 1))] ^= data.draw(st.integers(1, 255))
    refused_or_frames(bytes(block))
    cut = data.draw(st.integers(0, len(block) - 1))
    refused_or_frames(bytes(block[:cut]))


@given(ANY_FRAMES, st.data())
def test_damaged_columns_in_a_sound_stream_are_frames_or_refused(frames: Frames, data: st.DataObject) -> None:
    block = encode_frames(frames)
    columns = bytearray(zlib.decompress(block[12:]))
    for _ in range(data.draw(st.integers(1, 4))):
        columns[data.draw(st.integers(0, len(columns) - 1))] = data.draw(st.integers(0, 255))
    refused_or_frames(block[:12] + zlib.compress(bytes(columns)))


def refused_or_frames(block: bytes) -> None:
    """What is taken at all is frames: it can be written again, and comes back."""
    frames, reason = taken(block)
    assert reason is Reason.BAD_BODY if frames is None else same_frames(decode_frames(encode_frames(frames)), frames)


def taken(block: bytes) -> tuple[Frames | None, Reason | None]:
    """The frames, or why there are none."""
    try:
        return decode_frames(block), None
    except WireError as error:
        return None, error.reason


@given(st.binary(max_size=200))
def test_any_bytes_are_frames_or_refused(block: bytes) -> None:
    refused_or_frames(block)


@given(ANY_FRAMES)
def test_equal_frames_give_equal_bytes(frames: Frames) -> None:
    others = Frames(
        **{name: np.array(getattr(frames, name), order="F") for name in Frames.__slots__[:-1]}, buses=frames.buses
    )
    assert encode_frames(others) == encode_frames(frames)


def test_classic_frames_are_the_same_however_wide_their_payload_is_kept() -> None:
    frames = steady()
    wide = replace(frames, payload=np.pad(frames.payload, ((0, 0), (0, 56))))
    assert encode_frames(wide) == encode_frames(frames)
    assert same_frames(decode_frames(encode_frames(wide)), frames)


def test_no_frames_are_a_block_too() -> None:
    frames = framed([], ["can0", "can1"])
    assert same_frames(decode_frames(encode_frames(frames)), frames)


def test_the_largest_id_and_the_longest_payload() -> None:
    frames = framed([Frame(-1, ID_MAX, bytes(range(64)), "can0", EXTENDED | FD), Frame(-5, 0, b"", "can1")])
    assert same_frames(decode_frames(encode_frames(frames)), frames)


def test_counters_and_checksums_cost_next_to_nothing() -> None:
    frames = steady()
    noise = frames.payload[:, 3].tobytes()
    times = 2 * len(frames)
    assert len(encode_frames(frames)) < len(noise) + times + 200
    assert SUM in zlib.decompress(encode_frames(frames)[12:])


def test_a_full_block_comes_back() -> None:
    count = FRAMES_MAX
    few = steady(count)
    assert same_frames(decode_frames(encode_frames(few)), few)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"bus": np.full(300, 1, np.uint8)}, "bus 1 of 1"),
        ({"id": np.full(300, ID_MAX + 1, np.uint32)}, "more than 29 bits"),
        ({"length": np.full(300, 9, np.uint8)}, "do not fit"),
        ({"length": np.full(300, 2, np.uint8)}, "past its length"),
        ({"length": np.full(299, 8, np.uint8)}, "length is uint8"),
        ({"time": np.zeros(300, np.float64)}, "time is float64"),
        ({"payload": np.zeros((300, 9), np.uint8)}, "payload is uint8"),
        ({"buses": ("x" * 201,)}, "more than 200 bytes"),
        ({"buses": ("x",) * 256}, "at most 255"),
    ],
)
def test_arrays_that_contradict_each_other_are_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        encode_frames(replace(steady(), **change))  # type: ignore[arg-type]  # that is the point


def test_more_frames_than_a_block_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 262144 fit"):
        encode_frames(steady(FRAMES_MAX + 1))


@pytest.mark.parametrize(
    "head", [(FRAMES_MAX + 1, 1, 100), (FRAMES_MAX, FRAMES_MAX + 1, 100), (FRAMES_MAX, 1, 2**32 - 1), (1, 1, 2**26)]
)
def test_a_bomb_takes_no_memory(head: tuple[int, int, int]) -> None:
    bomb = struct.pack("<III", *head) + zlib.compress(bytes(2**26 + 1), 9)
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="bad_body"):
            decode_frames(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2 * 2**26 + 2**20
    finally:
        tracemalloc.stop()


def test_noise_is_never_much_larger_than_it_is() -> None:
    rng = np.random.default_rng(2)
    frames = replace(steady(), payload=rng.integers(0, 256, (300, 8), np.uint8))
    assert len(encode_frames(frames)) < 300 * 11


TWO: Final = [Frame(5, 0x100, b"\x01"), Frame(9, 0x200, b"\x02")]
COLUMNS: Final = [
    b"\x01\x04can0",
    *(b"\x00\x00", b"\x00\x00", b"\x01\x01"),
    b"\x00\x00\x01\x02\x00\x00\x00\x00",
    b"\x00\x01",
    *(struct.pack("<qQB", 5, 4, 0), b"\x01", bytes(5)),
    *(b"\x01\x02", b"\x00\x00"),
]
"""Buses; bus, flags, length; ids; sequence; times with their step; first payloads, ways."""


def block_of(columns: Sequence[bytes], lines: int = 2) -> bytes:
    whole = b"".join(columns)
    return struct.pack("<III", 2, lines, len(whole)) + zlib.compress(whole)


def test_a_block_made_by_hand_is_read() -> None:
    assert same_frames(decode_frames(block_of(COLUMNS)), framed(TWO))


@pytest.mark.parametrize(
    ("place", "column", "why"),
    [
        (0, b"\x01\x04can\xff", "not UTF-8"),
        (0, b"\x01\xc9" + b"x" * 201, "more than 200 bytes"),
        (1, b"\x00\x01", "on no bus"),
        (3, b"\x01\x09", "too long"),
        (4, b"\x00\x00\x02\x01\x00\x00\x00\x00", "not in order"),
        (4, b"\x00\x00\x01\x01\x00\x00\x00\x00", "not in order"),
        (4, b"\x00\x00\x01\x02\x00\x00\x00\x20", "more than 29 bits"),
        (5, b"\x00\x02", "on line 2 of 2"),
        (5, b"\x01\x01", "a line has no frames"),
        (6, struct.pack("<qQB", 5, 4, 2), "direction 2"),
        (7, b"\xff", "0 large numbers are told, 1 announced"),
        (8, b"\x00\x00\x00\x00\x09", "numbers of 9 bytes"),
        (10, b"\x00\x05", "in way 5"),
        (10, b"\x00\x00\x00", "1 bytes follow"),
        (10, b"\x00", "end 1 bytes too early"),
    ],
)
def test_columns_that_are_none_are_refused_in_words(place: int, column: bytes, why: str) -> None:
    block = block_of([*COLUMNS[:place], column, *COLUMNS[place + 1 :]])
    with pytest.raises(WireError, match=why):
        decode_frames(block)


@pytest.mark.parametrize("change", [lambda block: block + b"x", lambda block: block[:-1], lambda block: block[:-4]])
def test_nothing_follows_a_stream_and_nothing_of_it_is_missing(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(WireError, match="zlib stream is not of"):
        decode_frames(change(block_of(COLUMNS)))
