"""The channel of the cab: an output that tells every display the state, and takes what is asked for there.

A Unix socket, so that the daemon has no port; what goes over it stands in CHANNEL.md.
"""

import logging
import selectors
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.driver.channel_client import Client, Gone, TooLong, TooSlow
from edge.driver.lines import BadLine, alive_line, read_request, refused_line, state_line, taken_line
from edge.driver.notice import CabState, Notice, Requests
from edge.driver.socket_file import NoSocket, listen_at

logger = logging.getLogger(__name__)

CLIENTS_MAX: Final = 8
REQUESTS_MAX: Final = 20
"""In any second, of all clients together."""
ALIVE_S: Final = 1.0
"""At least so often every client hears something, and how long ago something was judged."""
_STOP_S: Final = 2.0
_REST_S: Final = 0.1


class Channel:
    """Listens from its making on, in a thread of its own."""

    name = "display"

    def __init__(
        self,
        path: Path,
        requests: Requests,
        *,
        judged_s: Callable[[], float | None] = lambda: 0.0,
        alive_s: float = ALIVE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`judged_s`: seconds since something was judged; `monotonic` gives seconds.

        A path where nobody can listen is the trouble of this output alone.
        """
        self.trouble = ""
        self._path = path
        self._requests = requests
        self._alive_s = alive_s
        self._judged_s = judged_s
        self._monotonic = monotonic
        self._counted: Counter[str] = Counter()
        self._state = CabState()
        self._told: CabState | None = None
        self._clients: set[Client] = set()
        self._asked: deque[float] = deque(maxlen=REQUESTS_MAX)
        self._closing = threading.Event()
        self._alive_at = 0.0
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="cab display", daemon=True)
        self._listen()

    @property
    def counters(self) -> Mapping[str, int]:
        """`clients` connected so far; `states` told; `requests` taken; `refused.<reason>`; `dropped.slow`;
        `left_to_the_state`: notices.
        """
        return dict(self._counted)

    def say(self, notice: Notice) -> None:  # noqa: ARG002  every output takes notices
        """Only counted: a display is told of the alert by the state, and speaks to no ear."""
        if not self._closing.is_set():
            self._counted["left_to_the_state"] += 1

    def show(self, state: CabState) -> None:
        """Tell every client, and each that comes."""
        self._state = state
        self._wake()

    def close(self) -> None:
        """Hang up on everybody and take the socket away."""
        self._closing.set()
        self._wake()
        if self._thread.ident is not None:
            self._thread.join(_STOP_S)

    def _listen(self) -> None:
        try:
            self._listener = listen_at(self._path)
        except NoSocket as error:
            self.trouble = f"no display in the cab: {error}"
            logger.warning("%s", self.trouble)
            for one in (self._woken, self._waker, self._selector):
                one.close()
            return
        for waiting in (self._woken, self._waker):
            waiting.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ, self._look)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._thread.start()

    def _wake(self) -> None:
        with suppress(OSError):  # full: it will wake anyhow; closed: it has ended
            self._waker.send(b"\0")

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._once()
        except Exception:  # whatever it is, the cab's other outputs go on, and this one says so
            self.trouble = "no display in the cab: its channel failed; the log says why. Start the daemon again"
            logger.exception("the channel of the cab has ended")
        finally:
            self._hang_up()

    def _once(self) -> None:
        """Wait for a socket or the time to say something, and see to it."""
        wait_s = max(0.0, self._alive_at - self._monotonic()) if self._clients else None
        for key, _ in self._selector.select(wait_s):
            if isinstance(key.data, Client):
                self._serve(key.data)
            else:
                key.data()
        if self._clients and self._monotonic() >= self._alive_at:
            self._tell(alive_line(self._judged_s()))

    def _look(self) -> None:
        """Somebody woke us: what is new is told."""
        with suppress(BlockingIOError):
            self._woken.recv(4096)
        state = self._state
        if state != self._told:
            self._told = state
            self._counted["states"] += 1
            self._tell(state_line(state, self._judged_s()))

    def _tell(self, line: bytes) -> None:
        self._alive_at = self._monotonic() + self._alive_s
        for client in list(self._clients):
            self._put(client, line)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it went away again, or there is no descriptor left: then it still waits
            self._closing.wait(_REST_S)
            return
        client = Client(connection)
        if len(self._clients) >= CLIENTS_MAX:
            self._counted["refused.too_many_clients"] += 1
            with suppress(Gone):
                client.put(refused_line("too_many_clients"))
            client.close()
            return
        self._counted["clients"] += 1
        if not self._clients:
            self._alive_at = self._monotonic() + self._alive_s
        self._clients.add(client)
        self._selector.register(connection, selectors.EVENT_READ, client)
        self._put(client, state_line(self._told or self._state, self._judged_s()))

    def _serve(self, client: Client) -> None:
        """Send what waits, and answer what is asked."""
        try:
            client.flush()
            for line in client.take():
                self._put(client, self._answer(line))
        except TooLong:
            self._put(client, self._refused("too_long"))
            self._drop(client)
        except Gone:
            self._drop(client)
        else:
            self._watch(client)

    def _answer(self, line: bytes) -> bytes:
        now = self._monotonic()
        if len(self._asked) == REQUESTS_MAX and now - self._asked[0] < 1.0:
            return self._refused("too_many")
        self._asked.append(now)
        try:
            request = read_request(line)
        except BadLine as reason:
            return self._refused(str(reason))
        self._requests(request)
        self._counted["requests"] += 1
        return taken_line()

    def _refused(self, reason: str) -> bytes:
        self._counted[f"refused.{reason}"] += 1
        return refused_line(reason)

    def _put(self, client: Client, line: bytes) -> None:
        try:
            client.put(line)
        except TooSlow:
            self._counted["dropped.slow"] += 1
            self._drop(client)
        except Gone:
            self._drop(client)
        else:
            self._watch(client)

    def _watch(self, client: Client) -> None:
        """Wait for its reading only while something is left to send."""
        if client in self._clients:
            writing = selectors.EVENT_WRITE if client.has_unsent else 0
            self._selector.modify(client.connection, selectors.EVENT_READ | writing, client)

    def _drop(self, client: Client) -> None:
        if client in self._clients:
            self._clients.discard(client)
            self._selector.unregister(client.connection)
            client.close()

    def _hang_up(self) -> None:
        for client in list(self._clients):
            self._drop(client)
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        for one in (self._listener, self._woken, self._waker, self._selector):
            one.close()
