"""The desktop: a notification for each alert, which a click acknowledges."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from edge.driver.notice import CabState, Notice, Request, Requests, Wish
from edge.driver.session_bus import Away, SessionBus
from edge.driver.settings import DesktopSettings
from edge.driver.turns import Turns
from edge.driver.worker import RETRY_S, Worker

SHOWN_MAX: Final = 64

SHOWN: Final = "shown"
ACKNOWLEDGED: Final = "acknowledged"
WITHDRAWN: Final = "withdrawn"
FAILED: Final = "failed"
CAUSES: Final = (SHOWN, ACKNOWLEDGED, WITHDRAWN, FAILED)


class Desktop:
    """Shows notices on the desktop, one for each alert, and takes them away when the alert is over or acknowledged.

    A click acknowledges the alert. Without a bus, or without anybody on it who shows notifications, it is tried again
    every minute and with each notice.
    """

    name = "desktop"

    def __init__(
        self,
        settings: DesktopSettings,
        requests: Requests,
        *,
        retry_s: float = RETRY_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now`: seconds of a clock that never jumps."""
        self._address = settings.bus or "SESSION"
        self._requests = requests
        self._retry_s = retry_s
        self._now = now
        self._lock = threading.Lock()
        self._turns = Turns()
        self._is_new = False
        """Whether a notice came since the bus was tried."""
        self._state: CabState | None = None
        """News that has not been looked at: what a notice says afterwards stays."""
        self._counts = Counter(dict.fromkeys(CAUSES, 0))
        self._session: SessionBus | None = None
        self._retry_at = -retry_s
        self._numbers: dict[str, int] = {}
        """What the desktop calls the notification of an alert; the oldest first."""
        self._fired: set[str] = set()
        """Those of them whose alert was seen firing: a notice may come a moment before its alert."""
        self._trouble = ""
        self._closed = False
        self._worker = Worker(self.name, self._step)
        self._worker.start()

    @property
    def trouble(self) -> str:
        """Why nothing is shown."""
        return self._worker.trouble or self._trouble

    @property
    def counters(self) -> Mapping[str, int]:
        """Notices shown, acknowledged by a click, withdrawn, failed, and what was not shown, by cause."""
        with self._lock:
            return {**self._counts, **self._turns.counts}

    def say(self, notice: Notice) -> None:
        """Show it soon."""
        with self._lock:
            if self._closed:
                return
            self._turns.add(notice, self._now())
            self._is_new = True
        self._worker.wake()

    def show(self, state: CabState) -> None:
        """Take away what is over or acknowledged."""
        with self._lock:
            self._state = state
        self._worker.wake()

    def close(self) -> None:
        """Take away what is shown, and leave the bus."""
        with self._lock:
            self._closed = True
        if self._worker.close() and self._session is not None:
            self._try(self._withdraw_all)
            self._leave()

    def _step(self) -> float | None:
        with self._lock:
            is_new, self._is_new = self._is_new, False
            state, self._state = self._state, None
        if self._session is None:
            left_s = self._retry_at + self._retry_s - self._now()
            if left_s > 0 and not is_new:
                return left_s
            self._retry_at = self._now()
            self._try(self._join)
        if self._session is not None:
            self._try(partial(self._up_to_date, self._session, state))
        self._worker.listen(None if self._session is None else self._session.file)
        return self._retry_s if self._session is None else None

    def _up_to_date(self, session: SessionBus, state: CabState | None) -> None:
        """Show what waits, take away what is over, hear what was clicked."""
        while not self._closed and self._show_next(session):
            pass
        if state is not None:
            self._withdraw_what_is_over(session, state)
        for kind, number in session.news():
            self._heard(kind, number)
        self._trouble = ""

    def _show_next(self, session: SessionBus) -> bool:
        with self._lock:
            taken = self._turns.take(self._now())
        if taken is None:
            return False
        notice, at_s = taken
        try:
            number = session.notify(notice, self._numbers.pop(notice.alert, 0))
        except Away:
            with self._lock:
                self._turns.add_again(notice, at_s)
            raise
        self._numbers[notice.alert] = number
        with self._lock:
            self._counts[SHOWN] += 1
        while len(self._numbers) > SHOWN_MAX:
            self._withdraw(session, next(iter(self._numbers)))
        return True

    def _withdraw_what_is_over(self, session: SessionBus, state: CabState) -> None:
        firing = {alert.id for alert in state.alerts}
        seen = {alert.id for alert in state.alerts if alert.acknowledged}
        self._fired |= firing & set(self._numbers)
        over = set() if state.more else self._fired - firing  # of those beside the first eight nothing is known
        for alert in (seen | over) & set(self._numbers):
            self._withdraw(session, alert)

    def _withdraw(self, session: SessionBus, alert: str) -> None:
        self._fired.discard(alert)
        session.withdraw(self._numbers.pop(alert))
        with self._lock:
            self._counts[WITHDRAWN] += 1

    def _withdraw_all(self) -> None:
        for alert in list(self._numbers):
            if self._session is not None:
                self._withdraw(self._session, alert)

    def _heard(self, kind: str, number: int) -> None:
        """A click, or a notification that is gone."""
        alert = next((alert for alert, known in self._numbers.items() if known == number), None)
        if alert is None:
            return
        if kind == "ActionInvoked":
            with self._lock:
                self._counts[ACKNOWLEDGED] += 1
            self._requests(Request(Wish.ACKNOWLEDGE, "desktop", alert))
        else:
            self._fired.discard(alert)
            del self._numbers[alert]

    def _join(self) -> None:
        self._session = SessionBus(self._address)

    def _leave(self) -> None:
        session, self._session = self._session, None
        self._numbers.clear()
        self._fired.clear()
        if session is not None:
            session.close()

    def _try(self, what: Callable[[], None]) -> None:
        try:
            what()
        except Away as error:
            self._trouble = str(error)
            self._leave()
            with self._lock:
                self._counts[FAILED] += 1
