"""Whatever comes, the answer is a message or a WireError."""

import copy
import json
from contextlib import suppress
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire import blocks
from edge.wire.codec import decode
from edge.wire.errors import WireError
from edge.wire.topics import Kind
from tests.contract.golden import ADDRESS, READERS, UPLINKS, topic_of

PAYLOADS: Final = [(topic_of(file), file.read_bytes()) for file in UPLINKS]
TOPICS: Final = st.sampled_from([ADDRESS.up(kind) for kind in Kind]) | st.text(max_size=80)
SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["synced", "2026-11-21T06:30:00Z", "9999-12-31T23:59:59-14:00", "alert-0123456789abcdef"])
)
JSON: Final = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def survive(topic: str, payload: bytes) -> None:
    with suppress(WireError):
        decode(topic, payload)
    for read in READERS.values():
        with suppress(WireError):
            read(payload)


def paths(value: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(path for key, child in children for path in paths(child, (*here, key)))]


def replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    whole = copy.deepcopy(value)
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = new
    return whole


@st.composite
def nearly_right(draw: st.DrawFn) -> tuple[str, bytes]:
    """A golden payload with a few values replaced by anything."""
    topic, payload = draw(st.sampled_from(PAYLOADS))
    is_bulk = payload.startswith(blocks.MAGIC)
    text, block = blocks.split(payload) if is_bulk else (payload, b"")
    envelope = json.loads(text)
    for _ in range(draw(st.integers(1, 3))):
        envelope = replaced(envelope, draw(st.sampled_from(paths(envelope))), draw(JSON))
    damaged = json.dumps(envelope).encode(errors="surrogatepass")
    return topic, blocks.join(damaged, block) if is_bulk else damaged


@st.composite
def bits_flipped(draw: st.DrawFn) -> tuple[str, bytes]:
    """A golden payload after a bad line."""
    topic, payload = draw(st.sampled_from(PAYLOADS))
    damaged = bytearray(payload)
    for place in draw(st.lists(st.integers(0, len(payload) - 1), min_size=1, max_size=4)):
        damaged[place] ^= 1 << draw(st.integers(0, 7))
    return topic, bytes(damaged[: draw(st.integers(0, len(damaged)))] if draw(st.booleans()) else damaged)


ANYTHING: Final = (
    st.tuples(TOPICS, st.binary(max_size=400))
    | st.tuples(TOPICS, st.binary(max_size=200).map(lambda tail: blocks.MAGIC + tail))
    | st.tuples(TOPICS, JSON.map(lambda value: json.dumps(value).encode(errors="surrogatepass")))
    | nearly_right()
    | bits_flipped()
)


@given(ANYTHING)
def test_nothing_but_a_wire_error_comes_out(message: tuple[str, bytes]) -> None:
    survive(*message)


@pytest.mark.fuzz
@given(ANYTHING)
def test_nothing_but_a_wire_error_comes_out_of_very_much(message: tuple[str, bytes]) -> None:
    survive(*message)
