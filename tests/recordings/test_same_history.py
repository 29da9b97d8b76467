"""A recorded drive gives one history, bit for bit: at the speed of the road, at fifty times, as fast as it goes, and
however it was cut into batches."""

import asyncio
import hashlib
import itertools
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.bus.candump_log import CandumpLog
from edge.config import Config
from edge.config_parts import Bus
from edge.daemon import Daemon
from edge.frames import NANOSECONDS, FrameBatch, concatenate
from edge.grid import Cells, Grid
from edge.judgement import Judgement, Outcome
from edge.prepare import prepare
from edge.stages import Parts

GRID_NS = NANOSECONDS // 10
SUBSCRIBED = ("dbc.ID118DriveSystemStatus.DI_accelPedalPos", "dbc.ID257DIspeed.DI_vehicleSpeed")
SLICE = 6_000
"""Lines of the drive that are played at the speed of the road: some three seconds."""


class Digested(Judgement):
    """Remembers after each cell everything that history knows, as a hash over all of it so far."""

    @classmethod
    def of(cls, judgement: Judgement) -> "Digested":
        """The same judgement, digested."""
        digested = cls.__new__(cls)
        digested.__dict__.update(judgement.__dict__)
        digested.hash = hashlib.sha256()
        return digested

    hash: "hashlib._Hash"

    def _judge(self, end: int, periods: list) -> Outcome:  # type: ignore[type-arg]  # as the class above
        history = self.history
        series = [history.rows.series(path, 0) for path in SUBSCRIBED]
        ledger = history.ledger
        columns = [history.latest, history.latest_at, history.fresh(), history._periods.period_ns]
        columns += [ledger._part.sum, ledger._period.sum, ledger.heard]
        for column in [*columns, *itertools.chain.from_iterable(one[:3] for one in series)]:
            self.hash.update(np.ascontiguousarray(column).tobytes())
        self.hash.update(str(end).encode())
        return super()._judge(end, periods)


@pytest.fixture(scope="module")
def drive(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The recording, its beginning, and its database."""
    whole = shared / "data" / "can" / "tesla-model3-drive.log"
    beginning = tmp_path_factory.mktemp("drive") / "beginning.log"
    with whole.open("rb") as lines:
        beginning.write_bytes(b"".join(itertools.islice(lines, SLICE)))
    return whole, beginning, shared / "data" / "dbc" / "tesla-model3.dbc"


def configured(log: Path, dbc: Path, speed: float | str) -> Config:
    config = Config(bus=[Bus(source=f"log:{log}", dbc=[dbc], speed=speed)])
    config.memory.subscribe = list(SUBSCRIBED)
    config.cab.voice = "none"
    return config


def played(log: Path, dbc: Path, speed: float | str) -> str:
    """By the daemon itself."""
    config = configured(log, dbc, speed)
    prepared = prepare(config)
    judgement = Digested.of(prepared.judgement)
    with ExitStack() as stack:
        asyncio.run(Daemon(config, replace(prepared, judgement=judgement), Parts(), stack).run())
    return judgement.hash.hexdigest()


def drained(log: Path, dbc: Path, size: int) -> str:
    """By the daemon's stages, with so many frames at a time."""
    judgement = Digested.of(prepare(configured(log, dbc, "max")).judgement)
    source = CandumpLog(log)
    batches: list[FrameBatch] = []
    while (batch := source.read(0.0)) is not None:
        batches.append(batch)
    frames = concatenate(batches)
    grid = Grid([False], grid_ns=GRID_NS, wait_ns=GRID_NS)
    for first in range(0, len(frames), size):
        some = frames.select(slice(first, first + size))
        grid.offer(0, replace(some, until=int(some.time[-1])), 0)
        judge(judgement, grid.close(0))
    grid.end(0)
    judge(judgement, grid.close(0))
    return judgement.hash.hexdigest()


def judge(judgement: Judgement, cells: Cells | None) -> None:
    for _ in judgement.advance(cells) if cells else ():
        pass


def test_speed_changes_no_bit(drive: tuple[Path, Path, Path]) -> None:
    whole, beginning, dbc = drive
    assert played(beginning, dbc, 1.0) == played(beginning, dbc, "max")
    assert played(whole, dbc, 50.0) == played(whole, dbc, "max")


def test_the_size_of_batches_changes_no_bit(drive: tuple[Path, Path, Path]) -> None:
    whole, beginning, dbc = drive
    wanted = played(whole, dbc, "max")
    assert [drained(whole, dbc, size) for size in (97, 1_600, 60_000)] == [wanted] * 3
    assert drained(beginning, dbc, 1) == played(beginning, dbc, "max")
    assert drained(beginning, dbc, 1) != wanted
