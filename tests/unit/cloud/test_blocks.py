"""Blocks taken apart: the lines of candump, tables to the nanosecond, and what is no block said so."""

import csv
import io
import math

import numpy as np
import pyarrow.parquet  # type: ignore[import-untyped]  # it has no types
import pytest
from hypothesis import given

from cloud import cli_blocks
from cloud.blocks.candump import candump_log, finer_than_candump, renamed
from cloud.blocks.tables import columns_of, csv_table, parquet_table
from cloud.blocks.unpack import BULK_KINDS, FORMATS, BlockDamaged, of_block, of_message
from cloud.errors import CloudError
from edge.bus.candump import format_frames
from edge.frames import Frame, FrameBatch
from edge.wire import blocks
from edge.wire.codec import BULK_BYTES_MAX
from edge.wire.envelope import STREAM_OF, StreamClass
from edge.wire.frame_block import Frames, encode_frames
from edge.wire.sample_block import Samples
from tests.any_frames import ANY_FRAMES
from tests.any_samples import ANY_SAMPLES
from tests.contract.block_contents import golden_frames
from tests.contract.golden import FOLDER
from tests.in_columns import framed, same_frames

MESSAGE = (FOLDER / "up.capture.frames.bin").read_bytes()


def batch(frames: Frames) -> FrameBatch:
    return FrameBatch(
        frames.time, frames.bus, frames.id, frames.flags, frames.length, frames.payload, frames.buses, until=0
    )


@given(ANY_FRAMES)
def test_a_log_is_what_the_vehicle_itself_would_write(frames: Frames) -> None:
    try:
        log = candump_log(frames)
    except ValueError:
        assert (frames.time < 0).any() or (frames.id[frames.flags & 9 == 0] > 0x7FF).any()
    else:
        assert log == format_frames(batch(frames))


@pytest.mark.parametrize(
    ("frame", "why"),
    [(Frame(-1, 1, b""), "knows none below 0"), (Frame(0, 0x800, b""), "told to have 11 bits")],
)
def test_what_no_log_can_say_is_refused(frame: Frame, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        candump_log(framed([frame]))


def test_what_a_log_says_otherwise_is_counted() -> None:
    frames = framed([Frame(1_000, 1, b"", "can0"), Frame(1_001, 1, b"", "Bus ü")])
    assert finer_than_candump(frames) == 1
    assert renamed(frames) == {"Bus ü": "Bus__"}


@given(ANY_FRAMES)
def test_both_tables_hold_every_frame(frames: Frames) -> None:
    columns = columns_of(frames)
    rows = list(csv.DictReader(io.StringIO(csv_table(columns).decode())))
    assert [int(row["time_ns"]) for row in rows] == frames.time.tolist()
    assert [int(row["id"], 16) for row in rows] == frames.id.tolist()
    assert [row["bus"] for row in rows] == [frames.buses[bus] for bus in frames.bus]
    table = pyarrow.parquet.read_table(io.BytesIO(parquet_table(columns, "x.parquet"))).to_pydict()
    payload = np.zeros_like(frames.payload)
    for number, content in enumerate(table["payload"]):
        payload[number, : len(content)] = np.frombuffer(content, np.uint8)
        assert content.hex().upper() == rows[number]["payload"]
    again = Frames(
        np.array(table["time_ns"], np.int64),
        np.array([frames.buses.index(bus) for bus in table["bus"]], np.uint8),
        np.array(table["id"], np.uint32),
        np.array(table["flags"], np.uint8),
        np.array(table["length"], np.uint8),
        payload,
        frames.buses,
    )
    assert same_frames(again, frames)


@given(ANY_SAMPLES)
def test_both_tables_hold_every_sample(samples: Samples) -> None:
    columns = columns_of(samples)
    rows = list(csv.DictReader(io.StringIO(csv_table(columns).decode(), newline="")))
    table = pyarrow.parquet.read_table(io.BytesIO(parquet_table(columns, "x.parquet"))).to_pydict()
    assert table["time_ns"] == samples.time.tolist() == [int(row["time_ns"]) for row in rows]
    for number, signal in enumerate(samples.signals[one] for one in samples.signal.tolist()):
        value, row = float(samples.value[number]), rows[number]
        word = None if math.isnan(value) or not signal.words else signal.words[int(value)]
        told = None if math.isnan(value) or signal.words else value
        assert (table["signal"][number], table["unit"][number]) == (signal.path, signal.unit)
        assert (table["value"][number], table["word"][number]) == (told, word)
        assert row["value"] == ("" if told is None else repr(told))
        assert (row["signal"], row["unit"]) == (signal.path, signal.unit)


def test_a_message_and_its_bare_block_hold_the_same() -> None:
    _, block = blocks.split(MESSAGE)
    for content in (of_message(MESSAGE, "x")[0], of_block(block, "frames/1", "x")):
        assert isinstance(content, Frames)
        assert same_frames(content, golden_frames())


def test_the_command_line_knows_what_is_understood() -> None:
    assert tuple(FORMATS) == cli_blocks.FORMATS
    assert cli_blocks.BYTES_MAX == BULK_BYTES_MAX
    assert {kind for kind, stream in STREAM_OF.items() if stream is StreamClass.BULK} == BULK_KINDS


def changed(old: bytes, new: bytes) -> bytes:
    """The golden message with other words in its envelope."""
    envelope, block = blocks.split(MESSAGE)
    assert old in envelope
    return blocks.join(envelope.replace(old, new), block)


def other_block(block: bytes) -> bytes:
    """The golden message with another block, of which its envelope knows."""
    envelope, old = blocks.split(MESSAGE)
    return blocks.join(envelope.replace(blocks.digest(old).encode(), blocks.digest(block).encode()), block)


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b"", "m.bin, byte 0: this does not begin with TTB1. Give a whole message, or name what"),
        (b"TTB1", "m.bin, message: bad_envelope: a bulk message has at least 8 bytes"),
        (MESSAGE[:-1], "m.bin, message: bad_body: the block does not have the SHA-256"),
        (MESSAGE[:100], "the envelope is cut off"),
        (blocks.join(b"no", b""), "m.bin, envelope: Invalid JSON"),
        (changed(b'"seq"', b'"sex"'), "m.bin, envelope: seq: Field required. Get the message again"),
        (changed(b"capture/1", b"alert/1"), "alert messages have no block. Blocks come with capture and telemetry"),
        (changed(b"capture/1", b"capture/2"), "unsupported_schema"),
        (changed(b"frames/1", b"frames/9"), "'frames/9' is not known here. Known are frames/1, samples/1"),
        (other_block(encode_frames(framed([]))), "m.bin, block: it holds 0, its envelope says"),
        (other_block(b"x"), "m.bin, block: a block of frames has at least 12 bytes, not 1. Is it a whole block"),
        (bytes(BULK_BYTES_MAX + 1), "more than 4194304 bytes"),
    ],
)
def test_what_is_no_block_is_told_with_place_and_remedy(payload: bytes, says: str) -> None:
    with pytest.raises(BlockDamaged) as told:
        of_message(payload, "m.bin")
    assert says in str(told.value)
    assert isinstance(told.value, CloudError)
