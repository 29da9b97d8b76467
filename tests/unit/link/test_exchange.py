"""The end of an exchange is never missed, whatever else happens at that moment."""

import asyncio
import time
from contextlib import closing

import aiomqtt
import pytest

from edge.link import Allowance, Budget, Pace
from edge.link.exchange import Exchange, Signals
from edge.wire.envelope import StreamClass
from tests.unit.outbox.postings import ADDRESS, alert, memory_folder, open_outbox


@pytest.mark.parametrize("steps", range(5))
def test_a_cancellation_that_comes_with_a_wake_still_cancels(steps: int) -> None:
    """Else the sender goes on in a session that is over, and takes the link with it."""

    async def scenario() -> bool:
        with memory_folder() as folder, closing(open_outbox(folder / "outbox.db")) as outbox:
            signals = Signals()
            client = aiomqtt.Client("127.0.0.1")
            budget = Budget(Allowance(), monotonic=time.monotonic, utc_day=lambda: None)
            exchange = Exchange(
                client, outbox, ADDRESS, pace=Pace(), signals=signals, monotonic=time.monotonic, budget=budget
            )
            outbox.put([alert(1)])
            window = exchange._windows[StreamClass.ALERT]
            window.load(outbox.waiting(StreamClass.ALERT, 0, 1))
            window.due(time.monotonic())  # so that there is something to send again later
            waiting = asyncio.create_task(exchange._until_due())
            await asyncio.sleep(0)
            signals.woken.set()
            for _ in range(steps):
                await asyncio.sleep(0)
            if waiting.done():  # before the cancellation came
                return True
            waiting.cancel()
            await asyncio.wait([waiting])
            return waiting.cancelled()

    assert asyncio.run(scenario())
