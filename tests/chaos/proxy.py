"""A TCP proxy between a vehicle and its broker: it cuts, stalls, and delivers late, twice, in another order."""

import asyncio
import random
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

PUBLISH: Final = 3
CHUNK: Final = 65_536
LENGTH_BYTES: Final = 4
"""MQTT 3.1.1, 2.2.3: at most so many bytes say how long the rest of a packet is."""


@dataclass(frozen=True, slots=True)
class Mischief:
    """What is done to messages, by chance."""

    duplicate: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    delay_s: float = 0.05


class Proxy:
    """Listens on a loopback port of its own while inside the `with` block."""

    def __init__(self, target: int, mischief: Mischief, seed: int) -> None:
        """`target`: port of the broker on loopback."""
        self.counted: Counter[str] = Counter()
        self.port = 0
        self._target, self._mischief, self._rng = target, mischief, random.Random(seed)
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy")
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10), "the proxy does not listen"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def cut(self) -> None:
        """Every connection ends here and now."""
        self._loop.call_soon_threadsafe(self._cut)

    def stall(self, *, stalled: bool) -> None:
        """Nothing goes through while it is stalled, and nobody is told."""
        self._loop.call_soon_threadsafe(self._open.clear if stalled else self._open.set)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._over, self._open = asyncio.Event(), asyncio.Event()
        self._open.set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        self._cut()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self.counted["cuts"] += bool(self._writers)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, back}
        self._writers |= both
        ways = [asyncio.create_task(self._forward(reader, back)), asyncio.create_task(self._forward(there, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._writers -= both
            for way in ways:
                way.cancel()
            for one in both:
                one.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held = b""  # until the next packet has gone before it
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                packet = await _packet(reader)
                await self._open.wait()
                copies = 1
                if packet[0] >> 4 == PUBLISH:
                    if self._happens(self._mischief.delay, "delayed"):
                        await asyncio.sleep(self._rng.uniform(0.0, self._mischief.delay_s))
                    if not held and self._happens(self._mischief.reorder, "reordered"):
                        held = packet
                        continue
                    copies += self._happens(self._mischief.duplicate, "duplicated")
                writer.write(packet * copies + held)
                self.counted["bytes"] += len(packet) * copies + len(held)
                held = b""
                await writer.drain()

    def _happens(self, chance: float, what: str) -> bool:
        happens = self._rng.random() < chance
        self.counted[what] += happens
        return happens


async def _packet(reader: asyncio.StreamReader) -> bytes:
    """One MQTT control packet, whole."""
    head = await reader.readexactly(1)
    length = shift = 0
    for _ in range(LENGTH_BYTES):
        more = await reader.readexactly(1)
        head += more
        length |= (more[0] & 0x7F) << shift
        shift += 7
        if more[0] < 0x80:
            break
    return head + await reader.readexactly(length)
