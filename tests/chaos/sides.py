"""Two sides, processes that are killed and started again: a vehicle that puts and sends, a cloud that stores."""

import itertools
import random
import threading
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from cloud.config import broker_target
from cloud.inbox.link import Link as Inbox
from edge.link import Broker
from edge.outbox import Limits, Outbox, Posting, Quota
from edge.wire.topics import Kind
from tests.integration.link.running import BRISK, RunningLink
from tests.unit.cloud.services import open_cloud
from tests.unit.outbox.postings import alert, open_outbox, summary, telemetry

PACE: Final = 30
"""All waits of these runs are some thirty times shorter than on the road."""
ROAD: Final = replace(BRISK, accept_s=60.0 / PACE, publish_s=120.0 / PACE)
"""So that a long partition ends a session."""
ALERTS: Final = 1000
SUMMARIES: Final = 60
BLOCKS: Final = 60
BLOCK_BYTES: Final = 2000
LIMITS: Final = Limits(quotas={Kind.TELEMETRY: Quota(25 * BLOCK_BYTES)})
"""Blocks are evicted when the cloud is away for long."""


def everything() -> list[Posting]:
    """All that a vehicle says in a run, in its order: the same each time, and each once, as a replay does."""
    said: list[Posting] = []
    for number in range(ALERTS):
        said.append(alert(number, key=f"a{number}"))
        if number % (ALERTS // SUMMARIES) == 0:
            said.append(_once(summary(number), f"s{number}"))
        if number % (ALERTS // BLOCKS) == 0:
            said.append(_once(telemetry(number, size=BLOCK_BYTES), f"t{number}"))
    return said


def _once(posting: Posting, key: str) -> Posting:
    return Posting(posting.body, posting.observed_at, posting.clock, key=key, block=posting.block)


def vehicle(path: Path, port: int, seed: int, told: Connection) -> None:
    """Put everything, a few at a time, while the link sends; end when the cloud has all of it."""
    rng = random.Random(seed)
    outbox = open_outbox(path, limits=LIMITS, start=rng.randrange(1, 1 << 40))
    broker = Broker.of(f"mqtt://127.0.0.1:{port}")
    with RunningLink(outbox, broker, client_id=outbox.client_id, pace=ROAD) as running:
        _put(outbox, running, rng)
        while not running.drained(1.0):
            pass
        told.send(outbox.counters())
    outbox.close()


def _put(outbox: Outbox, running: RunningLink, rng: random.Random) -> None:
    said, pause = everything(), threading.Event()
    while said:
        size = rng.randint(1, 60)
        outbox.put(said[:size])
        running.link.wake()
        said = said[size:]
        pause.wait(rng.uniform(0.0, 0.04))


def cloud(folder: Path, broker_port: int, told: Connection) -> None:
    """Store what comes, until it is killed."""
    with open_cloud(folder) as opened:
        ticks = itertools.count()
        inbox = Inbox(
            broker_target(f"mqtt://127.0.0.1:{broker_port}", ca_file=None),
            opened.intake.take,
            client_id="cloud",
            tls=None,
            now=lambda: opened.now + timedelta(milliseconds=next(ticks)),
            uniform=lambda low, _: low,
            on_change=lambda _: None,
        )
        told.send("ready")
        inbox.run()
