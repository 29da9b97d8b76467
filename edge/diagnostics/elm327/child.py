"""The child: talks to one ELM327 through python-OBD, for whoever holds its standard input and output.

    python -m edge.diagnostics.elm327.child PORT [BAUD]

It is a program of its own for two reasons. python-OBD waits ten seconds and more for an adapter that says nothing, so
whoever needs an answer must be able to kill it. And python-OBD is under the GPL, version 2 or later: this file, which
imports it, runs under the GPL (3, which Apache-2.0 goes together with). Nothing imports this file; the daemon
exchanges lines of JSON with it (`words.py`) and knows nothing of python-OBD.

It never says anything to the vehicle by itself: python-OBD's own questions, asked as it connects, are left out. What
goes to the bus is composed and permitted by the daemon. It ends when its standard input does.
"""

import logging
import os
import queue
import resource
import sys
import threading
import time
from collections.abc import Sequence
from typing import Final

from obd.elm327 import ELM327  # type: ignore[import-untyped]  # python-OBD has no types
from obd.utils import OBDStatus  # type: ignore[import-untyped]  # as above

from edge.diagnostics.elm327.words import LINES_MAX, TEXT_MAX, Away, Found, Open, Said, Say

KNOCK_S: Final = 0.3
"""How long an adapter may take to answer a nonsense command at one speed; it takes some milliseconds."""
PAUSE_FIRST_S: Final = 0.25
PAUSE_MAX_S: Final = 1.0
"""Between two attempts to reach an adapter."""
WAITING_MAX: Final = 16
"""Commands that wait; the daemon sends one at a time."""
MEMORY_MAX: Final = 512 * 1024 * 1024
"""Bytes of address space: an adapter that never stops writing ends the child, not the machine."""


class Adapter(ELM327):  # type: ignore[misc]  # python-OBD has no types
    """An adapter that is spoken to, and through which nobody speaks to the vehicle yet."""

    def set_baudrate(self, baud: int | None) -> bool:
        """Find out whether it answers, at this speed or at any; python-OBD would only believe it."""
        if baud is not None:
            self._TRY_BAUDS = [baud]
        is_there = bool(self.auto_baudrate())
        if is_there:
            _tell(Found())
        return is_there

    def set_protocol(self, protocol_: str | None) -> bool:
        """Say nothing to the vehicle; so lines come back as they are, without being interpreted."""
        del protocol_
        return False


class LastWords(logging.Handler):
    """Keeps why python-OBD gave up last; it says so to its log alone."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.text = record.getMessage()[:TEXT_MAX]


def main(arguments: Sequence[str]) -> None:
    """Reach the adapter again and again, and say to it what we are told, until standard input ends."""
    port, baud = arguments[0], int(arguments[1]) if len(arguments) > 1 else None
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    log, last_words = logging.getLogger("obd"), LastWords()
    log.handlers[:] = [last_words]
    log.propagate = False
    orders = _orders()
    pause_s = PAUSE_FIRST_S
    while True:
        adapter = Adapter(port, baud, None, KNOCK_S, check_voltage=False)
        if _is_there(adapter):
            _tell(Open())
            pause_s = PAUSE_FIRST_S
            _serve(adapter, orders)
        _tell(Away(why=last_words.text))
        time.sleep(pause_s)
        pause_s = min(2.0 * pause_s, PAUSE_MAX_S)


def _serve(adapter: Adapter, orders: "queue.Queue[Say]") -> None:
    """Until the adapter is gone."""
    while True:
        order = orders.get()
        messages = adapter.send_and_parse(order.text.encode()) or ()
        if not _is_there(adapter):
            return
        lines = [frame.raw for message in messages for frame in message.frames]
        _tell(Said(number=order.number, lines=lines[:LINES_MAX]))


def _is_there(adapter: Adapter) -> bool:
    return bool(adapter.status() != OBDStatus.NOT_CONNECTED)


def _orders() -> "queue.Queue[Say]":
    """What we are told. Only the reading is a thread: the daemon's end is noticed while the adapter is waited for."""
    orders: queue.Queue[Say] = queue.Queue(WAITING_MAX)

    def read() -> None:
        for line in sys.stdin:
            orders.put(Say.model_validate_json(line))

    def read_to_the_end() -> None:
        try:
            read()
        finally:
            os._exit(0)  # the main thread may be waiting for the adapter

    threading.Thread(target=read_to_the_end, name="orders", daemon=True).start()
    return orders


def _tell(word: Away | Found | Open | Said) -> None:
    print(word.model_dump_json(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
