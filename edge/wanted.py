"""What the cloud wants of the vehicle, taken by the link's thread and looked at by the one that judges.

So far one wish is understood: `workshop_until`, while a work order is in work. It is not signed, so it may do little.
It outlives a restart by the message that the broker keeps, and by nothing else.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from edge.wire.downlink import Desired

WORKSHOP_UNTIL: Final = "workshop_until"
ORDER_NS: Final = 12 * 3600 * 1_000_000_000
"""What lies further ahead is not believed."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME: Final = TypeAdapter(AwareDatetime)


class Wanted:
    """The last version of what is wanted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._version = 0
        self._until_ns: int | None = None
        self._on_axis: int | None = None

    @property
    def counters(self) -> Mapping[str, int]:
        """`taken`; `old` versions; `unknown` keys; `wrong` times, `too_far` ahead."""
        with self._lock:
            return dict(self._counts)

    def __call__(self, desired: Desired) -> None:
        """Take it, from any thread; an older or the same version changes nothing."""
        with self._lock:
            if desired.version <= self._version:
                self._counts["old"] += 1
                return
            self._version = desired.version
            self._counts["taken"] += 1
            self._counts["unknown"] += len(desired.state.keys() - {WORKSHOP_UNTIL})
            self._until_ns = self._time_of(desired.state.get(WORKSHOP_UNTIL))
            self._on_axis = None

    def order_until(self, at: int, *, ahead_ns: int, clock_is_right: bool) -> int | None:
        """Until when (ns on the axis) an order is in work, as of `at` on it; the wall clock is `ahead_ns` ahead.

        A time of day means nothing to a clock that is wrong: the order counts from when the clock is right. One that
        counts already runs on by the axis, which never jumps.
        """
        with self._lock:
            if self._until_ns is None:
                return None
            if clock_is_right:
                self._on_axis = self._until_ns - ahead_ns
                if self._on_axis > at + ORDER_NS:
                    self._counts["too_far"] += 1
                    self._until_ns = self._on_axis = None
            return self._on_axis if self._on_axis is not None and at < self._on_axis else None

    def _time_of(self, said: object) -> int | None:
        if said is None:
            return None
        try:
            since = _TIME.validate_python(said, strict=False) if isinstance(said, str) else None
        except ValidationError:
            since = None
        if since is None:
            self._counts["wrong"] += 1
            return None
        return (since - _EPOCH) // timedelta(microseconds=1) * 1000
