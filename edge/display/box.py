"""The box as the display knows it: the state that its channel told last, as long as it goes on saying something."""

import asyncio
import logging
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.driver.judged import JUDGED_MAX_S
from edge.driver.lines import STATE_BYTES_MAX, read_answer, read_judged, read_state, request_line
from edge.driver.notice import CabState, Wish

logger = logging.getLogger(__name__)

SILENCE_S: Final = 12.0
"""A box that says nothing for so long (two signs of life and more) is not connected any more."""
RETRY_FIRST_S: Final = 0.2
RETRY_MAX_S: Final = 5.0
ANSWER_S: Final = 2.0
ASKED_MAX: Final = 8
"""Requests that wait for their answers."""


class NoBox(Exception):
    """A request could not be told to the box."""


class Box:
    """The state, and who waits for its changes; belongs to one event loop."""

    def __init__(self, path: Path, *, silence_s: float = SILENCE_S) -> None:
        self.state: CabState | None = None
        """None: there is no connection, so nothing is known."""
        self.is_old = False
        """Nothing was judged for JUDGED_MAX_S: what the state says may not hold any more."""
        self.number = 0
        """Of the state; another one with each change."""
        self.language: str | None = None
        """Of the cab, as it was heard last; None: never yet."""
        self._path = path
        self._silence_s = silence_s
        self._changed = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._asked: deque[asyncio.Future[str]] = deque()
        self._trouble = ""
        self._ages: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        retry_s = RETRY_FIRST_S
        while True:
            try:
                await self._listen()
            except (OSError, ValueError, TimeoutError) as error:
                self._say_trouble(str(error) or "it says nothing")
                retry_s = RETRY_FIRST_S if self.state is not None else min(2.0 * retry_s, RETRY_MAX_S)
            finally:
                self._forget()
            await asyncio.sleep(retry_s)

    async def news(self, number: int, wait_s: float) -> bool:
        """Wait until the state is another one than this or somebody wakes us, at most so long; whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                if self.number == number:
                    await self._changed.wait()
        return self.number != number

    def wake(self) -> None:
        """Let everybody who waits for news look about."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def ask(self, wish: Wish, alert: str | None) -> str:
        """Tell a wish; `taken`, or why it was refused.

        Raises:
            NoBox: there is no connection, too much waits already, or no answer came.
        """
        if self._writer is None or len(self._asked) >= ASKED_MAX:
            raise NoBox
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        try:
            self._writer.write(request_line(wish, alert))
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except (TimeoutError, OSError) as error:
            raise NoBox from error

    async def _listen(self) -> None:
        """Take lines until the box hangs up or is silent."""
        async with asyncio.timeout(self._silence_s):
            reader, self._writer = await asyncio.open_unix_connection(self._path, limit=STATE_BYTES_MAX)
        while True:
            async with asyncio.timeout(self._silence_s):
                line = await reader.readline()
            if not line:
                raise ConnectionResetError("it hung up")
            self._take(line)

    def _take(self, line: bytes) -> None:
        if (judged_s := read_judged(line)) is not None:
            self._judged(judged_s)
        if (state := read_state(line)) is not None:
            if self._trouble:
                logger.warning("box: connected again")
            self._trouble = ""
            self._put(state)
        elif (answer := read_answer(line)) is not None and self._asked:
            waiting = self._asked.popleft()
            if not waiting.done():
                waiting.set_result(answer)

    def _put(self, state: CabState | None) -> None:
        if state != self.state or self.number == 0:
            self.state = state
            self.number += 1
            self.language = self.language if state is None else state.language
            self.wake()

    def _judged(self, ago_s: float) -> None:
        """Something was judged so long ago: it holds for a while, also if nothing more is heard."""
        if self._ages is not None:
            self._ages.cancel()
        left_s = JUDGED_MAX_S - ago_s
        self._ages = asyncio.get_running_loop().call_later(left_s, self._become_old, True) if left_s > 0.0 else None
        self._become_old(left_s <= 0.0)

    def _become_old(self, is_old: bool) -> None:
        if is_old != self.is_old:
            self.is_old = is_old
            self.number += 1
            self.wake()

    def _forget(self) -> None:
        """Nothing is known any more."""
        self._put(None)
        if self._ages is not None:
            self._ages.cancel()
        while self._asked:
            waiting = self._asked.popleft()
            if not waiting.done():
                waiting.set_exception(NoBox())
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _say_trouble(self, trouble: str) -> None:
        if trouble != self._trouble:
            logger.warning("box: no connection at %s: %s; tried again until there is one", self._path, trouble)
        self._trouble = trouble
