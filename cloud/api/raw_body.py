"""Bodies that are a file: read piece by piece, after it is known who sends them, one at a time, up to a bound."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Request

from cloud.errors import TooLarge, TooMany
from edge.wire.bundles import BUNDLE_BYTES_MAX

WAIT_S: Final = 10.0
"""After which who came second may come again."""


class Uploads:
    """Sees to it that only one file is in memory."""

    def __init__(self) -> None:
        self._is_busy = False

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Nobody else sends a file inside the block.

        Raises:
            TooMany: somebody does.
        """
        if self._is_busy:
            raise TooMany("somebody else sends a file just now", wait_s=WAIT_S)
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False


async def read(request: Request) -> bytes:
    """The whole body.

    Raises:
        TooLarge: it is more than any bundle has; the rest is not read.
    """
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > BUNDLE_BYTES_MAX:
            raise TooLarge(f"the file has more than {BUNDLE_BYTES_MAX} bytes")
    return bytes(content)
