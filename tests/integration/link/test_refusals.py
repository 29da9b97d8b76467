"""Brokers that do not let us in, or are none."""

import logging
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from edge.link import Broker
from edge.outbox import Outbox
from tests.brokers import Mosquitto, free_port
from tests.integration.link.acker import Acker
from tests.integration.link.running import BRISK, RunningLink
from tests.unit.outbox.postings import alert

CONNECT, PUBLISH, PUBLISH_RETAINED, SUBSCRIBE = 0x10, 0x32, 0x33, 0x82
CONNACK = b"\x20\x02\x00\x00"

Script = Callable[[int, bytes], bytes]
"""From a packet's first byte and its body to what is answered."""


@contextmanager
def scripted(answer: Script) -> Iterator[Broker]:
    """Something that listens where a broker should, and answers as a test wants."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, stop, answer), name="scripted-broker")
        thread.start()
        try:
            yield Broker("127.0.0.1", server.getsockname()[1])
        finally:
            stop.set()
            with suppress(OSError):  # end its wait for a connection
                socket.create_connection(server.getsockname(), timeout=1).close()
            thread.join()


def _serve(server: socket.socket, stop: threading.Event, answer: Script) -> None:
    while True:
        connection, _ = server.accept()
        with connection, suppress(OSError), connection.makefile("rb") as stream:
            if stop.is_set():
                return
            while first := stream.read(1):
                connection.sendall(answer(first[0], stream.read(_length(stream))))


def _length(stream: BinaryIO) -> int:
    """MQTT 3.1.1, 2.2.3: seven bits a byte, the lowest first."""
    length = 0
    for place in range(4):
        [byte] = stream.read(1)
        length |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            break
    return length


def mute(_first: int, _body: bytes) -> bytes:
    return b""


def babbling(_first: int, _body: bytes) -> bytes:
    return b"HTTP/1.1 400 Bad Request\r\n\r\n"


def suback(body: bytes, code: int) -> bytes:
    return bytes([0x90, 5]) + body[:2] + bytes([code] * 3)


def deaf(first: int, body: bytes) -> bytes:
    return CONNACK if first == CONNECT else suback(body, 0x80) if first == SUBSCRIBE else b""


@pytest.mark.parametrize(
    ("answer", "said"),
    [(mute, "timed out"), (babbling, ""), (deaf, "does not let us listen below telltale/v1/fleet-1/car-1/down")],
)
def test_what_is_no_broker_for_us_is_tried_again_and_said_once(
    outbox: Outbox, caplog: pytest.LogCaptureFixture, answer: Script, said: str
) -> None:
    caplog.set_level(logging.INFO, "edge.link")
    outbox.put([alert(1)])
    tries: list[int] = []

    def counting(first: int, body: bytes) -> bytes:
        tries.extend([first] * (first == CONNECT))
        return answer(first, body)

    pace = replace(BRISK, answer_s=0.1, backoff_s=0.01, backoff_max_s=0.02)
    with scripted(counting) as broker, RunningLink(outbox, broker, pace=pace) as running:
        running.wait_until(lambda: len(tries) >= 4)
        assert said in running.link.trouble
        assert running.link.counters() == {}, "that was no session"
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
    assert not outbox.is_empty()


def test_a_connection_that_is_lost_while_we_greet_is_noticed_at_once(outbox: Outbox) -> None:
    greetings: list[int] = []

    def rude(first: int, body: bytes) -> bytes:
        if first == PUBLISH_RETAINED:
            greetings.append(first)
            raise ConnectionAbortedError
        return CONNACK if first == CONNECT else suback(body, 1)

    with scripted(rude) as broker, RunningLink(outbox, broker, pace=replace(BRISK, answer_s=3600)) as running:
        running.wait_until(lambda: len(greetings) >= 3)
        assert running.link.trouble == "the connection was lost"
        assert running.link.counters() == {}


def test_what_a_broker_does_not_accept_is_not_handed_to_it_twice(outbox: Outbox) -> None:
    """It takes our greeting, but no message: after a while that is no broker either."""
    outbox.put([alert(n) for n in range(5)])
    handed: list[int] = []

    def hoarding(first: int, body: bytes) -> bytes:
        handed.extend([first] * (first == PUBLISH))
        if first == PUBLISH_RETAINED:
            topic_length = int.from_bytes(body[:2], "big")
            return b"\x40\x02" + body[2 + topic_length : 4 + topic_length]
        return CONNACK if first == CONNECT else suback(body, 1) if first == SUBSCRIBE else b""

    pace = replace(BRISK, resend_s=0.02, resend_max_s=0.02, accept_s=0.5, backoff_s=10.0, backoff_max_s=10.0)
    with scripted(hoarding) as broker, RunningLink(outbox, broker, pace=pace) as running:
        running.wait_until(lambda: running.link.counters().get("losses") == 1)
        assert "timed out" in running.link.trouble
        assert len(handed) == 5
        assert running.link.counters() == {"sessions": 1, "sent.alert": 5, "losses": 1}


def test_bad_credentials_are_named_and_tried_again(tmp_path: Path, outbox: Outbox) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "car-1", "right"], check=True)
    passwords.chmod(0o644)
    mosquitto = Mosquitto(tmp_path, extra=f"allow_anonymous false\npassword_file {passwords}\n")
    outbox.put([alert(1)])
    with mosquitto:
        host = f"127.0.0.1:{mosquitto.port}"
        with RunningLink(outbox, Broker.of(f"mqtt://car-1:wrong@{host}")) as running:
            running.wait_until(lambda: "Not authorized" in running.link.trouble)
        with RunningLink(outbox, Broker.of(f"mqtt://car-1:right@{host}")) as running:
            running.wait_until(lambda: running.link.trouble == "")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and what it says of the broker and of the vehicle."""
    folder = tmp_path_factory.mktemp("keys")

    def openssl(command: str) -> None:
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)

    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem")
    for name, extension in (("broker", "subjectAltName=IP:127.0.0.1"), ("car-1", "extendedKeyUsage=clientAuth")):
        (folder / f"{name}.cnf").write_text(extension)
        openssl(f"req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr")
        openssl(
            f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
            f" -extfile {name}.cnf -out {name}.pem"
        )
    return folder


# Where TLS fails, paho leaves its socket to the garbage collector, which closes it and says so.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_tls_with_certificates_on_both_sides(tmp_path: Path, keys: Path, outbox: Outbox) -> None:
    port = free_port()
    lines = [
        f"listener {port} 127.0.0.1",
        f"cafile {keys}/ca.pem",
        f"certfile {keys}/broker.pem",
        f"keyfile {keys}/broker.key",
        "require_certificate true",
        "use_identity_as_username true",
    ]
    url = f"mqtts://127.0.0.1:{port}"
    outbox.put([alert(1)])
    with Mosquitto(tmp_path, extra="\n".join([*lines, ""])) as mosquitto, Acker(mosquitto.port) as cloud:
        with RunningLink(outbox, Broker.of(url)) as running:  # an authority that nobody told us to trust
            running.wait_until(lambda: "certificate verify failed" in running.link.trouble)
        quick = replace(BRISK, answer_s=0.5)
        with RunningLink(outbox, Broker.of(url, ca=keys / "ca.pem"), pace=quick) as running:  # not saying who we are
            running.wait_until(lambda: running.link.trouble not in {"", "not connected yet"})
            assert running.link.counters() == {}
        ours = Broker.of(url, ca=keys / "ca.pem", certificate=keys / "car-1.pem", key=keys / "car-1.key")
        with RunningLink(outbox, ours) as running:
            assert running.drained()
        assert cloud.alerts() == [1]
