"""Simulated vehicles on buses and into files: `telltale-edge simulate`."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.bus.port import SteadyPort, open_port
from edge.bus.sink import LOG, CandumpSink
from edge.errors import ConfigError
from edge.files import Draft
from edge.frames import NANOSECONDS, FrameBatch
from edge.simulator.faults import parse_fault
from edge.simulator.life import ANY, MIXED, TruthRow
from edge.simulator.running import CHUNK_S, TICK_S, Talk, Tell, run, run_tables
from edge.simulator.simulation import Simulation
from edge.simulator.table import Rows, Tables
from edge.stopping import stopped_by_signals
from edge.tables import KINDS, open_table

PATIENCE_S: Final = TICK_S
"""How long a frame waits for room on a full bus, where the vehicle's time goes on."""
PATIENCE_FAST_S: Final = 0.5
"""The same where only the bus sets the pace."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """A vehicle to simulate, and where to."""

    vehicle: str
    faults: Sequence[str]
    seed: int
    duration_s: float | None
    speed: float | None
    """Times real time; None: as fast as it goes."""
    bus: str | None = None
    out: Path | None = None
    truth: Path | None = None
    cycle: str = MIXED
    weather: str = ANY
    warm: bool = False
    skip_s: int = 0
    """Lived before the first frame or row."""


@dataclass(frozen=True, slots=True)
class _Job:
    """Vehicles with everything that they need, ready to run."""

    where: str
    run: Callable[[], str]
    """Until the end or a stop; what was done."""
    commits: Sequence[Callable[[], None]]
    """Give every file its name."""


def simulate(*wanted: Simulated) -> str:
    """Run vehicles side by side until their time is over or a signal comes; what they sent or wrote.

    Vehicles on one bus have the duration and the speed of the first of them.

    Raises:
        ConfigError: an unknown vehicle, fault, cycle, weather, bus or kind of file, or a file without an end.
        BusDown: a bus is not there when it should begin.
        EdgeError: the disk is full or fails; no half file is left.
    """
    _check_files(wanted)
    stop = threading.Event()
    with ExitStack() as stack:
        jobs = [stack.enter_context(made) for made in _jobs(wanted, stop)]
        stack.enter_context(stopped_by_signals(stop))
        accounts = _side_by_side(jobs, stop)
        for job in jobs:
            for commit in job.commits:
                commit()
    if len(jobs) == 1:
        return f"{accounts[0]}\n"
    return "".join(f"{job.where}: {account}\n" for job, account in zip(jobs, accounts, strict=True))


def _check_files(wanted: Sequence[Simulated]) -> None:
    files = [file.resolve() for one in wanted for file in (one.out, one.truth) if file]
    for file in files:
        if files.count(file) > 1:
            raise ConfigError("is named twice", file=file, remedy="Give each vehicle files of its own")
    for one in wanted:
        if one.out and one.out.suffix not in (LOG, *KINDS):
            remedy = f"Let it end in {', '.join((LOG, *KINDS))}"
            raise ConfigError("a vehicle cannot be written there", file=one.out, remedy=remedy)
        if one.out and one.duration_s is None:
            raise ConfigError("a file needs an end", place="--out", remedy="Add --duration SECONDS")


def _jobs(wanted: Sequence[Simulated], stop: threading.Event) -> Iterator[AbstractContextManager[_Job]]:
    """A job for each file and for each bus."""
    for one in wanted:
        if one.out:
            yield _into_log(one, one.out, stop) if one.out.suffix == LOG else _into_table(one, one.out, stop)
    for bus in dict.fromkeys(one.bus for one in wanted):
        if bus:
            yield _onto_bus([one for one in wanted if one.bus == bus], bus, stop)


@contextmanager
def _into_log(wanted: Simulated, out: Path, stop: threading.Event) -> Iterator[_Job]:
    simulation = _simulation(wanted, start_ns=0)
    with closing(CandumpSink(out)) as sink, _truth(wanted.truth) as (tell, commit):

        def work() -> str:
            frames = 0

            def take(batch: FrameBatch) -> None:
                nonlocal frames
                sink.send(batch)
                frames += len(batch)

            chunk_s = CHUNK_S if wanted.speed is None else TICK_S * max(1.0, wanted.speed)
            pace = _pace(stop, wanted.speed)
            run(simulation, take, duration_s=wanted.duration_s, chunk_s=chunk_s, pace=pace, truth=tell)
            return f"{frames:,} frames"

        yield _Job(str(out), work, (sink.commit, commit))


@contextmanager
def _into_table(wanted: Simulated, out: Path, stop: threading.Event) -> Iterator[_Job]:
    tables = Tables(
        vehicle=wanted.vehicle,
        faults=[parse_fault(text) for text in wanted.faults],
        seed=wanted.seed,
        cycle=wanted.cycle,
        weather=wanted.weather,
        warm=wanted.warm,
        skip_s=wanted.skip_s,
    )
    with closing(open_table(out, tables.columns)) as writer, _truth(wanted.truth) as (tell, commit):

        def take(rows: Rows) -> None:
            writer.write(rows.time_s, rows.values)

        def work() -> str:
            pace = _pace(stop, wanted.speed)
            run_tables(tables, take, duration_s=wanted.duration_s or 0.0, pace=pace, truth=tell)
            return f"{writer.rows:,} rows of {len(tables.columns)} signals"

        yield _Job(str(out), work, (writer.commit, commit))


@contextmanager
def _onto_bus(wanted: Sequence[Simulated], bus: str, stop: threading.Event) -> Iterator[_Job]:
    first = wanted[0]
    start_ns = time.time_ns()
    simulations = [_simulation(one, start_ns=start_ns) for one in wanted]
    with ExitStack() as stack:
        patience_s = PATIENCE_FAST_S if first.speed is None else PATIENCE_S
        port = stack.enter_context(closing(open_port(bus, patience_s=patience_s)))
        truths = [stack.enter_context(_truth(one.truth)) for one in wanted]

        def work() -> str:
            tells = [tell for tell, _ in truths]
            talk = Talk(simulations, port, start_ns, speed=first.speed, truths=tells)
            talk.run(duration_s=first.duration_s, stopped=stop.is_set)
            return _account(port, talk.requests, sum(simulation.answers for simulation in simulations))

        yield _Job(bus, work, [commit for _, commit in truths])


def _account(port: SteadyPort, requests: int, answers: int) -> str:
    counters = port.counters
    told = f"{counters['sent']:,} frames, of them {answers:,} answers to {requests:,} frames of testers"
    for cause, why in (("bus_full", "the bus was full"), ("bus_down", "the bus was down")):
        if counters[cause]:
            told += f"; {counters[cause]:,} not sent as {why}"
    return told


def _simulation(wanted: Simulated, start_ns: int) -> Simulation:
    return Simulation(
        vehicle=wanted.vehicle,
        faults=[parse_fault(text) for text in wanted.faults],
        seed=wanted.seed,
        start_ns=start_ns,
        cycle=wanted.cycle,
        weather=wanted.weather,
        warm=wanted.warm,
        skip_s=wanted.skip_s,
    )


@contextmanager
def _truth(file: Path | None) -> Iterator[tuple[Tell | None, Callable[[], None]]]:
    """Who the truth is told, and what gives its file the name; nobody and nothing without a file."""
    if file is None:
        yield None, lambda: None
        return
    with closing(Draft(file)) as draft:

        def tell(row: TruthRow) -> None:
            with draft.writing() as stream:
                stream.write(f"{row.line()}\n".encode())

        yield tell, draft.commit


def _side_by_side(jobs: Sequence[_Job], stop: threading.Event) -> list[str]:
    """What each job has to say; the first that fails stops all, and its error is raised."""
    if len(jobs) == 1:
        return [jobs[0].run()]
    with ThreadPoolExecutor(len(jobs), "vehicle") as pool:
        works = [pool.submit(job.run) for job in jobs]
        ended, _ = wait(works, return_when=FIRST_EXCEPTION)
        if any(work.exception() for work in ended):
            stop.set()
    return [work.result() for work in works]


def _pace(stop: threading.Event, speed: float | None) -> Callable[[int], bool]:
    """Waits until simulated time, which begins at zero now, is due; False when it was told to stop."""
    began_s = time.monotonic()

    def go_on(until_ns: int) -> bool:
        delay_s = 0.0
        if speed is not None:
            delay_s = until_ns / NANOSECONDS / speed - (time.monotonic() - began_s)
        return not stop.wait(max(0.0, delay_s))

    return go_on
