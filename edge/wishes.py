"""Wishes: what the driver asks for by a button or a touch, taken at the next tick; modes outlive a restart."""

import json
import logging
import threading
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from edge.driver.notice import Request, Wish
from edge.errors import EdgeError
from edge.files import Draft
from edge.modes import Modes

log = logging.getLogger(__name__)

WAITING_MAX: Final = 32
"""Requests between two ticks: more come of no person."""
KEPT_BYTES: Final = 4096


class Wishes:
    """Takes requests from any thread, and hands them to the one that judges."""

    def __init__(self, file: Path | None) -> None:
        """`file`: where modes are kept; None: nowhere."""
        self._file = file
        self._waiting: deque[Request] = deque()
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._kept = Modes().kept
        """What a restart would find, as far as it could be written."""

    @property
    def counters(self) -> Mapping[str, int]:
        """What was asked for, and by what."""
        return dict(self._counts)

    def __call__(self, request: Request) -> None:
        """Take it; it takes effect at the next tick."""
        with self._lock:
            if len(self._waiting) < WAITING_MAX:
                self._waiting.append(request)
                self._counts[f"{request.wish}_by_{request.by}"] += 1
            else:
                self._counts["dropped"] += 1

    def take(self) -> list[Request]:
        """What was asked for since the last call."""
        with self._lock:
            taken = list(self._waiting)
            self._waiting.clear()
        return taken

    def recall(self) -> Modes:
        """The modes as they were kept; where that cannot be read, private mode: nobody knows that it was not wanted."""
        if self._file is None or not self._file.exists():
            return Modes()
        try:
            modes = Modes.taken_up(json.loads(self._file.read_bytes()[:KEPT_BYTES]))
        except (OSError, ValueError, AttributeError) as error:
            log.warning("%s cannot be read (%s): private mode is on until somebody ends it", self._file, error)
            modes = Modes(private_wish=True)
        self._kept = modes.kept
        return modes

    def keep(self, modes: Modes) -> None:
        """Keep what outlives a restart, if it changed; a disk that fails is said, and the modes hold all the same."""
        if self._file is None or modes.kept == self._kept:
            return
        self._kept = modes.kept
        try:
            with closing(Draft(self._file)) as draft:
                with draft.writing() as stream:
                    stream.write(json.dumps(modes.kept).encode())
                draft.commit()
        except EdgeError as error:
            log.warning("private and workshop mode end with the next restart: %s", error)


def with_wish(modes: Modes, wish: Wish, at: int) -> Modes:
    """The modes after a wish (ns); an acknowledgement or a capture changes none."""
    match wish:
        case Wish.PRIVATE_ON | Wish.PRIVATE_OFF:
            return modes.with_private(private=wish is Wish.PRIVATE_ON)
        case Wish.WORKSHOP_ON:
            return modes.in_workshop(at)
        case Wish.WORKSHOP_OFF:
            return modes.ended()
        case Wish.ACKNOWLEDGE | Wish.CAPTURE:
            return modes
