"""Candump logs as recordings: blocks of lines at once, odd lines one by one."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from edge.bus import candump
from edge.bus.candump_block import Block, name_of, parse_block
from edge.bus.lines import Lines
from edge.bus.log import BAD_LINE, CHUNK_BYTES, CUT_GZIP, CUT_LINE, Log, Piece
from edge.bus.log_file import LogFile
from edge.frames import FrameBatch, concatenate

QUOTED: Final = 60
"""So much is told of a line that could not be read."""


def quoted(text: bytes) -> str:
    """The beginning of a line, for people."""
    return repr(text[:QUOTED].decode("ascii", "backslashreplace"))


class CandumpRecording:
    """Reads a candump log, plain or gzipped."""

    form = "candump log"
    remedy = "Record one with `candump -L`, or name another file"

    def __init__(self, log_file: LogFile, *, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.file = log_file.file
        self.first_fault = ""
        self._log_file = log_file
        self._counters = Counter({BAD_LINE: 0, CUT_LINE: 0})
        self._line_number = 0
        self._lines = Lines(log_file, chunk_bytes=chunk_bytes, line_bytes=candump.LINE_BYTES)

    @property
    def cut(self) -> str:
        """Why it could not be unpacked to its end."""
        return self._log_file.cut

    @property
    def counters(self) -> Mapping[str, int]:
        """What was left out, by cause."""
        return {**self._counters, CUT_GZIP: int(bool(self.cut))}

    def read(self) -> Piece | None:
        """The next frames; None at the end."""
        while (text := self._lines.read()) is not None:
            if text and (piece := self._parse(text)) is not None:
                return piece
        return None

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._lines.close()

    def _parse(self, text: bytes) -> Piece | None:
        """The frames of some lines; None when there is none among them."""
        block = parse_block(text if text.endswith(b"\n") else text + b"\n")
        odd = [(row, line) for row, content in block.left if (line := self._odd(row, content)) is not None]
        self._line_number += block.lines
        words, first, which = np.unique(block.bus, return_index=True, return_inverse=True)
        names = [name_of(int(word)) for word in words]
        heard = [(row, candump.bus_name(line)) for row, line in odd]
        heard += zip(block.row[first].tolist(), names, strict=True)
        place = {name: number for number, name in enumerate(dict.fromkeys(name for _, name in sorted(heard)))}
        frames, name = _batch(block), np.array([place[name] for name in names], np.intp).take(which)
        if odd:
            lines = [line for _, line in odd]
            others = candump.to_batch(lines, np.zeros(len(lines), np.uint8), ())
            order = np.argsort(np.concatenate([block.row, [row for row, _ in odd]]), kind="stable")
            frames = concatenate([frames, others]).select(order)
            name = np.concatenate([name, [place[candump.bus_name(line)] for line in lines]])[order]
        return Piece(frames, name, tuple(name.decode("ascii") for name in place)) if len(frames) else None

    def _odd(self, row: int, text: bytes) -> candump.Line | None:
        """A line that is not written as most are; None, counted, when it is none."""
        line = candump.match_line(text)
        if line is None and text.strip():
            self._counters[CUT_LINE if self._lines.unfinished else BAD_LINE] += 1
            self.first_fault = self.first_fault or f"line {self._line_number + row + 1}: {quoted(text)}"
        return line


class CandumpLog(Log):
    """A candump log as a source, whatever it is called."""

    def __init__(self, file: Path, *, channel: str | None = None, chunk_bytes: int = CHUNK_BYTES) -> None:
        """Raises ConfigError when the file cannot be read or holds no frame (of that channel)."""
        super().__init__(CandumpRecording(LogFile(file), chunk_bytes=chunk_bytes), channel=channel)


def _batch(block: Block) -> FrameBatch:
    return FrameBatch(
        time=block.time,
        bus=np.zeros(len(block.time), np.uint8),
        id=block.id,
        flags=block.flags,
        length=block.length,
        payload=block.payload,
        buses=(),
        until=0,
    )
