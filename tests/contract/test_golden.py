"""Golden payloads are only ever added to, are understood, and are what we write today."""

import hashlib
import json
import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.detect.ed25519 import PrivateKey, fits
from edge.wire import blocks, frame_block, sample_block
from edge.wire.bundles import read_bundle
from edge.wire.campaigns import read_campaigns
from edge.wire.codec import decode, encode
from edge.wire.downlink import Desired
from edge.wire.envelope import STREAM_OF, StreamClass
from edge.wire.messages import Block, Gap
from edge.wire.signed import DocumentKind, key_id, signed_text
from edge.wire.topics import Down, Kind
from tests.contract.block_contents import golden_frames, golden_samples
from tests.contract.golden import (
    ADDRESS,
    DOWNLINKS,
    FILES,
    FOLDER,
    READERS,
    SUMS,
    UPLINKS,
    kind_of,
    reader_of,
    topic_of,
    written,
)
from tests.in_columns import same_frames, same_samples

KEY_SEED = bytes(range(32))
"""Of the key that the golden documents are signed with."""
HEAD_BYTES = 12
"""Of every block format."""


def name(file: Path) -> str:
    return file.name


def test_no_golden_payload_has_changed_and_all_are_listed() -> None:
    found = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in FILES]
    assert SUMS.read_text().splitlines() == found


def test_every_kind_of_message_has_one() -> None:
    assert {kind_of(file) for file in UPLINKS} == set(Kind)
    assert {reader_of(file) for file in DOWNLINKS} == {*(f"down.{kind}" for kind in Down), "status"}


@pytest.mark.parametrize("file", UPLINKS, ids=name)
def test_an_uplink_is_understood_and_written_the_same_today(file: Path) -> None:
    uplink = decode(topic_of(file), file.read_bytes())
    assert (uplink.address, uplink.kind) == (ADDRESS, kind_of(file))
    again = encode(
        uplink.body,
        vehicle=uplink.address.vehicle,
        stream=uplink.stream,
        seq=uplink.seq,
        observed_at=uplink.observed_at,
        clock=uplink.clock,
        block=uplink.block,
        correction=uplink.correction,
    )
    assert again == file.read_bytes()


@pytest.mark.parametrize("file", DOWNLINKS, ids=name)
def test_a_downlink_is_understood_and_written_the_same_today(file: Path) -> None:
    assert written(READERS[reader_of(file)](file.read_bytes())) == file.read_bytes()


@pytest.mark.parametrize("file", UPLINKS, ids=name)
def test_fields_that_nobody_knows_yet_are_ignored(file: Path) -> None:
    payload = file.read_bytes()
    is_bulk = STREAM_OF[kind_of(file)] is StreamClass.BULK
    text, block = blocks.split(payload) if is_bulk else (payload, b"")
    envelope = json.loads(text)
    envelope["priority"] = {"of": ["a", "later", "version"]}
    envelope["body"]["colour"] = "blue"
    for inner in envelope["body"].get("signals", {}).values():
        inner["median"] = 1.0
    newer = json.dumps(envelope).encode()
    assert decode(topic_of(file), blocks.join(newer, block) if is_bulk else newer) == decode(topic_of(file), payload)


@pytest.mark.parametrize("file", DOWNLINKS, ids=name)
def test_fields_that_a_vehicle_does_not_know_are_ignored(file: Path) -> None:
    read = READERS[reader_of(file)]
    payload = file.read_bytes()
    is_block = payload.startswith(blocks.MAGIC)
    text, content = blocks.split(payload) if is_block else (payload, b"")
    newer = json.dumps({**json.loads(text), "hint": [1]}).encode()
    assert read(blocks.join(newer, content) if is_block else newer) == read(payload)


def test_signed_documents_are_understood_and_their_signatures_hold() -> None:
    desired = READERS["down.desired"]((FOLDER / "down.desired.signed.json").read_bytes())
    assert isinstance(desired, Desired)
    assert {one.kind for one in desired.signed} == set(DocumentKind)
    key = PrivateKey(Ed25519PrivateKey.from_private_bytes(KEY_SEED))
    for one in desired.signed:
        assert one.key == key_id(key.public)
        assert fits(key.public, bytes.fromhex(one.signature), signed_text(one.kind, one.text))
        document = (read_campaigns if one.kind is DocumentKind.CAMPAIGNS else read_bundle)(one.text)
        assert (document.fleet, document.vehicle) == (ADDRESS.fleet, ADDRESS.vehicle)
        assert document.model_dump_json(by_alias=True) == one.text


def test_a_block_comes_out_as_it_went_in() -> None:
    [file] = [file for file in UPLINKS if file.name == "up.telemetry.block.bin"]
    uplink = decode(topic_of(file), file.read_bytes())
    assert isinstance(uplink.body, Block)
    assert uplink.block == bytes(range(256)) * 2
    assert uplink.body.count == len(uplink.block)


def test_frames_are_understood_and_told_in_the_same_columns_today() -> None:
    block = block_of("up.capture.frames.bin", frame_block.FORMAT)
    frames = golden_frames()
    assert same_frames(frame_block.decode_frames(block), frames)
    assert unpacked(frame_block.encode_frames(frames)) == unpacked(block)


def test_samples_are_understood_and_told_in_the_same_columns_today() -> None:
    block = block_of("up.telemetry.samples.bin", sample_block.FORMAT)
    samples = golden_samples()
    assert same_samples(sample_block.decode_samples(block), samples)
    assert unpacked(sample_block.encode_samples(samples)) == unpacked(block)


def block_of(file_name: str, form: str) -> bytes:
    """The block of a golden message, which is of this format."""
    [file] = [file for file in UPLINKS if file.name == file_name]
    uplink = decode(topic_of(file), file.read_bytes())
    assert isinstance(uplink.body, Block)
    assert uplink.body.format == form
    return uplink.block


def unpacked(block: bytes) -> bytes:
    """Head and columns of a block: how zlib packs them is the affair of its version."""
    return block[:HEAD_BYTES] + zlib.decompress(block[HEAD_BYTES:])


def test_a_gap_names_ranges_of_a_stream() -> None:
    [file] = [file for file in UPLINKS if file.name == "up.gap.evicted.json"]
    body = decode(topic_of(file), file.read_bytes()).body
    assert isinstance(body, Gap)
    assert body.ranges == [(1, 1200), (1210, 1210)]
