"""Whether an ELM327 is behind a serial port: asked for its name, which goes to no vehicle."""

import os
import re
import select
import termios
import time
import tty
from contextlib import suppress
from typing import Final

BAUDS: Final = {38_400: termios.B38400, 115_200: termios.B115200, 9_600: termios.B9600}
"""Of ELM327 (38,400, or 9,600 by a jumper), and of Bluetooth and STN11xx adapters; the commonest first."""
ANSWER_S: Final = 1.5
"""An adapter that is just coming up takes a second."""
BYTES_MAX: Final = 4096
_NAME: Final = re.compile(rb"(ELM327|STN\d{4}|OBDLink)[ -~]*")


def adapter_at(port: str, *, answer_s: float = ANSWER_S) -> tuple[str, int] | None:
    """What the adapter calls itself, and at how many baud; None: nothing answers as one does, or nobody may open it."""
    try:
        line = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        for baud, speed in BAUDS.items():
            _set(line, speed)
            if (name := _name(line, answer_s)) is not None:
                return name, baud
    except (OSError, termios.error):
        return None  # it is no serial port, or was pulled out
    finally:
        os.close(line)
    return None


def _set(line: int, speed: int) -> None:
    tty.setraw(line)
    told = termios.tcgetattr(line)
    told[4] = told[5] = speed
    termios.tcsetattr(line, termios.TCSAFLUSH, told)


def _name(line: int, answer_s: float) -> str | None:
    """An empty command first: it ends whatever another program has begun to type."""
    os.write(line, b"\r")
    _heard(line, answer_s / 3)
    os.write(line, b"ATI\r")
    found = _NAME.search(_heard(line, answer_s))
    return found[0].decode("ascii").strip() if found else None


def _heard(line: int, within_s: float) -> bytes:
    """What comes until the prompt, or in that time."""
    until_s, heard = time.monotonic() + within_s, b""
    while (left_s := until_s - time.monotonic()) > 0 and not heard.rstrip().endswith(b">") and len(heard) < BYTES_MAX:
        if select.select([line], [], [], left_s)[0]:
            with suppress(BlockingIOError):
                heard += os.read(line, 256)
    return heard
