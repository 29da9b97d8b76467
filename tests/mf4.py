"""MF4 recordings, for tests: python-can's reader, which takes the whole file at once."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import can.io.mf4

from edge.frames import EXTENDED, NANOSECONDS, Frame


def read_mf4(file: Path, channel: int) -> Iterator[Frame]:
    """The frames of one channel in the order of the file."""
    # Loaded again: our buses load python-can without asammdf (edge.bus.library).
    with importlib.reload(can.io.mf4).MF4Reader(file) as reader:
        for message in reader:
            if message.channel == channel and not message.is_error_frame and not message.is_remote_frame:
                yield Frame(
                    time=round(message.timestamp * NANOSECONDS),
                    id=message.arbitration_id,
                    payload=bytes(message.data),
                    flags=EXTENDED if message.is_extended_id else 0,
                )
