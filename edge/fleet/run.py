"""A run of a fleet from its settings to its account: everything is checked first, a signal ends it."""

import asyncio
import json
import logging
import resource
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.errors import ConfigError, EdgeError
from edge.files import Draft
from edge.fleet.box import Box, Habits
from edge.fleet.fleet import Fleet
from edge.fleet.outfit import load_outfit
from edge.fleet.plan import Orders, enlist, kinds_of
from edge.fleet.tempo import Tempo
from edge.frames import NANOSECONDS
from edge.link import Broker
from edge.wire.errors import WireError
from edge.wire.topics import Address

REPORT_S: Final = 10.0
THREADS: Final = 32
"""What waits for a broker that does not answer must not hold up the others."""
FILES_EACH: Final = 4
"""A session's socket, and what wakes it."""
FILES_BESIDE: Final = 100


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything about a run."""

    orders: Orders
    habits: Habits
    broker: Broker
    speed: float | None = 1.0
    """Times real time; None: as fast as it goes, and the cloud can take."""
    truth: Path | None = None
    drain_s: float = 30.0


def run_fleet(settings: Settings, say: Callable[[str], object]) -> None:
    """Run a fleet until its time is over or a signal comes; `say` gets a line every ten seconds, and the account.

    Raises:
        ConfigError: before anything has started.
        EdgeError: the truth cannot be written.
    """
    orders, habits = settings.orders, settings.habits
    _check_name(habits.fleet)
    enlisted = enlist(orders)
    outfits = {kind: load_outfit(kind, cycle=habits.cycle, weather=habits.weather) for kind in kinds_of(enlisted)}
    _allow_files(len(enlisted) * FILES_EACH + FILES_BESIDE)
    _hush()
    with _truth(settings.truth) as (tell, commit):

        async def live() -> None:
            stop = _stop_on_signal()
            tempo = Tempo(settings.speed, monotonic=time.monotonic, stop=stop)
            begin_ns = _begin_ns(orders.duration_s, settings.speed)
            fleet = Fleet(
                enlisted, outfits, habits, settings.broker, begin_ns=begin_ns, tempo=tempo, stop=stop, truth=tell
            )
            await _watched(fleet, tempo, settings, say)

        try:
            asyncio.run(live())
        except ExceptionGroup as died:
            raise _known_error(died) or died from died
        commit()


def _known_error(died: BaseException) -> Exception | None:
    """The first error among them that says what to do next, or that nobody reads what is said."""
    if isinstance(died, ExceptionGroup):
        return next((known for error in died.exceptions if (known := _known_error(error))), None)
    return died if isinstance(died, EdgeError | BrokenPipeError) else None


async def _watched(fleet: Fleet, tempo: Tempo, settings: Settings, say: Callable[[str], object]) -> None:
    """Let the fleet live, and say how it stands."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "fleet"))
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    async with asyncio.TaskGroup() as group:
        reporter = group.create_task(_report(fleet, tempo, say), name="fleet-report")
        await fleet.run(settings.orders.duration_s, settings.drain_s)
        reporter.cancel()
    run_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
    say((await fleet.account()).text(run_s=run_s, cpu_s=cpu_s))


async def _report(fleet: Fleet, tempo: Tempo, say: Callable[[str], object]) -> None:
    while True:
        before_s, cpu_before_s = time.monotonic(), time.process_time()
        await asyncio.sleep(REPORT_S)
        account = await fleet.account()
        share = (time.process_time() - cpu_before_s) / (time.monotonic() - before_s)
        late = f"{tempo.behind_s:,.1f} s behind" if tempo.behind_s >= 1.0 else "on time"
        line = account.line(now_s=tempo.now_s, late=fleet.pause or late, awake=fleet.awake, cpu_share=share)
        say(f"{line}\n")


def _check_name(fleet: str) -> None:
    try:
        Address(fleet, "vehicle")
    except WireError as error:
        raise ConfigError(error.detail, place="--fleet", remedy="Give another name") from error


def _begin_ns(duration_s: int | None, speed: float | None) -> int:
    """UTC of the first second: now; a run that is faster than real time and has an end begins earlier and ends now."""
    now_s = time.time()
    if duration_s is not None and (speed is None or speed > 1.0):
        now_s -= duration_s * (1.0 - (1.0 / speed if speed else 0.0))
    return int(now_s) * NANOSECONDS


def _allow_files(needed: int) -> None:
    """Let this program have as many open files as its sessions take."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed >= needed:
        return
    if most != resource.RLIM_INFINITY and most < needed:
        problem = f"so many sessions take {needed:,} open files, and {most:,} are allowed"
        raise ConfigError(problem, place="--vehicles", remedy=f"Say ulimit -n {needed} first, or take fewer")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, most))


def _hush() -> None:
    """A broker that goes away is told in one line of the report, not in one for each vehicle."""
    if not logging.getLogger().isEnabledFor(logging.INFO):
        logging.getLogger("edge.link").setLevel(logging.ERROR)


def _stop_on_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


@contextmanager
def _truth(file: Path | None) -> Iterator[tuple[Callable[[Box], None] | None, Callable[[], None]]]:
    """Who is told the truth, and what gives its file the name; nobody and nothing without a file."""
    if file is None:
        yield None, lambda: None
        return
    with closing(Draft(file)) as draft:

        def tell(box: Box) -> None:
            with draft.writing() as stream:
                for row in box.truth():
                    stream.write(f'{{"vehicle": {json.dumps(box.name)}, {row.line()[1:]}\n'.encode())

        yield tell, draft.commit
