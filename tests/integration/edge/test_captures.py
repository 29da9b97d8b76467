"""Raw frames around an alert: the outbox has what was on the bus, also when the daemon was killed meanwhile."""

import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from edge.bus.sink import open_sink
from edge.frames import Frame, FrameBatch
from edge.wire.codec import Uplink, decode
from edge.wire.frame_block import decode_frames
from edge.wire.messages import Capture, HoleCause
from edge.wire.topics import Address, Kind
from tests.programs import listening, run
from tests.waiting import wait_until

GROUP = "239.74.163.23"
COUNTED = 0x321
DBC = """VERSION ""

BU_: ECU

BO_ 801 Counted: 8 ECU
 SG_ Number : 0|32@1+ (1,0) [0|0] "" ECU
 SG_ Hot : 32|8@1+ (1,0) [0|255] "" ECU
"""
RULE = """
[[rule]]
alert = "hot"
expr = "dbc.Counted.Hot > 0"
component = "test"
severity = "warning"
action = "watch"
summary = "s"
driver = "It is hot"
"""
CONFIG = """
[vehicle]
fleet = "f"
id = "car"
[[bus]]
name = "body"
source = "{bus}"
dbc = ["counted.dbc"]
[detect]
rules = ["./rules.toml"]
[capture]
before_s = 1.5
after_s = 4.0
[state]
directory = "state"
[link]
broker = "mqtt://127.0.0.1:1"
"""
EVERY_S = 0.005


class Sender:
    """Sends numbered frames two hundred times a second, hot ones when told to."""

    def __init__(self, bus: str) -> None:
        self.sent = 0
        self.hot = threading.Event()
        self._over = threading.Event()
        self._bus = bus
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Until the block ends."""
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join(10)

    def _run(self) -> None:
        with closing(open_sink(self._bus)) as sink:
            while not self._over.wait(EVERY_S):
                payload = self.sent.to_bytes(4, "little") + bytes([self.hot.is_set(), 0, 0, 0])
                sink.send(FrameBatch.of([Frame(0, COUNTED, payload)]))
                self.sent += 1


@pytest.fixture
def bus() -> str:
    """A multicast bus on a port that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return f"pythoncan:udp_multicast:{GROUP}?port={port}"


@pytest.fixture
def config(bus: str, tmp_path: Path) -> Path:
    """A vehicle that listens to it, and keeps what it finds."""
    (tmp_path / "counted.dbc").write_text(DBC)
    (tmp_path / "rules.toml").write_text(RULE)
    file = tmp_path / "edge.toml"
    file.write_text(CONFIG.format(bus=bus))
    return file


def parts(folder: Path) -> list[Uplink]:
    """The captures that wait in the outbox."""
    file = folder / "state" / "outbox.db"
    if not file.exists():
        return []
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT payload FROM message WHERE kind = 'capture' ORDER BY seq").fetchall()
    return [decode(Address("f", "car").up(Kind.CAPTURE), payload) for (payload,) in rows]


def is_over(folder: Path) -> bool:
    found = parts(folder)
    return bool(found) and bodies(found)[-1].is_last


def bodies(found: list[Uplink]) -> list[Capture]:
    return [one.body for one in found if isinstance(one.body, Capture)]


def heard(found: list[Uplink]) -> tuple[list[int], list[int]]:
    """Numbers and times (ns) of all frames; each is what was sent."""
    frames = [decode_frames(one.block) for one in found]
    assert {name for one in frames for name in one.buses} == {"body"}
    assert {number for one in frames for number in one.id.tolist()} <= {COUNTED}
    numbers = [int.from_bytes(bytes(row[:4]), "little") for one in frames for row in one.payload.tolist()]
    return numbers, [time for one in frames for time in one.time.tolist()]


def test_frames_before_and_after_an_alert_are_kept(bus: str, config: Path, tmp_path: Path) -> None:
    sender = Sender(bus)
    with listening("--config", config) as daemon, sender.running():
        wait_until(lambda: sender.sent > 400, "two seconds of frames")
        at = sender.sent
        sender.hot.set()
        wait_until(lambda: is_over(tmp_path), "the capture is whole")
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=30)
    found = parts(tmp_path)
    numbers, times = heard(found)
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), "each frame once, in order"
    assert times == sorted(times)
    assert numbers[0] < at - 100, "from a second and a half before"
    first, *_, last = told = bodies(found)
    assert (first.wanted_from, first.wanted_to) == (last.wanted_from, last.wanted_to)
    assert first.wanted_from is not None
    assert first.wanted_to is not None
    assert (first.wanted_to - first.wanted_from).total_seconds() == pytest.approx(5.5)
    assert (times[-1] - times[0]) / 1e9 == pytest.approx(5.5, abs=0.1)
    assert [one.part for one in told] == list(range(1, len(told) + 1))
    assert not [hole for one in told for hole in one.holes]
    assert first.trigger.startswith("alert:")
    assert {"software", "profile", "dbc.counted.dbc", "rules.rules.toml"} <= set(first.running)


