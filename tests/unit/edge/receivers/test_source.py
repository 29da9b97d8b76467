"""Receivers on real sockets and lines: a server that speaks gpsd's protocol, gpsd itself, and pseudo-terminals."""

import json
import os
import pty
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from edge.bus.open import open_source
from edge.bus.source import Source
from edge.bus.spec import SourceSpec
from edge.decode.decoder import Binding, Decoder
from edge.errors import BusDown, ConfigError
from edge.frames import FrameBatch
from edge.instruments import database_of
from edge.measured import ACCURACY, ALTITUDE, HEADING, LATITUDE, LONGITUDE, POSITION
from edge.receivers.gpsd import BAD_LINE, WATCH, GpsdReader
from edge.receivers.source import CUT_LINE, FIXES, LINE_MAX
from tests.brokers import free_port
from tests.unit.edge.receivers.test_nmea import GGA, GSA, RMC, sentence
from tests.waiting import wait_until

TPV = {
    "class": "TPV", "device": "/dev/ttyACM0", "mode": 3, "time": "2026-11-30T10:11:12.000Z", "lat": 52.5, "lon": 13.4,
    "altMSL": 34.5, "alt": 77.6, "eph": 9.0, "speed": 10.0, "track": 84.4, "epx": 99.0,
}  # fmt: skip


def opened(text: str) -> Source:
    return open_source(SourceSpec.parse(text), speed=None, now_ns=0, stop=threading.Event())


def values(batch: FrameBatch | None) -> dict[str, float]:
    """What a history would get of it."""
    assert batch is not None
    decoder = Decoder([Binding(database_of(POSITION), "")])
    samples = decoder.decode(batch)
    return {
        decoder.signals[index].path: value
        for index, value in zip(samples.signal.tolist(), samples.value.tolist(), strict=True)
    }


def told(source: Source) -> dict[str, float]:
    """The next fix."""
    found: dict[str, float] = {}

    def look() -> bool:
        found.update(values(source.read(0.1)))
        return bool(found)

    wait_until(look, "a fix")
    return found


