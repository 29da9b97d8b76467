"""What was worked out of a vehicle a moment ago and still holds: nothing was heard or done since.

A score is worked out of all that a vehicle ever told. Whoever asks how it is asks three more things within a minute.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

KEPT: Final = 500
"""Answers, of whichever vehicles; the one that was asked for longest ago goes."""
FOR: Final = timedelta(minutes=1)
"""No longer than this: a service that was reset leaves no trace in what is looked at."""


class Recent:
    """Keeps what was worked out, each with a stamp of what it was worked out from."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, tuple[Hashable, datetime, Any]] = OrderedDict()
        self._lock = Lock()

    def of(self, what: Hashable, stamp: Hashable, now: datetime, work_out: Callable[[], Any]) -> Any:
        """What is held under this stamp, else worked out now."""
        with self._lock:
            held = self._held.get(what)
        if held is not None and held[0] == stamp and held[1] <= now < held[1] + FOR:
            return held[2]
        found = work_out()
        with self._lock:
            self._held[what] = (stamp, now, found)
            self._held.move_to_end(what)
            while len(self._held) > KEPT:
                self._held.popitem(last=False)
        return found
