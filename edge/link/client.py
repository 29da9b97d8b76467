"""Client: aiomqtt's, that never waits to write on a connection that has ended."""

from typing import Any, Final, Protocol

import aiomqtt

_CLOSED: Final = -1


class _Socket(Protocol):
    def fileno(self) -> int: ...


class Client(aiomqtt.Client):
    """aiomqtt's client, mended where a connection ends in the very turn of the loop in which something is queued.

    The library asks the loop to watch the socket's number one turn later: by then the number is nobody's (an error on
    the log of the loop), or that of another session, whose writing it takes away.
    """

    @property
    def socket(self) -> Any:
        """The connected socket.

        Raises:
            aiomqtt.MqttError: it is gone already.
        """
        sock = self._client.socket()
        if sock is None:
            raise aiomqtt.MqttError("the connection was lost")
        return sock

    def _on_socket_register_write(self, client: Any, userdata: Any, sock: _Socket) -> None:  # noqa: ARG002
        def write() -> None:
            try:
                client.loop_write()
            except Exception as error:  # noqa: BLE001 - whatever it is, the session is over
                if not self._disconnected.done():
                    self._disconnected.set_exception(error)

        def watch() -> None:
            number = sock.fileno()
            if number != _CLOSED:
                self._loop.add_writer(number, write)

        self._loop.call_soon_threadsafe(watch)
