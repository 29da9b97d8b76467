"""Ending somebody's connection: connect with their client id, which MQTT lets only one have (3.1.1, 3.1.4-2)."""

import ssl
import threading
from pathlib import Path
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from cloud.errors import ConfigError, UpstreamDown

ANSWER_S: Final = 5.0


class TakeOver:
    """Through the listener on which the helper may choose its client id."""

    def __init__(self, port: int, *, ca_file: Path, certificate_file: Path) -> None:
        """Read who is trusted and who we are.

        Raises:
            ConfigError: a file cannot be used.
        """
        self._port = port
        try:
            self._tls = ssl.create_default_context(cafile=ca_file)
            self._tls.check_hostname = False  # it is this machine, and the certificate is the broker's for elsewhere
            self._tls.load_cert_chain(certificate_file)
        except OSError as error:
            remedy = "Write it with: telltale-cloud broker-config mosquitto --authority DIR"
            raise ConfigError(f"cannot be used ({error})", file=certificate_file, remedy=remedy) from error

    def end_connection(self, identity: str) -> None:
        """Whoever is connected under this identity is not any more.

        Raises:
            UpstreamDown: the broker does not answer, or refuses us.
        """
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=identity,
            protocol=mqtt.MQTTv311,
            clean_session=True,
            reconnect_on_failure=False,
        )
        client.tls_set_context(self._tls)
        client.connect_timeout = ANSWER_S
        answered = threading.Event()
        refused: list[str] = []

        def on_connect(_client: object, _userdata: object, _flags: object, reason: ReasonCode, _: object) -> None:
            if reason.is_failure:
                refused.append(str(reason))
            answered.set()

        client.on_connect = on_connect
        try:
            client.connect("127.0.0.1", self._port)
        except OSError as error:
            raise UpstreamDown(f"the broker cannot be reached at port {self._port} ({error})") from error
        client.loop_start()
        try:
            if not answered.wait(ANSWER_S) or refused:
                raise UpstreamDown(f"the broker does not let the helper in ({', '.join(refused) or 'no answer'})")
        finally:
            client.disconnect()
            client.loop_stop()
