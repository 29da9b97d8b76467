"""MF4 recordings, for tests: the frames of one channel."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from edge.bus.logs import open_log
from edge.bus.spec import SourceSpec
from edge.frames import ERROR, REMOTE, Frame


def read_mf4(file: Path, channel: int) -> Iterator[Frame]:
    """The frames of one channel in the order of the file; their bus is named by its number."""
    with closing(open_log(SourceSpec.parse(f"log:{file}?channel={channel}"), offline=True)) as log:
        while (batch := log.read(0)) is not None:
            yield from (frame for frame in batch.frames() if not frame.flags & (ERROR | REMOTE))
