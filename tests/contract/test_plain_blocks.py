"""The manual is enough: a reader made of it alone, which shares nothing with ours, reads what ours writes."""

import math
import struct

from hypothesis import given

from edge.wire.frame_block import Frames, encode_frames
from edge.wire.sample_block import Samples, encode_samples
from tests.any_frames import ANY_FRAMES
from tests.any_samples import ANY_SAMPLES
from tests.contract.block_contents import golden_frames, golden_samples
from tests.contract.plain_blocks import read_frames, read_samples
from tests.contract.test_golden import block_of


def check_frames(block: bytes, frames: Frames) -> None:
    expected = [
        (
            int(frames.time[row]),
            frames.buses[frames.bus[row]],
            int(frames.id[row]),
            int(frames.flags[row]),
            frames.payload[row, : frames.length[row]].tobytes(),
        )
        for row in range(len(frames))
    ]
    assert read_frames(block) == expected


def check_samples(block: bytes, samples: Samples) -> None:
    found = read_samples(block)
    assert len(found) == len(samples)
    for row, (time, path, unit, told) in enumerate(found):
        signal, value = samples.signals[samples.signal[row]], float(samples.value[row])
        assert (time, path, unit) == (int(samples.time[row]), signal.path, signal.unit)
        if math.isnan(value):
            assert told is None
        elif signal.words:
            assert told == signal.words[int(value)]
        else:
            assert struct.pack("<d", told) == struct.pack("<d", value)


def test_the_golden_blocks() -> None:
    check_frames(block_of("up.capture.frames.bin", "frames/1"), golden_frames())
    check_samples(block_of("up.telemetry.samples.bin", "samples/1"), golden_samples())


@given(ANY_FRAMES)
def test_any_frames(frames: Frames) -> None:
    check_frames(encode_frames(frames), frames)


@given(ANY_SAMPLES)
def test_any_samples(samples: Samples) -> None:
    check_samples(encode_samples(samples), samples)
