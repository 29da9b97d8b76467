"""A link as the daemon runs it: an event loop beside the thread that puts."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from edge.link import Broker, Budget, Link, Pace
from edge.link.exchange import Spool, Timekeeper
from edge.wire.bundles import Piece
from edge.wire.downlink import Desired
from edge.wire.topics import Address
from tests.unit.outbox.postings import ADDRESS
from tests.waiting import DEADLINE_S

BRISK: Final = Pace(resend_s=0.3, resend_max_s=0.6, backoff_s=0.05, backoff_max_s=0.2, answer_s=5.0)
"""Like the real pace, for people who wait."""


class RunningLink:
    """Runs until the `with` block is left, then says goodbye."""

    def __init__(
        self,
        spool: Spool,
        broker: Broker,
        *,
        client_id: str = "car-1-0123456789abcdef",
        pace: Pace = BRISK,
        address: Address = ADDRESS,
        on_desired: Callable[[Desired], None] | None = None,
        on_piece: Callable[[Piece], None] | None = None,
        budget: Budget | None = None,
        timekeeper: Timekeeper | None = None,
    ) -> None:
        self.link = Link(
            spool,
            address,
            broker,
            client_id=client_id,
            monotonic=time.monotonic,
            random=lambda: 0.5,
            pace=pace,
            budget=budget,
            on_desired=on_desired,
            on_piece=on_piece,
            timekeeper=timekeeper,
        )
        self._started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="link")

    def __enter__(self) -> Self:
        self._thread.start()
        self._loop, self._stop = self._started.result(DEADLINE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(RuntimeError):  # it has ended by itself, and will say why
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive(), "the link does not stop"
        if self._failed is not None:
            raise self._failed

    def drained(self, timeout_s: float = DEADLINE_S) -> bool:
        """Whether the cloud has everything, waiting for it."""
        return asyncio.run_coroutine_threadsafe(self.link.drained(timeout_s), self._loop).result(timeout_s + 5)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for what the link shows of itself; it notifies nobody, so it is looked at again and again."""
        until_s = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < until_s, f"not within {DEADLINE_S} s: {self.link.trouble}, {self.link.counters()}"
            time.sleep(0.01)  # another thread is what we wait for

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001  # it is raised again where the test sees it
            self._failed = error

    async def _main(self) -> None:
        stop = asyncio.Event()
        self._started.set_result((asyncio.get_running_loop(), stop))
        await self.link.run(stop)
