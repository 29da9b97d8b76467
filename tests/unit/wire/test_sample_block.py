"""samples/1: every value comes back to the last bit, unknown stays unknown, and no bytes do harm."""

import math
import struct
import tracemalloc
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.errors import Reason, WireError
from edge.wire.sample_block import (
    SAMPLES_MAX,
    SIGNALS_MAX,
    WORDS_MAX,
    Sampled,
    Samples,
    decode_samples,
    encode_samples,
)
from edge.wire.values import Float64s
from tests.any_samples import ANY_SAMPLES
from tests.in_columns import same_samples, sampled

SPEED = Sampled("Vehicle.Speed", "km/h")
GEAR = Sampled("Vehicle.Gear", "", ("P", "R", "N", "D"))


def ten_hertz(values: Float64s, signal: Sampled = SPEED) -> Samples:
    count = len(values)
    return Samples(np.arange(count) * 100_000_000, np.zeros(count, np.int32), values, (signal,))


@given(ANY_SAMPLES)
def test_any_samples_come_back_to_the_last_bit(samples: Samples) -> None:
    assert same_samples(decode_samples(encode_samples(samples)), samples)


@given(ANY_SAMPLES)
def test_the_order_in_which_signals_are_told_changes_nothing(samples: Samples) -> None:
    order = np.lexsort((samples.time, -samples.signal))
    mixed = replace(samples, time=samples.time[order], signal=samples.signal[order], value=samples.value[order])
    assert encode_samples(mixed) == encode_samples(samples)


@given(ANY_SAMPLES, st.data())
def test_a_damaged_block_is_samples_or_refused(samples: Samples, data: st.DataObject) -> None:
    block = bytearray(encode_samples(samples))
    for _ in range(data.draw(st.integers(1, 4))):
        block[data.draw(st.integers(0, len(block) - 1))] ^= data.draw(st.integers(1, 255))
    refused_or_samples(bytes(block))
    refused_or_samples(bytes(block[: data.draw(st.integers(0, len(block) - 1))]))


@given(ANY_SAMPLES, st.data())
def test_damaged_columns_in_a_sound_stream_are_samples_or_refused(samples: Samples, data: st.DataObject) -> None:
    block = encode_samples(samples)
    columns = bytearray(zlib.decompress(block[12:]))
    for _ in range(data.draw(st.integers(1, 4))):
        columns[data.draw(st.integers(0, len(columns) - 1))] = data.draw(st.integers(0, 255))
    refused_or_samples(block[:12] + zlib.compress(bytes(columns)))


@given(st.binary(max_size=200))
def test_any_bytes_are_samples_or_refused(block: bytes) -> None:
    refused_or_samples(block)


def refused_or_samples(block: bytes) -> None:
    """What is taken at all is samples: it can be written again, and comes back."""
    samples, reason = taken(block)
    if samples is None:
        assert reason is Reason.BAD_BODY
    else:
        assert same_samples(decode_samples(encode_samples(samples)), samples)


def taken(block: bytes) -> tuple[Samples | None, Reason | None]:
    """The samples, or why there are none."""
    try:
        return decode_samples(block), None
    except WireError as error:
        return None, error.reason


def test_unknown_is_told_apart_from_every_number() -> None:
    samples = ten_hertz(np.array([0.0, math.nan, -0.0, math.nan, 7.0]))
    again = decode_samples(encode_samples(samples))
    assert np.isnan(again.value).tolist() == [False, True, False, True, False]
    assert same_samples(again, samples)


def test_words_come_back() -> None:
    samples = ten_hertz(np.array([0.0, 3.0, math.nan, 2.0]), GEAR)
    again = decode_samples(encode_samples(samples))
    assert again.signals == (GEAR,)
    assert same_samples(again, samples)


@pytest.mark.parametrize(
    ("scale", "offset"), [(1.0, 0.0), (0.1, 0.0), (0.01, 0.0), (0.03125, -273.0), (50.0, -40.0), (0.125, 0.0)]
)
def test_what_is_a_multiple_of_a_step_takes_little(scale: float, offset: float) -> None:
    raw = np.cumsum(np.random.default_rng(3).integers(-2, 3, 5000))
    size = len(encode_samples(ten_hertz(np.asarray(raw * scale + offset, np.float64))))
    assert size < 0.4 * 5000 + 200
    noise = np.asarray(np.random.default_rng(3).normal(size=5000), np.float64)
    assert len(encode_samples(ten_hertz(noise))) > 6 * 5000, "nothing is left out of what has no step"


def test_signals_that_are_sampled_together_share_their_times() -> None:
    time = np.cumsum(np.random.default_rng(4).integers(1, 10**9, 1000))
    alone = Samples(time, np.zeros(1000, np.int32), np.ones(1000), (SPEED,))
    together = Samples(np.repeat(time, 2), np.tile(np.arange(2, dtype=np.int32), 1000), np.ones(2000), (SPEED, GEAR))
    assert len(encode_samples(together)) < len(encode_samples(alone)) + 100


