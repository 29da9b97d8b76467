"""The embedded broker as a process of its own, so that its sockets end with it: `python -m … PORT`."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cloud.broker.embedded import HOST, embedded_broker


async def run(port: int) -> None:
    """Say where it listens, and run until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with embedded_broker(port) as broker:
        print(broker.port, flush=True)
        await stop.wait()


@contextmanager
def running_embedded_broker(port: int = 0) -> Iterator[str]:
    """One inside the block, on `port` or any free one; gives its address."""
    command = [sys.executable, "-m", __name__, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as broker:
        try:
            assert broker.stdout is not None
            yield f"mqtt://{HOST}:{int(broker.stdout.readline())}"
        finally:
            broker.terminate()
            broker.wait(20)
    assert broker.returncode == 0


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1])))
