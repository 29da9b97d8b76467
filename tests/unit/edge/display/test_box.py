"""What the display knows of a box whose judging stops, over a real socket."""

import asyncio
from contextlib import suppress
from pathlib import Path

from edge.display.box import Box
from edge.display.view import view_of
from edge.driver.channel import Channel
from edge.driver.judged import JUDGED_MAX_S, Judged
from edge.driver.notice import Telltale
from edge.driver.words import load_words
from tests.displays import state_of


class Clock:
    """Seconds that only a test moves on."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_box_whose_judging_stops_is_unknown_until_it_judges_again(tmp_path: Path) -> None:
    clock = Clock()
    judged = Judged(clock)
    channel = Channel(tmp_path / "cab.sock", lambda _: None, judged_s=judged.age_s, alive_s=0.05)

    async def face(box: Box, wanted: str) -> str:
        async with asyncio.timeout(20.0):
            while True:
                number, view = box.number, view_of(box.state, load_words("en"), is_old=box.is_old)
                if view["telltale"] == wanted and box.state is not None:
                    return str(view["sentence"])
                await box.news(number, 20.0)

    async def look() -> None:
        box = Box(tmp_path / "cab.sock")
        runs = asyncio.create_task(box.run())
        judged.now()
        channel.show(state_of(Telltale.GREEN))
        await face(box, "green")
        clock.now_s += JUDGED_MAX_S
        assert await face(box, "unknown") == "The box has stopped watching the vehicle"
        judged.now()
        await face(box, "green")
        runs.cancel()
        with suppress(asyncio.CancelledError):
            await runs

    try:
        asyncio.run(look())
    finally:
        channel.close()
