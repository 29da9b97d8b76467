"""A vehicle that is parked says so, and the cloud calls it asleep until it is driven again."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from edge.bus.sink import open_sink
from edge.frames import Frame, FrameBatch
from tests.brokers import Mosquitto, free_port
from tests.integration.cloud.service import Service, serving
from tests.programs import listening
from tests.waiting import wait_until

CONFIG = """
[vehicle]
fleet = "f"
id = "car"
[[bus]]
source = "{bus}"
[state]
directory = "state"
[link]
broker = "{broker}"
parked_after_s = 1.5
"""


@contextmanager
def driving(bus: str) -> Iterator[None]:
    """Frames on the bus until the block ends."""
    over = threading.Event()

    def send() -> None:
        with closing(open_sink(bus)) as sink:
            while not over.wait(0.05):
                sink.send(FrameBatch.of([Frame(0, 0x123, b"\x01")]))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def presence(cloud: Service) -> str:
    found = cloud.get("/api/v1/vehicles")["items"]
    return str(found[0]["presence"]) if found else "unknown"


def test_it_falls_asleep_and_wakes(tmp_path: Path, mosquitto: Mosquitto) -> None:
    bus = f"pythoncan:udp_multicast:239.74.163.24?port={free_port()}"
    config = tmp_path / "edge.toml"
    config.write_text(CONFIG.format(bus=bus, broker=mosquitto.url))
    with serving(tmp_path, "--broker", mosquitto.url) as cloud, listening("--config", config):
        for _ in range(2):
            with driving(bus):
                wait_until(lambda: presence(cloud) == "online", "it drives")
            wait_until(lambda: presence(cloud) == "asleep", "it is parked")
        assert cloud.get("/api/v1/vehicles")["items"][0]["quiet_until"] is not None
