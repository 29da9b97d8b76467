"""A real daemon with a receiver on a line: positions are known, told as configured, and nowhere else."""

import json
import os
import pty
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.status.place import NAME
from tests.brokers import free_port
from tests.in_memory import folder_in_memory
from tests.programs import listening, run
from tests.unit.edge.receivers.test_nmea import GGA, GSA, RMC, sentence
from tests.waiting import wait_until

CONFIG = """
[vehicle]
id = "van-7"
[[bus]]
source = "pythoncan:udp_multicast:239.74.163.26?port={port}"
[position]
source = "nmea:{line}"
every_s = 1
[state]
directory = "state"
[link]
broker = "mqtt://127.0.0.1:1"
"""
MINUTES_A_SECOND = 0.012
"""Of latitude: 22 m, so 80 km/h to the north."""


@contextmanager
def receiver() -> Iterator[str]:
    """Drives to the north, a fix a second; some sentences are damaged. The path of its line."""
    master, slave = pty.openpty()
    over = threading.Event()

    def drive() -> None:
        for second in range(3000):
            if over.wait(1.0):
                return
            when = f"{10 + second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"
            place = f"52{31.0 + second * MINUTES_A_SECOND:07.4f}"
            texts = [text.replace("101112", when).replace("5231.2340", place) for text in (GGA, GSA, RMC)]
            os.write(master, b"".join(map(sentence, texts)) + sentence(RMC).replace(b"5231", b"4831"))

    thread = threading.Thread(target=drive)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        over.set()
        thread.join(10)
        os.close(slave)
        os.close(master)


def told(place: Path) -> dict[str, Any]:
    try:
        raw: dict[str, Any] = json.loads((place / NAME).read_bytes())
    except FileNotFoundError:
        return {}
    return raw


def test_a_box_with_a_receiver_and_a_silent_bus_tells_where_it_drives(tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    with receiver() as line, folder_in_memory() as place:
        config.write_text(CONFIG.format(line=line, port=free_port()))
        with listening("--config", config, "--status", place) as daemon:
            wait_until(lambda: (told(place).get("position") or {}).get("accuracy_m") == 4.0, "a fix")
            wait_until(lambda: bool(told(place)["daemon"]["in_trip"]), "it drives", within_s=40)
            status = (place / NAME).read_text()
            [bus] = [one for one in json.loads(status)["buses"] if one["kind"] == "position"]
            assert bus["counters"]["bad_checksum"] > 0
            assert bus["counters"]["leaped"] == 0
            assert "52.5" not in status, "places are never in it"
            wait_until(lambda: bus["frames"] + 25 < told(place)["buses"][1]["frames"], "some more fixes")
            daemon.terminate()
            assert daemon.wait(60) == 0
    exported = run("telltale-edge", "outbox", "export", "--state", tmp_path / "state")
    messages = [json.loads(text) for text in exported.out.splitlines()]
    places = [one["body"] for one in messages if one["schema"].startswith("position")]
    assert len(places) >= 2
    assert all(52.516 < one["latitude_deg"] < 52.56 for one in places), "none of what was damaged"
    assert [one["body"]["distance_by"] for one in messages if one["schema"].startswith("trip")] == ["position"]
