"""Where the broker is, from what the installer wrote."""

import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from edge.errors import ConfigError
from edge.link import Broker


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("mqtt://broker.example", "broker.example", 1883),
        ("mqtt://127.0.0.1:18830", "127.0.0.1", 18830),
        ("mqtt://[::1]:1884", "::1", 1884),
        ("mqtts://broker.example", "broker.example", 8883),
        ("mqtts://broker.example:443", "broker.example", 443),
    ],
)
def test_a_url_names_host_and_port(url: str, host: str, port: int) -> None:
    broker = Broker.of(url)
    assert (broker.host, broker.port, broker.username, broker.password) == (host, port, None, None)
    assert str(broker) == f"{host}:{port}"
    assert (broker.tls is not None) == url.startswith("mqtts")


def test_who_we_are_may_be_in_the_url() -> None:
    broker = Broker.of("mqtt://car%201:p%40ss@broker.example")
    assert (broker.username, broker.password) == ("car 1", "p@ss")


def test_what_is_given_beside_it_wins(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("other\nsecond line\n")
    broker = Broker.of("mqtt://car:pass@broker.example", username="me", password_file=secret)
    assert (broker.username, broker.password) == ("me", "other")


def test_a_password_is_never_shown() -> None:
    assert "hunter2" not in repr(Broker.of("mqtt://car:hunter2@broker.example"))
    with pytest.raises(ConfigError) as caught:
        Broker.of("http://car:hunter2@broker.example")
    assert "hunter2" not in str(caught.value)
    assert "http://broker.example" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "broker.example",
        "user:hunter2@broker.example:1883",
        "http://broker.example",
        "mqtt://",
        "mqtt://broker:port",
        "mqtt://[::1",
        f"mqtt://{'x' * 80}.example",
    ],
)
def test_what_is_no_broker_is_the_installers_business(url: str) -> None:
    with pytest.raises(ConfigError, match="Write mqtt://host:1883 or mqtts://host:8883") as caught:
        Broker.of(url)
    assert caught.value.place == "link.broker"
    assert "hunter2" not in str(caught.value)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own, and its key."""
    folder = tmp_path_factory.mktemp("keys")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=car-1 -keyout key.pem -out certificate.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


def test_certificates_are_read_at_once(keys: Path) -> None:
    broker = Broker.of(
        "mqtts://broker.example",
        ca=keys / "certificate.pem",
        certificate=keys / "certificate.pem",
        key=keys / "key.pem",
    )
    assert broker.tls is not None
    assert broker.tls.verify_mode == ssl.CERT_REQUIRED
    assert broker.tls.check_hostname
    assert len(broker.tls.get_ca_certs()) == 1


def only(place: str, file: Path) -> dict[str, Any]:
    return {place: file}


@pytest.mark.parametrize("place", ["ca", "certificate", "password_file"])
def test_an_absent_file_is_named(tmp_path: Path, place: str) -> None:
    absent = tmp_path / "absent.pem"
    with pytest.raises(ConfigError, match=r"cannot be used: No such file.*Name a") as caught:
        Broker.of("mqtts://broker.example", **only(place, absent))
    assert (caught.value.file, caught.value.place) == (str(absent), f"link.{place}")


@pytest.mark.parametrize("place", ["ca", "certificate"])
def test_a_file_that_is_no_certificate_is_named(tmp_path: Path, place: str) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        Broker.of("mqtts://broker.example", **only(place, wrong))
    assert caught.value.file == str(wrong)


def test_a_key_of_another_certificate_is_refused(keys: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        Broker.of("mqtts://broker.example", certificate=keys / "certificate.pem", key=keys / "certificate.pem")
