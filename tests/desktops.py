"""A desktop for tests: a real session bus, and somebody on it who shows notifications, or rather notes them."""

import os
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import jeepney  # type: ignore[import-untyped]  # it ships no types
from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]  # as above

from tests.session_service import serve

PATH: Final = "/org/freedesktop/Notifications"
NAME: Final = "org.freedesktop.Notifications"


def has_bus() -> bool:
    """Whether there is a bus to start."""
    return shutil.which("dbus-daemon") is not None


@dataclass(frozen=True, slots=True)
class Notified:
    """What a desktop was asked to show."""

    number: int
    replaces: int
    summary: str
    body: str
    actions: tuple[str, ...]
    urgency: int
    stays_ms: int


class Bus:
    """A dbus-daemon of our own, in a folder of its own; it can be ended and started again."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix:path={folder / 'bus'}"
        self._socket = folder / "bus"
        self._running: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = ["dbus-daemon", "--session", "--nofork", "--print-address", f"--address={self.address}"]
        self._running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._running.stdout is not None
        assert self._running.stdout.readline().startswith(self.address)

    def stop(self) -> None:
        """End it; everybody on it is thrown off."""
        if self._running is not None:
            self._running.kill()
            self._running.communicate()
            self._running = None
        self._socket.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class NotificationService:
    """Answers what is asked of org.freedesktop.Notifications, and notes it; a test clicks for the person."""

    def __init__(self, bus: Bus) -> None:
        self.shown: list[Notified] = []
        self.closed: list[int] = []
        self.is_silent = False
        """Answer nothing."""
        self._bus = open_dbus_connection(bus.address)
        request = jeepney.message_bus.RequestName(NAME)
        assert self._bus.send_and_get_reply(request, timeout=10).body == (1,)
        self._lock = threading.Lock()
        self._end, self._ended = os.pipe()
        self._thread = threading.Thread(
            target=serve, args=(self._bus, self._end, self._answer), name="notification service"
        )
        self._thread.start()

    def click(self, number: int, action: str) -> None:
        """As a person does."""
        self._signal("ActionInvoked", "us", (number, action))

    def dismiss(self, number: int) -> None:
        """By its cross."""
        self._signal("NotificationClosed", "uu", (number, 2))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._ended)
        self._thread.join(10)
        os.close(self._end)
        self._bus.close()

    def _signal(self, member: str, signature: str, body: tuple[Any, ...]) -> None:
        emitter = jeepney.DBusAddress(PATH, interface=NAME)
        with self._lock:
            self._bus.send(jeepney.new_signal(emitter, member, signature, body))

    def _answer(self, call: Any) -> None:
        if call.header.message_type is not jeepney.MessageType.method_call or self.is_silent:
            return
        member = call.header.fields[jeepney.HeaderFields.member]
        with self._lock:
            if member == "Notify":
                number = self._noted(call.body)
                self._bus.send(jeepney.new_method_return(call, "u", (number,)))
            elif member == "CloseNotification":
                self.closed.append(call.body[0])
                self._bus.send(jeepney.new_method_return(call))

    def _noted(self, body: tuple[Any, ...]) -> int:
        _, replaces, _, summary, text, actions, hints, stays_ms = body
        number = replaces or len(self.shown) + 1
        self.shown.append(Notified(number, replaces, summary, text, tuple(actions), hints["urgency"][1], stays_ms))
        return int(number)
