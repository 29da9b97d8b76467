"""Reading and decoding a recording: ours against python-can's reader with a cantools loop, on the same file."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import can
import cantools.database
from cantools.database import Database as CanDatabase

from edge.bus.open import open_source
from edge.bus.spec import SourceSpec
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.simulate import Simulated, simulate
from tests.bench.rows import Row
from tests.shared import ROOT

DBC = ROOT / "dbc" / "telltale-car.dbc"
DRIVE_S = 240.0
ROUNDS = 5


def read_and_decode() -> Iterable[Row]:
    """µs per frame from file to samples; both sides must find the same number of samples with the same sum."""
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        log = Path(folder) / "drive.log"
        simulate(Simulated("car", [], seed=1, duration_s=DRIVE_S, speed=None, out=log))
        timings: list[tuple[float, float]] = []
        for _ in range(ROUNDS):
            ours, our_work = _timed(lambda: _ours(log))
            theirs, their_work = _timed(lambda: _theirs(log))
            if our_work[:2] != their_work[:2] or abs(our_work[2] - their_work[2]) > 1e-6 * abs(their_work[2]):
                raise AssertionError(f"the two did not do the same work: {our_work} and {their_work}")
            timings.append((ours / our_work[0] * 1e6, theirs / their_work[0] * 1e6))
    return [
        Row(
            name=f"read and decode {our_work[0]:,} frames",
            value=median(pair[0] for pair in timings),
            unit="us/frame",
            peer="python-can + cantools",
            peer_value=median(pair[1] for pair in timings),
        )
    ]


Work = tuple[int, int, float]
"""frames, samples, sum of the values in the database's units"""


def _timed(work: Callable[[], Work]) -> tuple[float, Work]:
    begun = time.perf_counter()
    done = work()
    return time.perf_counter() - begun, done


def _ours(log: Path) -> Work:
    decoder = Decoder([Binding(load_database(DBC, _no_mapping(log.parent)))])
    source = open_source(SourceSpec.parse(f"log:{log}"), speed=None, now_ns=0, stop=threading.Event())
    total = 0.0
    while (batch := source.read(0)) is not None:
        total += float(decoder.decode(batch).value.sum())
    source.close()
    return decoder.counts.frames, decoder.counts.samples, total


def _theirs(log: Path) -> Work:
    database = cantools.database.load_file(DBC)
    assert isinstance(database, CanDatabase)  # tells mypy what a DBC gives
    frames = samples = 0
    total = 0.0
    with can.LogReader(log) as reader:
        for message in reader:
            decoded = database.decode_message(message.arbitration_id, bytes(message.data), decode_choices=False)
            values = decoded.values() if isinstance(decoded, dict) else ()
            frames += 1
            samples += len(values)
            total += sum(value for value in values if isinstance(value, int | float))
    return frames, samples, total


def _no_mapping(folder: Path) -> Path:
    """A mapping that maps nothing, so that both sides speak the database's units."""
    file = folder / "none.vss.toml"
    file.write_text("[signals]\n")
    return file
