"""`telltale-edge record` and `replay`: a bus into candump logs, and a log onto a bus with its own spacing."""

import logging
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from edge.bus.candump import format_frames
from edge.bus.open import open_source
from edge.bus.port import open_port
from edge.bus.reader import Reader
from edge.bus.sink import LOG
from edge.bus.spec import SourceSpec
from edge.errors import ConfigError
from edge.frames import ERROR, FrameBatch
from edge.stopping import stopped_by_signals

TAKE_S: Final = 0.5
SYNC_S: Final = 1.0
"""So often what was recorded is made safe: a power cut costs no more."""
PATIENCE_S: Final = 1.0
"""How long a frame that is replayed may wait for room on a full bus."""
NUMBERS: Final = 4
"""Digits in the name of a file."""
MIB: Final = 1 << 20
_ALWAYS: Final = frozenset({"recorded", "sent", "frames"})
"""Told also when there is none."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded, and into which files."""

    source: str
    out: Path
    duration_s: float | None
    file_mib: float
    keep: int
    """Files: the oldest go; 0 keeps all."""


def record(wanted: Recorded) -> str:
    """Record a live bus until a signal comes or the time is over; the account of it.

    Raises:
        ConfigError: it is no live bus, it cannot be opened on this machine, or the file cannot be written.
    """
    spec = SourceSpec.parse(wanted.source)
    source = open_source(spec, speed=None, now_ns=time.time_ns(), stop=threading.Event())
    if not source.live:
        source.close()
        raise ConfigError("is no live bus", place=wanted.source, remedy="Name one, as can:can0")
    stop = threading.Event()
    reader = Reader(wanted.source, source)
    with (
        stopped_by_signals(stop),
        closing(source),
        closing(Files(wanted.out, limit=int(wanted.file_mib * MIB), keep=wanted.keep)) as files,
    ):
        to_wall_ns = time.time_ns() - time.monotonic_ns()
        until = None if wanted.duration_s is None else time.monotonic() + wanted.duration_s
        reader.start()
        try:
            while not stop.is_set() and (until is None or time.monotonic() < until):
                for batch in reader.take(TAKE_S):
                    files.write(replace(batch, time=batch.time + to_wall_ns))
        finally:
            reader.stop()
            for batch in reader.take():
                files.write(replace(batch, time=batch.time + to_wall_ns))
    return _account({**reader.counters, **files.counters})


class Files:
    """Candump logs one after the other: `drive-0001.log`, `drive-0002.log`, …; none that is there is written over.

    What is written is in the file at once and made safe every second, so that after a power cut a log ends with a line
    that is cut at most. When the disk fails, frames are lost, counted, and it is tried again with the next ones.
    """

    def __init__(self, out: Path, *, limit: int, keep: int) -> None:
        """`limit`: bytes of a file. `keep`: files, 0 for all.

        Raises:
            ConfigError: no file can be written there.
        """
        if out.suffix != LOG:
            raise ConfigError("frames cannot be recorded there", file=out, remedy=f"Let it end in {LOG}")
        self._out, self._limit, self._keep = out.expanduser(), limit, keep
        self._counters = Counter(recorded=0, files=0, disk_failed=0, files_removed=0)
        self._stream: int | None = None
        self._written = 0
        self._synced_at = 0.0
        self._is_failing = False
        try:
            self._number = max((number for number, _ in self._there()), default=0)
            self._open()
        except OSError as error:
            remedy = "Check the folder, who may write there, and the room on the disk"
            raise ConfigError(f"cannot be written: {error.strerror}", file=out, remedy=remedy) from error

    @property
    def counters(self) -> Mapping[str, int]:
        """Frames recorded and lost to the disk, files begun and removed."""
        return dict(self._counters)

    def write(self, batch: FrameBatch) -> None:
        """Add frames, or count them as lost."""
        if not len(batch):
            return
        text = format_frames(batch)
        try:
            if self._stream is None or self._written + len(text) > max(self._limit, len(text)):
                self._open()
            self._add(text)
        except OSError as error:
            self._counters["disk_failed"] += len(batch)
            if not self._is_failing:
                log.warning("%s: frames are lost until it can be written again: %s", self._out, error)
            self._is_failing = True
            return
        self._counters["recorded"] += len(batch)
        if self._is_failing:
            log.warning("%s: is written again", self._out)
            self._is_failing = False

    def close(self) -> None:
        """Make safe what was written; safe to repeat."""
        if self._stream is not None:
            try:
                os.fsync(self._stream)
            except OSError as error:
                log.warning("%s: the last second may be lost: %s", self._out, error)
            self._drop()

    def _add(self, text: bytes) -> None:
        if self._stream is None:
            raise OSError("no file")
        place = self._written
        try:
            view = memoryview(text)
            while view:
                count = os.write(self._stream, view)
                view, place = view[count:], place + count
        except OSError:
            os.ftruncate(self._stream, self._written)  # no half line before the next one
            raise
        self._written = place
        if (now := time.monotonic()) - self._synced_at >= SYNC_S:
            os.fdatasync(self._stream)
            self._synced_at = now

    def _open(self) -> None:
        self.close()
        name = f"{self._out.stem}-{self._number + 1:0{NUMBERS}d}{LOG}"
        self._stream = os.open(self._out.parent / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self._number += 1
        self._written = 0
        self._counters["files"] += 1
        there = sorted(self._there())
        for _, file in there[: max(0, len(there) - self._keep)] if self._keep else ():
            file.unlink(missing_ok=True)
            self._counters["files_removed"] += 1

    def _drop(self) -> None:
        if self._stream is not None:
            os.close(self._stream)
            self._stream = None

    def _there(self) -> list[tuple[int, Path]]:
        pattern = re.compile(rf"{re.escape(self._out.stem)}-([0-9]{{{NUMBERS},9}}){re.escape(LOG)}")
        found = [(pattern.fullmatch(file.name), file) for file in self._out.parent.iterdir()]
        return [(int(match[1]), file) for match, file in found if match]


def replay(log_file: Path, bus: str, *, speed: float | None, is_endless: bool) -> str:
    """Send a recording on a bus, at N times its own speed or as fast as the bus takes it; the account of it.

    Error frames are not sent, and counted.

    Raises:
        ConfigError: the file is no log, or the bus is none or cannot be opened on this machine.
        BusDown: the interface is not there when it should begin.
    """
    spec = SourceSpec(text=f"log:{log_file}", kind="log", rest=str(log_file))
    stop = threading.Event()
    counted: Counter[str] = Counter()
    with closing(open_port(bus, patience_s=PATIENCE_S)) as port, stopped_by_signals(stop):
        while not stop.is_set():
            with closing(open_source(spec, speed=speed, now_ns=time.time_ns(), stop=stop, offline=True)) as source:
                while not stop.is_set() and (batch := source.read(TAKE_S)) is not None:
                    is_error = (batch.flags & ERROR) != 0  # a controller's words: sent, they would be other frames
                    counted["error_frames_left_out"] += int(np.count_nonzero(is_error))
                    if not is_error.all():
                        port.send(batch.select(~is_error))
                counted.update(source.counters)
            if not is_endless:
                break
        sent = port.counters
    counters = {f"log_{name}": count for name, count in counted.items()}
    return _account(counters | {name: count for name, count in sent.items() if name != "heard"})


def _account(counters: Mapping[str, int]) -> str:
    return "".join(f"{name:<24}{count:>12,}\n" for name, count in counters.items() if count or name in _ALWAYS)