def test_no_samples_are_a_block_too() -> None:
    for table in ([], [SPEED, GEAR]):
        nothing = sampled([], table)
        assert same_samples(decode_samples(encode_samples(nothing)), nothing)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"value": np.full(3, np.inf)}, "a value is infinite"),
        ({"value": np.zeros(3, np.float32)}, "value is float32"),
        ({"time": np.zeros(2, np.int64)}, "signal is int32 of \\(3,\\), not int32 of \\(2,\\)"),
        ({"signal": np.ones(3, np.int32)}, "none of the 1 signals"),
        ({"signal": np.full(3, -1, np.int32)}, "none of the 1 signals"),
        ({"signals": (Sampled("x" * 1001),)}, "more than 1000 bytes"),
        ({"signals": (Sampled("x", words=("a",) * (WORDS_MAX + 1)),)}, "more than 65536 words"),
        ({"signals": (SPEED,) * (SIGNALS_MAX + 1)}, "at most 1048576 of 65536 fit"),
        ({"signals": (GEAR,), "value": np.array([0.0, 4.0, 1.0])}, "Vehicle.Gear is none of its words"),
        ({"signals": (GEAR,), "value": np.array([0.0, 0.5, 1.0])}, "Vehicle.Gear is none of its words"),
    ],
)
def test_arrays_that_contradict_each_other_are_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        encode_samples(replace(ten_hertz(np.zeros(3)), **change))  # type: ignore[arg-type]  # that is the point


def test_more_samples_than_a_block_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 1048576 of 65536 fit"):
        encode_samples(ten_hertz(np.zeros(SAMPLES_MAX + 1)))


def test_a_full_block_comes_back() -> None:
    samples = ten_hertz(np.asarray(np.arange(SAMPLES_MAX) % 977 * 0.1, np.float64))
    assert same_samples(decode_samples(encode_samples(samples)), samples)


@pytest.mark.parametrize(
    "head", [(SAMPLES_MAX + 1, 1, 100), (1, SIGNALS_MAX + 1, 100), (1, 1, 2**32 - 1), (SAMPLES_MAX, SIGNALS_MAX, 2**26)]
)
def test_a_bomb_takes_no_memory(head: tuple[int, int, int]) -> None:
    bomb = struct.pack("<III", *head) + zlib.compress(bytes(2**26 + 1), 9)
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="bad_body"):
            decode_samples(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2 * 2**26 + 2**20
    finally:
        tracemalloc.stop()


def test_many_signals_on_one_long_axis_are_more_samples_than_are_taken() -> None:
    """Each would cost a byte, and be a million samples."""
    samples = Samples(np.arange(2), np.zeros(2, np.int32), np.zeros(2), (SPEED,) * 3)
    columns = bytearray(zlib.decompress(encode_samples(samples)[12:]))
    names = 3 * (2 + 2 + 3 + len(SPEED.path) + len(SPEED.unit))
    place = names + 8
    assert columns[place : place + 3] == b"\x00\x01\x01"
    columns[place : place + 3] = bytes(3)
    with pytest.raises(WireError, match="its axes have 6 samples, not 2"):
        decode_samples(struct.pack("<III", 2, 3, len(columns)) + zlib.compress(bytes(columns)))


@pytest.mark.parametrize(("way", "step"), [(0, 1.0), (1, 1e300), (2, 5e-324)])
def test_what_is_not_finite_is_refused(way: int, step: float) -> None:
    """A number of which the bits are infinity's, or that a step makes as large."""
    infinity = 0x7FF0_0000_0000_0000 if way == 0 else 2**53
    names = b"\x01\x00" + bytes(2) + bytes(3) + b"a"
    axes = struct.pack("<II", 1, 1) + bytes(2) + struct.pack("<qQB", 0, 1, 0) + bytes(5)
    value = bytes([0, way, 0, 0]) + struct.pack("<dQq", step, 1, infinity)
    columns = names + axes + value
    block = struct.pack("<III", 1, 1, len(columns)) + zlib.compress(columns)
    with pytest.raises(WireError, match="a value is not finite"):
        decode_samples(block)
    finite = columns[:-8] + struct.pack("<q", 0)
    assert decode_samples(block[:12] + zlib.compress(finite)).value.tolist() == [0.0]


@pytest.mark.parametrize("step", [0.0, -1.0, math.nan, math.inf])
def test_a_step_is_a_number_above_zero(step: float) -> None:
    whole = encode_samples(ten_hertz(np.array([0.5])))
    columns = zlib.decompress(whole[12:])
    old = struct.pack("<d", 0.1)
    assert columns.count(old) == 1
    with pytest.raises(WireError, match="a step is no number above 0"):
        decode_samples(whole[:12] + zlib.compress(columns.replace(old, struct.pack("<d", step))))
