"""Frames from a log and from a socket, against python-can's reader and its `recv`."""

import os
import socket
import struct
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Final

import can
import numpy as np
from can.interfaces.socketcan.socketcan import capture_message

from edge.bus.cadence import Cadence
from edge.bus.candump import format_frames
from edge.bus.candump_log import CandumpLog
from edge.bus.datagrams import SO_TIMESTAMPNS
from edge.bus.socketcan import SocketCanSource
from edge.bus.spec import SourceSpec
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.frames import FD, FD_BYTES, FrameBatch
from tests.bench.loads import MODEL_3
from tests.bench.rows import Row, Work
from tests.brokers import free_port
from tests.shared import find_shared
from tests.udp_kernel import UdpKernel, open_port

ROUNDS: Final = 5
COPIES: Final = 1
"""Of the recording, in one file."""
WINDOWS: Final = (50, 160, 512)
REPEATS: Final = 60
FRAME: Final = struct.pack("=IB3x8s", 0x123, 8, b"12345678")
FD_FRAMES: Final = 50_000
FD_LENGTHS: Final = (8, 12, 16, 20, 24, 32, 48, 64)
RECEIVE_BUFFER: Final = 8 << 20


def receive_frames() -> Iterable[Row]:
    """Frames a second of a log, and µs for a frame that waits in a socket (UDP: it needs no CAN in the kernel)."""
    folder = find_shared(os.environ) / "data"
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as temporary:
        log = Path(temporary) / "drive.log"
        recorded = (folder / "can" / MODEL_3[1]).read_bytes()
        log.write_bytes(recorded[: recorded.rindex(b"\n") + 1] * COPIES)
        yield _log_row("read a candump log", lambda: _read(log), lambda: _read_by_python_can(log))
        fd = Path(temporary) / "fd.log"
        fd.write_bytes(format_frames(_made_fd()))
        yield _log_row("read a candump log of CAN FD", lambda: _read(fd), lambda: _read_by_python_can(fd))
        database = load_database(folder / "dbc" / MODEL_3[0])
        decoder = Decoder([Binding(database)])
        yield _log_row("read and decode a candump log", lambda: _read(log, decoder), lambda: _read_by_python_can(log))
    for ring in (True, False):
        for window in WINDOWS:
            yield from _receive_rows(window, ring=ring)


def _made_fd() -> FrameBatch:
    """Frames of every length that CAN FD has, evenly."""
    dice = np.random.default_rng(1)
    length = dice.choice(np.array(FD_LENGTHS, np.uint8), FD_FRAMES)
    payload = dice.integers(0, 256, (FD_FRAMES, FD_BYTES), np.uint8)
    payload[np.arange(FD_BYTES) >= length[:, np.newaxis]] = 0
    return FrameBatch(
        time=1_600_000_000_000_000_000 + 250_000 * np.arange(FD_FRAMES),
        bus=np.zeros(FD_FRAMES, np.uint8),
        id=dice.integers(0, 0x800, FD_FRAMES).astype(np.uint32),
        flags=np.full(FD_FRAMES, FD, np.uint8),
        length=length,
        payload=payload,
        buses=("can0",),
        until=0,
    )


def _log_row(name: str, ours: Callable[[], int], theirs: Callable[[], int]) -> Row:
    timed = [(_rate(ours), _rate(theirs)) for _ in range(ROUNDS)]
    (_, frames), (_, their_frames) = timed[0]
    if frames != their_frames:
        raise AssertionError(f"not the same frames: {frames} and {their_frames}")
    return Row(
        name=name,
        value=median(rate for (rate, _), _ in timed),
        unit="frames/s",
        peer="python-can's reader",
        peer_value=median(rate for _, (rate, _) in timed),
        work=Work(frames, 0, 0.0),
    )


def _rate(read: Callable[[], int]) -> tuple[float, int]:
    begun = time.process_time()
    frames = read()
    return frames / (time.process_time() - begun), frames


def _read(file: Path, decoder: Decoder | None = None) -> int:
    frames = 0
    with closing(CandumpLog(file)) as log:
        while (batch := log.read(0.0)) is not None:
            frames += len(batch)
            if decoder is not None:
                decoder.decode(batch)
    return frames


def _read_by_python_can(file: Path) -> int:
    with can.LogReader(file) as reader:
        return sum(1 for _ in reader)


def _receive_rows(window: int, *, ring: bool) -> Iterable[Row]:
    port = free_port()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        closing(open_port(port, ring=ring)) as receiver,
        closing(_opened(other := free_port(), ring=ring)) as source,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs,
    ):
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        theirs.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        theirs.bind(("127.0.0.1", 0))

        def fill(to: int) -> Callable[[], None]:
            def send() -> None:
                for _ in range(window):
                    sender.sendto(FRAME, ("127.0.0.1", to))

            return send

        def take() -> int:
            return len(receiver.take().lengths)

        def read() -> int:
            return len(source.read(0.0))

        def recv() -> int:
            return sum(capture_message(theirs) is not None for _ in range(window))

        pairs = ((fill(port), take), (fill(other), read), (fill(theirs.getsockname()[1]), recv))
        spent = [[_spent(send, receive, window) for send, receive in pairs] for _ in range(REPEATS)]
    for place, what in enumerate(("taken", "as a batch in its time")):
        yield Row(
            name=f"{window} frames by {'ring' if ring else 'socket'}, {what}",
            value=median(one[place] for one in spent),
            unit="us/frame",
            peer="python-can's recv",
            peer_value=median(one[-1] for one in spent),
            work=Work(window * REPEATS, 0, 0.0),
        )


def _opened(port: int, *, ring: bool) -> SocketCanSource:
    """The daemon's own reader, whole: from the kernel to a batch on its axis of time."""
    spec = SourceSpec.parse(f"can:{port}?ring={'on' if ring else 'off'}")
    return SocketCanSource(spec, kernel=UdpKernel(spec), cadence=Cadence(1))


def _spent(fill: Callable[[], None], receive: Callable[[], int], window: int) -> float:
    fill()
    begun = time.process_time()
    count = receive()
    spent = time.process_time() - begun
    if count != window:
        raise AssertionError(f"{count} of {window} frames came")
    return spent / window * 1e6