class Gpsd:
    """One client at a time, greeted as gpsd does."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.client: socket.socket | None = None

    def accept(self) -> None:
        self.client, _ = self.server.accept()
        self.client.settimeout(10)
        self.client.sendall(b'{"class":"VERSION","release":"3.22","rev":"3.22","proto_major":3,"proto_minor":14}\r\n')
        asked = b""
        while not asked.endswith(b"\n"):
            asked += self.client.recv(1000)
        assert asked == WATCH

    def say(self, *lines: Any) -> None:
        assert self.client is not None
        for line in lines:
            self.client.sendall(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\r\n")

    def hang_up(self) -> None:
        assert self.client is not None
        self.client.close()

    def close(self) -> None:
        self.server.close()
        if self.client:
            self.client.close()


@pytest.fixture
def gpsd() -> Iterator[Gpsd]:
    with closing(Gpsd()) as server:
        yield server


def greeted(source: Source, gpsd: Gpsd) -> None:
    source.read(0.0)  # connects: the kernel takes it before anybody accepts
    gpsd.accept()


def test_a_fix_of_gpsd_is_a_position(gpsd: Gpsd) -> None:
    with closing(opened(f"gpsd:127.0.0.1:{gpsd.port}?name=gps")) as source:
        greeted(source, gpsd)
        gpsd.say({"class": "SKY", "satellites": []}, TPV)
        assert told(source) == {LATITUDE: 52.5, LONGITUDE: 13.4, ACCURACY: 4.5, ALTITUDE: 34.5, HEADING: 84.4}
        assert source.counters[FIXES] == 1


def test_what_is_no_fix_or_no_line_is_counted_and_nothing_else_comes_of_it(gpsd: Gpsd) -> None:
    with closing(opened(f"gpsd:127.0.0.1:{gpsd.port}")) as source:
        greeted(source, gpsd)
        gpsd.say(
            {"class": "TPV", "mode": 1}, {**TPV, "lat": 0, "lon": 0}, b"{nonsense\n", b'["class"]\n',
            b'{"class":"TPV","mode":3,"lat":NaN,"lon":13.4}\n', TPV, TPV,
            {**TPV, "time": "2026-11-30T10:11:13.000Z", "eph": None, "epx": 6.0, "epy": 8.0, "lat": 52.6},
        )  # fmt: skip
        found = told(source)
        while LATITUDE not in found or found[LATITUDE] != 52.6:
            found = told(source)
        assert found[ACCURACY] == 5.0, "half of hypot(6, 8)"
        wanted = {"no_fix": 2, "sentinel": 1, "stale": 1, "leaped": 0, BAD_LINE: 2}
        assert {name: source.counters[name] for name in wanted} == wanted


def test_gpsd_that_ends_is_down_and_found_again(gpsd: Gpsd) -> None:
    with closing(opened(f"gpsd:127.0.0.1:{gpsd.port}")) as source:
        greeted(source, gpsd)
        gpsd.say(TPV)
        told(source)
        gpsd.hang_up()
        with pytest.raises(BusDown, match=rf"gpsd at 127.0.0.1:{gpsd.port}: it has ended"):
            wait_until(lambda: bool(source.read(0.1) and False), "the end")
        greeted(source, gpsd)
        gpsd.say({**TPV, "time": "2026-11-30T10:11:14.000Z"})
        assert told(source)[LATITUDE] == 52.5


def test_without_gpsd_it_is_down() -> None:
    with pytest.raises(BusDown, match="Connection refused"):
        opened(f"gpsd:127.0.0.1:{free_port()}").read(0.0)


def test_a_line_without_an_end_takes_no_memory(gpsd: Gpsd) -> None:
    with closing(opened(f"gpsd:127.0.0.1:{gpsd.port}")) as source:
        greeted(source, gpsd)
        writer = threading.Thread(target=gpsd.say, args=(b"x" * (3 * LINE_MAX), b"\n", TPV))
        writer.start()
        assert told(source)[LATITUDE] == 52.5
        writer.join(10)
        assert source.counters[CUT_LINE] == 1


@pytest.mark.parametrize("rest", [":2947", "127.0.0.1:0", "127.0.0.1:port", "127.0.0.1:70000"])
def test_what_is_no_address_is_refused(rest: str) -> None:
    with pytest.raises(ConfigError, match="is no address of gpsd"):
        opened(f"gpsd:{rest}")


def test_a_port_that_is_not_said_is_gpsds() -> None:
    reader = GpsdReader()
    assert reader.take(b'{"class":"TPV","mode":true,"lat":1e999,"lon":"13"}') is not None
    opened("gpsd:localhost").close()


def test_a_receiver_on_a_line_is_a_position_whatever_the_line_was_set_to() -> None:
    master, slave = pty.openpty()
    with closing(opened(f"nmea:{os.ttyname(slave)}?baud=4800")) as source:
        assert len(source.read(0.0) or ()) == 0
        os.write(master, b"1,08,0.9*47\r\n" + b"".join(map(sentence, (GGA, GSA, RMC))))
        found = told(source)
        assert found[LATITUDE] == pytest.approx(52.52056667)
        assert found[ACCURACY] == pytest.approx(4.0)
        assert source.counters[BAD_LINE] == 1, "the end of a line whose beginning nobody heard"
    os.close(slave)
    os.close(master)


def test_a_receiver_that_is_pulled_out_is_down() -> None:
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    with closing(opened(f"nmea:{path}")) as source:
        source.read(0.0)
        os.close(slave)
        os.close(master)
        with pytest.raises(BusDown, match=path):
            source.read(0.1)


def test_what_is_no_line_is_down_and_what_has_no_such_speed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gps").write_text("")
    with pytest.raises(BusDown, match="is no serial line"):
        opened(f"nmea:{tmp_path / 'gps'}").read(0.0)
    with pytest.raises(BusDown, match="No such file"):
        opened("nmea:/nowhere/gps").read(0.0)
    with pytest.raises(ConfigError, match="no line has 1234 baud"):
        opened("nmea:/dev/ttyS0?baud=1234")


def test_gpsd_itself_reads_a_receiver_and_tells_us() -> None:
    program = shutil.which("gpsd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("gpsd is not installed")
    master, slave = pty.openpty()
    port = free_port()
    server = subprocess.Popen(
        [program, "-N", "-n", "-b", "-S", str(port), os.ttyname(slave)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    over = threading.Event()

    def receive() -> None:
        for second in range(3600):
            if over.wait(0.2):
                return
            when = f"{10 + second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"
            texts = [GGA.replace("101112", when), GSA, RMC.replace("101112", when)]
            os.write(master, b"".join(map(sentence, texts)))

    receiver = threading.Thread(target=receive)
    receiver.start()
    try:
        with closing(opened(f"gpsd:127.0.0.1:{port}")) as source:
            found: dict[str, float] = {}

            def look() -> bool:
                with suppress(BusDown):
                    found.update(values(source.read(0.1)))
                return LATITUDE in found

            wait_until(look, "gpsd tells of the fix", within_s=30)
            assert found[LATITUDE] == pytest.approx(52.52056667, abs=1e-6)
            assert found[LONGITUDE] == pytest.approx(13.40946333, abs=1e-6)
            assert source.counters["bad_line"] == 0
    finally:
        over.set()
        receiver.join(10)
        server.terminate()
        server.wait(10)
        os.close(slave)
        os.close(master)
