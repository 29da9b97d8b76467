"""The desktop: a notification for each alert, by D-Bus (org.freedesktop.Notifications 1.2). The only room that knows jeepney."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from edge.driver.notice import CabState, Notice, Request, Requests, Wish
from edge.driver.settings import DesktopSettings
from edge.driver.turns import Turns
from edge.driver.worker import RETRY_S, Worker

ANSWER_S: Final = 5.0
"""So long a call may take."""
SHOWN_MAX: Final = 64
NEWS_MAX: Final = 64
"""Clicks that wait while something is sent."""
URGENCY: Final = {"critical": 2, "warning": 1}
"""By severity; everything else is 0, low (urgency levels of the specification)."""
PATH: Final = "/org/freedesktop/Notifications"
NAME: Final = "org.freedesktop.Notifications"
OK: Final = "OK"
"""What the button says, in any language."""
INSTALL: Final = "pip install 'telltale[cab]'"
SESSION: Final = "run the daemon in the session of whoever sits there, or name its bus in [cab.desktop] bus"

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
        self._state: CabState | None = None
        self._counts = Counter(dict.fromkeys(CAUSES, 0))
        self._session: _Session | None = None
        self._retry_at = -retry_s
        self._numbers: dict[str, int] = {}
        """What the desktop calls the notification of an alert; the oldest first."""
        self._fired: set[str] = set()
        """Those of them whose alert was seen firing: a notice may come a moment before its alert."""
        self._trouble = ""
        self._closed = False
        self._worker = Worker(self.name, self._step)

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
            has_notice, state = len(self._turns) > 0, self._state
        if self._session is None:
            left_s = self._retry_at + self._retry_s - self._now()
            if left_s > 0 and not has_notice:
                return left_s
            self._retry_at = self._now()
            self._try(self._join)
        session = self._session
        if session is not None:
            self._try(lambda: self._up_to_date(session, state))
        return self._retry_s if self._session is None else None

    def _up_to_date(self, session: "_Session", state: CabState | None) -> None:
        """Show what waits, take away what is over, hear what was clicked."""
        while not self._closed and self._show_next(session):
            pass
        if state is not None:
            self._withdraw_what_is_over(session, state)
        for kind, number in session.news():
            self._heard(kind, number)
        self._trouble = ""

    def _show_next(self, session: "_Session") -> bool:
        with self._lock:
            taken = self._turns.take(self._now())
        if taken is None:
            return False
        notice, at_s = taken
        try:
            number = session.notify(notice, self._numbers.pop(notice.alert, 0))
        except _Away:
            with self._lock:
                self._turns.add_again(notice, at_s)
            raise
        self._numbers[notice.alert] = number
        with self._lock:
            self._counts[SHOWN] += 1
        while len(self._numbers) > SHOWN_MAX:
            self._withdraw(session, next(iter(self._numbers)))
        return True

    def _withdraw_what_is_over(self, session: "_Session", state: CabState) -> None:
        firing = {alert.id for alert in state.alerts}
        seen = {alert.id for alert in state.alerts if alert.acknowledged}
        self._fired |= firing & set(self._numbers)
        over = set() if state.more else self._fired - firing  # of those beside the first eight nothing is known
        for alert in (seen | over) & set(self._numbers):
            self._withdraw(session, alert)

    def _withdraw(self, session: "_Session", alert: str) -> None:
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
        self._session = _Session(self._address)
        self._worker.listen(self._session.file)

    def _leave(self) -> None:
        session, self._session = self._session, None
        self._worker.listen(None)
        self._numbers.clear()
        self._fired.clear()
        if session is not None:
            session.close()

    def _try(self, what: Callable[[], None]) -> None:
        try:
            what()
        except _Away as error:
            self._trouble = str(error)
            self._leave()
            with self._lock:
                self._counts[FAILED] += 1


class _Away(Exception):
    """The desktop cannot be reached; the text says why and what to do."""


class _Session:
    """A connection to the session's bus."""

    def __init__(self, address: str) -> None:
        try:
            import jeepney  # type: ignore[import-untyped]  # noqa: PLC0415  it ships no types; only desktops have it
            from jeepney.io import blocking  # type: ignore[import-untyped]  # noqa: PLC0415  as above
        except ImportError as error:
            raise _Away(f"{error}. Remedy: {INSTALL}") from error
        self._jeepney = jeepney
        self._server = jeepney.DBusAddress(PATH, bus_name=NAME, interface=NAME)
        self._news: deque[Any] = deque(maxlen=NEWS_MAX)
        try:
            self._bus = blocking.open_dbus_connection(address)
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise _Away(f"no desktop session: {_said(error)}. Remedy: {SESSION}") from error
        try:
            rule = jeepney.MatchRule(type="signal", interface=NAME, path=PATH)
            self._called(jeepney.message_bus.AddMatch(rule))
            self._bus.filter(rule, queue=self._news)
        except _Away:
            self.close()
            raise

    @property
    def file(self) -> int:
        """Can be read when there is news."""
        number: int = self._bus.sock.fileno()
        return number

    def notify(self, notice: Notice, replaces: int) -> int:
        """Show a notice; 0 replaces none. The number by which it is known from now on.

        Raises:
            _Away: nobody shows it.
        """
        urgency = URGENCY.get(notice.severity, 0)
        stays = 0 if urgency == URGENCY["critical"] else -1  # ms: for ever, or as long as the desktop likes
        text = " ".join(notice.text.split())[:400]
        actions = ["default", OK, "acknowledge", OK]
        # The text goes where no markup is understood; the body stays empty.
        body = ("Telltale", replaces, "dialog-warning", text, "", actions, {"urgency": ("y", urgency)}, stays)
        (number,) = self._called(self._jeepney.new_method_call(self._server, "Notify", "susssasa{sv}i", body))
        return int(number)

    def withdraw(self, number: int) -> None:
        """Take a notification away; one that is gone already is none the worse.

        Raises:
            _Away: the bus is gone.
        """
        call = self._jeepney.new_method_call(self._server, "CloseNotification", "u", (number,))
        try:
            self._called(call)
        except _Refused:
            return

    def news(self) -> list[tuple[str, int]]:
        """What the desktop told since the last time: kinds of signal and numbers of notifications.

        Raises:
            _Away: the bus is gone.
        """
        try:
            while True:
                self._bus.recv_messages(timeout=0)
        except TimeoutError:
            pass
        except (OSError, ValueError) as error:
            raise _Away(f"the desktop session is gone: {_said(error)}. Remedy: {SESSION}") from error
        told = []
        while self._news:
            message = self._news.popleft()
            kind = message.header.fields.get(self._jeepney.HeaderFields.member)
            if kind in ("ActionInvoked", "NotificationClosed") and message.body and isinstance(message.body[0], int):
                told.append((kind, message.body[0]))
        return told

    def close(self) -> None:
        """Leave the bus."""
        self._bus.close()

    def _called(self, call: Any) -> tuple[Any, ...]:
        """What a call gives back."""
        try:
            answer = self._bus.send_and_get_reply(call, timeout=ANSWER_S)
        except TimeoutError as error:
            raise _Away(f"the desktop does not answer within {ANSWER_S:.0f} s. Remedy: log in anew") from error
        except (OSError, ValueError) as error:
            raise _Away(f"the desktop session is gone: {_said(error)}. Remedy: {SESSION}") from error
        if answer.header.message_type is self._jeepney.MessageType.error:
            name = answer.header.fields.get(self._jeepney.HeaderFields.error_name, "an error")
            raise _Refused(f"the desktop shows no notifications ({name}). Remedy: start a notification service there")
        return tuple(answer.body)


class _Refused(_Away):
    """The desktop answers, and will not."""


def _said(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]} is not set"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
