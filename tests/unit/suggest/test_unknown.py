"""What is said of an id that nobody understands is what was put into it, and of noise nothing is said."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.frames import Frame
from edge.suggest.checksum import find_checksum
from edge.suggest.unknown import portrait
from tests.unit.suggest.traffic import heard_of, one_id

COUNT = 300
SEEDS = st.integers(0, 10_000)


def noise(seed: int, count: int = COUNT, width: int = 8) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (count, width), np.uint8)


def bitwise_crc(polynomial: int, begin: int, end: int) -> Callable[[bytes], int]:
    """A CRC as its standard has it, bit by bit, with a begin and an end of its own."""

    def crc(content: bytes) -> int:
        value = begin
        for byte in content:
            value ^= byte
            for _ in range(8):
                value = ((value << 1) ^ polynomial if value & 0x80 else value << 1) & 0xFF
        return value ^ end

    return crc


CHECKSUMS: dict[str, Callable[[bytes], int]] = {
    "crc-8 1D": bitwise_crc(0x1D, 0xFF, 0xFF),
    "crc-8 2F": bitwise_crc(0x2F, 0xFF, 0xFF),
    "crc-8 07": bitwise_crc(0x07, 0x00, 0x55),
    "crc-8 31": bitwise_crc(0x31, 0x12, 0x00),
    "sum": lambda content: (sum(content) + 0x23) & 0xFF,
    "xor": lambda content: int(np.bitwise_xor.reduce(np.frombuffer(content, np.uint8))) ^ 0x5A,
}


@pytest.mark.parametrize("kind", CHECKSUMS)
@pytest.mark.parametrize("byte", [0, 7])
def test_a_checksum_is_found_whatever_it_begins_and_ends_with(kind: str, byte: int) -> None:
    payload = noise(1)
    for row in payload:
        row[byte] = CHECKSUMS[kind](np.delete(row, byte).tobytes())
    found = find_checksum(payload)
    assert found is not None
    assert (found.byte, found.kind) == (7 if kind == "xor" else byte, kind), "an XOR is that of any of its bytes"


def test_the_published_check_value_of_crc_8_sae_j1850_is_ours() -> None:
    assert CHECKSUMS["crc-8 1D"](b"123456789") == 0x4B, "AUTOSAR, Specification of CRC Routines, 7.2.1.1"
    assert CHECKSUMS["crc-8 2F"](b"123456789") == 0xDF, "the same, 7.2.1.2"


@settings(max_examples=12)
@given(SEEDS)
def test_in_noise_there_is_no_checksum_and_nothing_else(seed: int) -> None:
    payload = noise(seed)
    assert find_checksum(payload) is None
    found = portrait(one_id([row.tobytes() for row in payload]), COUNT)
    assert (found.counters, found.quantities, found.is_isotp) == ((), (), False)


def test_too_few_payloads_or_one_byte_that_moves_make_no_checksum() -> None:
    payload = noise(2, 20)
    payload[:, 7] = np.bitwise_xor.reduce(payload[:, :7], axis=1)
    assert find_checksum(payload) is None
    copied = np.zeros((200, 8), np.uint8)
    copied[:, 3] = copied[:, 7] = np.arange(200)
    assert find_checksum(copied) is None
    assert find_checksum(np.zeros((0, 0), np.uint8)) is None


@settings(max_examples=12)
@given(byte=st.integers(0, 7), low=st.integers(0, 5), size=st.integers(3, 8), seed=SEEDS)
def test_a_counter_is_found_where_it_lies(byte: int, low: int, size: int, seed: int) -> None:
    size = min(size, 8 - low)
    payload = noise(seed)
    mask = (1 << size) - 1
    payload[:, byte] = (payload[:, byte] & (0xFF ^ (mask << low))) | ((np.arange(COUNT) & mask) << low)
    (found,) = portrait(one_id([row.tobytes() for row in payload]), COUNT).counters
    assert (found.begin, found.bits) == (8 * byte + low, size)


@settings(max_examples=12)
@given(begin=st.integers(0, 40), big=st.booleans())
def test_a_quantity_is_found_where_it_lies_in_either_byte_order(begin: int, big: bool) -> None:
    values = np.rint(3000 + 2900 * np.sin(np.arange(COUNT) / 40.0)).astype(np.uint64)
    words = values << np.uint64(64 - begin - 13 if big else begin)
    payload = words.astype(">u8" if big else "<u8").view(np.uint8).reshape(-1, 8)
    found = portrait(one_id([row.tobytes() for row in payload]), COUNT).quantities
    best = max(found, key=lambda one: one.bits)
    end = best.begin + best.bits
    if best.big == big:  # where it lies within a byte either order is right
        assert best.begin >= begin
        assert begin + 12 <= end <= begin + 13 if big else end <= begin + 13
    else:
        assert best.bits <= 8
    assert best.high <= 5900


def test_text_rhythm_and_share_are_told() -> None:
    found = portrait(one_id([b"\x01WVWZZZ1"] * 40), 160)
    assert (found.text, found.share, found.is_cyclic) == ("WVWZZZ1", 0.25, True)
    assert found.period_s == pytest.approx(0.02)
    gaps = np.random.default_rng(3).exponential(1e8, 100).cumsum().astype(int)
    assert not portrait(heard_of([Frame(int(time), 1, b"") for time in gaps])[0], 100).is_cyclic
    coarse = portrait(heard_of([Frame(n // 50 * 10**9, 1, b"") for n in range(100)])[0], 100)
    assert (coarse.period_s, coarse.is_cyclic) == (0.0, False)
    assert coarse.mean_s == pytest.approx(1 / 99)
    seldom = portrait(one_id([b"", b""]), 2)
    assert (seldom.period_s, seldom.is_cyclic, seldom.counters) == (None, False, ())
