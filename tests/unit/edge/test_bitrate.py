"""What is a bus and what is chance: noise is never taken for a bus, a rhythm is, and a lone sender is named."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bitrate import Kind, best, judge
from edge.frames import ERROR, EXTENDED, NANOSECONDS, REMOTE, Frame, FrameBatch
from tests.misread import Listener, Wire

MS = 1_000_000
LISTENED_NS = 2 * NANOSECONDS


def cyclic(
    periods_ms: dict[int, int], *, until_ns: int = LISTENED_NS, jitter_ns: int = 0, seed: int = 1
) -> list[Frame]:
    """Ids with a rhythm each, and something that changes in them."""
    rng = np.random.default_rng(seed)
    frames = [
        Frame(time + int(rng.integers(jitter_ns + 1)), identifier, bytes([0x10, count & 0xFF, 0, 0, 0, 0, 0, 0xFF]))
        for identifier, period in periods_ms.items()
        for count, time in enumerate(range(identifier * 37 % period * MS, until_ns, period * MS))
    ]
    return sorted(frames, key=lambda frame: frame.time)


def noise(rng: np.random.Generator, frames: int, ids: int, share_of_ones: float, *, extended: bool) -> list[Frame]:
    """Bits by chance at times by chance; `ids`: so many different ones at the most."""
    known = [_number(rng, 29 if extended else 11, share_of_ones) for _ in range(min(ids, frames))]
    made = []
    for time in sorted(rng.integers(0, LISTENED_NS, frames).tolist()):
        length = min(8, _number(rng, 4, share_of_ones))
        payload = bytes(_number(rng, 8, share_of_ones) for _ in range(length))
        made.append(Frame(time, known[int(rng.integers(len(known)))], payload, flags=EXTENDED if extended else 0))
    return made


def _number(rng: np.random.Generator, bits: int, share_of_ones: float) -> int:
    return int("".join("1" if one else "0" for one in rng.random(bits) < share_of_ones), 2)


def kind(frames: Sequence[Frame], bitrate: int | None = 500_000, listened_ns: int = LISTENED_NS) -> Kind:
    return judge([FrameBatch.of(frames)], bitrate, listened_ns).kind


@given(
    seed=st.integers(0, 2**32 - 1),
    frames=st.integers(0, 3000),
    ids=st.sampled_from([1, 2, 5, 20, 100, 3000]),
    share_of_ones=st.floats(0.2, 0.8),
    extended=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_noise_is_never_a_bus(seed: int, frames: int, ids: int, share_of_ones: float, extended: bool) -> None:
    made = noise(np.random.default_rng(seed), frames, ids, share_of_ones, extended=extended)
    assert not judge([FrameBatch.of(made)], 500_000, LISTENED_NS).is_right


@given(
    periods=st.dictionaries(st.integers(0, 0x7FF), st.sampled_from([10, 20, 50, 100]), min_size=2, max_size=12),
    jitter_ns=st.integers(0, 1 * MS),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_ids_in_a_rhythm_are_a_bus(periods: dict[int, int], jitter_ns: int, seed: int) -> None:
    assert kind(cyclic(periods, jitter_ns=jitter_ns, seed=seed)) is Kind.PLAUSIBLE


def test_it_makes_no_difference_how_the_frames_were_batched() -> None:
    frames = cyclic({0x100: 10, 0x200: 20, 0x300: 100}, jitter_ns=MS)
    parts = [FrameBatch.of(frames[begin : begin + 7]) for begin in range(0, len(frames), 7)]
    assert judge(parts, 500_000, LISTENED_NS) == judge([FrameBatch.of(frames)], 500_000, LISTENED_NS)


def test_half_of_a_bus_in_noise_is_a_bus_and_less_is_not() -> None:
    rhythm = cyclic({0x100: 10, 0x200: 10})
    more, less = (noise(np.random.default_rng(3), count, 5000, 0.5, extended=False) for count in (900, 300))
    assert kind([*rhythm, *less]) is Kind.PLAUSIBLE
    assert kind([*rhythm, *more]) is Kind.NOISE


def test_lengths_that_change_are_no_vehicle_s() -> None:
    frames = [Frame(count * 10 * MS, 0x100, bytes(count % 9)) for count in range(200)]
    assert kind(frames) is Kind.NOISE


def test_nothing_is_silence_and_little_is_too_little() -> None:
    assert kind([]) is Kind.SILENT
    assert kind(cyclic({0x100: 200})) is Kind.FEW
    assert kind(cyclic({0x100: 200}, until_ns=8 * NANOSECONDS), listened_ns=8 * NANOSECONDS) is Kind.PLAUSIBLE


def test_error_frames_speak_against_a_rate() -> None:
    errors = [Frame(count * 20 * MS, 0x88, bytes(8), flags=ERROR) for count in range(100)]
    assert kind(errors) is Kind.ERRORS
    rhythm = cyclic({0x100: 10, 0x200: 10})
    assert kind([*rhythm, *errors[:10]]) is Kind.PLAUSIBLE
    assert kind([*rhythm, *errors]) is Kind.ERRORS


@pytest.mark.parametrize(("extended", "bits"), [(False, 111), (True, 131)])
def test_one_frame_without_a_pause_is_a_lone_sender_that_nobody_acknowledges(extended: bool, bits: int) -> None:
    gap_ns = bits * NANOSECONDS // 500_000
    flags = EXTENDED if extended else 0
    repeated = [Frame(time, 0x123, b"\x01" * 8, flags=flags) for time in range(0, LISTENED_NS, gap_ns)]
    assert kind(repeated) is Kind.LONE_SENDER
    assert kind(repeated, bitrate=None) is Kind.NOISE
    assert kind(repeated[::4]) is Kind.NOISE
    counting = [Frame(one.time, one.id, bytes([count & 0xFF, *one.payload[1:]])) for count, one in enumerate(repeated)]
    assert kind(counting) is Kind.PLAUSIBLE


def test_remote_frames_are_no_vehicle_s() -> None:
    frames = cyclic({0x100: 10, 0x200: 10})
    asked = [Frame(one.time + MS, 0x300, bytes(8), flags=REMOTE) for one in frames[::20]]
    assert kind([*frames, *asked[:3]]) is Kind.PLAUSIBLE
    assert kind([*frames, *asked]) is Kind.NOISE


def test_frames_that_come_faster_than_a_slow_bus_can_carry_them_are_none() -> None:
    """8 bytes take 3.3 ms at 33,333 bit/s; these two come a millisecond after each other."""
    pairs = cyclic({0x100: 20, 0x200: 20})
    frames = [Frame(one.time // (20 * MS) * 20 * MS + MS * (one.id == 0x200), one.id, one.payload) for one in pairs]
    assert kind(frames, bitrate=33_333) is Kind.NOISE
    assert kind(frames, bitrate=500_000) is Kind.PLAUSIBLE


SPARSE = {0x0C4: 10, 0x1A0: 20, 0x2B3: 20, 0x318: 50, 0x45A: 100, 0x6F1: 100}
RATES = (500_000, 250_000, 125_000, 100_000, 83_333)


@pytest.mark.parametrize("right", [500_000, 250_000, 83_333])
def test_of_all_rates_the_one_of_the_bus_is_taken_though_wrong_ones_show_frames_too(right: int) -> None:
    frames = cyclic(SPARSE, until_ns=NANOSECONDS, jitter_ns=MS)
    wire = Wire.of(frames, right, NANOSECONDS)
    heard = {rate: judge([FrameBatch.of(list(Listener(wire, rate).frames()))], rate, NANOSECONDS) for rate in RATES}
    assert (heard[right].kind, heard[right].frames) == (Kind.PLAUSIBLE, len(frames))
    assert all(one.frames > 100 for one in heard.values())
    assert best(heard) == right


def test_two_rates_that_are_as_good_as_each_other_are_none() -> None:
    verdict = judge([FrameBatch.of(cyclic({0x100: 10, 0x200: 20}))], 500_000, LISTENED_NS)
    silent = judge([], 125_000, LISTENED_NS)
    assert best({500_000: verdict, 250_000: verdict}) is None
    assert best({500_000: verdict, 125_000: silent}) == 500_000
    assert best({125_000: silent}) is None


def test_a_verdict_says_what_it_rests_on() -> None:
    told = str(judge([FrameBatch.of(cyclic({0x100: 10, 0x200: 20}))], 500_000, LISTENED_NS))
    assert told == "300 frames of 2 ids, 100% of them in a rhythm: a vehicle"
