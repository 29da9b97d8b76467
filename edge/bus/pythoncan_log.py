"""MessageLog: a log that a reader of python-can reads; what that raises stops here and is counted."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from operator import index
from typing import Final, Protocol

from edge.bus.library import can
from edge.bus.log import CUT_GZIP, DEFAULT_BUS, FRAMES, Piece, is_sound
from edge.bus.log_file import LogFile
from edge.bus.messages import to_frame
from edge.errors import EdgeError
from edge.frames import CLASSIC_BYTES, EXTENDED, FD, FD_BYTES, NANOSECONDS, REMOTE, Frame

FRAMES_MAX: Final = 4096
"""In one piece."""
WHY_CHARACTERS: Final = 100
"""So much is told of an error of python-can."""
_MICROSECOND: Final = 1000

logging.getLogger("can.io").setLevel(logging.ERROR)  # it warns of single lines, which are counted here


class Reading(Protocol):
    """One format of python-can: how it is read, and what its readers leave unsaid."""

    form: str
    bad: str
    """The cause under which is counted what cannot be read."""
    cut: str
    """Why it could not be unpacked to its end."""

    @property
    def counters(self) -> Mapping[str, int]:
        """What was left out before python-can saw it."""

    @property
    def units(self) -> tuple[str, int]:
        """How many lines or objects python-can has taken, under the cause of those that have no frame."""

    def messages(self) -> Iterator[can.Message]:
        """From here on; asked again after an error."""

    def place(self) -> str:
        """Where it is, for people."""

    def is_over(self) -> bool:
        """Asked after an error: nothing more can be read."""

    def time_ns(self, message: can.Message) -> int:
        """When it was heard; as exact as the format."""

    def bus(self, message: can.Message) -> str:
        """Where it was heard, as the file says."""

    def close(self) -> None:
        """Give the file back; safe to repeat."""


def nanoseconds(seconds: float) -> int:
    """Seconds since 1970 as python-can holds them, in which less than a microsecond is noise.

    Raises:
        ValueError: no number.
        OverflowError: it is infinite.
    """
    return round(seconds * 1e6) * _MICROSECOND


def bus_of(message: can.Message, first: int = 0) -> str:
    """The channel as the file numbers them; python-can counts some from 0 that are written from 1."""
    channel = message.channel
    return str(channel + first) if isinstance(channel, int) else DEFAULT_BUS


class MessageLog:
    """A recording through python-can. One thing that cannot be read costs itself where the format allows it."""

    remedy = "Export it again, or name another file"

    def __init__(self, log_file: LogFile, reading: Reading) -> None:
        self.file = log_file.file
        self.form = reading.form
        self.first_fault = ""
        self._log_file = log_file
        self._reading = reading
        self._counters = Counter({FRAMES: 0, reading.bad: 0})
        self._messages = reading.messages()

    @property
    def cut(self) -> str:
        """Why it could not be unpacked to its end."""
        return self._log_file.cut or self._reading.cut

    @property
    def counters(self) -> Mapping[str, int]:
        """What was left out, by cause."""
        other, taken = self._reading.units
        counters = Counter(self._counters)
        counters[other] = max(0, taken - counters.pop(FRAMES) - counters[self._reading.bad])
        counters.update(self._reading.counters)
        return {**counters, CUT_GZIP: int(bool(self.cut))}

    def read(self) -> Piece | None:
        """The next frames; None at the end."""
        heard: list[tuple[str, Frame]] = []
        while len(heard) < FRAMES_MAX and (message := self._message()) is not None:
            if (frame := self._frame(message)) is None:
                self._fault(
                    f": no frame is like it (id {message.arbitration_id}, length {message.dlc})"[:WHY_CHARACTERS]
                )
            else:
                heard.append((self._reading.bus(message), frame))
        self._counters[FRAMES] += len(heard)
        return Piece.of(heard) if heard else None

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._reading.close()
        self._log_file.close()

    def _message(self) -> can.Message | None:
        while True:
            try:
                return next(self._messages, None)
            except EdgeError:
                raise
            except Exception as error:  # noqa: BLE001  # its readers let out whatever their own parsing meets
                self._fault(f": {error}"[:WHY_CHARACTERS])
                if self._reading.is_over():
                    self._messages = iter(())
                    return None
                self._messages = self._reading.messages()

    def _frame(self, message: can.Message) -> Frame | None:
        """The frame of a message; None when there can be none, or bytes are missing."""
        try:
            time_ns = self._reading.time_ns(message)
            if not _is_whole(message):
                return None
            frame = _classic_if_remote(to_frame(message, time_ns, DEFAULT_BUS))
            return frame if is_sound(replace(frame, id=index(frame.id))) else None
        except (ValueError, OverflowError, TypeError):  # a cell of a database may hold anything
            return None

    def _fault(self, why: str = "") -> None:
        self._counters[self._reading.bad] += 1
        self.first_fault = self.first_fault or self._reading.place() + why


def _classic_if_remote(frame: Frame) -> Frame:
    """There are no remote requests of FD (ISO 11898-1): it is a classic one, or a frame without bytes."""
    if not frame.flags & FD or not frame.flags & REMOTE:
        return frame
    return replace(frame, flags=frame.flags & (EXTENDED | REMOTE) if frame.payload else frame.flags & ~REMOTE)


def _is_whole(message: can.Message) -> bool:
    """Whether there are as many bytes as it says; python-can also takes fewer."""
    if message.is_remote_frame:
        return 0 <= message.dlc <= CLASSIC_BYTES
    most = FD_BYTES if message.is_fd else CLASSIC_BYTES
    lengths = {min(message.dlc, most), can.util.dlc2len(message.dlc)}  # some of its readers leave the code as it is
    return message.is_error_frame or len(message.data) in lengths


def exact(seconds: float) -> int:
    """Seconds since the start of a recording, in which nanoseconds can be told apart.

    Raises:
        ValueError: no number.
        OverflowError: it is infinite.
    """
    return round(seconds * NANOSECONDS)
