"""What the inbox does when the broker is away, comes back, cannot be trusted, or refuses."""

import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import MQTTMessage

from cloud.alerts.store import alerts
from cloud.config import BrokerTarget, broker_target
from cloud.inbox import session
from cloud.inbox.link import arrival_of, backoff_s
from edge.wire.envelope import StreamClass
from tests.brokers import Mosquitto, free_port, mosquitto_binary
from tests.integration.cloud.running import running_link
from tests.integration.cloud.talker import Talker, by_seq
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.vehicle import T0, Speaker

VAN = Speaker()
ALERTS = VAN.stream(StreamClass.ALERT)

needs_mosquitto = pytest.mark.skipif(mosquitto_binary() is None, reason="mosquitto is not installed")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with open_cloud() as opened:
        yield opened


@needs_mosquitto
def test_a_broker_that_comes_later_and_goes_away_is_waited_for(tmp_path: Path, cloud: Cloud) -> None:
    mosquitto = Mosquitto(tmp_path)
    with running_link(broker_target(mosquitto.url), cloud.intake.take) as states:
        seen = states.wait_for(lambda state: "cannot be reached" in state.broker)
        with mosquitto:
            seen = states.wait_for(lambda state: state.broker == "", after=seen)
            with Talker(mosquitto.url, VAN.address) as van:
                van.say_until_stored(ALERTS, {1: VAN.say(says.alert(1), 1)})
            mosquitto.kill()
            seen = states.wait_for(lambda state: state.broker != "", after=seen)
            mosquitto.start()
            states.wait_for(lambda state: state.broker == "", after=seen)
            with Talker(mosquitto.url, VAN.address) as van:
                van.say_until_stored(ALERTS, {2: VAN.say(says.alert(2), 2)})
    assert len(cloud.rows(alerts)) == 2


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[tuple[Mosquitto, BrokerTarget]]:
    """A broker with a certificate that nobody but the target's ca_file vouches for, and how to reach it over TLS."""
    certificate, key = tmp_path / "broker.pem", tmp_path / "broker.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-out", str(certificate), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    port = free_port()
    listener = f"listener {port} 127.0.0.1\ncertfile {certificate}\nkeyfile {key}\n"
    with Mosquitto(tmp_path, extra=listener) as mosquitto:
        yield mosquitto, BrokerTarget("localhost", port, tls=True, ca_file=certificate)


@needs_mosquitto
def test_over_tls(secured: tuple[Mosquitto, BrokerTarget], cloud: Cloud) -> None:
    mosquitto, target = secured
    with Talker(mosquitto.url, VAN.address) as van, running_link(target, cloud.intake.take) as states:
        states.wait_for(lambda state: state.broker == "")
        van.say_until_stored(ALERTS, by_seq(VAN.say(says.alert(n), n) for n in range(1, 51)))
    assert len(cloud.rows(alerts)) == 50


# paho leaves the socket of a failed TLS handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
@needs_mosquitto
def test_a_broker_that_nobody_vouches_for_is_not_spoken_with(
    secured: tuple[Mosquitto, BrokerTarget], cloud: Cloud
) -> None:
    _, target = secured
    with running_link(replace(target, ca_file=None), cloud.intake.take) as states:
        states.wait_for(lambda state: "certificate verify failed" in state.broker)


@needs_mosquitto
def test_a_broker_that_refuses_is_named(tmp_path: Path, cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "passwords").write_text("")
    with Mosquitto(tmp_path, extra=f"password_file {tmp_path}/passwords\n") as mosquitto:
        target = broker_target(mosquitto.url.replace("//", "//somebody:s3cret@"))
        refuses = re.compile(r"127.0.0.1:\d+: the broker refuses the connection: Not authorized")
        with running_link(target, cloud.intake.take) as states:
            states.wait_for(lambda state: bool(refuses.search(state.broker)))
    assert "s3cret" not in caplog.text


def test_a_broker_that_says_nothing_is_left_alone_for_a_while(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CONNECT_S_MAX", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        target = BrokerTarget("127.0.0.1", mute.getsockname()[1], tls=False)
        with running_link(target, cloud.intake.take) as states:
            states.wait_for(lambda state: "the broker says nothing for 0.2 s" in state.broker)


@given(failures=st.integers(0, 10_000), share=st.floats(0, 1))
def test_waiting_grows_is_bounded_and_spread(failures: int, share: float) -> None:
    waited = backoff_s(failures, 0.2, 15.0, lambda low, high: low + share * (high - low))
    assert 0.1 <= waited <= 15.0
    assert waited <= 0.2 * 2.0 ** min(failures, 10)
    assert failures < 7 or waited >= 7.5


def test_a_topic_that_is_not_utf8_is_nobodys() -> None:
    message = MQTTMessage(topic=b"telltale/v1/north/\xff/up/alert")
    assert arrival_of(message, T0).topic == "(not UTF-8)"
