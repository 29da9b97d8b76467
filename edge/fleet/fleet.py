"""Fleet: boxes that begin one after the other, live second by second, and each keep a session; in one event loop."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

from edge.fleet.account import Account
from edge.fleet.box import Box, Habits
from edge.fleet.outfit import Outfit
from edge.fleet.plan import Enlisted
from edge.fleet.spool import Spool
from edge.fleet.tempo import Tempo
from edge.frames import NANOSECONDS
from edge.link import Broker, Link, Pace
from edge.wire.topics import Address

TURN: Final = 8
"""Boxes that live their second before the network gets its turn: some milliseconds."""
BACKLOG: Final = 100
"""As fast as it goes, a vehicle with so many unacknowledged messages makes all wait for the cloud."""
ROOM_S: Final = 16
"""How often that is looked at; in the meantime an outbox cannot overflow."""
ROOM_LOOK_S: Final = 0.01
GOODBYE_S: Final = 5.0
"""How long sessions may take to say goodbye, all together."""
INSIST_S: Final = 0.5
HURRIED_S: Final = 2.0
"""How long the last acknowledgements are waited for after a signal."""
DRAIN_LOOK_S: Final = 0.05
TRUTH_S: Final = 60
COUNTED_AT_ONCE: Final = 64


class Fleet:
    """All vehicles of one program."""

    def __init__(
        self,
        enlisted: Sequence[Enlisted],
        outfits: Mapping[str, Outfit],
        habits: Habits,
        broker: Broker,
        *,
        begin_ns: int,
        tempo: Tempo,
        stop: asyncio.Event,
        truth: Callable[[Box], None] | None = None,
    ) -> None:
        """`begin_ns`: UTC of the first simulated second, a whole one. `truth` is told of each box with faults."""
        self._recruits = deque(sorted(enlisted, key=lambda one: one.begins_s))
        self._outfits = outfits
        self._habits = habits
        self._broker = broker
        self._begin_ns = begin_ns
        self._tempo = tempo
        self._stop = stop
        self._truth = truth
        self._hang_up = asyncio.Event()
        self.boxes: list[Box] = []
        self.awake = 0
        """How many were, in the last second."""
        self.pause = ""
        """Why its time stands still; empty while it goes on."""

    async def run(self, duration_s: int | None, drain_s: float) -> None:
        """Live until the time is over or the stop; then wait for the last acknowledgements, and say goodbye."""
        async with asyncio.TaskGroup() as group:
            links: list[asyncio.Task[None]] = []
            await self._live(duration_s, group, links)
            self.pause = "ends"
            await self._end()
            await self._drain(drain_s)
            await self._say_goodbye(links)

    async def account(self) -> Account:
        """Count over all boxes, a few at a time."""
        account = Account()
        for place, box in enumerate(self.boxes):
            if place % COUNTED_AT_ONCE == 0:
                await asyncio.sleep(0)
            account.add(box)
        return account

    async def _live(self, duration_s: int | None, group: asyncio.TaskGroup, links: list[asyncio.Task[None]]) -> None:
        for second in count() if duration_s is None else range(duration_s):
            await self._begin(second, group, links)
            awake = 0
            for share, boxes in _turns(self.boxes):
                await self._tempo.until(second + share)
                if self._stop.is_set():
                    return
                if second % ROOM_S == 0 and self._tempo.is_free:
                    await self._room(boxes)
                for box in boxes:
                    awake += box.second()
                    self._tell(box)
            self.awake = awake
        if duration_s is not None:
            await self._tempo.until(duration_s)

    async def _begin(self, second: int, group: asyncio.TaskGroup, links: list[asyncio.Task[None]]) -> None:
        """Build the vehicles whose time has come; each takes some ten milliseconds."""
        while self._recruits and self._recruits[0].begins_s <= second and not self._stop.is_set():
            box = self._build(self._recruits.popleft(), second)
            self.boxes.append(box)
            links.append(group.create_task(box.link.run(self._hang_up), name=f"link-{box.name}"))
            await asyncio.sleep(0)

    def _build(self, enlisted: Enlisted, second: int) -> Box:
        spool = Spool.in_memory(enlisted.name)
        link = Link(
            spool,
            Address(self._habits.fleet, enlisted.name),
            self._broker,
            client_id=spool.client_id,
            monotonic=time.monotonic,
            random=random.SystemRandom().random,
            pace=Pace(look_s=0.0),  # of thousands in one process nobody drives into a tunnel
        )
        begin_ns = self._begin_ns + second * NANOSECONDS
        outfit = self._outfits[enlisted.kind]
        return Box(enlisted, outfit=outfit, habits=self._habits, spool=spool, link=link, begin_ns=begin_ns)

    async def _room(self, boxes: Sequence[Box]) -> None:
        """Wait until none of them is far ahead of the cloud."""
        while not self._stop.is_set() and any(box.spool.waiting_messages() >= BACKLOG for box in boxes):
            self.pause = "waits for the cloud"
            await asyncio.sleep(ROOM_LOOK_S)
        self.pause = ""

    def _tell(self, box: Box, *, is_end: bool = False) -> None:
        if self._truth and box.life.specs and (is_end or box.life.seconds % TRUTH_S == 0):
            self._truth(box)

    async def _end(self) -> None:
        for place, box in enumerate(self.boxes):
            if place % TURN == 0:
                await asyncio.sleep(0)
            box.end()
            self._tell(box, is_end=True)

    async def _say_goodbye(self, links: Sequence[asyncio.Task[None]]) -> None:
        """End the sessions; those that are still waiting for an answer of the broker do not get it any more."""
        self._hang_up.set()
        slow = set(links)
        if slow:
            _, slow = await asyncio.wait(slow, timeout=GOODBYE_S)
        asyncio.get_running_loop().set_exception_handler(_pass_over_cancelled)
        while slow:  # cancelled once, a session still waits for the broker to close it
            for link in slow:
                link.cancel()
            _, slow = await asyncio.wait(slow, timeout=INSIST_S)

    async def _drain(self, drain_s: float) -> None:
        """Wait until the cloud has everything; after a signal not for long."""
        began_s = time.monotonic()
        waiting = deque(self.boxes)
        while waiting and time.monotonic() - began_s < (min(drain_s, HURRIED_S) if self._stop.is_set() else drain_s):
            while waiting and waiting[0].spool.is_empty():
                waiting.popleft()
            await asyncio.sleep(DRAIN_LOOK_S)


def _pass_over_cancelled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Callbacks of aiomqtt stumble over the connection attempt that was cancelled; that is no news."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


def _turns(boxes: Sequence[Box]) -> Iterator[tuple[float, Sequence[Box]]]:
    """Which boxes live at once, and where in the second that is: they are spread over it."""
    if not boxes:
        yield 0.0, ()
    for place in range(0, len(boxes), TURN):
        yield place / len(boxes), boxes[place : place + TURN]
