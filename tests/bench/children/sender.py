"""Sends the frames of a candump log to UDP ports as the kernel hands out CAN frames, at a rate of its own clock.

python -m tests.bench.children.sender LOG RATE SECONDS PORT…   (frames go round the ports; prints what it sent)
"""

import ctypes
import json
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Final

from edge.bus.candump_log import CandumpLog
from edge.frames import EXTENDED, FrameBatch

TICK_S: Final = 0.001
_EFF: Final = 0x8000_0000
_FRAME: Final = struct.Struct("=IB3x8s")


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint32), ("parts", ctypes.c_void_p),
        ("parts_count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )  # fmt: skip


class _Message(ctypes.Structure):
    _fields_ = (("header", _Header), ("length", ctypes.c_uint))


class Volley:
    """Frames in a row that the kernel takes in one call (sendmmsg)."""

    def __init__(self, frames: list[bytes]) -> None:
        self._bytes = ctypes.create_string_buffer(b"".join(frames), len(frames) * _FRAME.size)
        self._parts = (_Iovec * len(frames))()
        self._messages = (_Message * len(frames))()
        self._library = ctypes.CDLL(None, use_errno=True)
        for place in range(len(frames)):
            self._parts[place].base = ctypes.addressof(self._bytes) + place * _FRAME.size
            self._parts[place].length = _FRAME.size
            self._messages[place].header.parts = ctypes.addressof(self._parts[place])
            self._messages[place].header.parts_count = 1
        self.length = len(frames)

    def send(self, to: socket.socket, first: int, count: int) -> int:
        """Some of them; how many the kernel took."""
        done = self._library.sendmmsg(
            to.fileno(), ctypes.byref(self._messages[first]), min(count, self.length - first), 0
        )
        if done < 0:
            raise OSError(ctypes.get_errno(), "sendmmsg")
        return int(done)


def frames_of(batch: FrameBatch) -> list[bytes]:
    """struct can_frame (linux/can.h) of each."""
    return [
        _FRAME.pack(frame.id | (_EFF if frame.flags & EXTENDED else 0), len(frame.payload), frame.payload)
        for frame in batch.frames()
    ]


def main() -> None:
    """Read, send, say."""
    log, rate, seconds, *ports = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), *map(int, sys.argv[4:])
    source = CandumpLog(Path(log))
    frames: list[bytes] = []
    while (batch := source.read(0.0)) is not None:
        frames += frames_of(batch)
    volley = Volley(frames)
    sockets = []
    for port in ports:
        to = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        to.connect(("127.0.0.1", port))
        sockets.append(to)
    sent, place, turn, begun = 0, 0, 0, time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        due = int(passed * rate) - sent
        while due > 0:
            done = volley.send(sockets[turn % len(sockets)], place, due)
            place = (place + done) % volley.length
            due, sent, turn = due - done, sent + done, turn + 1
        time.sleep(TICK_S)
    print(json.dumps({"sent": sent, "seconds": time.monotonic() - begun}))


if __name__ == "__main__":
    main()
