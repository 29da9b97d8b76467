"""One MQTT connection of the inbox, on paho, in the thread that owns it. Paho's own thread is not used.

Nothing is read while a batch is being stored: what is not read is not acknowledged, so the broker holds back. What was
received here is acknowledged here or never, so a number of an older connection cannot meet a newer message.
"""

import selectors
import socket
import ssl
import time
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from cloud.config import BrokerTarget
from cloud.errors import ConfigError, UpstreamDown
from edge.wire.topics import ALL_STATUS, ALL_UP

KEEPALIVE_S: Final = 30
CONNECT_S_MAX: Final = 5.0
CONFIRM_S_MAX: Final = 10.0
_REPLIES_MAX: Final = 1000
REPLY_BYTES_MAX: Final = 8 * 2**20
"""On their way to the broker and not confirmed: most of what one batch can ask for of bundles."""


class Session:
    """A connection with both subscriptions in place. As a context manager it says goodbye at the end."""

    def __init__(
        self, target: BrokerTarget, *, client_id: str, tls: ssl.SSLContext | None, wake: socket.socket
    ) -> None:
        """Connect; `wake` becomes readable when waiting should end.

        Raises:
            UpstreamDown: the broker is not there, or refuses.
        """
        self._arrived: list[mqtt.MQTTMessage] = []
        self._unconfirmed: deque[tuple[mqtt.MQTTMessageInfo, int]] = deque()
        self._unconfirmed_bytes = 0
        self._granted = False
        self._refused = ""
        self._selector = selectors.DefaultSelector()
        self._selector.register(wake, selectors.EVENT_READ)
        self._client = self._make_client(target, client_id, tls)
        try:
            self._connect(target)
        except OSError as error:
            self._selector.close()
            raise UpstreamDown(f"{target.url} cannot be reached ({error})") from error
        except UpstreamDown as error:
            self._close()
            raise UpstreamDown(f"{target.url}: {self._refused or error}") from error

    def receive(self, *, count_max: int, bytes_max: int, wait_s: float, linger_s: float) -> list[mqtt.MQTTMessage]:
        """What comes within `wait_s`, and what follows within `linger_s`: about so many, so large, at most.

        Raises:
            UpstreamDown: the connection is lost.
        """
        self._pump(0.0 if self._arrived else wait_s)
        deadline = time.monotonic() + linger_s
        while self._arrived and not self._is_full(count_max, bytes_max) and (left := deadline - time.monotonic()) > 0:
            self._pump(left)
        arrived, self._arrived = self._arrived, []
        return arrived

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send once to whoever listens, at least once to the broker.

        Where the broker has not confirmed what was sent before, that is waited for: what is on its way is bounded.

        Raises:
            UpstreamDown: the connection is lost, or the broker confirms nothing.
        """
        self._make_room(len(payload))
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        _check(sent.rc)
        self._unconfirmed.append((sent, len(payload)))
        self._unconfirmed_bytes += len(payload)

    def acknowledge(self, messages: Sequence[mqtt.MQTTMessage]) -> None:
        """Tell the broker that these are stored.

        Raises:
            UpstreamDown: the connection is lost.
        """
        for message in messages:
            if message.qos:
                _check(self._client.ack(message.mid, message.qos))

    def keep_alive(self) -> None:
        """To be called now and then while nothing is received.

        Raises:
            UpstreamDown: the connection is lost.
        """
        _check(self._client.loop_write())
        _check(self._client.loop_misc())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._client.disconnect()
        self._selector.close()

    def _make_client(self, target: BrokerTarget, client_id: str, tls: ssl.SSLContext | None) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=True,  # what was not acknowledged is sent again by the vehicles, whatever a broker forgets
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_S_MAX
        client.max_inflight_messages_set(_REPLIES_MAX)
        client.max_queued_messages_set(_REPLIES_MAX)
        if target.user is not None:
            client.username_pw_set(target.user, target.password)
        if tls is not None:
            client.tls_set_context(tls)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _connect(self, target: BrokerTarget) -> None:
        self._client.connect(target.host, target.port, keepalive=KEEPALIVE_S)
        self._selector.register(self._socket(), selectors.EVENT_READ)
        deadline = time.monotonic() + CONNECT_S_MAX
        while not self._granted:
            self._pump(0.1)
            if self._refused:
                raise UpstreamDown("refused")
            if time.monotonic() > deadline:
                raise UpstreamDown(f"the broker says nothing for {CONNECT_S_MAX} s")

    def _socket(self) -> socket.socket:
        connected = self._client.socket()
        if not isinstance(connected, socket.socket):
            raise UpstreamDown("the connection is lost")
        return connected

    def _make_room(self, size: int) -> None:
        """Wait until one more message of this size is not too much on its way."""
        deadline = time.monotonic() + CONFIRM_S_MAX
        while True:
            while self._unconfirmed and self._unconfirmed[0][0].is_published():
                self._unconfirmed_bytes -= self._unconfirmed.popleft()[1]
            is_little = self._unconfirmed_bytes + size <= REPLY_BYTES_MAX or not self._unconfirmed
            if is_little and len(self._unconfirmed) < _REPLIES_MAX:
                return
            if time.monotonic() > deadline:
                raise UpstreamDown(f"the broker confirms nothing for {CONFIRM_S_MAX} s")
            self._pump(0.1)

    def _is_full(self, count_max: int, bytes_max: int) -> bool:
        size = sum(len(message.payload) for message in self._arrived)
        return len(self._arrived) >= count_max or size >= bytes_max

    def _pump(self, wait_s: float) -> None:
        """Wait for the broker, then read one packet and write what is due."""
        connected = self._socket()
        writes = selectors.EVENT_WRITE if self._client.want_write() else 0
        self._selector.modify(connected, selectors.EVENT_READ | writes)
        pending = isinstance(connected, ssl.SSLSocket) and connected.pending() > 0
        ready = {key.fileobj: mask for key, mask in self._selector.select(0.0 if pending else wait_s)}
        if pending or ready.get(connected, 0) & selectors.EVENT_READ:
            _check(self._client.loop_read())
        if ready.get(connected, 0) & selectors.EVENT_WRITE:
            _check(self._client.loop_write())
        _check(self._client.loop_misc())

    def _on_connect(self, client: mqtt.Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._refused = f"the broker refuses the connection: {reason}"
        else:
            client.subscribe([(ALL_UP, 1), (ALL_STATUS, 1)])

    def _on_subscribe(self, _client: mqtt.Client, _userdata: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refused = f"the broker refuses a subscription: {', '.join(str(reason) for reason in reasons)}"
        self._granted = not self._refused

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        self._arrived.append(message)


def tls_of(target: BrokerTarget) -> ssl.SSLContext | None:
    """How to know the broker; None where it is spoken to in the clear.

    Raises:
        ConfigError: the file that says whom to trust is no certificate, or that which says who we are is none.
    """
    if not target.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=target.ca_file)
    except ssl.SSLError as error:
        problem = f"not a certificate ({error.reason or error})"
        remedy = "It must hold the PEM certificate of who signed the broker's"
        raise ConfigError(problem, file=target.ca_file, place="broker.ca_file", remedy=remedy) from error
    if target.certificate_file is not None:
        try:
            context.load_cert_chain(target.certificate_file)
        except OSError as error:
            problem = f"cannot be used ({getattr(error, 'reason', None) or error.strerror or error})"
            remedy = "It must hold a PEM key and its certificate, and be readable"
            place = "broker.certificate_file"
            raise ConfigError(problem, file=target.certificate_file, place=place, remedy=remedy) from error
    return context


def _check(result: MQTTErrorCode) -> None:
    if result != MQTTErrorCode.MQTT_ERR_SUCCESS:
        raise UpstreamDown(f"the connection is lost ({mqtt.error_string(result)})")
