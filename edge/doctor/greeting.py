"""Greeting a broker as the daemon would: name, connection, TLS, and MQTT's first words; then goodbye.

CONNECT and CONNACK: MQTT 3.1.1, 3.1 and 3.2. The client id is another than the daemon's, which is not thrown out by it.
"""

import secrets
import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from edge.link import Broker

WAIT_S: Final = 6.0
_CONNECT, _CONNACK, _DISCONNECT = 0x10, 0x20, bytes((0xE0, 0))
_CLEAN, _PASSWORD, _USER = 0x02, 0x40, 0x80
_KEEPALIVE_S: Final = 30
_LENGTH_MAX: Final = 127
_REFUSALS: Final = {
    1: "it does not speak MQTT 3.1.1",
    2: "it does not take this client id",
    3: "it is not ready",
    4: "name or password is wrong",
    5: "this box may not connect",
}


class Step(StrEnum):
    """How far a greeting came."""

    NAME = "name"
    CONNECTION = "connection"
    TLS = "tls"
    MQTT = "mqtt"
    TAKEN = "taken"
    """All the way."""


@dataclass(frozen=True, slots=True)
class Greeted:
    """What became of it."""

    broker: str
    step: Step
    """Where it ended."""
    trouble: str = ""
    """Why; empty: it was taken."""


def greet(broker: "Broker", *, wait_s: float = WAIT_S) -> Greeted:
    """Connect, say CONNECT, hear the answer, and leave; no message is sent and none is asked for."""
    step = Step.NAME
    try:
        places = socket.getaddrinfo(broker.host, broker.port, type=socket.SOCK_STREAM)
        step = Step.CONNECTION
        with socket.create_connection((broker.host, broker.port), timeout=wait_s / max(1, len(places))) as plain:
            plain.settimeout(wait_s)
            if broker.tls is None:
                return _greeted(broker, plain)
            step = Step.TLS
            with broker.tls.wrap_socket(plain, server_hostname=broker.host) as line:
                return _greeted(broker, line)
    except (OSError, UnicodeError) as error:
        return Greeted(str(broker), step, _words(error))


def _greeted(broker: "Broker", line: socket.socket) -> Greeted:
    try:
        line.sendall(_connect(broker))
        answer = b""
        while len(answer) < 4 and (more := line.recv(4 - len(answer))):
            answer += more
        if len(answer) == 4 and answer[0] == _CONNACK and answer[3] == 0:
            line.sendall(_DISCONNECT)
            return Greeted(str(broker), Step.TAKEN)
    except ssl.SSLError as error:  # with TLS 1.3 it is only now that the broker says what it thinks of our certificate
        return Greeted(str(broker), Step.TLS, _words(error))
    except OSError as error:
        return Greeted(str(broker), Step.MQTT, _words(error))
    if len(answer) == 4 and answer[0] == _CONNACK:
        return Greeted(str(broker), Step.MQTT, _REFUSALS.get(answer[3], f"it refuses with {answer[3]}"))
    return Greeted(str(broker), Step.MQTT, "it hangs up" if not answer else "what answers is no MQTT broker")


def _connect(broker: "Broker") -> bytes:
    flags, fields = _CLEAN, _text(f"telltale-doctor-{secrets.token_hex(3)}")
    if broker.username is not None:
        flags, fields = flags | _USER, fields + _text(broker.username)
        if broker.password is not None:
            flags, fields = flags | _PASSWORD, fields + _text(broker.password)
    body = _text("MQTT") + bytes((4, flags)) + _KEEPALIVE_S.to_bytes(2, "big") + fields
    return bytes((_CONNECT,)) + _length(len(body)) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _length(count: int) -> bytes:
    """Seven bits a byte, the lowest first (2.2.3)."""
    told = bytearray()
    while True:
        count, low = divmod(count, _LENGTH_MAX + 1)
        told.append(low | (0x80 if count else 0))
        if not count:
            return bytes(told)


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {(error.reason or str(error)).lower().replace('_', ' ')}"
    if isinstance(error, TimeoutError):
        return "no answer"
    return getattr(error, "strerror", None) or str(error)
