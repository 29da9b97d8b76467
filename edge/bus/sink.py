"""Sink: where frames go, a bus or a candump log; the counterpart of a source."""

from pathlib import Path
from typing import Final, Protocol

from edge.bus.candump import format_frames
from edge.bus.spec import SourceSpec
from edge.errors import ConfigError
from edge.files import Draft
from edge.frames import FrameBatch

BUSES: Final = ("can", "pythoncan")
LOG: Final = ".log"


class Sink(Protocol):
    """Takes frames; used by one thread, then committed or not, then closed."""

    def send(self, batch: FrameBatch) -> None:
        """Send or write every frame of the batch, in its order and at once; a full bus drops some, counted.

        Raises:
            BusDown: the interface is not there just now; what is left of the batch is not sent.
            EdgeError: the disk is full or fails.
        """

    def commit(self) -> None:
        """Everything is sent: only now a file gets its name.

        Raises:
            EdgeError: the disk is full or fails.
        """

    def close(self) -> None:
        """Give the interface or the file back; a file that was not committed is dropped. Safe to repeat."""


def open_sink(text: str) -> Sink:
    """A bus, written as a source is (`can:can0`, `pythoncan:udp_multicast:239.0.0.1`), or a file that ends in `.log`.

    Raises:
        ConfigError: it is neither, or cannot be opened on this machine.
        BusDown: the interface is not there just now.
    """
    if text.partition(":")[0] in BUSES:
        return _open_bus(SourceSpec.parse(text))
    if text.endswith(LOG):
        return CandumpSink(Path(text).expanduser())
    raise ConfigError("frames cannot go there", place=text, remedy="Name a bus (can:can0) or a file that ends in .log")


class CandumpSink:
    """Writes frames to a candump log."""

    def __init__(self, file: Path) -> None:
        """Raises ConfigError when nothing can be written there."""
        self._draft = Draft(file)

    def send(self, batch: FrameBatch) -> None:
        """Add every frame of the batch.

        Raises:
            EdgeError: the disk is full or fails.
        """
        with self._draft.writing() as stream:
            stream.write(format_frames(batch))

    def commit(self) -> None:
        """Give the file its name."""
        self._draft.commit()

    def close(self) -> None:
        """Drop what was not committed."""
        self._draft.close()


def _open_bus(spec: SourceSpec) -> Sink:
    from edge.bus.interface import Interface  # noqa: PLC0415  python-can costs 18 MB; only who needs it pays
    from edge.bus.pythoncan_port import PythonCanPort  # noqa: PLC0415  as above

    return PythonCanPort(Interface.of(spec).sending())
