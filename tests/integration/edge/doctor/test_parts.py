"""Parts of the doctor by themselves: who greets, who listens, what systemd and certificates say."""

import socket
import ssl
import struct
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bus.receiver import Receiver
from edge.bus.spec import SourceSpec
from edge.doctor.eyes import can_socket, kernel_can
from edge.doctor.greeting import Step, greet
from edge.doctor.listening import listen
from edge.doctor.look import CouldNotLook
from edge.doctor.looks import CanSocket
from edge.doctor.service import read, service
from edge.doctor.validity import validity, validity_of
from edge.link import Broker
from tests.brokers import Mosquitto, free_port
from tests.certificates import DAY, NOW, SmallAuthority
from tests.folders import folder_for_the_run
from tests.integration.edge.doctor.a_box import error_frame, frame
from tests.integration.link.test_refusals import CONNACK, scripted
from tests.udp_kernel import UdpKernel


def test_a_broker_is_greeted_and_the_daemon_stays_connected(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        own = Broker("127.0.0.1", broker.port)
        assert greet(own).step is Step.TAKEN
        log = broker.log.read_text()
    assert "telltale-doctor-" in log, "under an id of its own"


def test_name_and_password_are_shown_as_the_daemon_would(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", str(passwords), "van", "right"], check=True, capture_output=True)
    port = free_port()
    with Mosquitto(tmp_path, extra=f"\nlistener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n"):
        for password, step in (("right", Step.TAKEN), ("wrong", Step.MQTT), (None, Step.MQTT)):
            greeted = greet(Broker("127.0.0.1", port, username="van", password=password))
            assert greeted.step is step, greeted
    assert "may not connect" in greeted.trouble or "wrong" in greeted.trouble


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 77])
def test_every_refusal_has_its_words(code: int) -> None:
    with scripted(lambda *_: b"\x20\x02\x00" + bytes((code,))) as broker:
        greeted = greet(broker)
    assert greeted.step is Step.MQTT
    assert greeted.trouble


@pytest.mark.parametrize(("answer", "trouble"), [(b"HTTP/1.1 400", "no MQTT broker"), (b"\x20\x02\x00", "no answer")])
def test_what_is_no_broker_is_told(answer: bytes, trouble: str) -> None:
    with scripted(lambda *_: answer) as broker:
        greeted = greet(broker, wait_s=0.5)
    assert (greeted.step, trouble in greeted.trouble) == (Step.MQTT, True)


def test_who_accepts_is_taken() -> None:
    with scripted(lambda *_: CONNACK) as broker:
        assert greet(broker).step is Step.TAKEN


def test_where_nobody_is_and_what_has_no_name() -> None:
    nobody = greet(Broker("127.0.0.1", free_port()))
    assert (nobody.step, nobody.trouble) == (Step.CONNECTION, "Connection refused")
    assert greet(Broker("no-such-name.invalid", 1883)).step is Step.NAME


def test_tls_that_is_none_and_tls_that_is_not_trusted(tmp_path: Path) -> None:
    authority, other = SmallAuthority(tmp_path), tmp_path / "other"
    other.mkdir()
    SmallAuthority(other)
    certificate, key = authority.issue("127.0.0.1")
    port = free_port()
    extra = f"\nlistener {port} 127.0.0.1\ncafile {authority.file}\ncertfile {certificate}\nkeyfile {key}\n"
    with Mosquitto(tmp_path, extra=extra) as broker:
        trusting = Broker.of(f"mqtts://127.0.0.1:{port}", ca=authority.file)
        assert greet(trusting).step is Step.TAKEN
        stranger = greet(Broker.of(f"mqtts://127.0.0.1:{port}", ca=other / "ca.pem"))
        assert (stranger.step, "not trusted" in stranger.trouble) == (Step.TLS, True)
        assert greet(Broker.of(f"mqtts://127.0.0.1:{broker.port}", ca=authority.file)).step is Step.TLS