def test_a_capture_goes_on_after_a_kill_and_says_what_it_lacks(bus: str, config: Path, tmp_path: Path) -> None:
    sender = Sender(bus)
    with sender.running():
        with listening("--config", config) as daemon:
            since = sender.sent
            wait_until(lambda: sender.sent > since + 400, "two seconds of frames that it hears")
            at = sender.sent
            sender.hot.set()
            wait_until(lambda: bool(parts(tmp_path)), "what was before is durable")
            daemon.kill()
            daemon.wait()
        before = parts(tmp_path)
        with listening("--config", config) as daemon:
            wait_until(lambda: is_over(tmp_path), "the capture is over")
            daemon.send_signal(signal.SIGTERM)
            daemon.communicate(timeout=30)
    found = parts(tmp_path)
    assert [(one.stream, one.seq, one.block) for one in found[: len(before)]] == [
        (one.stream, one.seq, one.block) for one in before
    ]
    numbers, times = heard(found)
    assert numbers[0] < at - 100
    assert numbers == sorted(set(numbers))
    [hole] = [hole for one in bodies(found) for hole in one.holes]
    assert hole.cause is HoleCause.RESTARTED
    jumps = [place for place in range(1, len(numbers)) if numbers[place] != numbers[place - 1] + 1]
    for place in jumps:
        assert times[place - 1] / 1e9 <= hole.started_at.timestamp() + 0.001
        assert times[place] / 1e9 >= hole.ended_at.timestamp() - 0.1, "its buses are open a little earlier"
    assert len(jumps) <= 1, "only in the hole frames are missing"
    assert [one.part for one in bodies(found)] == list(range(1, len(found) + 1))


TWO = """VERSION ""

BU_: ECU

BO_ 256 Heat: 1 ECU
 SG_ Coolant : 0|8@1+ (1,0) [0|255] "degC" ECU

BO_ 257 Motion: 1 ECU
 SG_ Speed : 0|8@1+ (1,0) [0|255] "km/h" ECU
"""
MAPPING = """
[signals]
"Heat.Coolant" = { path = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature" }
"Motion.Speed" = { path = "Vehicle.Speed" }
"""
HOT = """
[[rule]]
alert = "hot"
expr = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature > 100 Celsius"
component = "test"
severity = "warning"
action = "watch"
summary = "s"
"""
REPLAY = """
[vehicle]
fleet = "f"
id = "car"
[[bus]]
source = "log:drive.log"
dbc = ["two.dbc"]
speed = "max"
[detect]
rules = ["./hot.toml"]
[state]
directory = "state"
[link]
broker = "mqtt://127.0.0.1:1"
drain_s = 0
"""
PRIVATE = '[private]\nhours = [{ days = "mon-sun" }]\n'
START_S = 1_764_000_000
SECONDS = 60


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """A minute of a log with two messages; it gets hot after half of it."""
    (tmp_path / "two.dbc").write_text(TWO)
    (tmp_path / "two.vss.toml").write_text(MAPPING)
    (tmp_path / "hot.toml").write_text(HOT)
    lines = []
    for tenth in range(SECONDS * 10):
        at = f"{START_S + tenth // 10}.{tenth % 10}"
        lines += [f"({at}00100) can0 100#{110 if tenth >= 300 else 90:02X}", f"({at}00200) can0 101#{tenth % 200:02X}"]
    (tmp_path / "drive.log").write_text("\n".join(lines) + "\n")
    return tmp_path


def replayed(folder: Path, settings: str = "") -> list[Uplink]:
    """The parts in the outbox after a replay."""
    (folder / "edge.toml").write_text(REPLAY + settings)
    ended = run("telltale-edge", "run", "--config", folder / "edge.toml")
    assert ended.status == 0, ended.err
    return parts(folder)


def ids(found: list[Uplink]) -> list[int]:
    return [number for one in found for number in decode_frames(one.block).id.tolist()]


def test_a_replay_captures_the_same_each_time_and_tells_it_once(drive: Path) -> None:
    first = replayed(drive)
    frames = [number for one in first for number in decode_frames(one.block).time.tolist()]
    assert len(frames) == 2 * 10 * 40
    assert frames == sorted(frames)
    assert [one.block for one in replayed(drive)] == [one.block for one in first]


def test_of_a_private_drive_a_capture_has_what_says_nothing_personal(drive: Path) -> None:
    found = replayed(drive, PRIVATE)
    assert ids(found) == [0x100] * 400
    holes = [hole for one in bodies(found) for hole in one.holes]
    assert {hole.cause for hole in holes} == {HoleCause.WITHHELD}
    assert sum(hole.frames or 0 for hole in holes) >= 400
