"""Both programs: what is asked at the cloud's API is done in a vehicle, and the API tells what came of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.brokers import Mosquitto
from tests.integration.cloud.service import Service, serving
from tests.programs import listening
from tests.vehicle.clients import TROUBLE, Wire

COMMANDS: Final = "/api/v1/vehicles/f/car/commands"
CONFIG: Final = """
[vehicle]
fleet = "f"
id = "car"
[[bus]]
name = "obd"
source = "{bus}"
ask = "obd"
[capture]
before_s = 1.0
after_s = 1.0
[state]
directory = "state"
[link]
broker = "{broker}"
"""


def ask(service: Service, name: str, **arguments: Any) -> str:
    asked: str = service.post(COMMANDS, name=name, arguments=arguments)["id"]
    return asked


def answer(service: Service, asked: str) -> dict[str, Any]:
    """How it ended, once it has."""
    service.wait_until(lambda: now(service, asked)["state"] not in {"waiting", "sent"}, f"a result of {asked}")
    return now(service, asked)


def now(service: Service, asked: str) -> dict[str, Any]:
    found: dict[str, Any] = service.get(f"{COMMANDS}/{asked}")
    return found


@pytest.fixture
def service(wire: Wire, tmp_path: Path) -> Iterator[Service]:
    """A cloud that has heard of a vehicle that drives."""
    (tmp_path / "broker").mkdir()
    with (
        wire.vehicle("car", *TROUBLE),
        Mosquitto(tmp_path / "broker") as broker,
        serving(tmp_path, "--broker", broker.url) as started,
    ):
        (tmp_path / "edge.toml").write_text(CONFIG.format(bus=wire.spec, broker=broker.url))
        with listening("--config", tmp_path / "edge.toml"):
            started.wait_until(lambda: started.get("/api/v1/vehicles")["items"], "the vehicle")
            yield started


def test_whatever_may_be_asked_is_answered_by_the_vehicle(service: Service) -> None:
    taken = answer(service, ask(service, "capture"))
    assert (taken["state"], taken["values"]) == ("done", {"capture": taken["id"]})
    captures = f"/api/v1/captures?trigger={taken['capture_trigger']}"
    service.wait_until(lambda: service.get(captures)["items"], "its frames")
    [capture] = service.get(captures)["items"]
    assert (capture["id"], capture["vehicle"]) == (taken["id"], "car")
    tested = answer(service, ask(service, "self_test"))
    assert (tested["state"], tested["values"]["bus.obd"]) == ("done", "ok")
    read = answer(service, ask(service, "read_codes"))
    assert (read["state"], read["values"]) == ("done", {"obd": 1.0})
    told = {
        "speak": answer(service, ask(service, "speak", text="Please call the office")),
        "log_level": answer(service, ask(service, "log_level", level="warning", minutes=5)),
        "clear_codes": answer(service, ask(service, "clear_codes")),
        "restart": answer(service, ask(service, "restart")),
        "self_test": answer(service, ask(service, "self_test")),
    }
    assert {name: one["state"] for name, one in told.items()} == {
        "speak": "done",
        "log_level": "done",
        "clear_codes": "refused",
        "restart": "done",
        "self_test": "done",
    }
    assert "not allowed on this vehicle" in told["clear_codes"]["reason"]
    counts = service.get("/api/v1/counters")
    assert (counts["commands_issued"], counts["commands_done"], counts["commands_refused"]) == (8, 7, 1)
    assert "results_unknown" not in counts
