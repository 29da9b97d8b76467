"""The whole service takes an alert from the broker to a repair, and is killed on the way."""

from pathlib import Path
from typing import Any, Final

import httpx

from edge.wire.envelope import StreamClass
from tests.integration.cloud.service import TOKEN, Service, serving
from tests.integration.cloud.talker import Talker, upto
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.vehicle import Speaker

VAN: Final = Speaker()
ALWAYS: Final = [{"weekday": day, "opens": "00:00", "closes": "23:45"} for day in range(7)]
CENTRE: Final[dict[str, Any]] = {
    "name": "Workshop", "email": "w@example.org", "place": {"latitude_deg": 52.5, "longitude_deg": 13.4}, "zone": "UTC",
    "hours": ALWAYS, "bays": [{"id": "1"}], "technicians": [{"id": "anna", "skills": ["cooling"], "shifts": ALWAYS}],
}  # fmt: skip
AGENTS: Final = {f"agent_{name}" for name in ("data", "diagnosis", "engagement", "scheduling", "work", "feedback")}


def put_centre(service: Service) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = httpx.put(f"{service.api}/api/v1/centres/mitte", json=CENTRE, headers=headers, timeout=30)
    assert answer.is_success, answer.text


def again(service: Service) -> None:
    service.kill()
    service.start()


def test_from_an_alert_on_the_wire_to_a_repair_over_three_kills(tmp_path: Path) -> None:
    with serving(tmp_path, "--embedded-broker", "--broker-port", "0") as service:
        put_centre(service)
        parts = httpx.get(f"{service.api}/readyz", timeout=30).json()["parts"]
        assert AGENTS | {"workflow"} <= set(parts)
        with Talker(service.broker, VAN.address) as van:
            van.say(VAN.say(says.alert(), 1))
            van.wait_for(upto(VAN.stream(StreamClass.ALERT), 1), "an acknowledgement")
        again(service)
        number = service.wait_for_case("asked")["number"]
        service.post(f"/api/v1/cases/{number}/answer", answer="yes", choose_for_me=True)
        again(service)
        service.wait_for_case("booked")
        [order] = service.get("/api/v1/work-orders")["items"]
        service.post(f"/api/v1/work-orders/{order['number']}/complete", sequence=0, outcome="repaired")
        again(service)
        service.wait_for_case("repaired")
        assert [booking["state"] for booking in service.get("/api/v1/bookings")["items"]] == ["booked"]
        assert service.get("/api/v1/counters")["cases_opened"] == 1
        assert service.get("/api/v1/incidents")["items"][0]["closed_at"] is not None
        assert service.stop() == 0
        assert "Traceback" not in service.log