def sent(port: int, frames: list[bytes]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for one in frames:
            out.sendto(one, ("127.0.0.1", port))


class Before(UdpKernel):
    """A port at which frames wait already."""

    def __init__(self, frames: list[bytes]) -> None:
        self.port = free_port()
        self.frames = frames
        super().__init__(SourceSpec.parse(f"can:{self.port}?ring=off"))

    def open(self) -> Receiver:
        receiver = super().open()
        sent(self.port, self.frames)
        return receiver


def test_frames_errors_and_losses_are_counted_apart() -> None:
    frames = [
        frame(0x0C9), frame(0x0C9), frame(0x8000_0000 | 0x18FEF100), error_frame(0x88), error_frame(0x04, 0x01),
        error_frame(0x04, 0x10), error_frame(0x40), error_frame(0x100), b"no frame", bytes(72),
    ]  # fmt: skip
    heard = listen({"can0": Before(frames), "can1": Before([])}, 0.2)
    can0 = heard["can0"]
    assert (can0.frames, can0.repeated, len(can0.ids)) == (4, 2, 3)
    assert (False, 0x0C9) in can0.ids
    assert (True, 0x18FEF100) in can0.ids
    assert (can0.errors, can0.bus_off, can0.overruns, can0.lost) == (3, 1, 1, 0)
    assert (heard["can1"].frames, heard["can1"].trouble) == (0, "")


@given(st.lists(st.binary(max_size=90), max_size=20))
def test_whatever_comes_is_counted_or_left_out(junk: list[bytes]) -> None:
    heard = listen({"can0": Before([*junk, frame(0x123)])}, 0.02)["can0"]
    assert heard.frames >= 1
    assert heard.trouble == ""


def test_who_cannot_listen_says_why_and_the_others_do() -> None:
    if can_socket() is CanSocket.NO_CAN:
        heard = listen({"can0": kernel_can("can0"), "can1": Before([frame(1)])}, 0.1)
        assert "no driver" in heard["can0"].trouble
        assert heard["can1"].frames == 1


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "systemctl"


def test_what_systemd_says_and_when_it_says_nothing(systemctl: Path) -> None:
    assert service() is None, "there is none"
    systemctl.write_text("#!/bin/sh\necho System has not been booted with systemd as init system >&2\nexit 1\n")
    systemctl.chmod(0o755)
    assert service() is None, "nor does it run"
    systemctl.write_text("#!/bin/sh\necho Access denied >&2\nexit 4\n")
    with pytest.raises(CouldNotLook, match="Access denied"):
        service()
    systemctl.write_text("#!/bin/sh\necho LoadState=not-found\necho ActiveState=inactive\necho NRestarts=many\n")
    found = service()
    assert found is not None
    assert (found.is_there, found.active, found.restarts, found.user) == (False, "inactive", None, "")


def test_a_unit_that_runs() -> None:
    found = read({"LoadState": "loaded", "UnitFileState": "enabled-runtime", "NRestarts": "2", "ExecMainStatus": "78"})
    assert (found.is_there, found.starts_with_the_box, found.restarts, found.exit_status) == (True, True, 2, 78)


FOLDER = folder_for_the_run()
AUTHORITY = SmallAuthority(FOLDER)
SOME = AUTHORITY.issue("some")[0]


@pytest.mark.parametrize("ends", [NOW + DAY, datetime(2049, 12, 31, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)])
def test_from_when_until_when_a_certificate_is_valid(ends: datetime) -> None:
    """Beyond 2049 it is written otherwise (RFC 5280, 4.1.2.5.2)."""
    file, _ = AUTHORITY.issue("one", begins=NOW - DAY, ends=ends)
    found = validity_of(file)
    assert (found.begins, found.ends) == ((NOW - DAY).replace(microsecond=0), ends.replace(microsecond=0))


def test_a_file_without_a_certificate(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(SOME.with_suffix(".key").read_bytes())
    with pytest.raises(ValueError, match="there is no certificate in it"):
        validity_of(tmp_path / "key.pem")


@given(data=st.data())
def test_a_damaged_certificate_is_refused_or_read(data: st.DataObject) -> None:
    der = bytearray(ssl.PEM_cert_to_DER_cert(SOME.read_text()))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, 120))] = data.draw(st.integers(0, 255))
    try:
        found = validity(bytes(der[: data.draw(st.integers(0, len(der)))]))
    except ValueError:
        return
    assert found.begins.tzinfo is UTC


def test_lengths_of_any_size_do_no_harm() -> None:
    with pytest.raises(ValueError, match="cut off"):
        validity(bytes((0x30, 0x84)) + struct.pack(">I", 0xFFFF_FFFF))
