"""One run of chaos: who is hit and when follows from a seed; what is left is counted against what was said."""

import hashlib
import multiprocessing
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any, Final

from edge.outbox.rows import encoded
from edge.wire.topics import Kind
from tests.brokers import Mosquitto
from tests.chaos.proxy import Mischief, Proxy
from tests.chaos.sides import ALERTS, PACE, cloud, everything, vehicle
from tests.unit.outbox.postings import ADDRESS

DEADLINE_S: Final = 120.0
BLOWS: Final = (3, 8)
BETWEEN_S: Final = (0.02, 0.35)
STALL_S: Final = (2.0 / PACE, 600.0 / PACE)
"""Of a partition: two seconds to ten minutes of the road, longer ones the rarer (log-uniform)."""


@dataclass
class Outcome:
    """What one seed came to."""

    seed: int
    blows: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    evicted: int = 0
    """By the vehicle's own count."""
    declared: int = 0
    """By the gaps that the cloud was told."""
    unexplained: int = 0
    """Numbers that neither came nor were declared."""
    came_after_all: int = 0
    """Evicted and declared, but on their way already."""
    waiting: int = 0

    @property
    def is_clean(self) -> bool:
        """Nothing lost, nothing twice, all in order, each loss declared."""
        wrong = self.lost + self.duplicated + self.out_of_order + self.unexplained + self.waiting
        return not wrong and self.evicted == self.declared


class _Side:
    """A process that is killed at will, and started again with the same arguments."""

    def __init__(self, context: ForkServerContext, start: Callable[[Connection], tuple[Any, tuple[Any, ...]]]) -> None:
        self._context, self._start = context, start
        self._process: ForkServerProcess | None = None
        self._hears: Connection | None = None
        self.kills = 0

    def start(self) -> None:
        self._hears, tells = self._context.Pipe(duplex=False)
        target, arguments = self._start(tells)
        self._process = self._context.Process(target=target, args=arguments, daemon=True)
        self._process.start()
        tells.close()

    def hear(self, timeout_s: float) -> Any:
        """What it says; None: nothing within the time, or it has ended."""
        assert self._hears is not None
        try:
            return self._hears.recv() if self._hears.poll(timeout_s) else None
        except EOFError:
            return None

    @property
    def exitcode(self) -> int | None:
        return None if self._process is None else self._process.exitcode

    def kill(self) -> None:
        """With -9."""
        if self._process is not None:
            self._process.kill()
            self._process.join(20)
            self.kills += 1


_Parts = tuple[_Side, _Side, Mosquitto, Proxy]


def chaos(folder: Path, seed: int) -> Outcome:
    """A run: begun from nothing, hit again and again, and then let come to its end."""
    rng, outcome = random.Random(seed), Outcome(seed)
    mischief = Mischief(rng.choice((0.0, 0.05, 0.2)), rng.choice((0.0, 0.05, 0.2)), rng.choice((0.0, 0.05)))
    (folder / "broker").mkdir(parents=True)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.sides"])
    with Mosquitto(folder / "broker") as broker, Proxy(broker.port, mischief, seed) as proxy:
        seeds = iter(rng.randrange(1 << 30) for _ in range(1000))
        edge = _Side(context, lambda tells: (vehicle, (folder / "outbox.db", proxy.port, next(seeds), tells)))
        store = _Side(context, lambda tells: (cloud, (folder, broker.port, tells)))
        with _both(edge, store):
            for _ in range(rng.randint(*BLOWS)):
                threading.Event().wait(rng.uniform(*BETWEEN_S))
                outcome.blows[_strike(rng, (edge, store, broker, proxy))] += 1
            said = edge.hear(DEADLINE_S)
            assert said is not None, f"seed {seed}: not over within {DEADLINE_S:.0f} s"
        outcome.blows.update({name: count for name, count in proxy.counted.items() if name != "bytes"})
    _count(outcome, folder, said)
    return outcome


@contextmanager
def _both(edge: _Side, store: _Side) -> Iterator[None]:
    store.start()
    edge.start()
    try:
        yield
    finally:
        edge.kill()
        store.kill()


def _strike(rng: random.Random, parts: _Parts) -> str:
    """One blow, and its name."""
    edge, store, broker, proxy = parts
    blow = rng.choice(("edge", "edge", "cloud", "cloud", "broker", "cut", "stall"))
    match blow:
        case "edge":
            edge.kill()
            threading.Event().wait(rng.choice((0.0, 0.2)))
            edge.start()
        case "cloud":
            store.kill()
            threading.Event().wait(rng.choice((0.0, 0.5)))
            store.start()
        case "broker":
            broker.restart()
        case "cut":
            proxy.cut()
        case _:
            proxy.stall(stalled=True)
            shortest_s, longest_s = STALL_S
            threading.Event().wait(shortest_s * (longest_s / shortest_s) ** rng.random())
            proxy.stall(stalled=False)
    return blow


def _count(outcome: Outcome, folder: Path, counters: dict[str, int]) -> None:
    with closing(sqlite3.connect(folder / "telltale.db")) as db:
        told = Counter(int(alert, 16) for (alert,) in db.execute("SELECT alert FROM alert_timeline"))
        gaps = db.execute("SELECT stream, first, last FROM gaps").fetchall()
        came = db.execute(
            "SELECT streams.stream, seq FROM receipts JOIN streams ON streams.id = receipts.stream"
        ).fetchall()
    outcome.lost = ALERTS - len(told)
    outcome.duplicated = sum(told.values()) - len(told)
    outcome.out_of_order = _out_of_order(folder)
    outcome.evicted = sum(count for name, count in counters.items() if name.startswith("lost."))
    declared = {(stream, seq) for stream, first, last in gaps for seq in range(first, last + 1)}
    outcome.declared = len(declared)
    outcome.came_after_all = len(declared.intersection(came))
    known = declared.union(came)
    highest = {stream: max(seq for other, seq in known if other == stream) for stream, _ in known}
    outcome.unexplained = sum(highest.values()) - len(known)
    outcome.waiting = sum(count for name, count in counters.items() if name.startswith("waiting."))


def _out_of_order(folder: Path) -> int:
    """Alerts that were not stored under the number in which they were said, which is their place in the stream."""
    query = """SELECT streams.stream, seq, sha256 FROM receipts JOIN streams ON streams.id = receipts.stream
        WHERE kind = 'alert'"""
    with closing(sqlite3.connect(folder / "telltale.db")) as db:
        stored = {(stream, seq): digest for stream, seq, digest in db.execute(query)}
    [stream] = {stream for stream, _ in stored}
    said = [posting for posting in everything() if posting.body.kind is Kind.ALERT]
    payloads = [encoded(posting, ADDRESS.vehicle, stream, seq) for seq, posting in enumerate(said, start=1)]
    digests = [hashlib.sha256(b"alert\0" + payload).digest() for payload in payloads]
    return sum(stored.get((stream, seq)) != digest for seq, digest in enumerate(digests, start=1))
