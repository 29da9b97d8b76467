"""From a frame on the bus to a line of a log that the cloud hands out: the same, before and after a kill."""

import re
import signal
import socket
from pathlib import Path

import httpx

from tests.brokers import Mosquitto
from tests.integration.cloud.service import TOKEN, serving
from tests.integration.edge.test_captures import CONFIG, COUNTED, DBC, RULE, Sender
from tests.programs import listening
from tests.waiting import wait_until

GROUP = "239.74.163.25"
LINE = re.compile(rf"\((\d+\.\d+)\) body {COUNTED:X}#([0-9A-F]{{16}})")


def bus() -> str:
    """A multicast bus on a port that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return f"pythoncan:udp_multicast:{GROUP}?port={free.getsockname()[1]}"


def test_the_clouds_frames_are_those_of_the_bus_also_after_a_kill(tmp_path: Path, mosquitto: Mosquitto) -> None:
    (tmp_path / "counted.dbc").write_text(DBC)
    (tmp_path / "rules.toml").write_text(RULE)
    where = bus()
    config = tmp_path / "edge.toml"
    config.write_text(CONFIG.format(bus=where).replace("mqtt://127.0.0.1:1", mosquitto.url))
    sender = Sender(where)
    with serving(tmp_path, "--broker", mosquitto.url) as cloud, sender.running():

        def listed() -> list[dict[str, object]]:
            items: list[dict[str, object]] = cloud.get("/api/v1/captures?vehicle=car")["items"]
            return items

        with listening("--config", config) as daemon:
            since = sender.sent
            wait_until(lambda: sender.sent > since + 400, "two seconds of frames that it hears")
            at = sender.sent
            sender.hot.set()
            wait_until(lambda: bool(listed()), "the cloud has what was before")
            daemon.kill()
            daemon.wait()
        with listening("--config", config) as daemon:
            wait_until(lambda: listed()[0]["last"] is not None, "the cloud has the end")
            daemon.send_signal(signal.SIGTERM)
            daemon.communicate(timeout=30)
        [capture] = listed()
        url = f"{cloud.api}/api/v1/captures/f/car/{capture['id']}"
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        whole = httpx.get(url, headers=bearer).json()
        log = httpx.get(f"{url}/frames.log", headers=bearer).text
    found = [LINE.fullmatch(line) for line in log.splitlines()]
    assert all(found)
    frames = [(float(one[1]), bytes.fromhex(one[2])) for one in found if one]
    numbers = [int.from_bytes(payload[:4], "little") for _, payload in frames]
    assert [payload[5:] for _, payload in frames] == [bytes(3)] * len(frames)
    hot = [payload[4] for _, payload in frames]
    assert hot == sorted(hot)
    assert 0 in hot
    assert 1 in hot
    assert numbers[0] < at
    assert 1.0 < frames[hot.index(1)][0] - frames[0][0] < 2.0, "a second and a half before it"
    jumps = [place for place in range(1, len(numbers)) if numbers[place] != numbers[place - 1] + 1]
    assert len(jumps) <= 1
    assert [hole["cause"] for part in whole["part_list"] for hole in part["holes"]] == ["restarted"]
    assert whole["missing"] == []
