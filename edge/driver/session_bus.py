"""A session's bus, and notifications by it (Desktop Notifications 1.2). The only room of the cab that knows jeepney."""

from collections import deque
from typing import Any, Final

from edge.driver.notice import Notice

ANSWER_S: Final = 5.0
"""So long a call may take."""
NEWS_MAX: Final = 64
"""Clicks that wait while something is sent."""
TEXT_MAX: Final = 400
URGENCY: Final = {"critical": 2, "warning": 1}
"""By severity; everything else is 0, low (urgency levels of the specification)."""
PATH: Final = "/org/freedesktop/Notifications"
NAME: Final = "org.freedesktop.Notifications"
OK: Final = "OK"
"""What the button says, in any language."""
INSTALL: Final = "pip install 'telltale[cab]'"
SESSION: Final = "run the daemon in the session of whoever sits there, or name its bus in [cab.desktop] bus"


class Away(Exception):
    """The desktop cannot be reached; the text says why and what to do."""


class Refused(Away):
    """The desktop answers, and will not."""


class SessionBus:
    """A connection to the session's bus."""

    def __init__(self, address: str) -> None:
        try:
            import jeepney  # type: ignore[import-untyped]  # noqa: PLC0415  it ships no types; only desktops have it
            from jeepney.io import blocking  # type: ignore[import-untyped]  # noqa: PLC0415  as above
        except ImportError as error:
            raise Away(f"{error}. Remedy: {INSTALL}") from error
        self._jeepney = jeepney
        self._server = jeepney.DBusAddress(PATH, bus_name=NAME, interface=NAME)
        self._news: deque[Any] = deque(maxlen=NEWS_MAX)
        try:
            self._bus = blocking.open_dbus_connection(address)
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise Away(f"no desktop session: {_said(error)}. Remedy: {SESSION}") from error
        try:
            rule = jeepney.MatchRule(type="signal", interface=NAME, path=PATH)
            self._called(jeepney.message_bus.AddMatch(rule))
            self._bus.filter(rule, queue=self._news)
        except Away:
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
            Away: nobody shows it.
        """
        urgency = URGENCY.get(notice.severity, 0)
        stays = 0 if urgency == URGENCY["critical"] else -1  # ms: for ever, or as long as the desktop likes
        text = " ".join(notice.text.split())[:TEXT_MAX]
        actions = ["default", OK, "acknowledge", OK]
        # The text goes where no markup is understood; the body stays empty.
        body = ("Telltale", replaces, "dialog-warning", text, "", actions, {"urgency": ("y", urgency)}, stays)
        (number,) = self._called(self._jeepney.new_method_call(self._server, "Notify", "susssasa{sv}i", body))
        return int(number)

    def withdraw(self, number: int) -> None:
        """Take a notification away; one that is gone already is none the worse.

        Raises:
            Away: the bus is gone.
        """
        call = self._jeepney.new_method_call(self._server, "CloseNotification", "u", (number,))
        try:
            self._called(call)
        except Refused:
            return

    def news(self) -> list[tuple[str, int]]:
        """What the desktop told since the last time: kinds of signal and numbers of notifications.

        Raises:
            Away: the bus is gone.
        """
        try:
            while True:
                self._bus.recv_messages(timeout=0)
        except TimeoutError:
            pass
        except (OSError, ValueError) as error:
            raise Away(f"the desktop session is gone: {_said(error)}. Remedy: {SESSION}") from error
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
            raise Away(f"the desktop does not answer within {ANSWER_S:.0f} s. Remedy: log in anew") from error
        except (OSError, ValueError) as error:
            raise Away(f"the desktop session is gone: {_said(error)}. Remedy: {SESSION}") from error
        if answer.header.message_type is self._jeepney.MessageType.error:
            name = answer.header.fields.get(self._jeepney.HeaderFields.error_name, "an error")
            raise Refused(f"the desktop shows no notifications ({name}). Remedy: start a notification service there")
        return tuple(answer.body)


def _said(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]} is not set"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
