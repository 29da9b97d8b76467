"""Answers put together by listening: what was sent comes out whole, and what is not whole never does."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decode.isotp import BREAK_NS, BYTES_MAX, SESSIONS_MAX, IsoTpListener, Lost

ENGINE, GEARBOX = 0x7E8, 0x7E9
MS = 1_000_000
WIDTHS = (8, 12, 16, 20, 24, 32, 48, 64)
"""Bytes of frames: classic CAN, and what CAN FD has (ISO 11898-1, table 5)."""


def sent(content: bytes, *, width: int = 8, padding: int = 0xAA, head: bytes = b"") -> list[bytes]:
    """The frames of a payload; of FD ones the last is no longer than it must be. `head`: an address before each."""
    room = width - len(head)
    if len(content) <= 7 - len(head):
        return [(head + bytes([len(content)]) + content).ljust(8, bytes([padding]))]
    if width > 8 and len(content) <= room - 2:
        frame = head + bytes([0, len(content)]) + content
        return [frame.ljust(next(one for one in WIDTHS if one >= len(frame)), bytes([padding]))]
    first = (0x1000 | len(content)).to_bytes(2, "big")
    frames, at = [head + first + content[: room - 2]], room - 2
    while at < len(content):
        part = content[at : at + room - 1]
        frame = head + bytes([0x20 | len(frames) % 16]) + part
        frames.append(frame.ljust(next(one for one in WIDTHS if one >= len(frame)), bytes([padding])))
        at += len(part)
    return frames


def heard(listener: IsoTpListener, frames: list[bytes], identifier: int = ENGINE, *, at_ns: int = 0) -> list[bytes]:
    found = [listener.take(at_ns + n * 10 * MS, identifier, frame) for n, frame in enumerate(frames)]
    return [one for one in found if one is not None]


@given(st.binary(min_size=1, max_size=BYTES_MAX), st.sampled_from(WIDTHS), st.sampled_from([0x00, 0x55, 0xAA, 0xFF]))
def test_what_was_sent_comes_out_whole_and_without_padding(content: bytes, width: int, padding: int) -> None:
    listener = IsoTpListener()
    assert heard(listener, sent(content, width=width, padding=padding)) == [content]
    assert (listener.whole, listener.losses, listener.open) == (1, {}, 0)


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_units_that_answer_at_once_are_told_apart(contents: list[bytes], dice: Random) -> None:
    waiting = {ENGINE + n: sent(content) for n, content in enumerate(contents)}
    listener, found = IsoTpListener(), {}
    while waiting:
        unit = dice.choice(sorted(waiting))
        if (payload := listener.take(0, unit, waiting[unit].pop(0))) is not None:
            found[unit] = payload
        waiting = {one: frames for one, frames in waiting.items() if frames}
    assert found == {ENGINE + n: content for n, content in enumerate(contents)}
    assert not listener.losses


@given(st.binary(min_size=8, max_size=600), st.data())
def test_with_a_frame_lost_or_twice_or_swapped_nothing_comes_out(content: bytes, data: st.DataObject) -> None:
    frames = sent(content)
    at = data.draw(st.integers(0, len(frames) - 1))
    harm = data.draw(st.sampled_from(["lost", "twice", "swapped"]))
    if harm == "lost":
        del frames[at]
    elif harm == "twice":
        frames.insert(at, frames[at])
    elif at + 1 < len(frames):
        frames[at], frames[at + 1] = frames[at + 1], frames[at]
    listener = IsoTpListener()
    is_whole_after_all = (harm == "twice" and at in {0, len(frames) - 2}) or (
        harm == "swapped" and at + 1 == len(frames)
    )
    assert heard(listener, frames) == ([content] if is_whole_after_all else [])
    assert bool(listener.losses) or listener.open or is_whole_after_all


LONG = sent(bytes(range(30)))
FIRST_32 = bytes.fromhex("1000 0000 1000") + bytes(58)
"""A first frame with 32 bits of length: 4096."""


@pytest.mark.parametrize(
    ("lost", "frames"),
    [
        (Lost.WRONG_SEQUENCE, [LONG[0], LONG[2]]),
        (Lost.WRONG_SEQUENCE, [LONG[0], LONG[1], LONG[1]]),
        (Lost.UNEXPECTED, [LONG[1]]),
        (Lost.INTERRUPTED, [*LONG[:2], *LONG]),
        (Lost.INTERRUPTED, [LONG[0], *sent(b"\x41\x0d\x20")]),
        (Lost.TOO_LONG, [FIRST_32]),
        (Lost.MALFORMED, [b""]),
        (Lost.MALFORMED, [bytes(8)]),
        (Lost.MALFORMED, [bytes([8, *bytes(7)])]),
        (Lost.MALFORMED, [bytes([5, 1, 2])]),
        (Lost.MALFORMED, [bytes([0, 63, *bytes(10)])]),
        (Lost.MALFORMED, [bytes([9, *bytes(11)])]),
        (Lost.MALFORMED, [bytes([0x40, *bytes(7)])]),
        (Lost.MALFORMED, [bytes([0x10, 6, *bytes(6)])]),
        (Lost.MALFORMED, [bytes([0x10, 20, *bytes(4)])]),
        (Lost.MALFORMED, [bytes.fromhex("1000 00000FFF 0000")]),
        (Lost.MALFORMED, [LONG[0], LONG[1][:5]]),
    ],
)  # fmt: skip
def test_what_does_not_become_whole_is_counted_by_why(lost: Lost, frames: list[bytes]) -> None:
    listener = IsoTpListener()
    heard(listener, frames)
    assert listener.losses == {lost: 1}


def test_what_comes_after_a_loss_is_understood() -> None:
    listener = IsoTpListener()
    assert heard(listener, [LONG[0], LONG[2], *LONG]) == [bytes(range(30))]


def test_flow_control_is_of_the_other_side_and_changes_nothing() -> None:
    listener = IsoTpListener()
    assert heard(listener, [LONG[0], bytes.fromhex("3000000000000000"), *LONG[1:]]) == [bytes(range(30))]
    assert not listener.losses


def test_a_unit_that_stops_is_timed_out_and_a_slow_one_is_not() -> None:
    listener = IsoTpListener()
    found = [listener.take(n * BREAK_NS, ENGINE, frame) for n, frame in enumerate(LONG)]
    assert found[-1] == bytes(range(30))
    listener.take(0, ENGINE, LONG[0])
    listener.take(BREAK_NS + 1, GEARBOX, sent(b"\x41\x0d\x20")[0])
    assert (listener.losses, listener.open) == ({Lost.TIMED_OUT: 1}, 0)


def test_a_last_frame_may_be_short_and_others_may_not() -> None:
    listener = IsoTpListener()
    assert heard(listener, [*LONG[:-1], LONG[-1][:4]]) == [bytes(range(30))], "30 bytes: the last has three"


def test_memory_is_bounded_by_the_payloads_under_way() -> None:
    listener = IsoTpListener()
    for unit in range(SESSIONS_MAX + 10):
        listener.take(0, 0x18DAF100 + unit, LONG[0])
    assert (listener.open, listener.losses) == (SESSIONS_MAX, {Lost.CROWDED_OUT: 10})


@given(st.binary(min_size=1, max_size=200))
def test_with_extended_addresses_two_units_share_an_id(content: bytes) -> None:
    listener = IsoTpListener(address_bytes=1)
    one, other = (sent(content, head=bytes([address])) for address in (0xF1, 0x12))
    frames = [frame for pair in zip(one, other, strict=True) for frame in pair]
    assert heard(listener, frames) == [content, content]
    assert not listener.losses
