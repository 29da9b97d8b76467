"""A client that knocks at the broker with whatever certificate, and remembers what came of it."""

import ssl
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

ANSWER_S: Final = 10.0


class Knock:
    """One connection. As a context manager it says goodbye at the end."""

    def __init__(
        self,
        port: int,
        *,
        ca: Path,
        certificate: Path | None,
        client_id: str = "",
        tls: ssl.TLSVersion | None = None,
        will: str = "",
    ) -> None:
        self._settled = threading.Event()
        self._subscribed = threading.Event()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv311, reconnect_on_failure=False
        )
        if will:
            self._client.will_set(will, b'{"schema": "status/1", "online": false}', qos=1, retain=True)
        context = ssl.create_default_context(cafile=ca)
        if certificate is not None:
            context.load_cert_chain(certificate)
        if tls is not None:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = tls
        self._client.tls_set_context(context)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._port = port
        self.gone = threading.Event()
        self.is_in = False
        self.heard: list[tuple[str, bytes]] = []
        self.heard_s: list[float] = []
        """When, by a clock that only goes on."""

    def __enter__(self) -> Self:
        try:
            self._client.connect("localhost", self._port, keepalive=30)
        except OSError:
            self.gone.set()
            self._settled.set()
            return self
        self._client.loop_start()
        assert self._settled.wait(ANSWER_S), "neither let in nor refused"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, topic: str, payload: bytes = b"{}", *, retain: bool = False) -> bool:
        """Publish, and wait for the broker's word; it has one also for what it throws away."""
        told = self._client.publish(topic, payload, qos=1, retain=retain)
        deadline = time.monotonic() + ANSWER_S
        if told.rc:
            return False
        while not told.is_published():
            if self.gone.is_set() or time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    def fall_silent(self) -> None:
        """Go without a goodbye, so that the broker says the last will."""
        self._client.loop_stop()
        connected = self._client.socket()
        if connected is not None:
            connected.close()

    def ask_for(self, topic: str) -> None:
        """Subscribe, and wait until the broker has said something to it."""
        self._subscribed.clear()
        self._client.subscribe(topic, 1)
        assert self._subscribed.wait(ANSWER_S)

    def _on_connect(self, _client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.is_in = not reason.is_failure
        self._settled.set()

    def _on_disconnect(self, *_: Any) -> None:
        self.gone.set()
        self._settled.set()

    def _on_message(self, _client: Any, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        self.heard_s.append(time.monotonic())
        self.heard.append((message.topic, bytes(message.payload)))
