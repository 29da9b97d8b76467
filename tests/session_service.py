"""Who answers on a message bus of a test, in a thread of its own."""

import select
from collections.abc import Callable
from typing import Any


def serve(bus: Any, end: int, answer: Callable[[Any], None]) -> None:
    """Answer each message of a connection of jeepney's, until `end` can be read or the bus is gone."""
    while True:
        ready, _, _ = select.select([bus.sock, end], [], [])
        if end in ready:
            return
        try:
            while True:
                answer(bus.receive(timeout=0))
        except TimeoutError:
            continue
        except ConnectionError:
            return
